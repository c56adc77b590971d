#!/usr/bin/env python3
"""Prints which target, and which folder of ReissueKit, names whose types, and fails on a cycle.

    Tests/layers.py            one line for each arrow: who, whose, how many names, and examples
    Tests/layers.py --quiet    only what is wrong

The compiler holds the order of the targets. It does not see folders: those of ReissueKit are held here.
A name counts if it is that of a type declared at the top level of a file, outside of comments and strings.
"""

import collections
import pathlib
import re
import sys

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "Sources"
DECLARATION = re.compile(
    r"^(?:@\w+ )*(?:(?:package|public|internal|private|fileprivate|final|indirect) )*"
    r"(?:struct|class|enum|protocol|actor|typealias) (\w+)", re.MULTILINE)
PRIVATE = re.compile(r"^(?:@\w+ )*(?:private|fileprivate) ")
NAME = re.compile(r"\b[A-Z]\w*\b")


def room(path):
    """The target of a file, or the folder within ReissueKit."""
    parts = path.relative_to(SOURCES).parts
    return f"ReissueKit/{parts[1]}" if parts[0] == "ReissueKit" and len(parts) > 2 else parts[0]


def code(path):
    """The text of a file without comments and without the content of strings."""
    text = re.sub(r"//.*", "", path.read_text())
    text = re.sub(r'"""(.*?)"""', '""', text, flags=re.DOTALL)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def arrows():
    """(from, to) -> counts of names; a name that several rooms declare counts where the file's own room has it."""
    texts = {path: code(path) for path in sorted(SOURCES.rglob("*.swift"))}
    homes = collections.defaultdict(set)
    for path, text in texts.items():
        for found in DECLARATION.finditer(text):
            if not PRIVATE.match(found.group(0)):
                homes[found.group(1)].add(room(path))
    found = collections.defaultdict(collections.Counter)
    for path, text in texts.items():
        here = room(path)
        imports = set(re.findall(r"^(?:@\w+ )?(?:\w+ )?import (\w+)", text, re.MULTILINE))
        for name in NAME.findall(text):
            visible = {home for home in homes.get(name, ())
                       if home.split("/")[0] in imports or home.split("/")[0] == here.split("/")[0]}
            if len(visible) == 1 and here not in visible:
                found[here, visible.pop()][name] += 1
    return found


def cycles(found):
    """The groups of rooms that reach each other (Tarjan's strongly connected components of more than one)."""
    edges = collections.defaultdict(set)
    for here, there in found:
        edges[here].add(there)
    index, low, stack, groups = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in edges[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1:
                groups.append(sorted(group))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return groups


def main():
    found = arrows()
    if not found:
        sys.exit("layers: no source was found")
    if "--quiet" not in sys.argv[1:]:
        for (here, there), names in sorted(found.items()):
            examples = ", ".join(name for name, _ in names.most_common(3))
            print(f"{here} -> {there}: {sum(names.values())} ({examples})")
    groups = cycles(found)
    for group in groups:
        print(f"layers: these reach each other: {', '.join(group)}", file=sys.stderr)
        for (here, there), names in sorted(found.items()):
            if here in group and there in group:
                print(f"layers:   {here} -> {there}: {', '.join(sorted(names))}", file=sys.stderr)
    sys.exit(1 if groups else 0)


main()
