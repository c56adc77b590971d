#!/usr/bin/env python3
"""Processes killed with -9, lost answers, killed leaders: a certificate is still requested once.

    Tests/Proof/crashes.py [--sqlite 500] [--etcd 200] [--resets 20] [--seed N] [--seconds N]

Each try has one certificate. A run is killed, or its etcd leader is. The same event comes again at once, and again
after the time at which the request is surely absent (the clocks of program and sandbox are set). A gate between program
and sandbox holds the request at the moment of the kill. After every step, the journal and the ledger are compared. Runs
that ended before their kill do not count.
"""

import argparse
import json
import random
import signal
import sqlite3
import sys
import threading
import time

from bench import (
    AFTER_WINDOW,
    Desk,
    Etcd,
    Gate,
    Sandbox,
    carried_out,
    finish,
    passed,
    posts,
    release,
)
from workbench import Allowance, Findings, free_ports

FIRST = 200_000
# When the kill happens, if not at a random moment: when the intent shows in the ledger; when the request has arrived at
# the gate, which then drops it, delivers it, delivers it after the next event, or after the window; when the
# service has answered and the ledger is held so that the outcome cannot be written; when the answer has just
# been handed over; or not at all, so that only the leader dies.
MOMENTS = ["claimed", "dropped", "delivered", "late", "too-late", "answered", "handed-over"]


class Try:
    """One certificate, its killed run and the events after it."""

    def __init__(self, bench, number, moment):
        self.bench, self.number, self.moment = bench, number, moment
        self.preflight = bench.random.choice(["on", "off"])
        self.entries = []
        self.held = None
        self.kills_leader = False
        self.is_killed = True
        # Some are killed twice: the run after the window too.
        self.dies_twice = moment == "random" and bench.random.random() < 0.3
        self.place = f"{bench.findings.title}: {number} {moment}, preflight {self.preflight}"

    def expect(self, holds, text):
        self.bench.findings.expect(holds, f"{self.place}: {text}")

    def record(self):
        return self.bench.desk.records().get(self.number)

    def carried_out(self):
        self.entries += self.bench.sandbox.news()
        return carried_out(self.entries)

    # MARK: the kill

    def kill(self):
        if self.kills_leader:
            self.bench.kill_leader()
        self.process.send_signal(signal.SIGKILL)

    def plan(self, request):
        """What the gate does with the request."""
        self.started.wait()
        if self.moment in ("late", "too-late"):
            self.held = request
        if self.moment in ("dropped", "late", "too-late"):
            self.kill()
            return None
        answer = self.bench.gate.deliver(request)
        if self.moment == "delivered":
            self.kill()
            return None
        if self.moment == "answered":
            self.bench.hold_ledger()
        if self.moment in ("answered", "handed-over"):
            pause = self.bench.random.uniform(0, 0.002) if self.moment == "handed-over" else 0.02
            threading.Timer(pause, self.kill).start()
        if self.moment == "leader" and self.kills_leader:
            self.bench.kill_leader()
        return answer

    def die(self, seconds=0):
        """The run that is killed."""
        bench = self.bench
        self.started = threading.Event()
        bench.gate.plan = self.plan
        began = time.monotonic()
        self.process = bench.desk.start(self.number, self.preflight, seconds)
        self.started.set()
        release(self.process)
        if self.moment == "random":
            time.sleep(max(0, began + bench.random.uniform(0, bench.usual) - time.monotonic()))
            self.kill()
        if self.moment == "claimed":
            bench.await_claim(self.number, self.process)
            self.kill()
        done = finish(self.process)
        bench.gate.await_quiet()
        bench.release_ledger()
        bench.gate.plan = None
        return done

    # MARK: the events after it

    def perform(self):
        bench = self.bench
        bench.sandbox.sow([self.number])
        bench.sandbox.news()
        done = self.die()
        self.classify(done)
        bench.heal()

        self.check("the kill")
        if self.moment == "delivered" or self.held is None:
            self.again("at once", 0)
        else:
            self.again_while_on_its_way()
        ahead = AFTER_WINDOW
        bench.sandbox.control("POST", "clock", {"offsetSeconds": ahead})
        if self.dies_twice:
            self.die(ahead)
            bench.heal()
            self.check("the second kill")
            bench.findings.seen["killed twice"] += 1
            ahead *= 2
            bench.sandbox.control("POST", "clock", {"offsetSeconds": ahead})
        self.again("after the window", ahead)
        if self.moment == "too-late":
            # The gateway refuses a signature of this age, which is the reason for the length of the window.
            bench.gate.deliver(self.held)
            self.check("the late delivery")
        self.end()
        bench.sandbox.control("POST", "clock", {"offsetSeconds": 0})

    def classify(self, done):
        """The moment of the kill, according to ledger and journal."""
        record, carried = self.record(), self.carried_out()
        sent = posts(self.entries) or self.held or self.moment == "dropped"
        state = record["state"] if record else "nothing"
        if self.process.returncode != -signal.SIGKILL:
            what = f"none: the run ended first, {done.word}"
            self.is_killed = self.kills_leader
            self.bench.usual *= 0.9
        elif state == "nothing":
            what = "before the intent was durable"
            self.bench.usual *= 1.05
            self.expect(not sent, "sent before the intent was durable")
        elif state == "accepted":
            what = "after the outcome was durable"
        elif carried:
            what = "carried out, the outcome not durable"
        elif sent:
            what = "sent, not carried out yet"
        else:
            what = "the intent durable, nothing sent"
        self.bench.findings.seen[f"kills: {what}"] += 1
        if self.kills_leader:
            self.bench.findings.seen["leaders killed"] += 1
        if done.item.get("status") == "reissued" and done.status != 74:
            self.expect(state == "accepted", f"told as reissued, and the ledger says {state}")

    def again(self, when, seconds):
        before = len(self.carried_out())
        done = self.bench.desk.run(self.number, self.preflight, seconds)
        after = len(self.carried_out())
        self.bench.findings.seen[f"the event again {when}: {done.word}"] += 1
        self.expect(
            done.word in ("reissued", "skipped cooldown", "unknown ledger.unknown"),
            f"{when}: {done}",
        )
        self.expect(done.status == (76 if "unknown" in done.word else 0), f"{when}: {done}")
        self.expect("locked" not in done.stderr, f"{when}: {done}")
        self.expect((done.word == "reissued") == (after > before), f"{when}: {done.word}, not sent")
        self.check(when)
        return done

    def again_while_on_its_way(self):
        """The request is still in flight at the next event and arrives after it."""
        before = len(posts(self.entries))
        done = self.again("while it is on its way", 0)
        self.expect(done.word == "unknown ledger.unknown", f"while it is on its way: {done}")
        self.expect(len(posts(self.entries)) == before, "sent while the first was on its way")
        if self.moment == "late":
            self.bench.gate.deliver(self.held)
            self.check("the late delivery")

    def check(self, when):
        """Never two requests that can both be carried out; never one that the ledger does not have."""
        carried = self.carried_out()
        sent = len(passed(self.entries))
        self.expect(sent <= 1, f"{when}: {sent} requests that the service might have carried out")
        record = self.record()
        state = record["state"] if record else "nothing"
        if carried:
            holding = ("claimed", "unknown", "accepted", "issued")
            self.expect(state in holding, f"{when}: carried out, and the ledger says {state}")
            if not when.startswith("the "):
                self.expect(state != "claimed", f"{when}: still claimed by a dead process")

    def end(self):
        """In the end the request was carried out once, and the key of what was sent is in the store."""
        carried = len(self.carried_out())
        self.expect(carried == 1, f"in the end: carried out {carried} times")
        record = self.record()
        state = record["state"] if record else "nothing"
        if not self.expect_state(state):
            return
        standing = record["standing"]
        new = carried_out(self.entries)[0]["reissue"]["newCertificateNo"]
        self.expect(standing.get("newNumber") in (str(new), None), "another new number")
        store = self.bench.desk.folder / "certificates" / standing.get("store", "nowhere")
        sent = json.loads(carried_out(self.entries)[0]["body"])
        request = store / "csr.pem"
        isKept = request.exists() and (store / "privkey.pem").exists()
        if isKept:
            isKept = request.read_text().split() == sent["csr"].split()
        self.expect(isKept, f"the key of what was carried out is not in {store}")

    def expect_state(self, state):
        return self.bench.findings.expect(
            state in ("accepted", "issued"), f"{self.place}: in the end the ledger says {state}"
        )


class Bench:
    """A sandbox behind a gate, and a user's machine with a ledger that all tries share."""

    def __init__(self, title, seed, ledger=None):
        self.findings = Findings(title)
        self.random = random.Random(seed)
        self.sandbox = Sandbox()
        self.gate = Gate(self.sandbox.port)
        self.desk = Desk(self.gate.endpoint, ledger)
        # The approximate duration of a run: random kills happen within it. It is adapted to what they hit.
        self.usual = 0.05

    def measure(self):
        """Measures the duration of a run, and makes a ledger."""
        self.sandbox.sow([FIRST - 1])
        began = time.monotonic()
        done = self.desk.run(FIRST - 1)
        self.usual = time.monotonic() - began
        self.findings.expect(done.word == "reissued", f"the first run: {done}")

    def tries(self, count, moments, allowance):
        self.measure()
        index = kills = 0
        while kills < count and not allowance.is_spent:
            # Every second one at a random moment, the others at each of those that are named in turn.
            moment = moments[index // 2 % len(moments)] if index % 2 else "random"
            attempt = self.prepare(index, Try(self, FIRST + index, moment))
            attempt.perform()
            index += 1
            kills += attempt.is_killed
            if attempt.is_killed and kills % 50 == 0:
                print(f"{self.findings.title}: {kills} of {count}", flush=True)
        self.sandbox.process.terminate()
        return self.findings.tell()

    def prepare(self, index, attempt):
        return attempt

    def heal(self):
        pass

    def kill_leader(self):
        pass


class SQLiteBench(Bench):
    """The ledger is a file that other connections can watch and hold."""

    blocker = None

    def connect(self):
        return sqlite3.connect(
            self.desk.ledger_file, isolation_level=None, timeout=5, check_same_thread=False
        )

    def await_claim(self, number, process):
        connection = self.connect()
        query = "SELECT 1 FROM number JOIN record USING (account, key) WHERE number = ?"
        while process.poll() is None and not connection.execute(query, (str(number),)).fetchone():
            pass
        connection.close()

    def hold_ledger(self):
        self.blocker = self.connect()
        self.blocker.execute("BEGIN IMMEDIATE")

    def release_ledger(self):
        if self.blocker:
            self.blocker.close()
            self.blocker = None


class EtcdBench(Bench):
    """Three members; in every third try the one that leads is killed too."""

    def __init__(self, title, seed):
        self.cluster = Etcd(3, ["--heartbeat-interval", "20", "--election-timeout", "200"])
        super().__init__(title, seed, self.cluster.location("crash"))
        self.dead = None
        self.numbers = "crash/number/"

    def prepare(self, index, attempt):
        attempt.kills_leader = index % 3 == 0
        if attempt.kills_leader and self.random.random() < 0.3:
            # The program lives and must continue.
            attempt.moment = "leader"
            attempt.place += ", only the leader killed"
        return attempt

    def kill_leader(self):
        if self.dead is None:
            self.dead = self.cluster.leader()
            self.cluster.kill(self.dead)

    def heal(self):
        if self.dead is not None:
            self.cluster.start(self.dead)
            self.cluster.wait()
            self.dead = None

    def await_claim(self, number, process):
        name = f"/{number}".encode()
        while process.poll() is None:
            keys = self.cluster.entries(self.numbers)
            if any(key.encode().endswith(name) for key in keys):
                return

    def hold_ledger(self):
        """A cluster cannot be held; the kill is soon enough."""

    def release_ledger(self):
        pass


# MARK: lost answers


def resets(count, allowance):
    """The service resets the connection after or before it carries the request out."""
    findings = Findings("resets")
    sandbox = Sandbox()
    desk = Desk(sandbox.endpoint)
    for index in range(count):
        if allowance.is_spent:
            break
        for kind in ("reset-after", "reset-before"):
            number = FIRST + 2 * index + (kind == "reset-before")
            reset(findings, sandbox, desk, number, kind, "on" if index % 2 else "off")
    for number, preflight in [(FIRST - 2, "on"), (FIRST - 3, "off")]:
        an_hour_later(findings, sandbox, desk, number, preflight)
    sandbox.process.terminate()
    return findings.tell()


def reset(findings, sandbox, desk, number, kind, preflight):
    sandbox.sow([number])
    sandbox.control("POST", "faults", {"kind": kind, "method": "POST", "count": 1})
    sandbox.news()
    is_done = kind == "reset-after"
    words = ["unknown network.lost-answer"]
    words += ["skipped cooldown"] * 2 if is_done else ["unknown ledger.unknown", "reissued"]
    sent = [1, 1, 1] if is_done else [1, 1, 2]
    entries = []
    for step, ahead in enumerate([0, 0, AFTER_WINDOW]):
        sandbox.control("POST", "clock", {"offsetSeconds": ahead})
        done = desk.run(number, preflight, ahead)
        entries += sandbox.news()
        place = f"{kind}, preflight {preflight}, step {step}"
        findings.seen[f"{kind}, {['first', 'at once', 'after the window'][step]}: {done.word}"] += 1
        status = 76 if "unknown" in words[step] else 0
        findings.expect(done.word == words[step] and done.status == status, f"{place}: {done}")
        findings.expect(len(posts(entries)) == sent[step], f"{place}: {len(posts(entries))} sent")
        if is_done and step:
            new = str(carried_out(entries)[0]["reissue"]["newCertificateNo"])
            shown = done.item.get("newCertificateNo")
            findings.expect(shown == new, f"{place}: the new number is {new}, told is {shown}")
    findings.expect(len(carried_out(entries)) == 1, f"{kind}: not carried out once")
    sandbox.control("POST", "clock", {"offsetSeconds": 0})


def an_hour_later(findings, sandbox, desk, number, preflight):
    """An accepted request whose look is due, and a service that does not answer: the cooldown holds."""
    sandbox.sow([number])
    findings.expect(desk.run(number, preflight).word == "reissued", "to begin with")
    sandbox.news()
    away = ["--endpoint", f"http://127.0.0.1:{free_ports(1)[0]}", "--deadline", "1s"]
    done = desk.run(number, preflight, 3_700, options=away)
    findings.seen[f"an hour later, without the service: {done.word}"] += 1
    findings.expect(done.word == "skipped cooldown" and done.status == 0, f"{preflight}: {done}")
    sandbox.control("POST", "clock", {"offsetSeconds": 3_700})
    sandbox.control("POST", "issue", {})
    done = desk.run(number, preflight, 3_700)
    stage = done.item.get("stage")
    findings.seen[f"an hour later: {done.word}, {stage}"] += 1
    findings.expect(done.word == "skipped cooldown" and stage == "issued", f"{preflight}: {done}")
    findings.expect(not posts(sandbox.news()), "sent again")
    sandbox.control("POST", "clock", {"offsetSeconds": 0})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sqlite", type=int, default=500, help="tries with a SQLite ledger")
    parser.add_argument("--etcd", type=int, default=200, help="tries with three etcd members")
    parser.add_argument("--resets", type=int, default=20, help="of each kind")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--seconds", type=float, help="end then, whatever was tried")
    options = parser.parse_args()
    seconds = options.seconds or 0
    print(f"crashes: --seed {options.seed}", flush=True)
    results = []
    if options.resets:
        results.append(resets(options.resets, Allowance(seconds * 0.1)))
    if options.sqlite:
        bench = SQLiteBench("crashes, SQLite", options.seed)
        results.append(bench.tries(options.sqlite, MOMENTS, Allowance(seconds * 0.45)))
    if options.etcd:
        bench = EtcdBench("crashes, etcd", options.seed)
        moments = [moment for moment in MOMENTS if moment != "answered"]
        results.append(bench.tries(options.etcd, moments, Allowance(seconds * 0.45)))
    sys.exit(0 if all(results) else 1)


main()
