"""Instructions (callgrind), the size of the program, and the time of a start that does nothing."""

import os
import re
import shutil
import subprocess

from service import Desk, event
from timing import Contestant, Ratio, bench, milliseconds, race

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
    race([curl, ours, idle], desk.machine.folder)
    table.add(f"start alone, `--version` ({milliseconds(ours)})",
              f"curl --version ({milliseconds(curl)})", f"{Ratio.of(ours, curl)} ×")
    table.add(f"an event that has nothing to do ({milliseconds(idle)})", "curl --version",
              f"{Ratio.of(idle, curl)} ×")


def install():
    """The program as it is installed: stripped, and read from the disk.

    A file that was just written is in the page cache in smaller pieces than one that was read; that costs 0.7 ms for each start.
    """
    path = bench.folder() / "ncloud-reissue"
    subprocess.run(["strip", "-o", str(path), bench.PROGRAM], check=True)
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while file.read(1 << 20):
            pass
    bench.PROGRAM = str(path)


def size(table):
    found = os.stat(bench.PROGRAM).st_size
    table.add("size of the program, stripped", "–", f"{found / (1 << 20):.1f} MiB", "at most 11 MiB",
              found <= SIZE_LIMIT)


def instructions(table):
    if not shutil.which("valgrind"):
        print("  valgrind is not there: instructions are left out")
        return
    desk = Desk("http://127.0.0.1:9")
    words, environment, stdin = desk.ours("--dry-run", number=bench.FIRST_NUMBER)
    counts = {
        "curl": counted([shutil.which("curl"), "--version"], environment),
        "start": counted([bench.PROGRAM, "--version"], environment),
        "dry": counted(words, environment, stdin),
    }
    table.add("instructions of `--version`, loader and all", f"curl --version ({counts['curl']:.1f} million)",
              f"{counts['start']:.1f} million")
    table.add("instructions of a dry run of one alert", "–", f"{counts['dry']:.1f} million")


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
