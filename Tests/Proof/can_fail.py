#!/usr/bin/env python3
"""The proofs can fail: with a program that starts a new ledger for each run, each of them finds a second request.

    Tests/Proof/can_fail.py
"""

import os
import shlex
import subprocess
import sys

import tracing
from workbench import HERE, PATIENCE, PROGRAM, Findings, work

# Gives each run a new ledger, using only the shell: a process of another program would be traced too.
FORGETFUL = """#!/bin/sh
command=$1
for word do
  shift
  case $command$word in runsqlite:*) word=$word.$$ ;; esac
  set -- "$@" "$word"
done
exec PROGRAM "$@"
"""
SMALL = {
    "syscalls.py": ["--stores", "sqlite", "--paths", "send", "--kinds", "KILL", "--seconds", "4"],
    "suspended.py": ["--stores", "sqlite", "--tries", "16", "--seed", "1"],
    "damage.py": ["--stores", "sqlite", "--flips", "1", "--changes", "8"],
    "years.py": ["--seeds", "1", "--certificates", "12", "--years", "0.3", "--patient"],
}
# Those that need no right to trace.
UNTRACED = {"damage.py", "years.py"}
# The message of each of them about a second request.
SIGNS = ("carried out 2 times", "2 requests that the service", "a second request", "both sent", "the ledger says []")


def main():
    findings = Findings("proofs that must fail")
    forgetful = work / "forgetful"
    forgetful.write_text(FORGETFUL.replace("PROGRAM", shlex.quote(PROGRAM)))
    forgetful.chmod(0o700)
    environment = {**os.environ, "NCLOUD_REISSUE": str(forgetful)}
    for name, words in SMALL.items():
        if name not in UNTRACED and not tracing.is_permitted():
            continue
        done = subprocess.run(
            [sys.executable, HERE / name, *words],
            env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )
        found = sum(any(sign in line for sign in SIGNS) for line in done.stderr.splitlines())
        findings.seen[f"{name}: found" if found else f"{name}: nothing found"] += found
        isShown = "NOT SHOWN" in done.stderr
        findings.expect(isShown or done.returncode == 1 and found, f"{name}: exit {done.returncode}: {done.stderr[-500:]}")
    sys.exit(0 if findings.tell() else 1)


main()
