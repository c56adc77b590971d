#!/usr/bin/env python3
"""Runs what README.md shows: every block is tried by one of the steps below, and none is left over.

    NCLOUD_REISSUE=.build/release/ncloud-reissue Tests/readme.py

What needs other machines (brokers, the machine's package manager) is tried as far as it goes here, and said.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(os.environ["NCLOUD_REISSUE"]).resolve()
README = (ROOT / "README.md").read_text(encoding="utf-8").split("\n")

failures = []
notes = []


# MARK: The blocks


def blocks():
    """Line number and text of each block: between fences, or indented by four behind an empty line."""
    place = 0
    while place < len(README):
        line, above = README[place], README[place - 1] if place else ""
        end = place + 1
        if line.startswith("```"):
            while not README[end].startswith("```"):
                end += 1
            yield place + 1, README[place + 1 : end]
            end += 1
        elif line.startswith("    ") and not above.strip():
            while end < len(README) and README[end].startswith("    "):
                end += 1
            yield place + 1, [text[4:] for text in README[place:end]]
        place = end


BLOCKS = [(number, "\n".join(lines)) for number, lines in blocks()]
left = dict(BLOCKS)


def take(beginning):
    """The one block that begins so; it counts as tried."""
    found = [number for number, text in left.items() if text.startswith(beginning)]
    if len(found) != 1:
        sys.exit(f"README.md: {len(found)} blocks begin with {beginning!r}")
    return left.pop(found[0])


def check(what, holds, told=""):
    if not holds:
        failures.append(f"{what}: {told}")


# MARK: A user's shell


class Shell:
    """A home with nothing in it, the built programs on the PATH, and the sandbox in the place of the service."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp())
        self.sandbox = None
        bin_folder = self.home / "bin"
        bin_folder.mkdir()
        for name in ("ncloud-reissue", "ncloud-sandbox"):
            (bin_folder / name).symlink_to(PROGRAM.parent / name)
        self.environment = {
            "HOME": str(self.home), "PATH": f"{bin_folder}:/usr/bin:/bin", "LC_ALL": "C.UTF-8",
        }

    def start_sandbox(self, *arguments):
        self.stop_sandbox()
        self.sandbox = subprocess.Popen(
            ["ncloud-sandbox", "--port", "0", *arguments], cwd=self.home, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        endpoint = json.loads(self.sandbox.stdout.readline())["endpoint"]
        self.environment |= {
            "NCLOUD_REISSUE_ENDPOINT": endpoint, "NCLOUD_ACCESS_KEY": "sandbox-access-key",
            "NCLOUD_SECRET_KEY": "sandbox-secret-key",
        }

    def stop_sandbox(self):
        if self.sandbox:
            self.sandbox.kill()
            self.sandbox.wait()
            self.sandbox = None

    def write(self, name, text):
        (self.home / name).parent.mkdir(parents=True, exist_ok=True)
        (self.home / name).write_text(text, encoding="utf-8")

    def run(self, command, event=None):
        return subprocess.run(
            ["sh", "-c", command], cwd=self.home, env=self.environment, input=event or "",
            capture_output=True, text=True, timeout=120, check=False)

    def end(self):
        self.stop_sandbox()
        shutil.rmtree(self.home)


def looks_like(shown, text):
    """Whether a text is the one shown, where `…` stands for anything and line ends do not count."""
    parts = [re.escape(re.sub(r"\n\s*", "", part)) for part in shown.split("…")]
    return re.fullmatch(".*".join(parts), text.strip()) is not None


# MARK: The steps


def session(shell):
    """The first lines of the README, word for word."""
    shown = take("$ cat alert.json")
    template = take('{\n  "version": 1,\n  "when"')
    _, event, command, result = re.fullmatch(
        r"\$ (cat alert\.json)\n(.*?)\n\$ (.*?)\n(.*)", shown, re.DOTALL).groups()
    shell.write("alert.json", event)
    shell.write("expiry.json", template)
    shell.start_sandbox()
    done = shell.run(command)
    check("the session", looks_like(result, done.stdout), done.stdout + done.stderr)

    error = take("ncloud-reissue: error: item 0: the value is missing")
    done = shell.run(
        "ncloud-reissue --template expiry.json --ledger none",
        event=event.replace('"host"', '"hots"'))
    told = "".join(line for line in done.stderr.splitlines(True) if "no ledger" not in line)
    check("the missing value", error in told and done.returncode == 65, done.stderr)


def following(shell):
    """What stands in the chapters on following and on streams."""
    shell.start_sandbox("--issue-after", "1s")
    shell.environment["NCLOUD_REISSUE_TEMPLATE"] = "expiry.json"
    shutil.rmtree(shell.home / ".local", ignore_errors=True)
    shell.write("event.json", (shell.home / "alert.json").read_text())
    shell.write("shop.example.com/none", "")
    done = shell.run(take("ncloud-reissue < event.json | jq"))
    rows = [row.split("\t") for row in done.stdout.splitlines()]
    check("the table of records", rows and all(len(row) == 3 for row in rows), done.stderr)
    done = shell.run(take("ncloud-reissue follow --wait"))
    check("follow --wait", '"stage":"issued"' in done.stdout, done.stdout + done.stderr)


def pipelines(shell):
    """The first for real; the others need a journal and brokers, and end in the same command."""
    command, *others = take("tail -n 0 -F").splitlines()
    shell.start_sandbox()
    shutil.rmtree(shell.home / ".local", ignore_errors=True)
    log = shell.home / "expiring.ndjson"
    log.touch()
    command = command.replace("/var/log/", "")
    running = subprocess.Popen(
        ["sh", "-c", command], cwd=shell.home, env=shell.environment, start_new_session=True)
    try:
        results = shell.home / "results.ndjson"
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not (results.exists() and results.read_text()):
            # tail begins at the end of what is there when it opens the file.
            with log.open("a") as file:
                file.write((shell.home / "alert.json").read_text() + "\n")
            time.sleep(0.3)
        check(command, '"status":"reissued"' in results.read_text(), results.read_text())
    finally:
        os.killpg(running.pid, 15)
        running.wait()
    for other in others:
        check(other, " | ncloud-reissue --stream " in other)
        notes.append(f"not run here, since it needs a source of its own: {other.split(' | ')[0]}")


def sandbox(shell):
    """The sandbox, on a port that is free."""
    shell.stop_sandbox()
    shutil.rmtree(shell.home / ".local", ignore_errors=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    commands = take("ncloud-sandbox --port 8080 --journal").replace("8080", port)
    first, rest = commands.split("\n", 1)
    wait = f"until curl -so /dev/null http://127.0.0.1:{port}/; do sleep 0.05; done"
    done = shell.run(f"{first}\ntrap 'kill $!' EXIT\n{wait}\n{rest}")
    check("the sandbox", '"status":"reissued"' in done.stdout, done.stdout + done.stderr)
    check("its journal", (shell.home / "journal.ndjson").exists())

    shell.start_sandbox(*take("ncloud-sandbox --port 8080 --fault").split()[3:])
    shutil.rmtree(shell.home / ".local", ignore_errors=True)
    done = shell.run("ncloud-reissue --template expiry.json < alert.json")
    check("its fault", done.returncode == 76, done.stdout + done.stderr)


def configurations(shell):
    """Configurations that are shown are configurations."""
    for beginning in ('{\n  "template": ["alertmanager"]', '{\n  "callerCheck"'):
        shell.write("shown/config.json", take(beginning))
        (shell.home / "shown/templates").mkdir(exist_ok=True)
        done = shell.run("ncloud-reissue render --config shown/config.json < alert.json")
        check("a configuration", '"configuration.' not in done.stdout, done.stdout)


def installation():
    """Packages are there under the names given; scripts are there and can be run."""
    for beginning in (
        "sudo apt-get install libcurl4 ", "sudo apt-get install libcurl4-openssl-dev",
        "examples/package.sh", "examples/quickstart.sh", "Tests/run.sh", "RECORD_GOLDEN=1",
        "Tests/Proof/races.py",
    ):
        text = take(beginning).replace("\\\n", " ")
        for line in text.splitlines():
            words = line.split("#")[0].split()
            if words[:3] == ["sudo", "apt-get", "install"] and "*" not in line:
                done = subprocess.run(
                    ["apt-get", "-s", "install", *words[3:]], capture_output=True, text=True,
                    check=False)
                check(line, done.returncode == 0, done.stderr)
            for word in words:
                word = word.rstrip(";")
                if re.match(r"(examples|Tests)/[\w./-]+", word):
                    check(f"{word} is a program", os.access(ROOT / word, os.X_OK))


def pictures():
    """What is to be looked at: the paths in it are there."""
    left.pop(next(number for number, text in left.items() if "ReissueKit      ▼" in text))
    for path in re.findall(r"`((?:Sources|Tests|examples|hooks)/[\w./+-]+)`", "\n".join(README)):
        check(f"{path} is there", (ROOT / path).exists() or "*" in path)
    for folder, name in re.findall(r"`(ReissueKit|JMESPath|ncloud-sandbox)/([\w./+-]+)`", "\n".join(README)):
        check(f"{folder}/{name} is there", (ROOT / "Sources" / folder / name).exists())
    for suite in set(re.findall(r"`(\w+Tests)`", "\n".join(README))):
        check(f"{suite} is there", list((ROOT / "Tests").glob(f"*/{suite}.swift")))
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", "\n".join(README)):
        check(f"the link {link}", (ROOT / link).exists())


def main():
    os.chdir(ROOT)
    shell = Shell()
    try:
        session(shell)
        following(shell)
        pipelines(shell)
        sandbox(shell)
        configurations(shell)
    finally:
        shell.end()
    installation()
    pictures()
    for number, text in left.items():
        failures.append(f"line {number}: nobody tries {text.splitlines()[0]!r}")
    for note in notes:
        print(f"readme: {note}")
    for failure in failures:
        print(f"failed: README.md: {failure}", file=sys.stderr)
    print(f"readme: {len(BLOCKS)} blocks, {len(failures)} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
