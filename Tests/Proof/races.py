#!/usr/bin/env python3
"""Many processes at once with the same event: one request for each round, with every kind of ledger.

    Tests/Proof/races.py [--processes 64] [--rounds 50] [--stores sqlite,etcd,etcd3] [--seconds N]

Every process of a round has started and waits for its event before one of them gets it. In every second pair of
rounds, the processes look at the service first; every second round begins without a ledger file.
"""

import argparse
import sys
import time

from bench import Desk, Etcd, Sandbox, carried_out, finish, posts, release
from workbench import Allowance, Findings

FIRST = 100_000
# Outcomes of the other processes. The service itself shows the reissue to a process that looks
# after the request of another one was carried out, but asked the ledger before it was claimed.
OTHERS = {"skipped in-progress", "skipped cooldown", "skipped in-progress-at-service"}


def await_start(processes):
    """Waits until all have started and wait for their event: asleep in three looks in a row."""
    looks = 0
    while looks < 3:
        time.sleep(0.02)
        looks = looks + 1 if all(is_asleep(process) for process in processes) else 0


def is_asleep(process):
    with open(f"/proc/{process.pid}/stat", "rb") as file:
        return file.read().rsplit(b")", 1)[1].split()[0] == b"S"


def race(findings, sandbox, desk, number, count, preflight):
    sandbox.sow([number])
    sandbox.news()
    # The answer is late, so that the others arrive while the request is in flight.
    sandbox.control("POST", "faults", {"kind": "delay", "method": "POST", "milliseconds": 100})
    processes = [desk.start(number, preflight) for _ in range(count)]
    await_start(processes)
    for process in processes:
        release(process)
    done = [finish(process) for process in processes]
    sandbox.control("DELETE", "faults")

    entries = sandbox.news()
    place = f"{desk.ledger.split(':')[0]}, certificate {number}, preflight {preflight}"
    findings.seen["rounds"] += 1
    findings.seen["requests sent"] += len(posts(entries))
    findings.expect(len(posts(entries)) == 1, f"{place}: {len(posts(entries))} requests")
    findings.expect(len(carried_out(entries)) == 1, f"{place}: not carried out once")
    winners = [each for each in done if each.word == "reissued"]
    findings.expect(len(winners) == 1, f"{place}: {len(winners)} say reissued")
    for each in done:
        findings.seen[f"processes: {each.word}"] += 1
        isWell = each.word in OTHERS | {"reissued"} and each.status == 0
        findings.expect(isWell, f"{place}: {each}")
        findings.expect("locked" not in each.stderr, f"{place}: {each}")
    record = desk.records().get(number)
    state = record["state"] if record else "nothing"
    findings.expect(state == "accepted", f"{place}: the ledger says {state}")


def races(store, rounds, count, allowance):
    findings = Findings(f"races, {store}, {count} processes at once")
    etcd = {"sqlite": None, "etcd": 1, "etcd3": 3}[store]
    cluster = Etcd(etcd) if etcd else None
    sandbox = Sandbox()
    desk = None
    for turn in range(rounds):
        if allowance.is_spent:
            break
        if turn % 2 == 0:
            location = cluster.location(f"race-{turn}") if cluster else None
            desk = Desk(sandbox.endpoint, location)
        preflight = "on" if turn // 2 % 2 else "off"
        race(findings, sandbox, desk, FIRST + turn, count, preflight)
    if cluster:
        findings.seen["leases left in the cluster"] = cluster.leases()
    sandbox.process.terminate()
    return findings.tell()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--processes", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--stores", default="sqlite,etcd,etcd3")
    parser.add_argument("--seconds", type=float, help="end then, whatever was tried")
    options = parser.parse_args()
    stores = options.stores.split(",")
    share = (options.seconds or 0) / len(stores)
    results = [
        races(store, options.rounds, options.processes, Allowance(share)) for store in stores
    ]
    sys.exit(0 if all(results) else 1)


main()
