"""What one host carries: a ledger of a million records, a large account, and an event with many alerts."""

import json
import os
import re

from alerts import fill, open_sandbox, says
from batches import Batches
from service import NAME, Desk, event
from timing import Contestant, Ratio, bench, milliseconds, peak_mebibytes, prefer, race

RECORDS = 1_000_000
ORDERS, CERTIFICATES_OF_AN_ORDER = 1_000, 10
ALERTS, DUE = 5_000, 5
LIST, SUBSCRIPTIONS = "/api/v2/certificate/getPaidCertificates", "/api/v2/certificate/orders"


def measured(machine, words, stdin="/dev/null", statuses=(0,)):
    """Runs a program once. It must end with one of these statuses. Returns its time and peak memory in words, and its output."""
    output = machine.path("output")
    used = machine.measured(words, stdin, output)
    with open(output) as file:
        text = file.read()
    if used["status"] not in statuses:
        raise SystemExit(f"{' '.join(words)}: status {used['status']}: {text[:800]}")
    return f"{used['wall']:.2f} s, {used['cpu']:.2f} s of CPU time, {used['peak']:,.0f} MiB", text


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
        used, _ = measured(desk.machine, words, statuses=statuses)
        table.add(f"`{command}`, {what}", "–", used)
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
    used, text = measured(host.machine, words, path)
    if json.loads(text)["items"][0]["status"] != "would-reissue":
        raise SystemExit(text)
    lists, subscriptions, _ = host.calls()
    table.add(f"one alert after a look at {what}", "–", f"{used}; {lists} + {subscriptions} pages")
    for command in ("certificates --json", "certificates --inventory"):
        words = [bench.PROGRAM, *command.split(), "--config", host.machine.path("config.json")]
        used, text = measured(host.machine, words)
        table.add(f"`{command}`, {what}", "–", f"{used}; {len(text) / 1e6:.1f} MB written")
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
        used, text = measured(host.machine, words, path)
        lists, subscriptions, requests = host.calls()
        if (json.loads(text)["counts"]["reissued"], requests) != (reissued, reissued):
            raise SystemExit(text[:800])
        table.add(f"{what}, {name}", "–", f"{used}; {lists} + {subscriptions} pages, {requests} requests")
    host.sandbox.stop()


def repeated_items(table):
    """An event whose items were all reissued before: the ledger answers each, and none may cost more than another."""
    sizes = (1_000, 5_000)
    batches, costs = Batches(sizes[-1]), {}
    for size in sizes:
        batches.sandbox.reset()
        words, _, _ = batches.ours(size, keeps_ledger=True).prepare(0)
        for status in ("reissued", "skipped"):
            output = batches.machine.path("output")
            costs[size] = batches.machine.measured(words, batches.event(size), output)["cpu"] / size
            with open(output) as file:
                text = file.read()
            if json.loads(text)["counts"][status] != size:
                raise SystemExit(text[:800])
    growing = costs[sizes[1]] / costs[sizes[0]]
    told = ", ".join(f"{cost * 1e6:.0f} µs of {size:,}" for size, cost in costs.items())
    table.add("CPU time of a repeated item, answered by the ledger", "–", told,
              "constant: 5,000 at most 1.5 × 1,000", growing <= 1.5)
    batches.sandbox.stop()
