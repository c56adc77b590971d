#!/usr/bin/env python3
"""The owner of a claim is stopped at every system call up to its request, while another host takes its claim over.

    Tests/Proof/suspended.py [--tries N] [--stores sqlite,etcd] [--seed N] [--seconds N]

In each try strace stops the owner at one call, as if its machine were suspended. The clocks of the owner and of the service
are set past the lease. Another process that cannot see the owner (in its own pid namespace, with another host name) gets the
same event, and the owner continues. At most one request may be carried out, and ledger, results and journal must agree.
"""

import argparse
import fcntl
import os
import random
import shutil
import signal
import struct
import sys
import threading
import time

import tracing
from bench import AFTER_WINDOW, Clock, Desk, Etcd, Sandbox, carried_out, namespace, passed, release
from tracing import Fault, Trace
from workbench import Allowance, Findings, not_shown, wait_until

FIRST = 800_000
AHEAD = AFTER_WINDOW + 60
OWNER_STATUSES = (0, 74, 75, 76, 77)
# The locks of SQLite that keep others out: of the file (pending and reserved for writers, shared for readers), and of the index
# of its log (write, checkpoint, recovery; then the mark of whoever sets the index up). Start, length, and whether a reader's lock
# would be in its way.
FILE_LOCKS = ((0x40000000, 2, fcntl.F_WRLCK), (0x40000002, 510, fcntl.F_RDLCK))
# While the file has no log yet (two bytes of its header say so), a reader keeps the one out who wants to begin one.
NEW_FILE_LOCKS = ((0x40000000, 512, fcntl.F_WRLCK),)
INDEX_LOCKS = ((120, 3, fcntl.F_WRLCK), (120, 9, fcntl.F_RDLCK))


class Bench:
    """One worker's sandbox, and two machines: the owner's and another one."""

    def __init__(self, findings, cluster, prefix):
        self.findings, self.cluster, self.prefix = findings, cluster, prefix
        self.sandbox = Sandbox()
        self.desks = [Desk(self.sandbox.endpoint), Desk(self.sandbox.endpoint)]


class Try:
    """One event; the owner is stopped at one call, or traced."""

    def __init__(self, bench, number, store, preflight, call=None):
        self.bench, self.number, self.store, self.preflight, self.call = bench, number, store, preflight, call
        self.owner, self.other = bench.desks
        self.entries, self.ahead = [], 0
        self.place = f"{store}, preflight {preflight}, stopped at {call}"
        self.file = self.owner.ledger_file
        ledger = f"sqlite:{self.file}" if store == "sqlite" else bench.cluster.location(f"s{number}")
        self.owner.ledger = self.other.ledger = ledger
        self.sign = "ledger.sqlite3" if store == "sqlite" else f"htons({bench.cluster.ports[0]})"

    def expect(self, holds, text):
        return self.bench.findings.expect(holds, f"{self.place}: {text}")

    def begin(self):
        for desk in self.bench.desks:
            for name in ("state", "certificates"):
                shutil.rmtree(desk.folder / name, ignore_errors=True)
        self.file.parent.mkdir(mode=0o700)
        self.move_clock(0)
        self.bench.sandbox.sow([self.number])
        self.bench.sandbox.news()

    def move_clock(self, seconds):
        self.ahead += seconds
        self.bench.sandbox.control("POST", "clock", {"offsetSeconds": self.ahead})

    def read_journal(self):
        self.entries += self.bench.sandbox.news()
        return len(carried_out(self.entries))

    def start_owner(self, trace):
        self.clock = Clock()
        process = self.owner.start(self.number, self.preflight, prefix=trace.prefix, clock=self.clock)
        release(process)
        return process

    def traced(self):
        """The calls from the opening of the ledger to the request, the most important ones first."""
        self.begin()
        trace = Trace.of_everything()
        done = tracing.end(self.start_owner(trace))
        self.expect(done.word == "reissued", f"without a stop: {done}")
        calls = tracing.after_opening(trace.calls(), self.sign)
        trace.remove()
        sends = [index for index, call in enumerate(calls) if '"POST /api' in call.text]
        if not sends:
            raise ValueError(f"no request among {len(calls)} calls")
        return calls[: sends[0] + 1]

    def perform(self):
        self.begin()
        trace = Trace.with_fault(Fault(self.call, "STOP"))
        process = self.start_owner(trace)
        isStopped = lambda: "stopped by SIGSTOP" in trace.text()
        wait_until("the stop", lambda: isStopped() or process.poll() is not None, pause=0.002)
        if not isStopped():
            self.bench.findings.seen["the owner did not come to the call"] += 1
        self.move_clock(AHEAD)
        self.clock.set(self.ahead)
        other = None
        if self.is_held():
            self.bench.findings.seen[f"{self.store}: the owner held the file, nobody could take over"] += 1
        else:
            other = self.event("the other host", AHEAD)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGCONT)
        done = tracing.end(process)
        trace.remove()
        self.judge(done, other)
        self.settle()

    def is_held(self):
        """Whether the stopped owner holds a lock of the ledger's file that keeps others out."""
        if self.store != "sqlite":
            return False
        has_log = self.file.exists() and self.file.read_bytes()[18:20] == b"\2\2"
        locks = [(self.file, *lock) for lock in (FILE_LOCKS if has_log else NEW_FILE_LOCKS)]
        locks += [(f"{self.file}-shm", *lock) for lock in INDEX_LOCKS]
        return any(is_locked(*lock) for lock in locks)

    def event(self, when, seconds):
        """The event on the other host."""
        before = self.read_journal()
        process = self.other.start(self.number, self.preflight, seconds, self.bench.prefix)
        done = tracing.end(process)
        self.bench.findings.seen[f"{self.store}, {when}: {done.word}"] += 1
        carried = self.read_journal() - before
        self.expect(carried == (done.word == "reissued"), f"{when}: carried out {carried} times: {done}")
        return done

    def judge(self, done, other):
        """The owner's result fits what it did, and it did nothing if the other host had sent."""
        total = self.read_journal()
        seen = f"{self.store}, the owner continues: {done.word}"
        self.bench.findings.seen[seen] += 1
        self.expect(not done.is_hung and done.documents == 1, f"the owner, {done.documents} documents: {done}")
        self.expect(done.status in OWNER_STATUSES, f"the owner: {done}")
        isOthers = other is not None and other.word == "reissued"
        if done.item.get("status") == "reissued":
            self.expect(not isOthers, f"both sent: {done}")
            self.expect(total == 1, f"the owner says reissued, carried out {total} times")
        if done.word == "skipped in-progress":
            self.expect(total == 1, f"nobody is at it and nothing was sent: {done}, the other {other}")
        self.expect(total <= 1, f"carried out {total} times: {done}")
        sent = len(passed(self.entries))
        self.expect(sent <= 1, f"{sent} requests that the service might have carried out: {done}")

    def settle(self):
        """In the end the request was carried out once, and the ledger knows."""
        for _ in range(2):
            record = self.other.records().get(self.number) or {}
            if record.get("state") in ("accepted", "issued"):
                break
            self.move_clock(AFTER_WINDOW)
            self.event("after it", self.ahead)
        total = self.read_journal()
        sent = len(passed(self.entries))
        self.expect(total == 1 and sent == 1, f"in the end: carried out {total} times, {sent} requests")
        record = self.other.records().get(self.number) or {}
        self.expect(record.get("state") in ("accepted", "issued"), f"in the end: {record.get('state')}")


def is_locked(path, start, length, kind):
    """Whether another process holds a POSIX lock that would keep this one out (fcntl(2), struct flock of 64-bit Linux)."""
    try:
        with open(path, "r+b") as file:
            question = struct.pack("hhqqi4x", kind, os.SEEK_SET, start, length, 0)
            answer = fcntl.fcntl(file, fcntl.F_GETLK, question)
    except FileNotFoundError:
        return False
    return struct.unpack_from("h", answer)[0] != fcntl.F_UNLCK


def chosen(calls, count, chance):
    """All of them, or a number: the last readings of the clock before the request first, then any."""
    if count is None or count >= len(calls):
        return calls
    readings = [call for call in calls if "clock-" in call.text][-(count // 2) :]
    others = [call for call in calls if call not in readings and call.name != "clock_gettime"]
    return readings + chance.sample(others, min(count - len(readings), len(others)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tries", type=int, help="so many for each ledger and preflight; all without it")
    parser.add_argument("--stores", default="sqlite,etcd")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--seconds", type=float, help="end then, whatever was tried")
    options = parser.parse_args()
    if not tracing.is_permitted():
        return
    prefix = namespace("beta")
    if prefix is None:
        not_shown("a host that cannot see the owner: unshare is not allowed here")
        return
    findings = Findings("suspended owners")
    stores = options.stores.split(",")
    cluster = Etcd(1) if "etcd" in stores else None
    benches = [Bench(findings, cluster, prefix) for _ in range(os.cpu_count() or 1)]
    chance = random.Random(options.seed)
    numbers, lock = iter(range(FIRST, FIRST + 100_000)), threading.Lock()
    entries, possible = [], 0
    for store in stores:
        for preflight in ("on", "off"):
            calls = Try(benches[0], next(numbers), store, preflight).traced()
            possible += len(calls)
            entries += [(store, preflight, call) for call in chosen(calls, options.tries, chance)]
    chance.shuffle(entries)
    print(f"suspended owners: {len(entries)} tries of {possible} possible, seed {options.seed}", flush=True)

    def perform(bench, entry):
        with lock:
            number = next(numbers)
        try:
            Try(bench, number, *entry).perform()
        except (OSError, ValueError) as error:
            findings.expect(False, f"{entry}: {error!r}")

    left = tracing.in_parallel(benches, entries, perform, Allowance(options.seconds))
    if left:
        findings.seen["tries left undone: no time"] = left
    sys.exit(0 if findings.tell() else 1)


main()
