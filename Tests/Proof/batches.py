#!/usr/bin/env python3
"""Batches: throughput beside `curl --parallel`, connections, memory, the cost of an item as they grow, and how many
requests a look before and after takes.

    Tests/Proof/batches.py [--items 1000] [--pairs 5] [--small 500] [--large 5000] [--delay 20]
        [--certificates 500] [--alerts 300]

Other work on the machine changes every time, so only large deviations fail: throughput below 0.5 of the peer's,
or CPU time per item above 1.25 times that of the small batch. Wrong results, too many connections and too much
memory always fail. Read the printed figures.
"""

import argparse
import json

import peers
from service_bench import FIRST_NUMBER, Machine, check, finish, item, median, note, seed
from workbench import Sandbox

PARALLEL = 16
MEMORY_LIMIT_MIB = 32
GROSSLY_SLOW, GROSSLY_GROWN = 0.5, 1.25
# The page size of the program's lists.
PAGE = 100

parser = argparse.ArgumentParser()
parser.add_argument("--items", type=int, default=1_000)
parser.add_argument("--pairs", type=int, default=5)
parser.add_argument("--small", type=int, default=500)
parser.add_argument("--large", type=int, default=5_000)
parser.add_argument("--certificates", type=int, default=500)
parser.add_argument("--alerts", type=int, default=300)
parser.add_argument("--delay", type=int, default=20, help="of the sandbox, in milliseconds")
arguments = parser.parse_args()

count = max(arguments.items, arguments.large, arguments.alerts)
sandbox = Sandbox("--delay", f"{arguments.delay}ms", seed_document=seed(count))
machine = Machine(sandbox.endpoint)
items = [item(place) for place in range(count)]


def journal_matches(size):
    """Every certificate is requested once; the number of connections that this took."""
    posts = sandbox.journal("POST")
    numbers = sorted(int(post["target"].split("/")[4]) for post in posts)
    check(numbers == list(range(FIRST_NUMBER, FIRST_NUMBER + size)), f"{len(posts)} of {size} POSTs")
    return len({post["connection"] for post in posts})


def our_run(size):
    event, result = machine.path(f"event-{size}.json"), machine.path("result.json")
    sandbox.reset()
    machine.write(f"event-{size}.json", {"items": items[:size]})
    words = machine.words("--follow", "none", "--parallel", str(PARALLEL))
    report = machine.measured(words, event, result)
    document = json.loads(open(result).read())
    check(report["status"] == 0, f"exit status {report['status']} of {size} items")
    check(document["counts"]["reissued"] == size, f"reissued: {document['counts']}")
    asked = [entry["certificateNo"] for entry in document["items"]]
    check(asked == [str(entry["no"]) for entry in items[:size]], "the results are out of order")
    check(all(entry["attempts"] == 1 for entry in document["items"]), "an item was sent again")
    report["connections"] = journal_matches(size)
    check(report["connections"] <= PARALLEL, f"{report['connections']} connections")
    return report


def their_run(size):
    sandbox.reset()
    path = machine.write("curl.conf", peers.curl_configuration(sandbox.endpoint, items[:size]))
    report = machine.measured(peers.curl_parallel(path, PARALLEL), "/dev/null", machine.path("out"))
    statuses = open(machine.path("out")).read().split()
    check(statuses == ["200"] * size, f"curl: {len(statuses)} answers, {set(statuses)}")
    report["connections"] = journal_matches(size)
    return report


def throughput():
    size = arguments.items
    ratios = []
    for turn in range(arguments.pairs):
        # The order rotates, so that a change of the machine's speed affects both equally.
        runs = [our_run, their_run]
        reports = {run: run(size) for run in (runs if turn % 2 else reversed(runs))}
        ours, theirs = reports[our_run], reports[their_run]
        ratios.append(theirs["wall"] / ours["wall"])
        note(
            f"{size} items: {size / ours['wall']:.0f}/s on {ours['connections']} connections, curl "
            f"{size / theirs['wall']:.0f}/s on {theirs['connections']}: {ratios[-1]:.3f}; CPU "
            f"{ours['cpu']:.2f} s, curl {theirs['cpu']:.2f} s; peak {ours['peak']:.1f} MiB, curl "
            f"{theirs['peak']:.1f} MiB")
        check(ours["peak"] < MEMORY_LIMIT_MIB, f"peak memory {ours['peak']:.1f} MiB")
        check(ours["floor"] < ours["peak"], "the measuring process hides the peak")
    note(f"throughput beside curl --parallel: median {median(ratios):.3f}, best {max(ratios):.3f}")
    check(max(ratios) >= GROSSLY_SLOW, f"throughput grossly below that of curl: {max(ratios):.3f}")


def growth():
    sizes = (arguments.small, arguments.large)
    reports = {size: [] for size in sizes}
    for _ in range(max(1, arguments.pairs // 2)):
        for size in sizes:
            reports[size].append(our_run(size))
    for kind in ("wall", "cpu"):
        # The least of several: other work on the machine can only add time.
        small, large = (min(r[kind] for r in reports[size]) / size for size in sizes)
        note(
            f"{kind} time per item: {small * 1e6:.0f} µs of {sizes[0]}, {large * 1e6:.0f} µs of "
            f"{sizes[1]}: {large / small:.3f}")
        check(kind == "wall" or large / small <= GROSSLY_GROWN, f"{kind} time per item grows")
    note(f"peak memory at {sizes[1]}: {max(r['peak'] for r in reports[sizes[1]]):.1f} MiB")


def one_look():
    """Many alerts in one event for a part of the account, with a look at the service before and after."""
    size, pages = arguments.alerts, -(-arguments.certificates // PAGE)
    account = Sandbox(seed_document=seed(arguments.certificates))
    user = Machine(account.endpoint, preflight="on")
    event, result = user.path("event.json"), user.path("result.json")
    user.write("event.json", {"items": items[:size]})
    words = user.words("--follow", "dns", "--parallel", str(PARALLEL))
    report = user.measured(words, event, result)
    document = json.loads(open(result).read())
    check(report["status"] == 0, f"exit status {report['status']} of {size} alerts")
    check(document["counts"]["reissued"] == size, f"{size} alerts: {document['counts']}")
    check(all(entry.get("dns") for entry in document["items"]), "an item without DNS records")
    targets = [entry["target"] for entry in account.journal()]
    counts = {
        name: sum(1 for target in targets if part in target) for name, part in (
            ("list", "/getPaidCertificates"), ("subscriptions", "/orders?"), ("reissue", "/reissue"),
            ("order", "/orders/"), ("records", "/getVerificationInfo/"))}
    note(f"{size} alerts in an account of {arguments.certificates}: {counts}, {report['wall']:.1f} s")
    wanted = {"list": pages, "subscriptions": 1, "reissue": size, "order": size, "records": size}
    check(counts == wanted, f"requests: {counts}, not {wanted}")
    check(len(targets) == sum(wanted.values()), f"{len(targets)} requests in all")


throughput()
growth()
one_look()
finish()
