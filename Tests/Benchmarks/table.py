"""The output of the measurements: rows of a Markdown table, and the machine."""

import os
import platform
import re
import shutil
import subprocess
import time

from timing import Ratio


class Table:
    """Rows in the order in which they were measured; each is printed at once, because all of them take minutes."""

    def __init__(self, earlier=None):
        """`earlier` names the version that is measured too, if one is."""
        self.rows, self.earlier = [], earlier

    def add(self, what, beside, figure, target="", holds=None, change=None):
        """One row; `holds` is whether the target is met, if there is one, `change` the figure of the earlier version, or
        the ratio to it."""
        verdict = {True: "yes", False: "**no**", None: "–"}[holds]
        row = (what, beside, str(figure), target or "–", verdict)
        told = f"  {what}, beside {beside}: {figure}; target {target or 'none'}: {verdict}"
        if self.earlier:
            shown = "–" if change is None else f"{change} ×" if isinstance(change, Ratio) else str(change)
            row += (shown,)
            told += f"; beside {self.earlier}: {shown}"
        self.rows.append(row)
        print(told, flush=True)

    def at_most(self, what, beside, ratio, limit, change=None):
        self.add(what, beside, f"{ratio} ×", f"at most {limit} ×", ratio.median <= limit, change)

    def at_least(self, what, beside, ratio, limit, change=None):
        self.add(what, beside, f"{ratio} ×", f"at least {limit} ×", ratio.median >= limit, change)

    def text(self):
        head = ("what", "beside", "median (middle half)", "target", "met")
        if self.earlier:
            head += (f"beside {self.earlier}",)
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
