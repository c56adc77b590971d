"""Shared by the proofs with strace: the system calls of a run, and one fault put into one of them.

A call is named by its name and by how often the main thread had made it: `write`, 7. A program that does the same twice makes
the same calls, so that a fault can be put where an earlier run was seen.
"""

import functools
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from bench import Done, release
from workbench import PATIENCE, forget, not_shown, work

# What errno(3) and the manual page of each call name; a call that is not listed cannot fail for these reasons.
ERRORS = {
    "EIO": "read pread64 readv write pwrite64 writev fsync fdatasync ftruncate openat open close fstat newfstatat "
    "stat lstat statx unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat mkdir mkdirat "
    "getdents64 readlink readlinkat fchmod chmod access faccessat faccessat2 statfs fstatfs",
    "ENOSPC": "write pwrite64 writev fsync fdatasync fallocate openat open rename renameat renameat2 link linkat "
    "symlink symlinkat mkdir mkdirat epoll_ctl",
    "EINTR": "read pread64 readv write pwrite64 writev fsync fdatasync ftruncate fallocate openat open close fcntl "
    "flock connect accept4 poll ppoll epoll_wait epoll_pwait select pselect6 sendto sendmsg recvfrom recvmsg "
    "clock_nanosleep nanosleep getrandom wait4 statfs fstatfs",
    "EAGAIN": "read readv write writev fcntl connect sendto sendmsg recvfrom recvmsg poll ppoll clone3 clone",
    "EMFILE": "openat open socket socketpair pipe2 pipe eventfd2 epoll_create1 epoll_create dup dup3 fcntl "
    "accept4 inotify_init1",
    "EFBIG": "write pwrite64 writev ftruncate fallocate openat open",
}
KILL = "KILL"
# These calls change what other processes see: a kill before any other call is a kill before the next one of these.
EFFECTS = set(
    "write pwrite64 writev fsync fdatasync ftruncate fallocate openat close unlink unlinkat rename renameat "
    "renameat2 link linkat symlink symlinkat mkdir mkdirat fcntl connect sendto sendmsg recvfrom".split()
)


class Call(NamedTuple):
    """One call of the main thread."""

    name: str
    occurrence: int
    text: str

    @property
    def subject(self):
        """The object of the call: the name of a file without its random part, `TCP`, or nothing."""
        path = re.match(r'(?:AT_FDCWD<[^>]*>, )?"([^"]+)"', self.text)
        if "at" in self.name and not path:
            path = re.match(r'[0-9]+<[^>]*>, "([^"]+)"', self.text)
        opened = re.match(r"[0-9]+<([A-Za-z_-]+:\[|[^>]*)", self.text)
        found = path or opened
        name = found[1].rstrip(":[/").rsplit("/", 1)[-1] if found else ""
        if re.match(r"tmp|clock-|\\\\", name):
            return ""
        return re.sub(r"[0-9a-f]*[0-9][0-9a-f]*", "", name)

    def __str__(self):
        return f"{self.name} {self.occurrence}: {self.text[:90]}"


class Fault(NamedTuple):
    """A fault at a call: an error instead of it, or a kill before it."""

    call: Call
    kind: str

    def __str__(self):
        return f"{self.kind} at {self.call}"


def faults(calls, kinds=(KILL, *ERRORS)):
    """All faults that are possible at these calls."""
    can = {kind: set(names.split()) for kind, names in ERRORS.items()}
    found = []
    for call in calls:
        if call.name == "clock_gettime":
            # Only the library that moves the clock makes this a system call.
            continue
        # A failed reading of the clock would be taken for another time, not for an error.
        kept = [kind for kind in kinds if kind == KILL or (call.name in can[kind] and "clock-" not in call.text)]
        found += [Fault(call, kind) for kind in kept]
    return found


@functools.cache
def is_permitted():
    """Whether programs may be traced here; prints a note if not."""
    isTraced = shutil.which("strace") and (
        subprocess.run(["strace", "-f", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False).returncode
        == 0
    )
    if not isTraced:
        not_shown("faults of system calls: no strace, or nothing may be traced here")
    return bool(isTraced)


class Trace:
    """A run under strace."""

    def __init__(self, *options):
        handle, self.file = tempfile.mkstemp(prefix="trace-", dir=work)
        os.close(handle)
        # -D: the program is the child of this process, and the tracer is detached.
        self.prefix = ["strace", "-D", "-f", "-qq", "-o", self.file, *options]

    @staticmethod
    def of_everything():
        return Trace("-yy", "-s", "64")

    @staticmethod
    def with_fault(fault):
        """Traces that call alone. (What sends signals needs every call to stop: no --seccomp-bpf.)"""
        call, kind = fault
        if kind in (KILL, "STOP"):
            return Trace("-e", f"trace={call.name}", "-e", f"inject={call.name}:signal={kind}:when={call.occurrence}")
        return Trace(
            "--seccomp-bpf", "-e", f"trace={call.name}", "-e", f"inject={call.name}:error={kind}:when={call.occurrence}"
        )

    def text(self):
        with open(self.file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def remove(self):
        os.unlink(self.file)

    def calls(self):
        """All calls of the main thread, in their order."""
        seen, found, main = Counter(), [], None
        for line in self.text().splitlines():
            pid, _, rest = line.partition(" ")
            main = main or pid
            match = re.match(r" *([a-z_0-9]+)\((.*)", rest)
            if pid == main and match:
                seen[match[1]] += 1
                found.append(Call(match[1], seen[match[1]], match[2]))
        return found


def after_opening(calls, sign):
    """The calls from the first one with this sign of the ledger."""
    for index, call in enumerate(calls):
        if sign in call.text and call.name != "execve":
            return calls[index:]
    raise ValueError(f"the ledger was not opened: no {sign} in {len(calls)} calls")


# MARK: how a run ended


def end(process):
    """Like `bench.finish`, for runs that may have been disturbed while they wrote."""
    if process.stdin:
        release(process)
    isHung = False
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        isHung = True
        process.kill()
        stdout, stderr = process.communicate()
    forget(process)
    documents = None
    try:
        lines = stdout.decode().splitlines()
        documents = len([json.loads(line) for line in lines])
        done = Done(process.returncode, stdout, stderr)
    except ValueError:
        done = Done(process.returncode, b"", stderr)
    done.documents, done.is_hung = documents, isHung
    return done


# MARK: choice and work


def chosen(everything, count, seed):
    """Selects a number of them: one of each kind of fault at each name, then others at other files, and kills where something changes."""
    chance = random.Random(seed)
    pool = list(everything)
    chance.shuffle(pool)
    if count is None or count >= len(pool):
        return pool
    names, subjects, rest, seen = [], [], [], set()
    for entry in pool:
        store, fault = entry[0], entry[-1]
        name, subject = (store, fault.call.name, fault.kind), (store, fault.call.name, fault.call.subject, fault.kind)
        (names if name not in seen else subjects if subject not in seen else rest).append(entry)
        seen |= {name, subject}
    rest.sort(key=lambda entry: not (entry[-1].kind == KILL and entry[-1].call.name in EFFECTS))
    # Half of the remaining number for each, so that the kills get their share.
    half = max(0, (count - len(names)) // 2)
    return (names + subjects[:half] + rest + subjects[half:])[:count]


def in_parallel(benches, entries, perform, allowance):
    """Lets every bench take entries until none remain; returns how many were not done."""
    entries = list(reversed(entries))

    def work_off(bench):
        while entries and not allowance.is_spent:
            try:
                entry = entries.pop()
            except IndexError:
                return
            perform(bench, entry)

    with ThreadPoolExecutor(len(benches)) as pool:
        for each in [pool.submit(work_off, bench) for bench in benches]:
            each.result()
    return len(entries)
