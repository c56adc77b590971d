"""Many items in one event: throughput beside `curl --parallel`, the cost of an item as they grow, and streams."""

import json
import shutil
import subprocess
import time

from service import COMMON_NAME, Desk
from timing import (
    PEERS, Contestant, Options, Ratio, bench, milliseconds, peak_mebibytes, peers, prefer, quantile, race)

PARALLEL = 16


class Batches:
    """A sandbox, a machine, and events of any size; each item has a signing request of its own."""

    def __init__(self, count):
        self.items = [bench.item(place) for place in range(count)]
        self.sandbox = bench.Sandbox(seed_document=bench.seed(count))
        prefer(self.sandbox.process)
        self.machine = bench.Machine(self.sandbox.endpoint)
        self.machine.write(
            "config.json", {"endpoint": self.sandbox.endpoint, "maxPerDay": 1_000_000})
        self.ledgers = 0

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
    batches = Batches(5_000)
    for size, rounds in ((500, 9), (1_000, 9), (5_000, 5)):
        ours, theirs = batches.ours(size), batches.curl(size)
        batches.race([ours, theirs], min(rounds, Options.rounds))
        seconds = quantile(list(ours.seconds.values()), 0.5)
        table.at_least(
            f"throughput of {size:,} items, {PARALLEL} at once ({size / seconds:.0f}/s)",
            "curl --parallel, signed beforehand", Ratio.of(theirs, ours), 0.95)
    size = 1_000
    kept, theirs = batches.ours(size, keeps_ledger=True), batches.curl(size)
    batches.race([kept, theirs], min(5, Options.rounds))
    table.add(f"throughput of {size:,} items with ledger", "curl --parallel, signed beforehand",
              f"{Ratio.of(theirs, kept)} ×")
    batches.sandbox.stop()


def growth(table):
    """The cost of one more item, from ten to ten thousand; what the start takes is left out."""
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


# MARK: streams


class Stream:
    """Events without end: a block of a thousand different ones, given again and again through a pipe."""

    block = 1_000

    def __init__(self):
        self.desk = Desk("http://127.0.0.1:9")
        folder = self.desk.machine.folder
        from service import event
        lines = (json.dumps(shortened(event(bench.FIRST_NUMBER + place)), separators=(",", ":"))
                 for place in range(self.block))
        self.path = self.desk.machine.write("block.ndjson", "\n".join(lines) + "\n")
        self.line_bytes = (folder / "block.ndjson").stat().st_size // self.block
        self.floor = str(folder / "jansson_lines")
        subprocess.run(
            ["cc", "-O2", str(PEERS / "jansson_lines.c"), "-o", self.floor, "-ljansson"], check=True)

    def render(self):
        return [bench.PROGRAM, "render", "--stream", "--config", self.desk.machine.path("config.json")]

    def jq(self):
        return [shutil.which("jq"), "-c", "-f", str(PEERS / "mapping.jq")]

    def feeder(self, count):
        script = 'n=$1; while [ "$n" -gt 0 ]; do cat "$2"; n=$((n - 1)); done'
        return subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", str(count // self.block), self.path],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def seconds(self, words, count):
        """Time of a program from its start to its end, fed through a pipe."""
        feeder = self.feeder(count)
        started = time.perf_counter()
        done = subprocess.run(
            words, stdin=feeder.stdout, stdout=subprocess.DEVNULL,
            env=self.desk.machine.environment, check=True)
        seconds = time.perf_counter() - started
        feeder.stdout.close()
        feeder.wait()
        assert done.returncode == 0
        return seconds

    def check_mapping(self):
        """Both write the same: what is compared is the same work."""
        with open(self.path) as file:
            ours, theirs = (
                subprocess.run(words, stdin=open(self.path), capture_output=True, text=True, check=True,
                               env=self.desk.machine.environment).stdout.splitlines()
                for words in (self.render(), self.jq()))
            count = sum(1 for _ in file)
        assert len(ours) == count
        assert [json.loads(line) for line in ours] == [json.loads(line) for line in theirs]


def shortened(document):
    """An alert as most are: 1.6 KB, without the long story of the other measurements."""
    alert = document["alerts"][0]
    alert["annotations"]["description"] = (
        f"The certificate of https://{COMMON_NAME} expires in 12 days. See the runbook before anything else.")
    return document


def streams(table):
    stream = Stream()
    stream.check_mapping()
    names = {"jansson": [stream.floor], "jq": stream.jq(), "ours": stream.render()}
    taken = {name: [] for name in names}
    rounds = 3
    share = max(stream.block, Options.events // stream.block * stream.block)
    for turn in range(rounds):
        order = list(names)[turn % 3:] + list(names)[:turn % 3]
        for name in order:
            taken[name].append(stream.seconds(names[name], share))
    ratio = Ratio([ours / floor for ours, floor in zip(taken["ours"], taken["jansson"])])
    beside_jq = Ratio([ours / theirs for ours, theirs in zip(taken["ours"], taken["jq"])])
    each = quantile(taken["ours"], 0.5) / share * 1e6
    what = f"`render --stream`, {share:,} events of {stream.line_bytes:,} bytes ({each:.1f} µs each)"
    floor = quantile(taken["jansson"], 0.5) / share * 1e6
    table.at_most(what, f"jansson alone, parsing each line ({floor:.1f} µs)", ratio, 1.5)
    theirs = quantile(taken["jq"], 0.5) / share * 1e6
    table.add(what, f"jq -c, the same mapping ({theirs:.1f} µs)", f"{beside_jq} ×")
    few, many = (stream_peak(stream, count) for count in (stream.block, share))
    table.add(f"memory of `render --stream` after {stream.block:,} and {share:,} events", "–",
              f"{few:.1f} and {many:.1f} MiB", "flat", many - few < 1)


def stream_peak(stream, count):
    script = 'n=$1; while [ "$n" -gt 0 ]; do cat "$2"; n=$((n - 1)); done | { shift 2; exec "$@"; }'
    fifo = stream.desk.machine.path(f"fifo-{count}")
    subprocess.run(["mkfifo", fifo], check=True)
    feeder = subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", str(count // stream.block), stream.path, "dd",
         f"of={fifo}", "status=none"], stderr=subprocess.DEVNULL)
    peak = peak_mebibytes(stream.render(), stream.desk.machine.environment, fifo)
    feeder.wait()
    return peak
