"""Runs a program and writes to a descriptor what it used: seconds of wall and CPU time, peak memory.

A separate small process: the kernel includes the parent's memory at the fork in the peak of a child.
"""

import json
import os
import sys
import time

report_to, words = int(sys.argv[1]), sys.argv[2:]
os.set_inheritable(report_to, False)
started = time.monotonic()
child = os.posix_spawn(words[0], words, os.environ)
_, status, usage = os.wait4(child, 0)
own = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
report = {
    "status": os.waitstatus_to_exitcode(status),
    "wall": time.monotonic() - started,
    "cpu": usage.ru_utime + usage.ru_stime,
    "peak": usage.ru_maxrss / 1024,
    # The least that any child reports.
    "floor": int(own.split()[1]) / 1024,
}
os.write(report_to, json.dumps(report).encode())
