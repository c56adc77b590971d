"""What the programs of this folder share: the sandbox, a user's machine, a measured run.

They drive built programs, which the environment names:

    NCLOUD_REISSUE=.build/release/ncloud-reissue NCLOUD_SANDBOX=.build/release/ncloud-sandbox \\
      python3 Tests/Proof/batches.py
"""

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from signing_requests import signing_request

HERE = Path(__file__).resolve().parent
PROGRAM = os.path.abspath(os.environ.get("NCLOUD_REISSUE", ".build/release/ncloud-reissue"))
SANDBOX = os.path.abspath(os.environ.get("NCLOUD_SANDBOX", ".build/release/ncloud-sandbox"))
ACCESS_KEY, SECRET_KEY = "sandbox-access-key", "sandbox-secret-key"

# The first number of the certificates that a seed has, and of those that a reissue makes.
FIRST_NUMBER, FIRST_NEW = 100_000, 1_000_000

_failures = []


def check(holds, text):
    """Notes a claim that must hold, and says so at once if it does not."""
    if not holds:
        _failures.append(text)
        print(f"FAILED: {text}", flush=True)
    return holds


def note(text):
    print(text, flush=True)


def finish():
    """Ends with the failures told, and a status that says so."""
    note(f"{len(_failures)} failures" if _failures else "all as it should be")
    sys.exit(1 if _failures else 0)


def folder():
    """A new folder that goes with the process."""
    path = Path(tempfile.mkdtemp(prefix="proof-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def stop(process):
    """Ends a process that was started here."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, answer, seconds=20):
    """Asks until there is an answer."""
    end = time.monotonic() + seconds
    while True:
        value = answer()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.005)


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def certificate(place):
    """The certificate at a place of a seed: number, name, common name."""
    return FIRST_NUMBER + place, f"bench-{place}", f"host-{place}.example.com"


def seed(count):
    """An account of so many certificates, each with an order of its own and due."""
    orders = []
    for place in range(count):
        number, name, common_name = certificate(place)
        orders.append({
            "orderId": f"ORDER-{place}", "subscriptionDaysLeft": 400,
            "certificates": [{
                "certificateNo": number, "certificateName": name, "commonName": common_name,
                "statusCode": "2", "daysLeft": 12,
            }],
        })
    return {"nextCertificateNo": FIRST_NEW, "orders": orders}


def item(place):
    """An item of an event for the certificate at that place."""
    number, name, common_name = certificate(place)
    return {"no": number, "name": name, "cn": common_name, "csr": signing_request(common_name)}


class Sandbox:
    """A running sandbox with a journal of its own."""

    def __init__(self, *options, seed_document=None):
        self.folder = folder()
        self.journal_path = self.folder / "journal.ndjson"
        words = [SANDBOX, "--port", "0", "--journal", str(self.journal_path), *options]
        if seed_document is not None:
            (self.folder / "seed.json").write_text(json.dumps(seed_document))
            words += ["--seed", str(self.folder / "seed.json")]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        atexit.register(stop, self.process)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox did not start: {words}")
        self.endpoint = json.loads(line)["endpoint"]
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        self._read = 0

    def control(self, method, name, document=None):
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.endpoint}/sandbox/{name}", body, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            text = reply.read()
        return json.loads(text) if text.startswith(b"{") else text.decode()

    def reset(self):
        """Back to the seed; what the journal has so far is forgotten here."""
        self.control("POST", "reset")
        self._read = self.journal_path.stat().st_size if self.journal_path.exists() else 0

    def journal(self, method=None):
        """The requests since the last reset."""
        if not self.journal_path.exists():
            return []
        with open(self.journal_path, "rb") as file:
            file.seek(self._read)
            entries = [json.loads(line) for line in file]
        return [entry for entry in entries if method in (None, entry["method"])]

    def stop(self):
        stop(self.process)


class Machine:
    """A user's machine: a home, a configuration, one template."""

    def __init__(self, endpoint, preflight="off", items="items"):
        self.folder = folder()
        self.environment = {
            "HOME": str(self.folder), "PATH": "/usr/bin:/bin",
            "NCLOUD_ACCESS_KEY": ACCESS_KEY, "NCLOUD_SECRET_KEY": SECRET_KEY,
        }
        self.write("config.json", {"endpoint": endpoint})
        self.write("templates/bench.template.json", {
            "version": 1, "when": "contains(keys(@), 'items')", "items": items,
            "reissue": {
                "certificateNo": "${no}", "certificateName": "${name}", "commonName": "${cn}",
                "dnsName": "${sans || `[]`}", "validationMethod": "D", "csr": "${csr}",
            },
            "policy": {"preflight": preflight},
        })

    def path(self, name):
        return str(self.folder / name)

    def write(self, name, document):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)

    def words(self, *options, ledger="none"):
        return [PROGRAM, "run", "--config", self.path("config.json"), "--ledger", ledger, *options]

    def run(self, *options, event, ledger="none", environment=None, timeout=120):
        """One run: its exit status, the result, standard error."""
        done = subprocess.run(
            self.words(*options, ledger=ledger), input=json.dumps(event).encode(),
            capture_output=True, env={**self.environment, **(environment or {})}, timeout=timeout)
        return done.returncode, json.loads(done.stdout), done.stderr.decode()

    def measured(self, words, stdin_path, stdout_path):
        """Runs a program between two files and tells what it took."""
        read, write = os.pipe()
        try:
            with open(stdin_path, "rb") as stdin, open(stdout_path, "wb") as stdout:
                # Descriptor 3 is where the report goes.
                process = subprocess.Popen(
                    ["/bin/sh", "-c", f'exec 3>&{write}; exec "$@"', "sh", sys.executable, "-S",
                     "-E", str(HERE / "measure.py"), *words],
                    stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, env=self.environment,
                    pass_fds=[write])
            os.close(write)
            write = None
            report = os.read(read, 4096)
            process.wait()
            return json.loads(report)
        finally:
            os.close(read)
            if write is not None:
                os.close(write)


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
