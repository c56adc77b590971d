"""Shared by the proofs about keys that are made by a run: a sandbox, a user's folders, a look into the store.

`workbench` has what all proofs share.
"""

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import workbench
from workbench import PATIENCE, PROGRAM, Findings, Sandbox, folder, forget, start


class Bench:
    """A sandbox with certificates of its own, and a configuration that makes keys for them."""

    def __init__(self, count, kind, store=None):
        self.work = folder()
        self.findings = Findings("")
        self.seen, self.expect = self.findings.seen, self.findings.expect
        self.store = Path(store) if store else self.work / "certificates"
        self.sandbox = Sandbox(seed_document={"orders": [order(index) for index in range(count)]})
        write(self.work / "template.json", template(kind))
        write(
            self.work / "config.json",
            {
                "endpoint": self.sandbox.endpoint,
                "ledger": f"sqlite:{self.work}/ledger.sqlite3",
                "storeDirectory": str(self.store),
                "template": str(self.work / "template.json"),
                "maxPerDay": 100_000,
            },
        )
        self.environment = workbench.environment(self.work)

    def start(self, index):
        """Starts a run for a certificate."""
        process = start(
            [PROGRAM, "run", "--config", self.work / "config.json"],
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
        output, self.stderr = self.end(process)
        return process.returncode, json.loads(output)

    def end(self, process):
        """Waits for the end of a started run; returns what it wrote to both streams."""
        written = process.communicate(timeout=PATIENCE)
        forget(process)
        return written

    def posts(self, index):
        """The signing requests that reached the service for a certificate."""
        target = f"/{number(index)}"
        posts = [entry for entry in self.sandbox.journal("POST") if target in entry["target"]]
        return [json.loads(body(entry))["csr"] for entry in posts if is_whole(entry)]

    def finish(self, title):
        """Prints what was seen, and ends."""
        self.findings.title = title
        sys.exit(0 if self.findings.tell() else 1)


def body(entry):
    """The body of a journal entry, as text."""
    if "bodyBase64" in entry:
        return base64.b64decode(entry["bodyBase64"]).decode()
    return entry["body"] if isinstance(entry["body"], str) else json.dumps(entry["body"])


def is_whole(entry):
    """Whether a request arrived completely; one that was cut by a kill cannot be carried out."""
    headers = {name.lower(): value for name, value in entry["headers"]}
    return entry["bodyLength"] == int(headers["content-length"])


def number(index):
    return 300_000 + index


def names(index):
    return {"no": number(index), "name": f"cert-{index}", "cn": f"n{index}.example.com"}


def order(index):
    place = names(index)
    names_besides = [f"www.{place['cn']}"]
    return workbench.order(index, place["no"], place["name"], place["cn"], dnsName=names_besides)


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
    """The contents of STORE/NAME."""

    def __init__(self, path):
        self.path = path
        entries = sorted(os.listdir(path)) if path.is_dir() else []
        self.numbered = [entry for entry in entries if entry.isdigit()]
        self.unfinished = [entry for entry in entries if entry.startswith(".unfinished-")]
        self.others = [e for e in entries if e not in self.numbered and e not in self.unfinished]

    def problems(self):
        """Everything that must never be seen there."""
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
    """A folder and files that only their owner can read."""
    found = []
    for path, wanted in [(folder, 0o700), *((file, 0o600) for file in folder.iterdir())]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode != wanted:
            found.append(f"{path} has mode {mode:o}")
    return found


def wholeness(folder):
    """A key and a signing request that fit each other, and nothing else."""
    files = sorted(path.name for path in folder.iterdir())
    if files != ["csr.pem", "privkey.pem"]:
        return [f"{folder} holds {files}"]
    of_key = openssl("pkey", "-in", str(folder / "privkey.pem"), "-pubout")
    request = str(folder / "csr.pem")
    of_request = openssl("req", "-in", request, "-verify", "-noout", "-pubkey")
    if of_key is None or of_key != of_request:
        return [f"{folder}: the key is not that of the signing request"]
    return []
