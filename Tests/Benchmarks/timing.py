"""Times programs side by side: in every round each program runs once, so that other work on the machine affects all of
them."""

import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# After this folder, which has modules of the same names.
sys.path.append(str(HERE.parent / "Proof"))

import peers  # noqa: E402
import service_bench as bench  # noqa: E402

PEERS = HERE / "peers"
# Below 50, so that a contestant does not wait for its own server.
SERVER_PRIORITY, CONTESTANT_PRIORITY = 40, 50


class Options:
    """The options of the command line."""

    rounds = 40
    events = 1_000_000
    is_real_time = False
    # The program of an earlier version, stripped, which is measured in the same rounds.
    earlier = None


def claim_processor():
    """Measured programs run as soon as they are ready, before other work. They inherit this."""
    if Options.is_real_time:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(CONTESTANT_PRIORITY))


def prefer(process):
    """The same for every thread of a server."""
    if Options.is_real_time:
        for thread in os.listdir(f"/proc/{process.pid}/task"):
            os.sched_setscheduler(int(thread), os.SCHED_FIFO, os.sched_param(SERVER_PRIORITY))


class Contestant:
    """A program that does one thing a round.

    prepare(round) gives its words, environment and the file for standard input; check(round, text, status) looks
    at what came out, outside of the time that is taken.
    """

    def __init__(self, name, prepare, check=None, every=1):
        self.name, self.prepare, self.check, self.every = name, prepare, check, every
        self.seconds, self.earlier = {}, None

    def run(self, number):
        words, environment, stdin = self.prepare(number)
        files = [
            (os.POSIX_SPAWN_OPEN, 0, stdin or "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(self.output), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, f"{self.output}.err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ]
        started = time.perf_counter()
        process = os.posix_spawn(words[0], words, environment, file_actions=files)
        _, status, _ = os.wait4(process, 0)
        seconds = time.perf_counter() - started
        text = self.output.read_text(errors="replace")
        status = os.waitstatus_to_exitcode(status)
        if self.check is None:
            fits = status == 0
        else:
            fits = status == 0 and self.check(text)
        if not fits:
            complaint = Path(f"{self.output}.err").read_text(errors="replace")
            raise SystemExit(f"{self.name}, round {number}: status {status}: {text[:800]}{complaint[:800]}")
        return seconds


def compiled(name, folder, *libraries):
    """The path of a peer that is written in C."""
    program = Path(folder) / name
    if not program.exists():
        links = [f"-l{library}" for library in libraries]
        subprocess.run(["cc", "-O2", str(PEERS / f"{name}.c"), "-o", str(program), *links], check=True)
    return str(program)


def with_earlier(contestant, place=None):
    """The contestant, and the same of the earlier version if there is one. `place` is what that one prepares, if the two
    must not share a certificate or a ledger."""
    if not Options.earlier:
        return [contestant]

    def prepare(number):
        words, environment, stdin = (place or contestant.prepare)(number)
        return [Options.earlier, *words[1:]], environment, stdin
    contestant.earlier = Contestant(f"{contestant.name}, earlier", prepare, contestant.check, contestant.every)
    return [contestant, contestant.earlier]


def change(contestant):
    """The time beside that of the earlier version; `None` without one."""
    return Ratio.of(contestant, contestant.earlier) if contestant.earlier else None


def race(contestants, folder, rounds=None, before=lambda number: None):
    """Runs all of them a number of rounds, after some that do not count; the order rotates."""
    warm_up = 3
    for contestant in contestants:
        contestant.output = folder / "output"
    for number in range((rounds or Options.rounds) + warm_up):
        before(number)
        turn = number % len(contestants)
        for contestant in contestants[turn:] + contestants[:turn]:
            if number % contestant.every and number >= warm_up:
                continue
            seconds = contestant.run(number)
            if number >= warm_up:
                contestant.seconds[number] = seconds


def quantile(values, part):
    """A quantile of the values, interpolated between two neighbours."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * part
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


class Ratio:
    """The ratio of two contestants, round by round: the median, and the range of the middle half."""

    def __init__(self, ratios):
        self.median = quantile(ratios, 0.5)
        self.low, self.high = quantile(ratios, 0.25), quantile(ratios, 0.75)

    @classmethod
    def of(cls, contestant, base):
        shared = sorted(set(contestant.seconds) & set(base.seconds))
        return cls([contestant.seconds[each] / base.seconds[each] for each in shared])

    def __str__(self):
        return f"{self.median:.2f} ({self.low:.2f}–{self.high:.2f})"


def milliseconds(contestant):
    return f"{quantile(list(contestant.seconds.values()), 0.5) * 1e3:.1f} ms"


def peak_mebibytes(words, environment, stdin="/dev/null"):
    """Peak memory of a program. A small Python process starts it, because the peak of a child includes the memory of its parent
    at the fork."""
    read, write = os.pipe()
    with open(stdin, "rb") as source:
        process = subprocess.Popen(
            [sys.executable, "-S", "-E", str(HERE.parent / "Proof/measure.py"), str(write), *words],
            stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
            pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as report:
            text = report.read()
        process.wait()
    if not text:
        raise SystemExit(f"no report of {words[0]}: status {process.returncode}")
    return bench.json.loads(text)["peak"]
