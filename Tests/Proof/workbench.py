"""Shared by all proofs: the built programs, folders and processes that end with the proof, findings, a sandbox.

    NCLOUD_REISSUE, NCLOUD_SANDBOX   the programs (.build/release/…)

`bench` (the ledger), `service_bench` (the service) and `store_bench` (the keys) have the rest.
"""

import atexit
import http.client
import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def _built(name, variable):
    return os.path.abspath(os.environ.get(variable, ROOT / ".build/release" / name))


PROGRAM = _built("ncloud-reissue", "NCLOUD_REISSUE")
SANDBOX = _built("ncloud-sandbox", "NCLOUD_SANDBOX")
ACCESS_KEY, SECRET_KEY = "sandbox-access-key", "sandbox-secret-key"
# Longer than any step takes, also on a busy machine: a program that hangs is a finding and does not stop the proof.
PATIENCE = 120
# Where a sanitizer reports to, if the programs were built with one.
SANITIZERS = ("ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS")


# MARK: folders and processes

# A proof writes only here.
work = Path(tempfile.mkdtemp(prefix="proof-"))
_running = []


@atexit.register
def _clean():
    for process in reversed(_running):
        stop(process, is_patient=False)
    shutil.rmtree(work, ignore_errors=True)


# When a proof ends, the programs that it started end too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def folder():
    """A new folder that is removed with the proof."""
    return Path(tempfile.mkdtemp(dir=work))


def start(words, **options):
    """Starts a program that ends with the proof; with `start_new_session`, all that it starts in turn ends too."""
    process = subprocess.Popen([str(word) for word in words], **options)
    process.leads_group = options.get("start_new_session", False)
    _running.append(process)
    return process


def forget(process):
    """Removes a program that has ended: its id may soon be reused."""
    if process in _running:
        _running.remove(process)


def stop(process, is_patient=True):
    """Ends a program that was started here: first with SIGTERM if there is time."""
    if process.poll() is None:
        if is_patient:
            _send(process, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                pass
        _send(process, signal.SIGKILL)
        process.wait()
    forget(process)


def _send(process, number):
    if not getattr(process, "leads_group", False):
        process.send_signal(number)
        return
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def wait_until(what, condition, seconds=PATIENCE, pause=0.01):
    """Calls until the result is true, and returns it."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(pause)


def free_ports(count):
    """Free ports."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def environment(home):
    """The whole environment of the program on a user's machine."""
    found = {
        "HOME": str(home),
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "NCLOUD_ACCESS_KEY": ACCESS_KEY,
        "NCLOUD_SECRET_KEY": SECRET_KEY,
    }
    return found | {name: os.environ[name] for name in SANITIZERS if name in os.environ}


class Allowance:
    """The time that a proof may take, whatever its size; unlimited without a number."""

    def __init__(self, seconds=None):
        self._end = time.monotonic() + seconds if seconds else math.inf

    @property
    def is_spent(self):
        return time.monotonic() > self._end


# MARK: findings


class Findings:
    """What was seen, how many times, and what must not have happened."""

    def __init__(self, title):
        self.title = title
        self.seen = Counter()
        self.wrong = []
        self.began = time.monotonic()

    def expect(self, holds, text):
        if not holds:
            self.wrong.append(text)
            print(f"wrong: {text}", file=sys.stderr, flush=True)
        return holds

    def tell(self):
        """Prints what was seen; returns whether nothing was wrong."""
        seconds = time.monotonic() - self.began
        print(f"{self.title}: {seconds:.0f} s")
        for name, count in sorted(self.seen.items()):
            print(f"  {count:6} {name}")
        print(f"  {len(self.wrong):6} wrong", flush=True)
        return not self.wrong


def not_shown(what):
    """Reports that this machine does not allow a part of the proof."""
    print(f"NOT SHOWN on this machine: {what}", file=sys.stderr, flush=True)


# MARK: the service


def order(identifier, number, name, common_name, **more):
    """An order of one certificate that is due."""
    certificate = {
        "certificateNo": number, "certificateName": name, "commonName": common_name,
        "statusCode": "2", "daysLeft": 12, **more,
    }
    return {
        "orderId": f"ORDER-{identifier}", "subscriptionYears": 1, "subscriptionDaysLeft": 300,
        "certificates": [certificate],
    }


class Sandbox:
    """The sandbox, with a journal of its own."""

    def __init__(self, *options, seed_document=None, **started):
        """`started` is for `start`, such as `env`."""
        self.folder = folder()
        self.journal_path = self.folder / "journal.ndjson"
        words = [SANDBOX, "--port", "0", "--journal", self.journal_path, *options]
        if seed_document is not None:
            (self.folder / "seed.json").write_text(json.dumps(seed_document))
            words += ["--seed", self.folder / "seed.json"]
        with open(self.folder / "log", "wb") as log:
            self.process = start(words, stdout=subprocess.PIPE, stderr=log, **started)
        line = self.process.stdout.readline()
        if not line:
            told = (self.folder / "log").read_text()
            raise RuntimeError(f"the sandbox did not start: {words}: {told}")
        self.endpoint = json.loads(line)["endpoint"]
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        self._mark = 0

    def control(self, method, name, document=None):
        """Calls a control route of the sandbox."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            text = None if document is None else json.dumps(document)
            connection.request(method, f"/sandbox/{name}", text)
            reply = connection.getresponse().read()
        finally:
            connection.close()
        if not reply.startswith(b"{"):
            return reply.decode()
        value = json.loads(reply)
        if "error" in value:
            raise ValueError(value["error"])
        return value

    def _lines(self):
        """What the journal has behind the mark, in whole lines."""
        if not self.journal_path.exists():
            return b""
        with open(self.journal_path, "rb") as file:
            file.seek(self._mark)
            text = file.read()
        return text[: text.rfind(b"\n") + 1]

    def journal(self, method=None):
        """The requests since the last reset or news."""
        entries = [json.loads(line) for line in self._lines().splitlines()]
        return [entry for entry in entries if method in (None, entry["method"])]

    def news(self):
        """The requests since the last time."""
        text = self._lines()
        self._mark += len(text)
        return [json.loads(line) for line in text.splitlines()]

    def reset(self):
        """Resets the account to the seed, and skips what the journal has so far."""
        self.control("POST", "reset")
        self._mark = self.journal_path.stat().st_size if self.journal_path.exists() else 0

    def stop(self):
        stop(self.process)
