#!/usr/bin/env python3
"""Twins: two machines that share a ledger, and processes that cannot see each other.

    Tests/Proof/twins.py [--rounds 20] [--seconds N]

Each twin has its own folders, host name and process ids (`unshare`), like two hosts or two containers.
"""

import argparse
import os
import signal
import sys
import threading
import time

from bench import (
    AFTER_WINDOW,
    Clock,
    DEADLINE,
    Desk,
    Etcd,
    Gate,
    Sandbox,
    carried_out,
    finish,
    namespace,
    passed,
    posts,
    release,
)
from workbench import Allowance, Findings, not_shown, wait_until

FIRST = 500_000


def inmost(pid):
    """The last of a chain of only children: the program itself."""
    while True:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = file.read().split()
        if not children:
            return pid
        pid = int(children[0])


class Twins:
    """A sandbox behind a gate, and two desks, each with a prefix that runs its programs in namespaces of their own."""

    def __init__(self, findings, name, ledger, prefixes):
        self.findings, self.name, self.prefixes = findings, name, prefixes
        self.sandbox = Sandbox()
        self.gate = Gate(self.sandbox.port)
        self.desks = [Desk(self.gate.endpoint, ledger), Desk(self.gate.endpoint, ledger)]
        self.number = FIRST
        self.entries = []

    def begin(self):
        self.number += 1
        self.sandbox.sow([self.number])
        self.sandbox.news()
        self.entries = []

    def expect(self, holds, text):
        self.findings.expect(holds, f"{self.name}, {self.number}: {text}")

    def start(self, who, preflight="on", seconds_ahead=0):
        prefix = self.prefixes[who]
        return self.desks[who].start(self.number, preflight, seconds_ahead, prefix)

    def run(self, who, preflight="on", seconds_ahead=0):
        return finish(self.start(who, preflight, seconds_ahead))

    def carried_out(self):
        return carried_out(self.note_entries())

    def note(self, what, done, *words):
        self.findings.seen[f"{self.name}, {what}: {done.word}"] += 1
        self.expect(done.word in words, f"{what}: {done}")

    # MARK: what happens

    def at_once(self, turn):
        """Both get the event in the same moment."""
        self.begin()
        preflight = ["on", "off"][turn % 2]
        processes = [self.start(0, preflight), self.start(1, preflight)]
        time.sleep(0.1)
        for process in processes:
            release(process)
        words = sorted(finish(process).word for process in processes)
        self.findings.seen[f"{self.name}, at once: {words[0]}, {words[1]}"] += 1
        others = {"skipped cooldown", "skipped in-progress", "skipped in-progress-at-service"}
        self.expect(words[0] == "reissued" and words[1] in others, f"at once: {words}")
        self.expect(len(self.carried_out()) == 1, f"carried out {len(self.carried_out())} times")
        self.expect(len(posts(self.entries)) == 1, f"{len(posts(self.entries))} requests")
        for who in (0, 1):
            self.note("afterwards", self.run(who), "skipped cooldown")
        self.expect(len(self.carried_out()) == 1, "sent again")

    def meanwhile(self):
        """The second one starts while the request of the first is in flight: it must not treat the first as dead."""
        self.begin()
        arrived, go_on = threading.Event(), threading.Event()

        def plan(request):
            self.gate.plan = None
            arrived.set()
            go_on.wait()
            return self.gate.deliver(request)

        self.gate.plan = plan
        process = self.start(0)
        release(process)
        arrived.wait(DEADLINE)
        self.note("meanwhile", self.run(1), "skipped in-progress")
        self.note("meanwhile, without a look", self.run(1, "off"), "skipped in-progress")
        go_on.set()
        self.note("the first one", finish(process), "reissued")
        self.note("after it", self.run(1), "skipped cooldown")
        self.expect(len(posts(self.entries + self.sandbox.news())) == 1, "sent twice")

    def killed(self, isDelivered):
        """The first one is killed on another machine: nobody can know this before its lease is over."""
        self.begin()

        def plan(request):
            self.gate.plan = None
            answer = self.gate.deliver(request) if isDelivered else None
            os.kill(inmost(process.pid), signal.SIGKILL)
            return answer and None

        self.gate.plan = plan
        process = self.start(0)
        # Started before the other one ends, because the number of a namespace that ended is reused.
        other = self.start(1)
        wait_until("two programs", lambda: inmost(process.pid) and inmost(other.pid) != other.pid)
        time.sleep(0.1)
        release(process)
        finish(process)
        fate = "carried out" if isDelivered else "not carried out"
        self.note(f"the other was killed, {fate}", finish(other), "skipped in-progress")
        ahead = AFTER_WINDOW + 60
        self.sandbox.control("POST", "clock", {"offsetSeconds": ahead})
        done = self.run(1, seconds_ahead=ahead)
        self.note(f"after the lease, {fate}", done, "skipped cooldown" if isDelivered else "reissued")
        self.sandbox.control("POST", "clock", {"offsetSeconds": 0})
        self.expect(len(self.carried_out()) == 1, f"carried out {len(self.carried_out())} times")
        self.expect(len(passed(self.entries)) == 1, f"{len(passed(self.entries))} requests")

    def suspended(self):
        """The first one's machine is suspended before it sends; when it goes on, another one has sent."""
        self.begin()
        fault = {"kind": "gateway", "code": "500", "method": "POST", "count": 1, "retry-after": "2"}
        self.sandbox.control("POST", "faults", fault)
        clock = Clock()
        process = self.desks[0].start(self.number, prefix=self.prefixes[0], clock=clock)
        release(process)
        wait_until("the first attempt", lambda: posts(self.note_entries()))
        program = inmost(process.pid)
        os.kill(program, signal.SIGSTOP)
        ahead = AFTER_WINDOW + 60
        clock.set(ahead)
        self.sandbox.control("POST", "clock", {"offsetSeconds": ahead})
        self.note("while it is suspended", self.run(1, seconds_ahead=ahead), "reissued")
        os.kill(program, signal.SIGCONT)
        done = finish(process)
        # Its result is the answer to its first attempt.
        self.note("the suspended one", done, "failed gateway.endpoint-down", "skipped in-progress")
        self.expect(done.status in (0, 75), f"the suspended one: {done}")
        self.sandbox.control("POST", "clock", {"offsetSeconds": 0})
        self.note_entries()
        # The first attempt was answered by the gateway: surely not carried out.
        sent = len(passed(self.entries)) - 1
        self.expect(sent == 1, f"suspended: {sent} requests")

    def note_entries(self):
        self.entries += self.sandbox.news()
        return self.entries

    def everything(self, rounds, allowance):
        # All kinds in turn, so that each is tried even if time is short.
        for turn in range(rounds):
            if turn and allowance.is_spent:
                break
            self.at_once(turn)
            if turn % 5:
                continue
            self.meanwhile()
            self.killed(True)
            self.killed(False)
            self.suspended()
        self.sandbox.process.terminate()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, help="end then, whatever was tried")
    options = parser.parse_args()
    share = (options.seconds or 0) / 2
    findings = Findings("twins")
    prefixes = [namespace("alpha"), namespace("beta")]
    cluster = Etcd(3)
    if None in prefixes:
        not_shown("pid namespaces of their own: unshare is not allowed here")
        prefixes = [(), ()]
        twins = Twins(findings, "two folders, one etcd", cluster.location("twins"), prefixes)
        for turn in range(options.rounds):
            twins.at_once(turn)
        twins.meanwhile()
    else:
        location = cluster.location("twins")
        Twins(findings, "two hosts, one etcd", location, prefixes).everything(options.rounds, Allowance(share))
        volume = Desk("http://127.0.0.1:1").ledger
        Twins(findings, "two containers, one volume", volume, prefixes).everything(options.rounds, Allowance(share))
    sys.exit(0 if findings.tell() else 1)


main()
