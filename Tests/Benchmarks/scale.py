"""What one host carries: a ledger of a million records, a large account, and an event with many alerts."""

import json
import os
import re
import subprocess
import time

from alerts import fill, open_sandbox, says
from batches import Batches
from service import NAME, Desk, event
from timing import Contestant, Ratio, bench, milliseconds, peak_mebibytes, prefer, race

RECORDS = 1_000_000
ORDERS, CERTIFICATES_OF_AN_ORDER = 1_000, 10
ALERTS, DUE = 5_000, 5
LIST, SUBSCRIPTIONS = "/api/v2/certificate/getPaidCertificates", "/api/v2/certificate/orders"


def measured(words, environment, stdin="/dev/null", statuses=(0,)):
    """Seconds and peak memory (MiB) of a run that must end with one of these statuses, and what it wrote."""
    output = bench.folder() / "output"
    started = time.perf_counter()
    with open(stdin, "rb") as source, open(output, "wb") as target:
        done = subprocess.run(words, stdin=source, stdout=target, stderr=subprocess.PIPE, env=environment)
    seconds = time.perf_counter() - started
    if done.returncode not in statuses:
        raise SystemExit(f"{' '.join(words)}: status {done.returncode}: {done.stderr.decode()[:800]}")
    peak = peak_mebibytes(words, environment, stdin)
    return seconds, peak, output.read_text()


def scale(table):
    ledger(table)
    account(table)
    many_alerts(table)
    repeated_items(table)


# MARK: A ledger of a million records

def ledger(table):
    sandbox = open_sandbox(1_000)
    desk = Desk(sandbox.endpoint)
    ledgers = {}
    for name in ("empty", "full"):
        os.mkdir(desk.machine.path(name), 0o700)
        ledgers[name] = f"sqlite:{desk.machine.path(name)}/ledger.sqlite3"
    number = bench.FIRST_NUMBER + 999
    first = Contestant("first", lambda n: desk.ours(number=number, ledger=ledgers["full"]), says("reissued"))
    first.output = desk.machine.folder / "output"
    first.run(0)
    path = desk.machine.path("full/ledger.sqlite3")
    fill(path, str(number), RECORDS, issued)
    runs = {
        name: Contestant(name, lambda n, place=place, name=name: desk.ours(
            number=bench.FIRST_NUMBER + 2 * n + place, ledger=ledgers[name]), says("reissued"))
        for place, name in enumerate(ledgers)
    }
    race(list(runs.values()), desk.machine.folder, before=lambda n: sandbox.reset())
    what = f"ledger of {RECORDS:,} records ({os.path.getsize(path) / 1e6:,.0f} MB)"
    table.at_most(f"one alert, {what} ({milliseconds(runs['full'])})", "an empty ledger",
                  Ratio.of(runs["full"], runs["empty"]), 1.1)
    words, environment, stdin = desk.ours(number=number, ledger=ledgers["full"])
    table.add(f"peak memory of one alert, {what}", "–", f"{peak_mebibytes(words, environment, stdin):.1f} MiB")
    for command, statuses in (("ledger check", (0, 1)), ("ledger list --state unknown", (0,)), ("ledger list", (0,))):
        words = [bench.PROGRAM, *command.split(), "--config", desk.machine.path("config.json"),
                 "--ledger", ledgers["full"]]
        seconds, peak, _ = measured(words, desk.machine.environment, statuses=statuses)
        table.add(f"`{command}`, {what}", "–", f"{seconds:.1f} s, {peak:,.0f} MiB")
    sandbox.stop()


def issued(text):
    """A record of an issued certificate. It has no checksum, as those of version 1.0.0."""
    return re.sub(',"check":"[0-9a-f]*"', "", text.replace("accepted", "issued"))


# MARK: A large account

def order(place, certificates, days):
    """An order whose last certificate can be reissued; all have names of their own."""
    first = bench.FIRST_NUMBER + place * certificates
    return {"orderId": f"ORDER-{place}", "subscriptionDaysLeft": 400, "certificates": [{
        "certificateNo": first + each, "certificateName": f"{NAME}-{place}",
        "commonName": f"host-{place}.example.com", "dnsName": [f"www.host-{place}.example.com"],
        "statusCode": "2" if each == certificates - 1 else "-2", "daysLeft": days - 30 * (certificates - 1 - each),
    } for each in range(certificates)]}


class Host:
    """A user's machine and an account at the sandbox, with a look at the account before each request."""

    def __init__(self, orders):
        seed = {"nextCertificateNo": bench.FIRST_NEW, "orders": orders}
        self.sandbox = bench.Sandbox(seed_document=seed)
        prefer(self.sandbox.process)
        self.machine = bench.Machine(self.sandbox.endpoint, preflight="on")

    def calls(self):
        """The calls since the last time, by what they ask for: pages of both lists, requests."""
        entries = self.sandbox.news()
        paths = [entry["target"].split("?")[0] for entry in entries]
        return paths.count(LIST), paths.count(SUBSCRIPTIONS), sum(each["method"] == "POST" for each in entries)


def account(table):
    host = Host([order(place, CERTIFICATES_OF_AN_ORDER, 12) for place in range(ORDERS)])
    what = f"an account of {ORDERS * CERTIFICATES_OF_AN_ORDER:,} certificates in {ORDERS:,} orders"
    number = bench.FIRST_NUMBER + CERTIFICATES_OF_AN_ORDER - 1
    item = {"no": number, "name": f"{NAME}-0", "cn": "host-0.example.com", "sans": ["www.host-0.example.com"],
            "csr": bench.signing_request("host-0.example.com", ["www.host-0.example.com"])}
    path = host.machine.write("event.json", {"items": [item]})
    words = host.machine.words("--dry-run", "--follow", "none")
    host.calls()
    seconds, peak, text = measured(words, host.machine.environment, path)
    if json.loads(text)["items"][0]["status"] != "would-reissue":
        raise SystemExit(text)
    lists, subscriptions, _ = (count // 2 for count in host.calls())
    table.add(f"one alert after a look at {what}", "–",
              f"{seconds:.2f} s, {peak:.0f} MiB; {lists} + {subscriptions} pages")
    for command in ("certificates --json", "certificates --inventory"):
        words = [bench.PROGRAM, *command.split(), "--config", host.machine.path("config.json")]
        seconds, peak, text = measured(words, host.machine.environment)
        table.add(f"`{command}`, {what}", "–",
                  f"{seconds:.2f} s, {peak:.0f} MiB; {len(text) / 1e6:.1f} MB written")
    host.sandbox.stop()


# MARK: An event with many alerts

def many_alerts(table):
    """Every certificate below the threshold of a monitor that still sees the old ones: few are due."""
    host = Host([order(place, 1, 12 if place % (ALERTS // DUE) == 0 else 150) for place in range(ALERTS)])
    host.machine.write("config.json", {"endpoint": host.sandbox.endpoint, "maxPerDay": ALERTS})
    items = [{
        "no": bench.FIRST_NUMBER + place, "name": f"{NAME}-{place}", "cn": f"host-{place}.example.com",
        "sans": [f"www.host-{place}.example.com"],
        "csr": bench.signing_request(f"host-{place}.example.com", [f"www.host-{place}.example.com"]),
    } for place in range(ALERTS)]
    path = host.machine.write("event.json", {"items": items})
    what = f"an event of {ALERTS:,} alerts ({os.path.getsize(path) / 1e6:.1f} MB), {DUE} due"
    ledger = f"sqlite:{host.machine.path('ledger')}/ledger.sqlite3"
    os.mkdir(host.machine.path("ledger"), 0o700)
    words = host.machine.words("--follow", "none", ledger=ledger)
    host.calls()
    for name, reissued in (("first", DUE), ("again", 0)):
        started = time.perf_counter()
        with open(path, "rb") as source:
            done = subprocess.run(words, stdin=source, capture_output=True, env=host.machine.environment)
        seconds = time.perf_counter() - started
        counts = json.loads(done.stdout)["counts"]
        if (done.returncode, counts.get("reissued", 0)) != (0, reissued):
            raise SystemExit(f"{done.stdout[:800]}{done.stderr[:800]}")
        lists, subscriptions, requests = host.calls()
        figure = f"{seconds:.2f} s; {lists} + {subscriptions} pages, {requests} requests"
        table.add(f"{what}, {name}", "–", figure)
    table.add(f"peak memory of {what}, again", "–",
              f"{peak_mebibytes(words, host.machine.environment, path):.0f} MiB")
    host.sandbox.stop()


def repeated_items(table):
    """An event whose items were all reissued before: the ledger answers each, and none may cost more than another."""
    sizes = (1_000, 5_000)
    batches, costs = Batches(sizes[-1]), {}
    os.mkdir(batches.machine.path("ledgers"), 0o700)
    for size in sizes:
        batches.sandbox.reset()
        words, environment, _ = batches.ours(size, keeps_ledger=True).prepare(0)
        path = batches.event(size)
        for status in ("reissued", "skipped"):
            started = time.perf_counter()
            with open(path, "rb") as source:
                done = subprocess.run(words, stdin=source, capture_output=True, env=environment)
            costs[size] = (time.perf_counter() - started) / size
            if json.loads(done.stdout)["counts"].get(status) != size:
                raise SystemExit(f"{done.stdout[:800]}{done.stderr[:800]}")
    growing = costs[sizes[1]] / costs[sizes[0]]
    told = ", ".join(f"{cost * 1e6:.0f} µs of {size:,}" for size, cost in costs.items())
    table.add("time of a repeated item, answered by the ledger", "–", told,
              "constant: 5,000 at most 1.5 × 1,000", growing <= 1.5)
    batches.sandbox.stop()
