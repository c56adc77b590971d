"""The output of the measurements: rows of a Markdown table, and the machine."""

import os
import platform
import re
import shutil
import subprocess
import time


class Table:
    """Rows in the order in which they were measured; each is printed at once, because all of them take minutes."""

    def __init__(self):
        self.rows = []

    def add(self, what, beside, figure, target="", holds=None):
        """One row; `holds` is whether the target is met, if there is one."""
        verdict = {True: "yes", False: "**no**", None: "–"}[holds]
        self.rows.append((what, beside, str(figure), target or "–", verdict))
        print(f"  {what}, beside {beside}: {figure}; target {target or 'none'}: {verdict}", flush=True)

    def at_most(self, what, beside, ratio, limit):
        self.add(what, beside, f"{ratio} ×", f"at most {limit} ×", ratio.median <= limit)

    def at_least(self, what, beside, ratio, limit):
        self.add(what, beside, f"{ratio} ×", f"at least {limit} ×", ratio.median >= limit)

    def text(self):
        head = ("what", "beside", "median (middle half)", "target", "met")
        lines = [head, ("---",) * len(head), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def first_line(*words):
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError:
        return "not there"
    return (done.stdout or done.stderr).split("\n", 1)[0].strip()


def processor():
    with open("/proc/cpuinfo") as file:
        found = re.search(r"^model name\s*:\s*(.+)$", file.read(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def distribution():
    with open("/etc/os-release") as file:
        found = re.search(r'^PRETTY_NAME="?([^"\n]+)', file.read(), re.MULTILINE)
    return found.group(1) if found else "unknown"


def machine(command, load_before):
    """Where and when it was measured, and by what command."""
    versions = [
        first_line("curl", "--version").split(" (")[0], first_line("openssl", "version").split(" (")[0],
        first_line("jq", "--version"), f"Python {platform.python_version()}",
    ]
    if shutil.which("nginx"):
        versions.append(first_line("nginx", "-v").replace("nginx version: ", ""))
    return "\n".join([
        f"- date: {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}",
        f"- command: `{command}`",
        f"- machine: {processor()}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}, "
        f"{distribution()}",
        f"- load before and after: {load_before:.1f}, {os.getloadavg()[0]:.1f}",
        f"- {', '.join(versions)}",
    ])
