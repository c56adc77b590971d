"""Instructions (callgrind), the size of the program, and the time of a start that does nothing."""

import os
import re
import shutil
import subprocess

from service import Desk, event
from timing import Contestant, Options, Ratio, bench, change, milliseconds, race, with_earlier

# Stripped, as it is installed.
SIZE_LIMIT = 11 << 20


def starts(table):
    desk = Desk("http://127.0.0.1:9")
    curl = Contestant(
        "curl --version", lambda n: ([shutil.which("curl"), "--version"], desk.machine.environment, None))
    ours = Contestant(
        "--version", lambda n: ([bench.PROGRAM, "--version"], desk.machine.environment, None))
    other = desk.machine.write("other.json", {**event(1), "alerts": []})
    idle = Contestant("nothing to do", lambda n: desk.ours(event_path=other))
    race([curl, *with_earlier(ours), *with_earlier(idle)], desk.machine.folder)
    table.add(f"start alone, `--version` ({milliseconds(ours)})",
              f"curl --version ({milliseconds(curl)})", f"{Ratio.of(ours, curl)} ×", change=change(ours))
    table.at_most(f"an event that has nothing to do ({milliseconds(idle)})", "curl --version",
                  Ratio.of(idle, curl), 0.6, change(idle))


def install(program, name="ncloud-reissue"):
    """The program as it is installed: stripped, and read from the disk.

    A file that was just written is in the page cache in smaller pieces than one that was read; that costs 0.7 ms for each start.
    """
    path = bench.folder() / name
    subprocess.run(["strip", "-o", str(path), program], check=True)
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while file.read(1 << 20):
            pass
    return str(path)


def size(table):
    def mebibytes(path):
        return f"{os.stat(path).st_size / (1 << 20):.1f} MiB"
    table.add("size of the program, stripped", "–", mebibytes(bench.PROGRAM), "at most 11 MiB",
              os.stat(bench.PROGRAM).st_size <= SIZE_LIMIT, Options.earlier and mebibytes(Options.earlier))


def instructions(table):
    if not shutil.which("valgrind"):
        print("  valgrind is not there: instructions are left out")
        return
    desk = Desk("http://127.0.0.1:9")
    words, environment, stdin = desk.ours("--dry-run", number=bench.FIRST_NUMBER)
    idle, _, other = desk.ours(event_path=desk.machine.write("other.json", {**event(1), "alerts": []}))
    curl = counted([shutil.which("curl"), "--version"], environment)
    for what, beside, words, stdin in (
        ("`--version`", f"curl --version ({curl:.1f} million)", [bench.PROGRAM, "--version"], "/dev/null"),
        ("an event that has nothing to do", "–", idle, other),
        ("a dry run of one alert", "–", words, stdin),
    ):
        before = Options.earlier and f"{counted([Options.earlier, *words[1:]], environment, stdin):.1f} million"
        table.add(f"instructions of {what}, loader and all", beside,
                  f"{counted(words, environment, stdin):.1f} million", change=before)


def counted(words, environment, stdin="/dev/null"):
    """Instructions in millions, as callgrind counts them: the same on every run and every machine of a kind."""
    valgrind = [shutil.which("valgrind"), "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    with open(stdin, "rb") as source:
        done = subprocess.run(
            [*valgrind, *words], stdin=source, capture_output=True, text=True, env=environment, check=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if not found:
        raise SystemExit(f"callgrind told nothing: {done.stderr[-400:]}")
    return int(found.group(1)) / 1e6
