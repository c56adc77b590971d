#!/usr/bin/env python3
"""Checks every Markdown page of the repository, and runs the blocks that they show.

    NCLOUD_REISSUE=.build/release/ncloud-reissue Tests/readme.py [PAGE...]

Links, anchors and paths must exist. A page's blocks run in its order, in one shell with an empty home, where the
sandbox takes the place of the service. What a block needs stands in comments before it, which readers do not see:

    <!-- file: NAME -->        writes the block to this file
    <!-- file: NAME = PATH --> copies a file of the repository to this file
    <!-- merge: NAME -->       merges the members of a JSON block into this file
    <!-- before: COMMANDS -->  runs these first
    <!-- schema: NAME -->      validates a JSON block
    <!-- exit: N -->           the last command must exit with N; text after a semicolon is a remark
    <!-- background -->        the block starts something that listens
    <!-- not run: REASON -->   only syntax, options and paths are checked
    <!-- blocks not run: REASON -->  the same for all blocks of the page without <!-- run -->

In the output of a `console` block `…` stands for anything, and line ends do not count.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unicodedata
from pathlib import Path

from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(os.environ.get("NCLOUD_REISSUE", ROOT / ".build/release/ncloud-reissue")).resolve()
# A stranger reads it in two minutes.
FIRST_PAGE_LINES, FIRST_PAGE_BYTES = 250, 15_360
# Columns of text; tables, links and blocks may be wider.
WIDTH = 120
# Blocks that are only shown.
SHOWN = {"text", "ini", "yaml", "cron"}
RUN = {"sh", "console"}

failures = []
counts = {"run": 0, "validated": 0, "shown": 0, "marked": 0, "links": 0}


def fail(page, line, text):
    failures.append(f"{page}:{line}: {text}")


# MARK: Reading pages


class Block:
    """A fenced block with the comments before it."""

    def __init__(self, line, language, text, comments):
        self.line, self.language, self.text, self.comments = line, language, text, comments

    def all(self, name):
        return [value for key, value in self.comments if key == name]

    def one(self, name):
        return next(iter(self.all(name)), None)


COMMENT = re.compile(r"\s*<!-- ([a-z ]+?)(?:: (.*?))? -->$")


class Page:
    """A page: its blocks, and its text without them."""

    def __init__(self, name):
        self.name = name
        self.lines = (ROOT / name).read_text(encoding="utf-8").split("\n")
        self.blocks, self.prose, self.marks = [], [], {}
        comments, fence = [], None
        for number, line in enumerate(self.lines, 1):
            if fence is not None:
                if line.strip() == "```":
                    indent, start, language, text = fence
                    body = "\n".join(part[indent:] for part in text)
                    self.blocks.append(Block(start, language, body, comments))
                    comments, fence = [], None
                else:
                    fence[3].append(line)
            elif line.strip().startswith("```"):
                indent = len(line) - len(line.lstrip())
                fence = (indent, number, line.strip()[3:], [])
            elif comment := COMMENT.match(line):
                if comment[1] == "blocks not run":
                    self.marks["not run"] = comment[2]
                else:
                    comments.append((comment[1], comment[2] or ""))
            else:
                if line.strip() and comments:
                    fail(name, number, "a comment stands before no block")
                    comments = []
                self.prose.append((number, line))
        if fence is not None:
            fail(name, fence[1], "the block does not end")


# MARK: Links and paths


def anchors(name):
    """The anchors of a page's headings, as GitHub makes them."""
    found = set()
    for _, line in PAGES[name].prose:
        if heading := re.match(r"#+ (.*)", line):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            kept = "".join(
                c for c in text if c in " -_" or unicodedata.category(c)[0] in "LN")
            found.add(kept.replace(" ", "-"))
    return found


def check_links(page):
    folder = (ROOT / page.name).parent
    for number, line in page.prose:
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            counts["links"] += 1
            path, _, anchor = target.partition("#")
            file = Path(os.path.normpath(folder / path)) if path else ROOT / page.name
            if not file.exists():
                fail(page.name, number, f"the link {target} leads nowhere")
            elif anchor:
                linked = str(file.relative_to(ROOT))
                if linked not in PAGES or anchor not in anchors(linked):
                    fail(page.name, number, f"the link {target} has no such heading")


# Pages whose text is about the options of other programs too.
FOREIGN = ("Tests/", "Sources/ncloud-sandbox/", "hooks/cgi/", "hooks/container/", "hooks/deploy/", "hooks/dns/",
           "hooks/sensu-go/", "hooks/stackstorm/")


def check_names(page, options):
    """Paths, suites and options that the text names."""
    text = "\n".join(line for _, line in page.prose)
    if not page.name.startswith(FOREIGN):
        for option in re.findall(r"`(?:ncloud-reissue )?(?:[a-z]+ )?(--[a-z][a-z-]+)", text):
            if option not in options and "`journalctl " + option not in text:
                fail(page.name, 0, f"{option} is no option")
    for path in set(re.findall(r"`((?:Sources|Tests|examples|hooks)/[\w./+-]+)`", text)):
        if not (ROOT / path).exists() and "*" not in path:
            fail(page.name, 0, f"{path} does not exist")
    for suite in set(re.findall(r"`(\w+Tests)`", text)):
        if not list((ROOT / "Tests").glob(f"*/{suite}.swift")) and not (ROOT / "Tests" / suite).is_dir():
            fail(page.name, 0, f"there are no {suite}")


def check_width(page):
    for number, line in page.prose:
        width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
        if width > WIDTH and not line.startswith("|") and "](" not in line:
            fail(page.name, number, f"the line has {width} columns")


def check_targets():
    """Each folder of Sources with Swift in it has a row in the page on targets, and each row a folder."""
    rows = {name for _, line in PAGES["Sources/README.md"].prose if line.startswith("| `")
            for name in re.findall(r"`([\w-]+)`", line.split("|")[1])}
    folders = {source.relative_to(ROOT / "Sources").parts[0] for source in (ROOT / "Sources").glob("*/**/*.swift")}
    if rows != folders:
        fail("Sources/README.md", 1, f"targets and rows differ in {sorted(rows ^ folders)}")


def check_first_page():
    text = (ROOT / "README.md").read_bytes()
    if len(text) > FIRST_PAGE_BYTES or text.count(b"\n") > FIRST_PAGE_LINES:
        fail("README.md", 1, f"{len(text)} bytes in {text.count(10)} lines; at most "
             f"{FIRST_PAGE_BYTES} in {FIRST_PAGE_LINES}")


def check_codes():
    """Every error code of the sources is in one of the tables of codes."""
    page = "examples/schemas/README.md"
    tables = re.findall(r"`((?:…|[a-z-]+)\.(?:…|[\w-]+…?))`", (ROOT / page).read_text(encoding="utf-8"))
    known = re.compile("|".join(
        re.escape(code).replace("…", ".*").replace("status\\-N", "status-.*").replace("CODE", ".*")
        for code in tables))
    beginnings = "|".join(sorted({code.split(".")[0] for code in tables if code[0] != "…"}))
    for source in sorted((ROOT / "Sources").glob("**/*.swift")):
        if "ncloud-sandbox" in source.parts:
            continue
        text = source.read_text(encoding="utf-8")
        codes = re.findall(r'Error\(\s*"([a-z-]+\.[a-z-]+)"', text)
        for code in codes + re.findall(rf'"((?:{beginnings})\.[a-z-]+)"', text):
            if not known.fullmatch(code):
                fail(page, 0, f"{code} of {source.name} is in no table")


# Tables of members: page, heading of the section, schema, path of the object in it.
TABLES = [
    ("examples/schemas/README.md", "The result", "result", "properties"),
    ("examples/schemas/README.md", "Items", "result", "$defs/item/properties"),
    ("examples/schemas/README.md", "Errors", "result", "$defs/error/properties"),
    ("examples/schemas/README.md", "Members", "config", "properties"),
    ("examples/templates/README.md", "Template files", "template", "properties"),
    ("examples/templates/README.md", "Template files", "template", "properties/policy/properties"),
    ("examples/templates/README.md", "Parameters", "template", "properties/reissue/properties"),
]


def check_members():
    """Each table of members has the members of its schema, and no other table of the section has the rest."""
    for name, heading, schema, path in TABLES:
        members = json.loads((ROOT / f"examples/schemas/{schema}.schema.json").read_text())
        for step in path.split("/"):
            members = members[step]
        members = {member for member in members if member[0] not in "$/"}
        tables, inside = [], False
        for _, line in PAGES[name].prose:
            if re.match(r"#+ ", line):
                inside = line.lstrip("# ") == heading
            elif inside and line.startswith("|---"):
                tables.append(set())
            elif inside and line.startswith("|") and tables:
                tables[-1] |= set(re.findall(r"`(\w+)`", line.split("|")[1]))
            elif inside and not line.startswith("|") and tables and tables[-1] == set():
                tables.pop()
        if members not in tables:
            nearest = max(tables, key=lambda table: len(table & members), default=set())
            fail(name, 0, f"{heading}: the table and {schema}.schema.json differ in {sorted(members ^ nearest)}")


# MARK: Options


def known_options():
    """Every option that the help of any command names."""
    def options(*command):
        text = subprocess.run(
            [PROGRAM, *command, "--help"], capture_output=True, text=True, check=False).stdout
        return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    commands = [[], *([name] for name in (
        "run", "render", "eval", "check", "certificates", "follow", "ledger", "doctor", "cgi"))]
    commands += [["ledger", name] for name in ("list", "show", "check", "forget", "settle", "prune")]
    return set().union(*(options(*command) for command in commands)) | {"--help", "--version"}


def check_command(page, block, options):
    """Syntax, options of ncloud-reissue, and paths of the repository, in a block that does not run."""
    text = block.text.replace("…", "x")
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fail(page.name, block.line, done.stderr.strip())
    for command in re.split(r"[|;&\n]+", text.replace("\\\n", " ")):
        words = command.split("#")[0].split()
        # Their arguments name images and tasks.
        if "ncloud-reissue" in words and words[0] not in ("podman", "kubectl", "tkn"):
            for word in words[words.index("ncloud-reissue"):]:
                name = word.split("=")[0]
                if name.startswith("--") and name not in options:
                    fail(page.name, block.line, f"ncloud-reissue has no option {name}")
        if words[:3] == ["sudo", "apt-get", "install"] and "*" not in command:
            done = subprocess.run(
                ["apt-get", "-s", "install", *words[3:]], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                fail(page.name, block.line, done.stderr)
        for word in words:
            if re.match(r"@?(examples|Tests|hooks)/[\w./-]+$", word):
                path = ROOT / word.lstrip("@")
                if not path.exists():
                    fail(page.name, block.line, f"{word} does not exist")
                elif word == words[0] and not os.access(path, os.X_OK):
                    fail(page.name, block.line, f"{word} is not a program")


# MARK: JSON


def check_json(page, block):
    try:
        document = json.loads(block.text)
    except ValueError:
        try:
            document = json.loads("{" + block.text.rstrip().rstrip(",") + "}")
        except ValueError as error:
            return fail(page.name, block.line, f"not JSON: {error}")
    schema = block.one("schema")
    if schema is None and isinstance(document, dict) and {"version", "reissue"} <= set(document):
        schema = "template"
    if schema:
        validator = Draft202012Validator(
            json.loads((ROOT / f"examples/schemas/{schema}.schema.json").read_text()))
        for error in validator.iter_errors(document):
            fail(page.name, block.line, f"{error.json_path} {error.message}")
    counts["validated"] += 1


# MARK: Running


def looks_like(shown, text):
    """Whether a text is the one shown, where `…` stands for anything and line ends do not count."""
    parts = [re.escape(re.sub(r"\s+", " ", part)) for part in shown.split("…")]
    text = re.sub(r"\n *", "", text), re.sub(r"\s+", " ", text)
    return any(re.fullmatch(r"\s*" + ".*".join(parts) + r"\s*", form, re.DOTALL) for form in text) or \
        re.fullmatch(".*".join(re.escape(re.sub(r"\n\s*", "", part)) for part in shown.split("…")),
                     text[0].strip(), re.DOTALL) is not None


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def merge(into, document):
    for name, value in document.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = value


class Shell:
    """A shell in an empty home, with the built programs on the PATH and the sandbox as the service."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp())
        (self.home / "bin").mkdir()
        for name in ("ncloud-reissue", "ncloud-sandbox"):
            (self.home / "bin" / name).symlink_to(PROGRAM.parent / name)
        for name in ("examples", "hooks"):
            (self.home / name).symlink_to(ROOT / name)
        environment = {
            "HOME": str(self.home), "PATH": f"{self.home}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8",
        }
        self.port = free_port()
        self.sandbox = subprocess.Popen(
            ["ncloud-sandbox", "--port", "0", "--issue-after", "1s"], cwd=self.home, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        endpoint = json.loads(self.sandbox.stdout.readline())["endpoint"]
        environment |= {
            "NCLOUD_REISSUE_ENDPOINT": endpoint, "NCLOUD_ACCESS_KEY": "sandbox-access-key",
            "NCLOUD_SECRET_KEY": "sandbox-secret-key",
        }
        self.bash = subprocess.Popen(
            ["bash", "--norc"], cwd=self.home, env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def run(self, text):
        """Exit status of the last command, whether any failed, and the output."""
        (self.home / ".block").write_text(text, encoding="utf-8")
        self.bash.stdin.write(
            "rm -f .failed; set -E; trap 'echo \"$BASH_COMMAND\" >> ~/.failed' ERR\n"
            ". ~/.block > ~/.output 2>&1 < /dev/null; echo \"$?\"; trap - ERR\n")
        self.bash.stdin.flush()
        status = self.bash.stdout.readline().strip()
        failed = self.home / ".failed"
        return (int(status) if status.isdigit() else -1,
                failed.read_text() if failed.exists() else "",
                (self.home / ".output").read_text(encoding="utf-8", errors="replace"))

    def wait_for_port(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.port))) == 0:
                    return
            time.sleep(0.05)

    def end(self):
        os.killpg(self.bash.pid, signal.SIGKILL)
        self.sandbox.kill()
        self.bash.wait()
        self.sandbox.wait()
        shutil.rmtree(self.home)


def prepare(shell, page, block):
    """Does what the comments of a block ask for."""
    for command in block.all("before"):
        _, failed, output = shell.run(command)
        if failed:
            fail(page.name, block.line, f"{command}: {output}")
    for name in block.all("file"):
        name, _, source = (part.strip() for part in name.partition("="))
        path = shell.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((ROOT / source).read_text() if source else block.text, encoding="utf-8")
    for name in block.all("merge"):
        path = shell.home / name
        document = json.loads(path.read_text())
        merge(document, json.loads("{" + block.text.rstrip().rstrip(",") + "}"))
        path.write_text(json.dumps(document), encoding="utf-8")


def run_block(shell, page, block):
    counts["run"] += 1
    wanted = int((block.one("exit") or "0").split(";")[0])
    text = block.text.replace("8080", shell.port)
    pieces = [(text, None)]
    if block.language == "console":
        pieces = [
            (piece[0], piece[1]) for piece in re.findall(r"^\$ (.*?)\n(.*?)(?=^\$ |\Z)", text + "\n", re.DOTALL | re.MULTILINE)
        ]
    for command, shown in pieces:
        status, failed, output = shell.run(command)
        if status != wanted or (failed and wanted == 0):
            fail(page.name, block.line, f"exit {status}, not {wanted}: {failed}{output}")
        elif shown is not None and not looks_like(shown.strip(), output):
            fail(page.name, block.line, f"shown is {shown!r}, written was {output!r}")
    if block.one("background") is not None:
        shell.wait_for_port()


def run_page(page, options):
    shell = None
    try:
        for block in page.blocks:
            mark = block.one("not run") or page.marks.get("not run")
            is_marked = mark and block.one("run") is None and block.language in RUN
            if block.language == "json":
                check_json(page, block)
            elif block.language in SHOWN:
                counts["shown"] += 1
            elif block.language not in RUN:
                fail(page.name, block.line, f"a block of {block.language or 'no language'}")
                continue
            if is_marked:
                counts["marked"] += 1
                check_command(page, block, options)
                continue
            if block.language in RUN or block.comments:
                shell = shell or Shell()
                prepare(shell, page, block)
            if block.language in RUN:
                run_block(shell, page, block)
    finally:
        if shell:
            shell.end()


# MARK: A stream


def check_stream(page):
    """The first line of the block on streams: an event that is appended to the file gives a result."""
    block = next(b for b in page.blocks if b.text.startswith("tail -n 0 -F"))
    command = block.text.splitlines()[0].replace("/var/log/", "")
    shell = Shell()
    log, results = shell.home / "expiring.ndjson", shell.home / "results.ndjson"
    log.touch()
    try:
        shell.run(f"export NCLOUD_REISSUE_TEMPLATES=$PWD/examples/templates\n{command} &")
        event = json.dumps(json.loads((ROOT / "examples/templates/alertmanager/event.json").read_text()))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not (results.exists() and results.read_text()):
            # tail begins at the end of the file when it opens it.
            with log.open("a") as file:
                file.write(event + "\n")
            time.sleep(0.3)
        if '"status":' not in results.read_text():
            fail(page.name, block.line, "the stream gives no result")
    finally:
        shell.end()


def main():
    os.chdir(ROOT)
    chosen = sys.argv[1:] or list(PAGES)
    options = known_options()
    check_first_page()
    check_targets()
    check_codes()
    check_members()
    for name in chosen:
        page = PAGES[name]
        check_links(page)
        check_names(page, options)
        check_width(page)
        run_page(page, options)
        if name == "examples/templates/README.md":
            check_stream(page)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    print(f"pages: {len(chosen)}; links {counts['links']}; blocks: {counts['run']} run, {counts['validated']} validated, "
          f"{counts['shown']} shown, {counts['marked']} not run for the reason given; {len(failures)} failed")
    sys.exit(1 if failures else 0)


PAGES = {
    name: Page(name)
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT,
        capture_output=True, text=True, check=True).stdout.split()
    if (ROOT / name).exists()
}

if __name__ == "__main__":
    main()
