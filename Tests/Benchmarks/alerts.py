"""One alert, from the event to the result, compared with curl alone and with other ways to do the same."""

import json
import os
import shutil
import sqlite3

from service import TEMPLATE, Desk, TLSFront, seed
from timing import (
    PEERS, Contestant, Options, Ratio, bench, change, milliseconds, peak_mebibytes, prefer, race, with_earlier)

# The runs of one round use different certificates, so that none finds the state of another.
RUNS_A_ROUND = 11


def number_of(round_number, place):
    return bench.FIRST_NUMBER + round_number * RUNS_A_ROUND + place


def says(status, reason=None):
    """The result that the program must give."""
    def check(text):
        items = json.loads(text)["items"]
        return [(item["status"], item.get("reason")) for item in items] == [(status, reason)]
    return check


def is_accepted(text):
    return json.loads(text.splitlines()[-1])["returnCode"] == "0"


def is_reissued(text):
    return json.loads(text)["status"] == "reissued"


def open_sandbox(count):
    sandbox = bench.Sandbox(seed_document=seed(count))
    prefer(sandbox.process)
    return sandbox


def one_alert(table, desk, sandbox, kind, limits, with_peers):
    """Without a ledger, with a ledger, and again during the cooldown."""
    path = desk.machine.path
    shutil.rmtree(path("ledger"), ignore_errors=True)
    os.mkdir(path("ledger"), 0o700)
    ledger, other_ledger = (f"sqlite:{path('ledger')}/{name}.sqlite3" for name in ("ledger", "earlier"))

    curl = Contestant(
        "bare curl", lambda n: desk.peer(PEERS / "bare_curl.sh", number_of(n, 0)), is_accepted)
    plain = Contestant(
        "no ledger", lambda n: desk.ours(number=number_of(n, 1)), says("reissued"))
    kept = Contestant(
        "ledger", lambda n: desk.ours(number=number_of(n, 2), ledger=ledger), says("reissued"))
    contestants = [curl, plain, kept]
    racers = [
        curl, *with_earlier(plain, lambda n: desk.ours(number=number_of(n, 8))),
        *with_earlier(kept, lambda n: desk.ours(number=number_of(n, 9), ledger=other_ledger)),
    ]
    floor = Contestant(
        "floor", lambda n: desk.floor(number_of(n, 10), path("ledger")), is_accepted)
    racers.append(floor)
    if with_peers:
        contestants += [
            Contestant("shell", lambda n: desk.peer(PEERS / "shell.sh", number_of(n, 3)), is_reissued, 4),
            Contestant(
                "requests", lambda n: desk.peer(PEERS / "with_requests.py", number_of(n, 4)),
                is_reissued, 8),
            Contestant("dry run", lambda n: desk.ours("--dry-run", number=number_of(n, 5)),
                       says("would-reissue")),
        ]
    race([*racers, *contestants[3:]], desk.machine.folder, before=lambda n: sandbox.reset())

    # The last of them many times: the cost of a repeated alert.
    asked = number_of(Options.rounds + 2, 2)
    again = Contestant(
        "repeat", lambda n: desk.ours(number=asked, ledger=ledger), says("skipped", "cooldown"))
    beside = Contestant(
        "bare curl", lambda n: desk.peer(PEERS / "bare_curl.sh", number_of(n, 0)), is_accepted)
    asked_before = number_of(Options.rounds + 2, 9)
    race([beside, *with_earlier(again, lambda n: desk.ours(number=asked_before, ledger=other_ledger))],
         desk.machine.folder, before=lambda n: sandbox.reset())

    table.at_most(f"one alert, {kind}, no ledger ({milliseconds(plain)})",
                  f"bare curl ({milliseconds(curl)})", Ratio.of(plain, curl), limits[0], change(plain))
    table.at_most(f"one alert, {kind}, ledger ({milliseconds(kept)})", "bare curl",
                  Ratio.of(kept, curl), limits[1], change(kept))
    table.add(f"the same in C, nothing checked: `one_alert.c` ({milliseconds(floor)})", "bare curl",
              f"{Ratio.of(floor, curl)} ×")
    table.at_most(f"repeated alert, {kind} ({milliseconds(again)})", "bare curl",
                  Ratio.of(again, beside), limits[2], change(again))
    if with_peers:
        shell, requests, dry = contestants[3:]
        what = "one alert, no ledger: how many times faster"
        table.at_least(what, f"jq + openssl + curl ({milliseconds(shell)})", Ratio.of(shell, plain), 5)
        table.add(what, f"Python with requests ({milliseconds(requests)})",
                  f"{Ratio.of(requests, plain)} ×")
        table.add(f"dry run, nothing looked at ({milliseconds(dry)})", "bare curl",
                  f"{Ratio.of(dry, curl)} ×")


def plain_http(table):
    sandbox = open_sandbox(number_of(Options.rounds + 4, 0) - bench.FIRST_NUMBER)
    desk = Desk(sandbox.endpoint)
    one_alert(table, desk, sandbox, "plain HTTP", (1.25, 1.5, 0.8), with_peers=True)
    sandbox.reset()
    words, environment, event = desk.ours(
        number=number_of(0, 6), ledger=f"sqlite:{desk.machine.path('peak.sqlite3')}")
    peak = peak_mebibytes(words, environment, event)
    before = None
    if Options.earlier:
        words, environment, event = desk.ours(
            number=number_of(1, 6), ledger=f"sqlite:{desk.machine.path('peak-earlier.sqlite3')}")
        before = f"{peak_mebibytes([Options.earlier, *words[1:]], environment, event):.1f} MiB"
    table.add("peak memory of one alert with ledger", "–", f"{peak:.1f} MiB", "at most 18 MiB", peak <= 18, before)
    sandbox.stop()


def tls(table):
    if not os.environ.get("BENCHMARK_NAMESPACE"):
        print("  without unshare(1) no authority can be added for these alone: TLS is left out")
        return
    sandbox = open_sandbox(number_of(Options.rounds + 4, 0) - bench.FIRST_NUMBER)
    front = TLSFront(sandbox.port)
    front.trust()
    one_alert(table, Desk(front.endpoint), sandbox, "TLS", (0.5, 0.5, 0.25), with_peers=False)
    sandbox.stop()


def preflight(table):
    """The account is looked at first; it is small, because both sides read all of it."""
    sandbox = open_sandbox(5)
    desk = Desk(sandbox.endpoint)
    desk.machine.write("templates/bench.template.json", {**TEMPLATE, "policy": {"preflight": "on"}})

    def looking(_):
        words, environment, stdin = desk.peer(PEERS / "looking_curl.sh", bench.FIRST_NUMBER)
        environment["CONFIG"] = desk.looking_configuration(bench.FIRST_NUMBER)
        return words, environment, stdin

    curl = Contestant("curl", looking, lambda text: text.count('"returnCode":"0"') == 3)
    ours = Contestant(
        "preflight", lambda n: desk.ours(number=bench.FIRST_NUMBER + 1), says("reissued"))
    race([curl, ours], desk.machine.folder, before=lambda n: sandbox.reset())
    table.add(f"one alert after a look at the account, no ledger ({milliseconds(ours)})",
              f"curl, the same two GETs and the POST ({milliseconds(curl)})", f"{Ratio.of(ours, curl)} ×")
    sandbox.stop()


def full_ledger(table, records=100_000):
    """A ledger of a hundred thousand records beside an empty one."""
    sandbox = open_sandbox(number_of(Options.rounds + 4, 0) - bench.FIRST_NUMBER)
    desk = Desk(sandbox.endpoint)
    ledgers = {}
    for name in ("empty", "full"):
        os.mkdir(desk.machine.path(name), 0o700)
        ledgers[name] = f"sqlite:{desk.machine.path(name)}/ledger.sqlite3"
    first = Contestant("first", lambda n: desk.ours(number=number_of(0, 7), ledger=ledgers["full"]),
                       says("reissued"))
    first.output = desk.machine.folder / "output"
    first.run(0)
    fill(desk.machine.path("full/ledger.sqlite3"), str(number_of(0, 7)), records)
    contestants = [
        Contestant(name, lambda n, place=place, name=name: desk.ours(
            number=number_of(n, place), ledger=ledgers[name]), says("reissued"))
        for place, name in enumerate(ledgers)
    ]
    race(contestants, desk.machine.folder, before=lambda n: sandbox.reset())
    empty, full = contestants
    size = os.path.getsize(desk.machine.path("full/ledger.sqlite3")) / 1e6
    table.at_most(f"one alert, ledger of {records:,} records ({size:.0f} MB)", "an empty ledger",
                  Ratio.of(full, empty), 1.1)
    sandbox.stop()


def fill(path, number, records, form=str):
    """Multiplies the one record of a ledger; `form` changes its texts first."""
    connection = sqlite3.connect(path)
    tables = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in ("record", "number")}
    for name, rows in tables.items():
        for row in rows:
            # Other numbers than those of the requests: one digit more.
            changed = (
                [form(value).replace(number, f"9{number[1:]}{place}") if isinstance(value, str) else value
                 for value in row]
                for place in range(records))
            marks = ", ".join("?" * len(row))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", changed)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
