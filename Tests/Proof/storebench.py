"""What the proofs about keys made on the spot share: a sandbox, a user's folders, a look into the store.

    NCLOUD_REISSUE, NCLOUD_SANDBOX   the programs (.build/release/…)
"""

import base64
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("NCLOUD_REISSUE", f"{ROOT}/.build/release/ncloud-reissue")
SANDBOX = os.environ.get("NCLOUD_SANDBOX", f"{ROOT}/.build/release/ncloud-sandbox")
# Longer than any run here takes, on a busy machine too.
PATIENCE = 120


class Bench:
    """A sandbox with certificates of its own, and a configuration that makes keys for them."""

    def __init__(self, count, kind, store=None):
        self.work = Path(tempfile.mkdtemp(prefix="proof-store-"))
        self.seen, self.wrong = Counter(), []
        self.store = Path(store) if store else self.work / "certificates"
        self.journal = self.work / "journal.ndjson"
        (self.work / "seed.json").write_text(json.dumps({"orders": [order(i) for i in range(count)]}))
        arguments = ["--port", "0", "--journal", self.journal, "--seed", self.work / "seed.json"]
        with open(self.work / "sandbox.log", "wb") as log:
            self.sandbox = subprocess.Popen(
                [SANDBOX, *map(str, arguments)], stdout=subprocess.PIPE, stderr=log
            )
        self.endpoint = json.loads(self.sandbox.stdout.readline())["endpoint"]
        write(self.work / "template.json", template(kind))
        write(
            self.work / "config.json",
            {
                "endpoint": self.endpoint,
                "ledger": f"sqlite:{self.work}/ledger.sqlite3",
                "storeDirectory": str(self.store),
                "template": str(self.work / "template.json"),
                "maxPerDay": 100_000,
            },
        )
        self.environment = {
            "HOME": str(self.work),
            "PATH": "/usr/bin:/bin",
            "NCLOUD_ACCESS_KEY": "sandbox-access-key",
            "NCLOUD_SECRET_KEY": "sandbox-secret-key",
        }

    def close(self):
        self.sandbox.kill()
        self.sandbox.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def start(self, index):
        """Starts a run for a certificate."""
        process = subprocess.Popen(
            [PROGRAM, "run", "--config", str(self.work / "config.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
        )
        process.stdin.write(json.dumps(names(index)).encode())
        process.stdin.close()
        process.stdin = None
        return process

    def run(self, index):
        """A whole run: its exit status and its result."""
        process = self.start(index)
        output, self.stderr = process.communicate(timeout=PATIENCE)
        return process.returncode, json.loads(output)

    def expect(self, holds, text):
        if not holds:
            self.wrong.append(text)
            print(f"wrong: {text}", file=sys.stderr, flush=True)

    def posts(self, index):
        """The signing requests that reached the service for a certificate."""
        target = f"/{number(index)}"
        requests = []
        for line in self.journal.read_text().splitlines():
            entry = json.loads(line)
            if entry.get("method") == "POST" and target in entry["target"]:
                requests.append(json.loads(body(entry))["csr"])
        return requests

    def control(self, method, name, value=None):
        request = urllib.request.Request(
            f"{self.endpoint}/sandbox/{name}",
            data=None if value is None else json.dumps(value).encode(),
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)

    def finish(self, title):
        """Tells what was seen, and ends."""
        print(title)
        for name, count in sorted(self.seen.items()):
            print(f"  {count:6} {name}")
        print(f"  {len(self.wrong):6} wrong", flush=True)
        self.close()
        sys.exit(1 if self.wrong else 0)


def body(entry):
    """The body of a journal entry, as text."""
    if "bodyBase64" in entry:
        return base64.b64decode(entry["bodyBase64"]).decode()
    return entry["body"] if isinstance(entry["body"], str) else json.dumps(entry["body"])


def number(index):
    return 300_000 + index


def names(index):
    return {"no": number(index), "name": f"cert-{index}", "cn": f"n{index}.example.com"}


def order(index):
    certificate = {
        "certificateNo": number(index),
        "certificateName": f"cert-{index}",
        "commonName": f"n{index}.example.com",
        "dnsName": [f"www.n{index}.example.com"],
        "statusCode": "2",
        "daysLeft": 12,
    }
    return {
        "orderId": f"ORDER-{index}",
        "subscriptionYears": 1,
        "subscriptionDaysLeft": 300,
        "certificates": [certificate],
    }


def template(kind):
    return {
        "version": 1,
        "reissue": {
            "certificateNo": "${ no }",
            "certificateName": "${ name }",
            "commonName": "${ cn }",
            "dnsName": ["www.${ cn }"],
            "validationMethod": "D",
            "csr": {"generate": kind},
        },
        "store": "${ cn }",
    }


def write(path, value):
    path.write_text(json.dumps(value))
    path.chmod(0o600)


def openssl(*arguments, text=None):
    done = subprocess.run(
        ["openssl", *arguments], input=text, capture_output=True, timeout=PATIENCE
    )
    return done.stdout.decode() if done.returncode == 0 else None


class Folder:
    """What a look into STORE/NAME finds."""

    def __init__(self, path):
        self.path = path
        entries = sorted(os.listdir(path)) if path.is_dir() else []
        self.numbered = [entry for entry in entries if entry.isdigit()]
        self.unfinished = [entry for entry in entries if entry.startswith(".unfinished-")]
        self.others = [e for e in entries if e not in self.numbered and e not in self.unfinished]

    def problems(self):
        """Everything that must not be, whenever somebody looks."""
        found = [f"{self.path}: what is {other}?" for other in self.others]
        if len(self.unfinished) > 1:
            found.append(f"{self.path}: unfinished folders pile up: {self.unfinished}")
        for entry in self.numbered + self.unfinished:
            found += modes(self.path / entry)
        for entry in self.numbered:
            found += wholeness(self.path / entry)
        return found

    def requests(self):
        return [(self.path / entry / "csr.pem").read_text() for entry in self.numbered]


def modes(folder):
    """A folder for its owner alone, and files that only the owner can read."""
    found = []
    for path, wanted in [(folder, 0o700), *((file, 0o600) for file in folder.iterdir())]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode != wanted:
            found.append(f"{path} has mode {mode:o}")
    return found


def wholeness(folder):
    """A key and a signing request that belong to each other, and nothing else."""
    files = sorted(path.name for path in folder.iterdir())
    if files != ["csr.pem", "key.pem"]:
        return [f"{folder} holds {files}"]
    of_key = openssl("pkey", "-in", str(folder / "key.pem"), "-pubout")
    request = str(folder / "csr.pem")
    of_request = openssl("req", "-in", request, "-verify", "-noout", "-pubkey")
    if of_key is None or of_key != of_request:
        return [f"{folder}: the key is not that of the signing request"]
    return []


def number_argument(default, what):
    """The first argument as a number."""
    if len(sys.argv) < 2:
        return default
    if not sys.argv[1].isdigit():
        sys.exit(f"usage: {sys.argv[0]} [{what}]")
    return int(sys.argv[1])
