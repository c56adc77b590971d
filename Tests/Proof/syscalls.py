#!/usr/bin/env python3
"""A fault at every system call after the ledger is opened: the process is killed there, or the call fails.

    Tests/Proof/syscalls.py [--tries N] [--stores sqlite,etcd] [--paths NAMES] [--seed N] [--seconds N]

Each path is traced once. Then each try runs it with one fault, and sends the event again: at once, and after the window of
"surely absent". After each step the ledger, the result and the service's journal must agree, and at most one request may have
been carried out. `--tries` takes that many of all possible tries: each kind of fault at each call name first.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from typing import Callable, NamedTuple

import tracing
from bench import AFTER_WINDOW, Clock, Desk, Etcd, Sandbox, carried_out, passed
from tracing import KILL, Trace
from workbench import Allowance, Findings

FIRST = 700_000
# Exit statuses for a failing machine; the others are about the event, the settings or the service.
STATUSES = {0: "done", 74: "not read or written", 75: "surely not carried out", 76: "unknown"}
AGAIN = ("reissued", "skipped cooldown", "unknown ledger.unknown")


class Path(NamedTuple):
    """A path through the program: the state before, the command, and how it ends without a fault."""

    name: str
    preflight: str
    prepare: Callable
    words: tuple
    command: str = "run"
    # Whether the disturbed run itself is the one that sends.
    sends: bool = True


def nothing(attempt):
    """No ledger yet."""


def accepted(attempt):
    """Accepted more than an hour ago: an event for it looks at the service."""
    attempt.expect_word("to begin with", attempt.run(), "reissued")
    attempt.move_clock(2 * 3600)


def lost(kind):
    """The answer was lost; the window of "surely absent" is over."""

    def prepare(attempt):
        attempt.bench.sandbox.control("POST", "faults", {"kind": kind, "method": "POST", "count": 1})
        attempt.expect_word("to begin with", attempt.run(), "unknown network.lost-answer")
        attempt.read_journal()
        if kind == "reset-before":
            attempt.entries = []
        attempt.move_clock(AFTER_WINDOW)

    return prepare


def issued(attempt):
    """Accepted, and issued by the service: `follow` brings the chain."""
    attempt.expect_word("to begin with", attempt.run(), "reissued")
    attempt.bench.sandbox.control("POST", "issue", {})


def with_file(attempt):
    """No ledger yet; the signing request is in a file."""
    words = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", os.devnull]
    request = attempt.bench.desk.folder / "csr" / "request.csr"
    subject = f"/CN=c{attempt.number}.example.com"
    subprocess.run([*words, "-subj", subject, "-out", request], check=True, capture_output=True)


PATHS = [
    path
    for preflight in ("on", "off")
    for path in (
        Path("send", preflight, nothing, ("reissued",)),
        Path("repeat", preflight, accepted, ("skipped cooldown",), sends=False),
        Path("look up, absent", preflight, lost("reset-before"), ("reissued",)),
        Path("look up, found", preflight, lost("reset-after"), ("skipped cooldown",), sends=False),
    )
] + [
    Path("send a file", "file", with_file, ("reissued",)),
    Path("follow", "on", issued, ("issued",), "follow", sends=False),
]


class Bench:
    """One worker's sandbox and machine."""

    def __init__(self, findings, cluster):
        self.findings, self.cluster = findings, cluster
        self.sandbox = Sandbox()
        self.desk = Desk(self.sandbox.endpoint)
        # As the others, with a signing request of a file.
        templates = self.desk.folder / "templates"
        template = json.loads((templates / "off.template.json").read_text())
        template["reissue"]["csr"] = {"file": "request.csr"}
        del template["store"]
        (templates / "file.template.json").write_text(json.dumps(template))
        (self.desk.folder / "csr").mkdir()


class Numbers:
    """A number for each try."""

    def __init__(self):
        self._next, self._lock = FIRST, threading.Lock()

    def take(self):
        with self._lock:
            self._next += 1
            return self._next


class Try:
    """One path with one fault; without one it is traced."""

    def __init__(self, bench, number, store, path, fault=None):
        self.bench, self.number, self.store, self.path, self.fault = bench, number, store, path, fault
        self.entries, self.ahead = [], 0
        self.place = f"{store}, {path.name}, preflight {path.preflight}, {fault or 'no fault'}"
        self.state_folder = bench.desk.folder / "state"
        bench.desk.ledger = (
            f"sqlite:{bench.desk.ledger_file}" if store == "sqlite" else bench.cluster.location(f"t{number}")
        )

    @property
    def sign(self):
        """The sign of the first call that gets a fault: the ledger, or the file of the signing request."""
        if self.path.preflight == "file":
            return '/csr"'
        return "ledger.sqlite3" if self.store == "sqlite" else f"htons({self.bench.cluster.ports[0]})"

    def expect(self, holds, text):
        return self.bench.findings.expect(holds, f"{self.place}: {text}")

    def expect_word(self, when, done, *words):
        return self.expect(done.word in words, f"{when}: {done}")

    # MARK: steps

    def begin(self):
        for name in ("state", "certificates"):
            shutil.rmtree(self.bench.desk.folder / name, ignore_errors=True)
        self.state_folder.mkdir(mode=0o700)
        self.move_clock(0)
        self.bench.sandbox.sow([self.number])
        self.bench.sandbox.control("DELETE", "faults")
        self.bench.sandbox.news()
        self.path.prepare(self)

    def move_clock(self, seconds):
        self.ahead += seconds
        self.bench.sandbox.control("POST", "clock", {"offsetSeconds": self.ahead})

    def run(self, prefix=(), command="run"):
        desk = self.bench.desk
        if command == "run":
            process = desk.start(self.number, self.path.preflight, self.ahead, prefix)
        else:
            process = desk.start_command(command, self.ahead, prefix)
        return tracing.end(process)

    def read_journal(self):
        self.entries += self.bench.sandbox.news()
        return len(carried_out(self.entries))

    def record(self):
        return self.bench.desk.records().get(self.number) or {}

    def traced(self):
        """The calls of the path without a fault, from the opening of the ledger on."""
        self.begin()
        trace = Trace.of_everything()
        self.expect_word("without a fault", self.run(trace.prefix, self.path.command), *self.path.words)
        calls = tracing.after_opening(trace.calls(), self.sign)
        trace.remove()
        self.settle()
        return calls

    def perform(self):
        self.begin()
        before = self.read_journal()
        trace = Trace.with_fault(self.fault)
        done = self.run(trace.prefix, self.path.command)
        isMet = "(INJECTED)" in trace.text() or done.status == -9
        trace.remove()
        self.note(done, isMet)
        self.judge_result(done, before)
        self.settle()

    def note(self, done, isMet):
        seen = self.bench.findings.seen
        what = "killed" if self.fault.kind == KILL else self.fault.kind
        seen[f"{self.store}, {self.path.name}: {what}" if isMet else "the run did not come to the call"] += 1
        seen[f"ended: {'killed' if done.status == -9 else STATUSES.get(done.status, done.status)}"] += 1

    def judge_result(self, done, before):
        """One result and a status of the table that fit each other and the journal, or death by that kill alone."""
        self.expect(not done.is_hung, f"it did not end: {done}")
        if self.fault.kind == KILL and done.status == -9:
            return
        if not self.expect(done.status in STATUSES, f"a fault of the machine ends so: {done}"):
            return
        isOutput = self.fault.call.text.startswith("1<")
        if isOutput and done.documents != 1:
            # The result cannot be written, and the status must say so.
            self.expect(done.status in (74, 76), f"the result was not written: {done}")
            return
        if not self.expect(done.documents == 1, f"{done.documents} documents: {done}"):
            return
        carried = self.read_journal() - before
        word = done.word
        if self.path.command == "run":
            self.expect(word != "skipped in-progress", f"nobody is at it: {done}")
            if done.item.get("status") == "reissued":
                self.expect(carried == 1, f"reissued, but carried out {carried} times: {done}")
            if done.item.get("status") == "skipped":
                self.expect(carried == 0, f"skipped, but carried out: {done}")
            if done.status == 0:
                self.expect(word in self.path.words, f"done without a word of the fault: {done}")
        error = done.item.get("error") or done.result.get("error") or {}
        if error.get("retry") in ("safe", "no"):
            self.expect(carried == 0, f"surely not carried out, but it was: {done}")

    def settle(self):
        """The event again, until it is settled; then the request was carried out once."""
        self.check("after the fault")
        if self.path.command == "follow":
            self.follow_again()
        else:
            self.again("at once")
            if self.record().get("state") not in ("accepted", "issued"):
                self.move_clock(AFTER_WINDOW)
                self.again("after the window")
        carried = self.read_journal()
        self.expect(carried == 1, f"in the end: carried out {carried} times")
        record = self.record()
        if not self.expect(record.get("state") in ("accepted", "issued"), f"in the end: {record.get('state')}"):
            return
        new = str(carried_out(self.entries)[0]["reissue"]["newCertificateNo"]) if carried else None
        self.expect(record["standing"].get("newNumber") in (new, None), "another new number")
        self.check_store(record)

    def again(self, when):
        before = self.read_journal()
        done = self.run()
        carried = self.read_journal() - before
        self.bench.findings.seen[f"the event again {when}: {done.word}"] += 1
        words = AGAIN if when == "at once" else AGAIN[:2]
        self.expect_word(when, done, *words)
        self.expect(done.status == (76 if "unknown" in done.word else 0), f"{when}: {done}")
        self.expect(carried == (done.word == "reissued"), f"{when}: carried out {carried} times: {done}")
        self.check(when)

    def follow_again(self):
        done = self.run(command="follow")
        self.bench.findings.seen[f"follow again: exit {done.status}"] += 1
        self.expect(done.status == 0 and done.documents == 1, f"follow again: {done}")
        self.expect(self.record().get("state") == "issued", f"after follow: {self.record().get('state')}")
        done = self.run()
        self.expect_word("the event after follow", done, "skipped cooldown")

    def check(self, when):
        carried = self.read_journal()
        self.expect(carried <= 1, f"{when}: carried out {carried} times")
        sent = len(passed(self.entries))
        self.expect(sent <= 1, f"{when}: {sent} requests that the service might have carried out")
        if carried:
            state = self.record().get("state", "nothing")
            isHeld = state in ("claimed", "unknown", "accepted", "issued")
            self.expect(isHeld, f"{when}: carried out, and the ledger says {state}")

    def check_store(self, record):
        """The key of what was sent is there, and the chain if it was brought."""
        if self.path.preflight == "file":
            return
        name = record["standing"].get("store")
        if not self.expect(name, "no store in the record"):
            return
        place = self.bench.desk.folder / "certificates" / name
        wanted = ["csr.pem", "privkey.pem"]
        if self.path.command == "follow":
            wanted += ["cert.pem", "chain.pem", "fullchain.pem"]
            current = place.parent / "current"
            isLinked = os.path.realpath(current) == os.path.realpath(place)
            self.expect(isLinked, f"current leads to {os.path.realpath(current)}")
        for each in wanted:
            file = place / each
            isWhole = file.exists() and file.read_text().rstrip().endswith("-----")
            self.expect(isWhole, f"{each} is not whole: {sorted(os.listdir(place)) if place.exists() else 'no folder'}")
        if carried := carried_out(self.entries):
            sent = json.loads(carried[0]["body"])["csr"].split()
            request = place / "csr.pem"
            self.expect(request.exists() and request.read_text().split() == sent, "another request than was sent")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tries", type=int, help="so many of all that are possible; all without it")
    parser.add_argument("--stores", default="sqlite,etcd")
    parser.add_argument("--paths", default="send,repeat,look up,follow", help="beginnings of names")
    parser.add_argument("--kinds", default=",".join((KILL, *tracing.ERRORS)))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--seconds", type=float, help="end then, whatever was tried")
    options = parser.parse_args()
    if not tracing.is_permitted():
        return
    findings = Findings("system calls")
    stores = options.stores.split(",")
    cluster = Etcd(1) if "etcd" in stores else None
    benches = [Bench(findings, cluster) for _ in range(os.cpu_count() or 1)]
    numbers = Numbers()
    paths = [path for path in PATHS if path.name.startswith(tuple(options.paths.split(",")))]
    entries = []
    for store in stores:
        for path in paths:
            calls = Try(benches[0], numbers.take(), store, path).traced()
            kinds = options.kinds.split(",")
            entries += [(store, path, fault) for fault in tracing.faults(calls, kinds)]
    chosen = tracing.chosen(entries, options.tries, options.seed)
    print(f"system calls: {len(chosen)} tries of {len(entries)} possible, seed {options.seed}", flush=True)

    def perform(bench, entry):
        try:
            Try(bench, numbers.take(), *entry).perform()
        except (OSError, ValueError) as error:
            findings.expect(False, f"{entry}: {error!r}")

    left = tracing.in_parallel(benches, chosen, perform, Allowance(options.seconds))
    if left:
        findings.seen["tries left undone: no time"] = left
    sys.exit(0 if findings.tell() else 1)


main()
