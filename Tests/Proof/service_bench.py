"""Shared by the proofs about the service: an account, a user's machine, a measured run.

`workbench` has what all proofs share.
"""

import atexit
import json
import os
import socket
import subprocess
import sys

import workbench
from signing_requests import signing_request
from workbench import HERE, PROGRAM, folder, order

# Tests/Benchmarks uses these names.
from workbench import ACCESS_KEY, SECRET_KEY, Sandbox, stop, wait_until as wait_for

# The first number of the certificates that a seed has, and of those that a reissue makes.
FIRST_NUMBER, FIRST_NEW = 100_000, 1_000_000

_findings = workbench.Findings("")


def check(holds, text):
    """Records a claim that must hold, and prints it at once if it does not."""
    return _findings.expect(holds, text)


def note(text):
    print(text, flush=True)


def finish():
    """Prints the failures and ends with the status for them."""
    failures = len(_findings.wrong)
    note(f"{failures} failures" if failures else "all as it should be")
    sys.exit(1 if failures else 0)


def free_port():
    """A free port."""
    return workbench.free_ports(1)[0]


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
    """An account with this number of certificates, each due and in an order of its own."""
    orders = [order(place, *certificate(place)) for place in range(count)]
    return {"nextCertificateNo": FIRST_NEW, "orders": orders}


def item(place):
    """An item of an event for the certificate at that place."""
    number, name, common_name = certificate(place)
    return {"no": number, "name": name, "cn": common_name, "csr": signing_request(common_name)}


class Machine:
    """A user's machine: a home, a configuration, one template."""

    def __init__(
        self, endpoint, preflight="off", items="items", when="contains(keys(@), 'items')"
    ):
        self.folder = folder()
        self.environment = workbench.environment(self.folder)
        self.write("config.json", {"endpoint": endpoint})
        self.write("templates/bench.template.json", {
            "version": 1, "when": when, "items": items,
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
        """Runs a program between two files and returns what it used."""
        read, write = os.pipe()
        try:
            with open(stdin_path, "rb") as stdin, open(stdout_path, "wb") as stdout:
                process = subprocess.Popen(
                    [sys.executable, "-S", "-E", str(HERE / "measure.py"), str(write), *words],
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
