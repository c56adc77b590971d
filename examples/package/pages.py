#!/usr/bin/env python3
"""Writes the manual pages of sections 5 and 7 from the pages of the repository.

    examples/package/pages.py FOLDER    writes man(7) files to FOLDER

SOURCE_DATE_EPOCH is the date of the pages (now). It reads the Markdown that the pages use, and refuses anything else.
"""

import datetime
import os
import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES, DOCUMENTS, LEDGER = "examples/templates/README.md", "examples/schemas/README.md", "Sources/Ledger/README.md"

# Name, section, what it is about, page, and headings in the order of the manual; the first becomes DESCRIPTION, and
# the empty one is the paragraph below the title.
MANUALS = [
    ("ncloud-reissue-template", "5", "templates and events of ncloud-reissue", TEMPLATES,
     ["", "Template files", "Parameters", "Events", "Bounds", "Common mistakes", "jq and JMESPath"]),
    ("ncloud-reissue-config", "5", "configuration, environment and credentials of ncloud-reissue", DOCUMENTS,
     ["Configuration", "Environment", "Credentials"]),
    ("ncloud-reissue-result", "5", "the result of ncloud-reissue and its error codes", DOCUMENTS,
     ["The result", "Looking first", "Following", "Replies", "Error codes", "Troubleshooting"]),
    ("ncloud-reissue-ledger", "7", "how ncloud-reissue sends each request once", LEDGER, None),
]
FIRST_PAGE = "README.md"

# What a terminal without UTF-8 can show of the characters that the pages use.
CHARACTERS = {"→": r"\(->", "…": "...", "–": r"\(en", "×": r"\(mu", "µ": r"\(mc", "é": r"\('e", "ü": r"\(:u"}


def characters(text):
    shown = "".join(CHARACTERS.get(c, c) for c in text)
    if not shown.isascii():
        sys.exit(f"pages.py: no spelling for the manual: {text!r}")
    return shown


def code(text):
    """Text of a program: hyphens that can be copied, and quotes that stay as they are."""
    text = text.replace("\\", "\\e").replace("-", r"\-").replace("'", r"\(aq").replace("`", r"\(ga").replace("^", r"\(ha").replace("~", r"\(ti")
    return characters(text)


def manual_of(target, page):
    """The manual that a link leads to, such as `ncloud-reissue-config(5)`; None if there is none."""
    path, _, anchor = target.partition("#")
    path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if path == FIRST_PAGE:
        return "ncloud-reissue", "1"
    for name, section, _, source, headings in MANUALS:
        if source == path and (headings is None or not anchor or anchor in anchors(source, headings)):
            return name, section
    return None


def anchors(page, headings):
    """The anchors of the headings, and of those below them."""
    found, inside = set(), False
    for line in (ROOT / page).read_text(encoding="utf-8").split("\n"):
        if match := re.match(r"(##+) (.*)", line):
            inside = match[2] in headings if match[1] == "##" else inside
            if inside:
                found.add(re.sub(r"[^\w -]", "", match[2].lower()).replace(" ", "-"))
    return found


class Manual:
    """One manual page as it is written."""

    def __init__(self, name, section, about, page):
        self.name, self.section, self.page = name, section, page
        day = datetime.datetime.fromtimestamp(
            int(os.environ.get("SOURCE_DATE_EPOCH", time.time())), datetime.timezone.utc)
        self.lines = [
            f'.TH {name.upper()} {section} "{day:%Y-%m-%d}" "ncloud-reissue"', ".nh", ".ad l", ".SH NAME",
            f"{name} \\- {about}",
        ]

    def inline(self, text):
        """A line of text: code and bold in bold, links as what they lead to."""
        out, rest = [], text
        pattern = re.compile(
            r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)|\*\*(?P<bold>.+?)\*\*|\*(?P<italic>[^*]+)\*"
            r"|\[(?P<label>(?:`[^`]*`|[^\]`])*)\]\((?P<target>[^)]*)\)")
        while match := pattern.search(rest):
            out.append(characters(rest[: match.start()].replace("\\|", "|").replace("\\", "\\e")))
            if match["code"] is not None:
                out.append(f"\\fB{code(match['code'].strip().replace(chr(92) + '|', '|'))}\\fR")
            elif match["bold"] is not None:
                out.append(f"\\fB{self.inline(match['bold'])}\\fR")
            elif match["italic"] is not None:
                out.append(f"\\fI{self.inline(match['italic'])}\\fR")
            else:
                out.append(self.link(match["label"], match["target"]))
            rest = rest[match.end():]
        out.append(characters(rest.replace("\\|", "|").replace("\\", "\\e")))
        return "".join(out)

    def link(self, label, target):
        label = self.inline(label)
        if target.startswith(("http:", "https:")):
            return f"{label} <{characters(target)}>"
        found = manual_of(target, self.page)
        if found is None or found == (self.name, self.section):
            return label
        return f"{label} (\\fB{code(found[0])}\\fR(%s))" % found[1]

    def text(self, text):
        """A line that is no request, whatever it begins with."""
        shown = self.inline(text)
        self.lines.append(("\\&" if shown[:1] in ".'" else "") + shown)

    def heading(self, level, title):
        if level == 2:
            self.lines.append(f'.SH "{characters(title.upper())}"')
        else:
            self.lines.append(f'.SS "{characters(title)}"')

    def table(self, rows):
        head, body = rows[0], rows[2:]
        for row in body:
            self.lines += [".TP", self.inline(row[0]) or "\\&"]
            cells = [(name, cell) for name, cell in zip(head[1:], row[1:]) if cell not in ("", "–")]
            if len(head) == 2:
                self.text(cells[0][1] if cells else "")
                continue
            # The second column speaks for itself, unless it is code; the others say what they are.
            second = head[1] if not all(r[1].startswith("`") for r in body) else None
            shown = [
                cell if name == second else f"{name if name[0] == '`' else name[0].upper() + name[1:]}: {cell}"
                for name, cell in cells
            ]
            self.text(". ".join(part.rstrip(".") for part in shown) + ".")

    def block(self, lines):
        self.lines += [".PP", ".in +4n", ".nf"]
        for line in lines:
            shown = code(line)
            self.lines.append(("\\&" if shown[:1] in ".'" else "") + shown)
        self.lines += [".fi", ".in"]

    def items(self, items):
        for mark, text in items:
            self.lines.append(f'.IP "{mark}" 4')
            self.text(text)

    def write(self, folder):
        others = sorted((name, section) for name, section, *_ in MANUALS if name != self.name)
        self.lines.append(".SH SEE ALSO")
        names = [("ncloud-reissue", "1"), *others]
        self.lines += [f".BR {code(name)} ({section}){',' if i + 1 < len(names) else ''}"
                       for i, (name, section) in enumerate(names)]
        (folder / f"{self.name}.{self.section}").write_text("\n".join(self.lines) + "\n", encoding="ascii")


def convert(manual, lines):
    """Adds the blocks of some lines of a page."""
    place = 0
    while place < len(lines):
        line = lines[place]
        if not line.strip() or re.match(r"\s*<!-- .* -->$", line):
            place += 1
        elif match := re.match(r"(###+) (.*)", line):
            manual.heading(len(match[1]), match[2])
            place += 1
        elif line.strip().startswith("```"):
            end = place + 1
            while lines[end].strip() != "```":
                end += 1
            indent = len(line) - len(line.lstrip())
            manual.block([text[indent:] for text in lines[place + 1:end]])
            place = end + 1
        elif line.startswith("|"):
            rows = []
            while place < len(lines) and lines[place].startswith("|"):
                cells = re.split(r"(?<!\\)\|", lines[place])
                rows.append([cell.strip() for cell in cells[1:-1]])
                place += 1
            manual.table(rows)
        elif re.match(r"(?:-|\d+\.) ", line):
            items = []
            while place < len(lines) and lines[place].strip():
                if match := re.match(r"(-|\d+\.) +(.*)", lines[place]):
                    items.append([r"\(bu" if match[1] == "-" else match[1], match[2]])
                else:
                    items[-1][1] += " " + lines[place].strip()
                place += 1
            manual.items(items)
        else:
            words = []
            while place < len(lines) and lines[place].strip() and not lines[place].startswith(("|", "```", "#")):
                words.append(lines[place].strip())
                place += 1
            manual.lines.append(".PP")
            manual.text(" ".join(words))


def sections(page):
    """The lines of a page by heading; the empty heading has the paragraph below the title."""
    found, current, is_block = {"": []}, "", False
    for line in (ROOT / page).read_text(encoding="utf-8").split("\n"):
        if line.strip().startswith("```"):
            is_block = not is_block
        if not is_block and line.startswith("# "):
            continue
        if not is_block and (match := re.match(r"## (.*)", line)):
            current = match[1]
            found[current] = []
        else:
            found[current].append(line)
    first = "\n".join(found[""]).strip().split("\n\n")[0]
    found[""] = first.split("\n")
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, section, about, page, headings in MANUALS:
        manual = Manual(name, section, about, page)
        parts = sections(page)
        headings = list(parts) if headings is None else headings
        for number, heading in enumerate(headings):
            if heading not in parts:
                sys.exit(f"pages.py: {page} has no heading {heading!r}")
            manual.heading(2, "Description" if number == 0 else heading)
            convert(manual, parts[heading])
        manual.write(folder)


if __name__ == "__main__":
    main()
