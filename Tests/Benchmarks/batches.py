"""Many items in one event: throughput beside `curl --parallel`, and the cost of an item as they grow."""

import json
import os

from timing import (
    Contestant, Options, Ratio, bench, change, compiled, peak_mebibytes, peers, prefer, quantile, with_earlier)

PARALLEL = 16
# Faster than a service across a network, and slow enough that the sandbox, which uses the same processors, is not measured.
DELAY = 20


class Batches:
    """A sandbox, a user's machine, and events of any size; each item has its own signing request."""

    def __init__(self, count, delay=0):
        self.items = [bench.item(place) for place in range(count)]
        options = ["--delay", f"{delay}ms"] if delay else []
        self.sandbox = bench.Sandbox(*options, seed_document=bench.seed(count))
        prefer(self.sandbox.process)
        self.machine = bench.Machine(self.sandbox.endpoint)
        self.machine.write(
            "config.json", {"endpoint": self.sandbox.endpoint, "maxPerDay": 1_000_000})
        self.ledgers = 0
        os.mkdir(self.machine.path("ledgers"), 0o700)

    def event(self, size):
        return self.machine.write(f"event-{size}.json", {"items": self.items[:size]})

    def ours(self, size, keeps_ledger=False):
        path = self.event(size)
        options = ["--follow", "none", "--parallel", str(PARALLEL), "--deadline", "4m"]

        def prepare(_):
            self.ledgers += 1
            ledger = f"sqlite:{self.machine.path('ledgers')}/{self.ledgers}" if keeps_ledger else "none"
            return self.machine.words(*options, ledger=ledger), self.machine.environment, path

        def check(text):
            counts = json.loads(text)["counts"]
            return counts["reissued"] == size == counts["items"]
        return Contestant(f"{size} items", prepare, check)

    def curl(self, size):
        def prepare(_):
            text = peers.curl_configuration(self.sandbox.endpoint, self.items[:size])
            path = self.machine.write("curl.conf", text)
            return peers.curl_parallel(path, PARALLEL), self.machine.environment, None
        return Contestant(
            f"curl, {size}", prepare, lambda text: text.split() == ["200"] * size)

    def floor(self, size):
        """The rows and syncs of a ledger for such a batch, and nothing else."""
        program = compiled("batch_ledger", self.machine.folder, "sqlite3")

        def prepare(_):
            self.ledgers += 1
            path = f"{self.machine.path('ledgers')}/{self.ledgers}"
            return [program, path, str(size), str(PARALLEL)], self.machine.environment, None
        return Contestant(f"the ledger of {size}", prepare)

    def race(self, contestants, rounds):
        for number in range(rounds + 1):
            turn = number % len(contestants)
            for each in contestants[turn:] + contestants[:turn]:
                each.output = self.machine.folder / "output"
                self.sandbox.reset()
                seconds = each.run(number)
                if number > 0:
                    each.seconds[number] = seconds


def throughput(table):
    for delay in (DELAY, 0):
        batches = Batches(5_000, delay)
        where = f"a service that answers after {delay} ms" if delay else "a service that answers at once"
        for size, rounds in ((500, 7), (1_000, 5), (5_000, 3)):
            ours, theirs = batches.ours(size), batches.curl(size)
            batches.race([*with_earlier(ours), theirs], min(rounds, Options.rounds))
            seconds = quantile(list(ours.seconds.values()), 0.5)
            table.at_least(
                f"throughput of {size:,} items, {PARALLEL} at once, {where} ({size / seconds:.0f}/s)",
                "curl --parallel, signed in advance", Ratio.of(theirs, ours), 0.95, change(ours))
        size = 1_000
        kept, theirs, floor = batches.ours(size, keeps_ledger=True), batches.curl(size), batches.floor(size)
        batches.race([*with_earlier(kept), theirs, floor], min(5, Options.rounds))
        table.at_least(f"throughput of {size:,} items with ledger, {where}",
                       "curl --parallel, signed in advance", Ratio.of(theirs, kept), 0.9, change(kept))
        milliseconds = 1_000 * quantile(list(floor.seconds.values()), 0.5)
        table.add(f"the ledger of {size:,} items alone, in C: `batch_ledger.c` ({milliseconds:.0f} ms)",
                  "curl --parallel, signed in advance", f"{Ratio.of(floor, theirs)} ×")
        batches.sandbox.stop()


def growth(table):
    """The time of one more item, from ten items to ten thousand, without the start."""
    sizes = (10, 100, 1_000, 10_000)
    batches = Batches(sizes[-1])
    start = Contestant(
        "no items", lambda n: (batches.machine.words("--follow", "none"), batches.machine.environment,
                               batches.event(0)))
    contestants = [batches.ours(size) for size in sizes]
    batches.race([start, *contestants], min(5, Options.rounds))
    least = min(start.seconds.values())
    costs = {}
    for size, each in zip(sizes, contestants):
        costs[size] = (quantile(list(each.seconds.values()), 0.5) - least) / size
    told = ", ".join(f"{cost * 1e6:.0f} µs of {size:,}" for size, cost in costs.items())
    growing = costs[10_000] / costs[1_000]
    table.add("time of an item", "–", told, "constant: 10,000 at most 1.25 × 1,000", growing <= 1.25)
    words, environment, _ = contestants[-1].prepare(0)
    batches.sandbox.reset()
    peak = peak_mebibytes(words, environment, batches.event(sizes[-1]))
    table.add(f"peak memory of {sizes[-1]:,} items ({len(open(batches.event(sizes[-1])).read()) / 1e6:.1f} MB)",
              "–", f"{peak:.1f} MiB")
    batches.sandbox.stop()
