"""Long streams: `render --stream` compared with jansson alone and with jq."""

import json
import shutil
import subprocess
import time

from service import COMMON_NAME, Desk, event
from timing import PEERS, Options, Ratio, bench, peak_mebibytes, quantile

ROUNDS = 3
PART = 5
# The number of different events, which are repeated.
BLOCK = 1_000
# Writes a block a number of times to standard output.
FEED = 'n=$1; while [ "$n" -gt 0 ]; do cat "$2"; n=$((n - 1)); done'


def one_alert(number):
    """A typical alert, without long texts."""
    document = event(number)
    document["alerts"][0]["annotations"]["description"] = (
        f"The certificate of https://{COMMON_NAME} expires in 12 days. See the runbook before anything else.")
    return document


def group(number):
    """Four alerts in one notification, of which one still fires."""
    document = one_alert(number)
    for place in range(1, 4):
        alert = json.loads(json.dumps(document["alerts"][0]))
        alert["status"], alert["endsAt"] = "resolved", "2026-11-22T09:14:30.571Z"
        alert["labels"]["instance"] = f"https://{place}.{COMMON_NAME}"
        alert["labels"]["certificate_no"] = str(number + place)
        document["alerts"].append(alert)
    return document


class Stream:
    """A block of events of one kind, and its readers."""

    def __init__(self, make):
        self.desk = Desk("http://127.0.0.1:9")
        lines = [json.dumps(make(bench.FIRST_NUMBER + place), separators=(",", ":")) for place in range(BLOCK)]
        self.path = self.desk.machine.write("block.ndjson", "\n".join(lines) + "\n")
        self.line_bytes = sum(map(len, lines)) // BLOCK
        self.floor = str(self.desk.machine.folder / "jansson_lines")
        subprocess.run(
            ["cc", "-O2", str(PEERS / "jansson_lines.c"), "-o", self.floor, "-ljansson"], check=True)
        self.ours = [
            bench.PROGRAM, "render", "--stream", "--config", self.desk.machine.path("config.json")]
        self.jq = [shutil.which("jq"), "-c", "-f", str(PEERS / "mapping.jq")]

    def output(self, words):
        with open(self.path) as block:
            done = subprocess.run(
                words, stdin=block, capture_output=True, text=True, check=True,
                env=self.desk.machine.environment)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def check_mapping(self):
        """Checks that both write the same, so that the same work is compared."""
        ours = self.output(self.ours)
        if len(ours) != BLOCK or ours != self.output(self.jq):
            raise SystemExit("render and jq do not map alike")

    def feeder(self, count, **streams):
        return subprocess.Popen(
            ["/bin/sh", "-c", FEED, "sh", str(count // BLOCK), self.path], stderr=subprocess.DEVNULL,
            **streams)

    def seconds(self, words, count):
        """Time of a program from its start to its end, fed through a pipe."""
        feeder = self.feeder(count, stdout=subprocess.PIPE)
        started = time.perf_counter()
        subprocess.run(
            words, stdin=feeder.stdout, stdout=subprocess.DEVNULL, env=self.desk.machine.environment,
            check=True)
        seconds = time.perf_counter() - started
        feeder.stdout.close()
        feeder.wait()
        return seconds

    def peak(self, count):
        """Peak memory in MiB after a number of events."""
        pipe = self.desk.machine.path(f"pipe-{count}")
        subprocess.run(["mkfifo", pipe], check=True)
        opener = subprocess.Popen(
            ["/bin/sh", "-c", f"({FEED}) > \"$3\"", "sh", str(count // BLOCK), self.path, pipe],
            stderr=subprocess.DEVNULL)
        peak = peak_mebibytes(self.ours, self.desk.machine.environment, pipe)
        opener.wait()
        return peak


def streams(table):
    count = max(BLOCK, Options.events // BLOCK * BLOCK)
    # Time grows linearly, so a part of the events is enough; for memory all events are needed.
    share = max(BLOCK, count // PART // BLOCK * BLOCK)
    for make, kind in ((group, "four alerts, one fires"), (one_alert, "one alert")):
        stream = Stream(make)
        stream.check_mapping()
        compare(table, stream, kind, share)
    few, many = stream.peak(BLOCK), stream.peak(count)
    table.add(f"peak memory of `render --stream` after {BLOCK:,} and {count:,} events", "–",
              f"{few:.1f} and {many:.1f} MiB", "flat", many - few < 1)


def compare(table, stream, kind, count):
    names = {"floor": [stream.floor], "jq": stream.jq, "ours": stream.ours}
    if Options.earlier:
        names["earlier"] = [Options.earlier, *stream.ours[1:]]
    taken = {name: [] for name in names}
    for turn in range(ROUNDS):
        for name in [*list(names)[turn % len(names):], *list(names)[:turn % len(names)]]:
            taken[name].append(stream.seconds(names[name], count))
    each = {name: quantile(seconds, 0.5) / count * 1e6 for name, seconds in taken.items()}

    def beside(name):
        return Ratio([ours / other for ours, other in zip(taken["ours"], taken[name])])
    what = f"`render --stream`, {count:,} events of {stream.line_bytes:,} bytes, {kind} ({each['ours']:.1f} µs each)"
    change = beside("earlier") if Options.earlier else None
    table.at_most(
        what, f"jansson alone, parsing each line ({each['floor']:.1f} µs)", beside("floor"), 1.3, change)
    table.at_most(what, f"jq -c, the same mapping ({each['jq']:.1f} µs)", beside("jq"), 1, change)
