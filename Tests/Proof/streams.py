#!/usr/bin/env python3
"""Streams: order, memory, bad lines, slow readers, immediate answers, a clean end.

    Tests/Proof/streams.py [--events 100000] [--early 10000] [--sent 300]

Every event is for one of `--sent` certificates, with a ledger: the first event for each is sent, the others are skipped,
and every hundredth line is invalid. The memory at the early event and at the last one is compared; it may grow by a
tenth.
"""

import argparse
import json
import os
import signal
import subprocess
import threading
import time

from service_bench import Machine, check, finish, item, note, seed
from workbench import Sandbox, start, stop

GROWTH_LIMIT = 1.10
BROKEN = [
    "{", "[1,", '{"items": [}', '{"items": "\\ud800"}', '{"a": 1, "a": 2}', "nothing", "x {}",
    '{"items": [1e999]}', '"text"', '{"open": "', "]", '{"a":\u0000}',
]
PIPE_BYTES = 1 << 16

parser = argparse.ArgumentParser()
parser.add_argument("--events", type=int, default=100_000)
parser.add_argument("--early", type=int, default=10_000)
# Not a divisor of a hundred, so that no certificate gets only broken lines.
parser.add_argument("--sent", type=int, default=301)
arguments = parser.parse_args()

sandbox = Sandbox(seed_document=seed(arguments.sent))
events = [json.dumps({"items": [item(place)]}) for place in range(arguments.sent)]


def machine():
    made = Machine(sandbox.endpoint)
    made.write("config.json", {"endpoint": sandbox.endpoint, "maxPerDay": 100_000})
    return made


class Stream:
    """A running `--stream`."""

    def __init__(self, bench, *options, ledger=None):
        ledger = ledger or f"sqlite:{bench.path('ledger.sqlite3')}"
        self.errors = open(bench.path("stderr"), "wb")
        self.process = start(
            bench.words("--stream", "--follow", "none", *options, ledger=ledger),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            env=bench.environment)

    def memory(self):
        """Resident memory now and its peak, in MiB."""
        values = {}
        for line in open(f"/proc/{self.process.pid}/status"):
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                values[name] = int(value.split()[0]) / 1024
        return values["VmRSS"], values["VmHWM"]

    def write(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def result(self):
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        return self.process.wait(30)


def is_broken(place):
    return place % 100 == 42


def line(place):
    if is_broken(place):
        return BROKEN[place // 100 % len(BROKEN)]
    return events[place % len(events)]


def expect(place, result, seen):
    """Whether this result is the answer to the line at that place."""
    if is_broken(place):
        at = result["error"].get("at", {}).get("line") if "error" in result else None
        # The line on which the document began, or the next one if the error shows only there.
        return result["status"] == "failed" and at is not None and 0 <= at - (place + 1) <= 2
    number = place % len(events)
    if len(result["items"]) != 1:
        return False
    entry = result["items"][0]
    status = "skipped" if number in seen else "reissued"
    seen.add(number)
    reason = "cooldown" if status == "skipped" else None
    asked = json.loads(events[number])["items"][0]["no"]
    return (entry["status"], entry.get("reason"), entry["askedNo"]) == (status, reason, str(asked))


def many_events():
    total = arguments.events
    stream = Stream(machine(), "--log-level", "error")
    started = time.monotonic()

    def feed():
        for start in range(0, total, 100):
            chunk = "".join(line(place) + "\n" for place in range(start, min(start + 100, total)))
            stream.write(chunk)

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    memories, wrong, failed, seen = {}, [], 0, set()
    for place in range(total):
        text = stream.process.stdout.readline()
        if not text:
            check(False, f"the stream ended after {place} results")
            break
        result = json.loads(text)
        failed += result["status"] == "failed"
        if not expect(place, result, seen):
            wrong.append((place, text[:300]))
        if place + 1 in (arguments.early, total):
            memories[place + 1] = stream.memory()
    seconds = time.monotonic() - started
    feeder.join(10)
    status = stream.close()
    check(stream.process.stdout.read() == b"", "more results than events")
    check(not wrong, f"{len(wrong)} results are wrong or out of order, the first: {wrong[:1]}")
    check(failed == total // 100, f"{failed} results failed")
    check(status == 65, f"exit status {status}")
    posts = len(sandbox.journal("POST"))
    check(posts == arguments.sent, f"{posts} requests for {arguments.sent} certificates")
    (early, early_peak), (late, late_peak) = memories[arguments.early], memories[total]
    note(
        f"{total} events, {failed} of them broken, {posts} sent: {total / seconds:.0f}/s; resident "
        f"{early:.1f} MiB after {arguments.early}, {late:.1f} MiB at the end (peaks {early_peak:.1f} "
        f"and {late_peak:.1f} MiB)")
    check(late <= early * GROWTH_LIMIT, "memory grows with the stream")
    check(late_peak <= early_peak * GROWTH_LIMIT, "peak memory grows with the stream")


def prompt_answers():
    """Each result arrives before the next event; documents need no line feed between them."""
    stream = Stream(machine(), "--log-level", "error")
    for text in ('{"a": 1}\n', "nothing\n", '{"a": 1}{"a": 2}', '\n[{"a":\n1}]\n'):
        stream.write(text)
        for _ in range(max(1, text.count("}{") + 1)):
            check(stream.result()["version"] == 1, f"no result for {text!r}")
    check(stream.close() == 65, "the bad line is not in the exit status")


def slow_reader():
    """A slow reader holds the stream back: no more is read than the pipes hold."""
    stream = Stream(machine(), "--log-level", "error")
    text = '{"a": "' + "x" * 1_000 + '"}\n'
    written, supply = 0, text.encode() * 61
    os.set_blocking(stream.process.stdin.fileno(), False)
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            # A pipe may accept a part: continue there, so that no event is cut.
            rest = supply[written % len(text):]
            written += os.write(stream.process.stdin.fileno(), rest)
            end = time.monotonic() + 1
        except BlockingIOError:
            time.sleep(0.02)
    note(f"a reader that does not read: {written / 1024:.0f} KiB of events taken in, then none")
    # Results are shorter than these events: what the one pipe of results holds stands for more of them.
    result_bytes = len(stream.process.stdout.readline())
    bound = PIPE_BYTES * 4 + PIPE_BYTES // result_bytes * len(text) * 2
    check(written < bound, f"{written} bytes taken in though nobody reads (bound {bound})")
    stream.process.send_signal(signal.SIGTERM)
    drained = stream.process.stdout.read()
    status = stream.process.wait(30)
    check(status == 0, f"a stream that was stopped: exit status {status}")
    check(drained.endswith(b"\n") and all(json.loads(l) for l in drained.splitlines()), "a torn line")


def clean_end():
    """SIGTERM during a call: its result is written, and nothing after it is started."""
    sandbox.reset()
    sandbox.control("POST", "faults", {"kind": "delay", "milliseconds": 700, "method": "POST"})
    stream = Stream(machine(), "--log-level", "error")
    stream.write("".join(text + "\n" for text in events[:5]))
    while not sandbox.journal("POST"):
        time.sleep(0.01)
    stream.process.send_signal(signal.SIGTERM)
    results = [json.loads(text) for text in stream.process.stdout.read().splitlines()]
    status = stream.process.wait(30)
    check([r["status"] for r in results] == ["reissued"], f"results: {results}")
    check(status == 0, f"exit status {status}")
    check(len(sandbox.journal("POST")) == 1, "more was begun after the signal")
    sandbox.reset()


def pipelines():
    """The end of the pipes that the pages show, with what Debian has of their beginnings."""
    bench = machine()
    words = bench.words("--stream", "--follow", "none", "--log-level", "error")
    with open(bench.path("events"), "w") as log:
        process = start(
            ["/bin/sh", "-c", 'tail -n 0 -F "$0" | "$@"', bench.path("events"), *words],
            stdout=subprocess.PIPE, env=bench.environment, start_new_session=True)
        time.sleep(1)
        # In pieces, as loggers write that ignore lines.
        for piece in (events[0][:100], events[0][100:] + "\n", events[1] + "\n"):
            log.write(piece)
            log.flush()
            time.sleep(0.2)
        found = [json.loads(process.stdout.readline())["status"] for _ in range(2)]
    stop(process)
    check(found == ["reissued"] * 2, f"tail -F: {found}")

    # An entry as `journalctl -o json` writes it: the logged text is a string in it.
    bench = Machine(sandbox.endpoint, items="parse_json(MESSAGE).items", when="_SYSTEMD_UNIT == 'watch.service'")
    entries = [
        {"_SYSTEMD_UNIT": "watch.service", "MESSAGE": events[2], "PRIORITY": "6"},
        {"_SYSTEMD_UNIT": "ssh.service", "MESSAGE": "hello", "PRIORITY": "6"},
        {"_SYSTEMD_UNIT": "watch.service", "MESSAGE": [27, 91, 48, 109], "PRIORITY": "6"},
        # What journalctl writes for a text over 4,096 bytes without --all.
        {"_SYSTEMD_UNIT": "watch.service", "MESSAGE": None, "PRIORITY": "6"}]
    done = subprocess.run(
        bench.words("--stream", "--follow", "none", "--log-level", "error"), env=bench.environment,
        input="".join(json.dumps(entry) + "\n" for entry in entries).encode(), capture_output=True)
    found = [json.loads(text)["status"] for text in done.stdout.splitlines()]
    check(found == ["reissued", "skipped", "failed", "failed"], f"entries of a journal: {found}")
    note("tail -F and entries of a journal: as the pages show")


many_events()
sandbox.reset()
pipelines()
prompt_answers()
slow_reader()
clean_end()
finish()
