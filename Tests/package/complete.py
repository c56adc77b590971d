#!/usr/bin/env python3
"""Types command lines into real shells, presses the tabulator key, and looks at what they offer.

    Tests/package/complete.py PROGRAM COMPLETIONS      the folder that examples/manual.sh made
"""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

# What is typed, the words that have to be offered, and words that must not be.
CASES = [
    ("ncloud-reissue re", ["render"], ["run", "reissue.json"]),
    ("ncloud-reissue le", ["ledger"], []),
    ("ncloud-reissue --f", ["--force", "--follow", "--follow-deadline"], ["--event"]),
    ("ncloud-reissue --follow ", ["none", "dns", "issued"], ["--force", "alert.json"]),
    ("ncloud-reissue --follow=i", ["issued"], ["dns"]),
    ("ncloud-reissue --log-level w", ["warning"], ["trace"]),
    ("ncloud-reissue ledger s", ["show", "settle"], ["prune"]),
    ("ncloud-reissue ledger list --state un", ["unknown"], ["issued"]),
    ("ncloud-reissue help ce", ["certificates"], []),
    ("ncloud-reissue render --expl", ["--explain"], []),
    ("ncloud-reissue render --event al", ["alert.json"], ["alpha"]),
    ("ncloud-reissue --event=al", ["alert.json"], ["alpha"]),
    ("ncloud-reissue --templates te", ["templates"], ["text.json"]),
    ("ncloud-reissue --templates templates --template al", ["alpha", "alert.json"], ["beta"]),
    ("ncloud-reissue --templates templates -t be", ["beta"], ["alpha"]),
    ("ncloud-reissue --templates templates --template $", [], ["injected"]),
    ("ncloud-reissue check --templates templates be", ["beta"], ["alpha"]),
]
# A shell that printed nothing for this long waits for the next key.
QUIET = 0.6
LONGEST = 15


def read(terminal):
    """Everything until the shell is quiet."""
    text, end = b"", time.monotonic() + LONGEST
    while time.monotonic() < end and select.select([terminal], [], [], QUIET)[0]:
        try:
            text += os.read(terminal, 65536)
        except OSError:
            break
    text = re.sub(rb"\x1b(\[[0-9;?]*[A-Za-z]|[=>])", b"", text)
    return text.decode(errors="replace")


def in_terminal(arguments, setup, environment, folder):
    """Asks a shell through a terminal: types, presses the key, clears the line."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(arguments[0], arguments, environment)
    read(terminal)
    os.write(terminal, (setup + "\n").encode())
    read(terminal)

    def offered(line):
        os.write(terminal, line.encode() + b"\t")
        text = read(terminal)
        os.write(terminal, b"\x15\x0c")  # clear the line, then the screen
        read(terminal)
        return text.replace(line, "", 1) if text.count(line) > 1 else text

    return offered, lambda: (os.close(terminal), os.kill(child, 9), os.waitpid(child, 0))


def bash(completions, environment, folder):
    settings = ["completion-query-items 0", "page-completions off", "show-all-if-ambiguous on"]
    setup = "".join(f"bind 'set {setting}'; " for setting in settings) + f". {completions}/ncloud-reissue"
    return in_terminal(["bash", "--norc", "--noprofile", "-i"], setup, environment, folder)


def zsh(completions, environment, folder):
    setup = f"fpath=({completions} $fpath); autoload -U compinit; compinit -u -D; setopt nobeep nolistambiguous; LISTMAX=9999"
    return in_terminal(["zsh", "-f", "-i"], setup, environment, folder)


def fish(completions, environment, folder):
    def offered(line):
        command = f"source '{completions}/ncloud-reissue.fish'; complete -C '{line}'"
        return subprocess.run(
            ["fish", "--no-config", "-c", command], env=environment, cwd=folder, text=True,
            capture_output=True, check=True).stdout

    return offered, lambda: None


def main():
    program, completions = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in ["templates/alpha.template.json", "templates/beta/template.json", "alert.json", "text.json",
                     "templates/$(echo injected).template.json"]:
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("{}")
        environment = {"HOME": folder, "PATH": f"{program.parent}:/usr/bin:/bin", "TERM": "dumb", "COLUMNS": "200"}
        for shell in [bash, zsh, fish]:
            name = shell.__name__
            if not shutil.which(name):
                sys.exit(f"completions: {name} is missing")
            offered, end = shell(completions, environment, folder)
            for line, expected, others in CASES:
                text = offered(line)
                words = set(re.findall(r"[\w.-]+", text))
                # A single candidate ends up in the line itself.
                whole = re.sub(r"\s+", " ", text)
                missing = [word for word in expected if word not in words and word not in whole]
                wrong = [word for word in others if word in words]
                if missing or wrong:
                    print(f"completions: {name}: {line!r}: lacks {missing}, has {wrong}: {text!r}")
                    failures += 1
            end()
    if failures:
        sys.exit(f"completions: {failures} failed")
    print(f"completions: bash, zsh and fish, {len(CASES)} lines each")


main()
