#!/usr/bin/env python3
"""Bounds: with any event of 8 MiB and any template, a command ends within its time and memory.

    Tests/Proof/bounds.py [--quick] [--only WORD] [--verbose]

Each case is an event, a template and a command that take as much time or memory as possible. The time is CPU time, so
that other work on the machine does not change it; the memory is the peak of the resident set. Each case names its exit
statuses: if a bound is reached, the program reports an error and does not crash.
"""

import argparse
import json
import subprocess
import sys

from workbench import PROGRAM, environment, folder, free_ports, start

CPU_SECONDS = 10
MEMORY_MIB = 256
EVENT_BYTES = 8 << 20

parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="one case of each kind")
parser.add_argument("--only", default="", help="cases whose name holds this")
parser.add_argument("--verbose", action="store_true")
arguments = parser.parse_args()


def text(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def filled(piece, opening="[", closing="]"):
    """An array of as many copies of a piece as fit."""
    count = (EVENT_BYTES - 2 - len(piece)) // (len(piece) + 1)
    return opening + (piece + ",") * count + piece + closing


def items(count, **members):
    return text({"items": [{"no": place + 1} | members for place in range(count)]})


def sound(**changes):
    """A template that gives every item parameters."""
    template = {
        "version": 1, "items": "items",
        "reissue": {
            "certificateNo": "${ no }", "certificateName": "shop", "commonName": "shop.example.com",
            "validationMethod": "D", "csr": {"file": "shop.csr"},
        },
        "policy": {"preflight": "off"},
    }
    for name, value in changes.items():
        if name == "reissue":
            template["reissue"] |= value
        else:
            template[name] = value
    return {name: value for name, value in template.items() if value is not None}


BIG = "x" * (7 << 20)
ALERT = {
    "status": "firing",
    "labels": {"alertname": "TLSCertExpiringSoon", "instance": "https://h.example.com", "severity": "page"},
}
DOUBLED = {"a0": "join('', [$event.big, 'x'])"} | {f"a{n}": f"join('', [$a{n - 1}, $a{n - 1}])" for n in range(1, 30)}
ARRAYS = {"b0": "[@, @, @, @, @, @, @, @]"} | {f"b{n}": f"[$b{n - 1}, $b{n - 1}, $b{n - 1}, $b{n - 1}]" for n in range(1, 30)}
LONG = "not_null(" + ", ".join(f"missing_{n:03}" for n in range(990)) + ")"
HEAVY = "length($event.items[?@ && no > `1` && to_string(no) != 'x'])"
HOSTS = "map(&join('', ['h', to_string(@.no), '.example.com']), $event.items)"

RENDER = (["render"], ["run", "--dry-run", "--ledger", "none"])
EXPLAIN = (["render", "--explain"], ["render", "--pretty"])


class Case:
    """One row of the table, with the expected exit statuses for every command."""

    def __init__(self, name, event, template=None, commands=RENDER, exits=(65,), quick=False, files=None, folder=None):
        self.name, self.event, self.template = name, event, template
        self.commands, self.exits, self.is_quick = commands, exits, quick
        self.files, self.folder = files or {}, folder


def evaluation(name, event, *expressions, exits=(0, 65), options=(), quick=False):
    return Case(name, event, None, [["eval", *options, each] for each in expressions], exits, quick)


def wide_and_deep():
    """Contents of a document of 8 MiB that are read and not used."""
    shapes = {
        "empty arrays": filled("[]"), "empty objects": filled("{}"), "small objects": filled('{"a":1}'),
        "numbers": filled("1"), "reals": filled("1.5"), "empty texts": filled('""'), "texts": filled('"abcdefghijklmnop"'),
        "deep arrays": filled("[" * 400 + "]" * 400), "deep objects": filled('{"a":' * 400 + "1" + "}" * 400),
        "one object": "{" + ",".join(f'"{n:06x}":1' for n in range(EVENT_BYTES // 12)) + "}",
        "objects with an index": filled("{" + ",".join(f'"{n:x}":1' for n in range(17)) + "}"),
        "escapes": text({"big": "\u0001" * (EVENT_BYTES // 6 - 9)}), "DEL": '{"big":"' + "\u007f" * (EVENT_BYTES - 20) + '"}',
        "one text": text({"big": BIG}), "blanks": " " * (EVENT_BYTES - 2) + "{}", "open": "[" * EVENT_BYTES,
    }
    for name, event in shapes.items():
        yield evaluation(f"eval, {name}", event, "type(@)", "@", quick=name in ("empty arrays", "small objects"))
        yield evaluation(f"eval --pretty, {name}", event, "@", options=["--pretty"], quick=name == "deep arrays")
        yield Case(f"the event is the item, {name}", event, sound(items=None), exits=(0, 65))


def expressions():
    """One expression that uses all of its bounds."""
    wide = items(60_000)
    numbers, words = filled("1"), filled('"b.example.com"')
    for expression in (
        "items[*].[@,@,@,@,@,@,@,@]", "items[*].{a: @, b: @, c: @}", "sort_by(items, &no)", "group_by(items, &to_string(no))",
        "items[*].to_string(@) | join('', @)", "to_string(@)", "parse_json(to_string(@))", "parse_json(to_string(items[:20000]))",
        "zip(items, items, items, items)", "items[*].no | sort(@)", "map(&[@, @], items)", "reverse(items)", "[items, items, items][][]",
        "merge(items[0], items[1], {a: items})", "from_items(items[*].[to_string(no), @])", "items[*].items(@)",
        "let $a = [$,$,$,$] in let $b = [$a,$a,$a,$a] in let $c = [$b,$b,$b,$b] in to_string($c)",
        "let $a = [$,$,$,$] in let $b = [$a,$a,$a,$a] in [$b,$b,$b,$b] == [$b,$b,$b,$b]",
    ):
        yield evaluation(f"{expression} of objects", wide, expression, quick=expression.startswith(("sort", "to_string", "items[*].{")))
    for expression in ("sort(@)", "max(@)", "sum(@)", "map(&[@], @)", "[@, @, @][]", "@[?@ > `0`]", "sort_by(@, &@)", "contains(@, 'x')", "@[::-1]"):
        yield evaluation(f"{expression} of numbers", filled("12345"), expression)
    yield evaluation("sort of very many numbers", numbers, "sort(@)")
    for expression in ("sort(@)", "join(',', @)", "@[*].split(@, '')", "@[*].upper(@)", "group_by(@, &@)", "@[*].regex_replace_all('.', @, '$0$0')"):
        yield evaluation(f"{expression} of texts", words, expression)
    for expression in (
        "split(big, '')", "split(big, 'x')", "replace(big, '', 'yyyyyyyy')", "replace(big, 'x', 'yyyyyyyyyyyyyyyy')", "big[::-1]",
        "reverse(big)", "upper(big)", "join(big, ['a', 'b', 'c', 'd'])", "pad_left(big, `16000000`)", "trim(big, 'x')",
        "regex_replace_all('x', big, 'yyyy')", "regex_replace_all('', big, 'yyyy')", "regex_match('(x+x+)+y', big)",
        "regex_capture('((((((((x+))))))))', big)", "regex_match('^(a?){60}x{60}', big)", "find_last(big, 'y')", "contains(big, 'xy')",
        "base64_decode(big)", "parse_json(join('', ['\"', big, '\"']))", "to_string([big, big])", "url_host(big)", "to_number(big)",
        "regex_replace_all(big, 'a', 'b')", "lookup(@, big)", "[big, big, big][*].join('', [@, @])", "length(big[1:])",
        f"regex_replace_all('{'(x)?' * 1_000}', big, '$1')",
    ):
        yield evaluation(f"{expression[:40]} of a text", text({"big": BIG}), expression, quick=expression.startswith(("split(big, '')", "regex_replace_all('x'")))
    doubled = "let $a = join('', [big, big]) in " * 1 + "".join(f"let $a{n} = join('', [$a, big]) in " for n in range(40)) + "[$a0, $a39]"
    yield evaluation("a let that doubles", text({"big": "x" * (1 << 20)}), doubled)
    yield evaluation("parse_json of very many values", text({"big": "[" + "{}," * 2_000_000 + "{}]"}), "parse_json(big) | length(@)", quick=True)
    yield evaluation("the tree of a long expression", "{}", LONG, options=["--ast"], exits=(0,))
    yield evaluation("the tree of a deep expression", "{}", "!" * 240 + "a", options=["--ast", "--pretty"], exits=(0,))
    yield evaluation("a name that is missing in a large object", "{" + ",".join(f'"member_{n:06}":1' for n in range(300_000)) + "}", "membre_000001", exits=(0,))


def many_items():
    """One event of many items."""
    most, many = items(10_000), items(3_000)
    yield Case("10,001 items", items(10_001), sound(), quick=True)
    yield Case("10,000 items", most, sound(reissue={"csr": {"generate": "rsa-2048"}}, store="s"), RENDER[:1], exits=(0,), quick=True)
    yield Case("10,000 items, explained", most, sound(let={"a": "no", "b": "[$a, $a]", "c": "to_string($b)"}, store="${ $c }"), EXPLAIN, exits=(0, 65), quick=True)
    yield Case("70,000 alerts", text({"version": "4", "externalURL": "http://a", "alerts": [ALERT] * 60_000}), sound(items="alerts", reissue={"certificateNo": "${ labels.certificate_no || $cert.no }"}, let={"host": "url_host(labels.instance)", "cert": "lookup($event, $host)"}), quick=True)
    yield Case("10,000 items that all fail", most, sound(reissue={"commonName": "${ labels.instance }"}), (*RENDER, *EXPLAIN), quick=True)
    yield Case("10,000 items with long errors", most, sound(reissue={"commonName": "${ " + LONG + " }"}), (*RENDER, *EXPLAIN), quick=True)
    yield Case("10,000 items with long names in errors", items(10_000), sound(let={"n" * 200_000: "nothing.at.all.here + `1`"}), (*RENDER, ["check"]), exits=(78,))
    yield Case("10,000 items with a warning each", most, sound(reissue={"certificateName": "1", "commonName": "localhost", "dnsName": [f"a{n}" for n in range(40)]}, store="${ to_string(no) }"), exits=(0, 65))
    yield Case("a heavy dnsName", many, sound(reissue={"dnsName": "${ " + HOSTS + " }"}), quick=True)
    yield Case("a heavy let", many, sound(let={"n": HEAVY}, reissue={"certificateNo": "${ $n }"}), (*RENDER, *EXPLAIN), quick=True)
    yield Case("many heavy lets that fail late", many, sound(let={f"n{n}": HEAVY for n in range(20)}, reissue={"certificateNo": "${ $n0.x }"}))
    yield Case("dnsName of the whole event", text({"items": [{"no": n + 1} for n in range(2_000)], "names": [f"h{n}.example.com" for n in range(300_000)]}), sound(reissue={"dnsName": "${ $event.names }"}), quick=True)
    yield Case("dnsName of 9,000 names", text({"items": [{"no": n + 1} for n in range(9_000)], "names": [f"h{n}.example.com" for n in range(9_000)]}), sound(reissue={"dnsName": "${ $event.names }"}))
    yield Case("dnsName of 9,000 names in another script", text({"items": [{"no": n + 1} for n in range(9_000)], "names": [f"bücher{n}.example" for n in range(9_000)]}), sound(reissue={"dnsName": "${ $event.names }"}))
    yield Case("dnsName of 249 leaves", most, sound(reissue={"dnsName": ["h%d-${ no }.example.com" % n for n in range(249)]}), exits=(0, 65))
    yield Case("a leaf that repeats", text({"items": [{"no": 1, "big": "x" * (1 << 20)}]}), sound(reissue={"commonName": "${ big }" * 2_000}), (*RENDER, *EXPLAIN), quick=True)
    yield Case("a store that repeats", text({"items": [{"no": n + 1, "big": "x" * 500} for n in range(10_000)]}), sound(store="${ big }" * 2_000))
    yield Case("a csr of each item", text({"items": [{"no": n + 1} for n in range(10_000)], "big": "x" * 200_000}), sound(reissue={"csr": "${ $event.big }"}), exits=(65,), quick=True)
    yield Case("a csr that is made for each item", text({"items": [{"no": n + 1} for n in range(10_000)], "big": "x" * 200_000}), sound(reissue={"csr": "${ $event.big }${ to_string(no) }"}))
    yield Case("lets that double", text({"items": [{"no": n + 1} for n in range(100)], "big": "x" * 1_000_000}), sound(let=DOUBLED, reissue={"certificateName": "${ $a20 }"}), quick=True)
    yield Case("lets of arrays", many, sound(let=ARRAYS, reissue={"certificateName": "${ to_string($b29) }"}))
    yield Case("items that are made", items(60_000), sound(items="items[*].{no: no, a: @, b: [@, @], c: to_string(@)}"))
    yield Case("items without end", items(60_000), sound(items="[items, items, items, items, items, items][]"))
    yield Case("a regular expression of each item", text({"items": [{"no": n + 1, "t": "a" * 500} for n in range(10_000)]}), sound(let={"m": "regex_match('^(a+)+$', join('', [t, 'b']))"}), quick=True)
    yield Case("patterns of each item", text({"items": [{"no": n + 1, "p": f"(a{n}|b)" + "(x{1,99})" * 40} for n in range(10_000)]}), sound(let={"m": "regex_match(p, 'b')"}), exits=(0, 65))
    yield Case("near names in a large object", text({"items": [{"no": n + 1} for n in range(5_000)], "t": {f"member_{n:05}": 1 for n in range(60_000)}}), sound(reissue={"certificateName": "${ $event.t.membre_00001 }"}))
    yield Case("--var of a megabyte", items(10_000), sound(reissue={"commonName": "${ $vars.big }"}), [["render", "--var", "big=" + "x" * 100_000]])


def templates():
    """Heavy templates, many of them, and the files beside them."""
    many = items(3_000)
    yield Case("300 templates with a heavy when", items(20_000), folder={f"t{n:03}": sound(when=f"{HEAVY} == `-{n + 1}`") for n in range(300)}, commands=(*RENDER, ["render", "--explain"]), quick=True)
    yield Case("200 templates of many parts", "{}", folder={f"t{n:03}": sound(let={f"v{m}": "[a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z] || {a: a, b: b, c: c}" for m in range(1_500)}) for n in range(200)}, commands=(*RENDER, ["check"]), exits=(0, 78))
    yield Case("a template of too many parts", "{}", sound(reissue={"dnsName": ["${ a }"] * 100_000}), (*RENDER, ["check"]), exits=(78,), quick=True)
    inventory = text({f"h{n}.example.com": {"no": str(n), "name": f"shop{n}", "cn": f"h{n}.example.com", "sans": [f"www.h{n}.example.com"]} for n in range(45_000)})
    yield Case("a large inventory", many, sound(data={"i": "i.json"}, let={"cert": "lookup($data.i, 'h1.example.com')"}, reissue={"commonName": "${ $cert.cn }"}), (*RENDER[:1], ["check"]), exits=(0,), files={"i.json": inventory})
    yield Case("an inventory gone through for each item", many, sound(data={"i": "i.json"}, let={"cert": "values($data.i)[?cn == 'h9.example.com'] | [0]"}, reissue={"commonName": "${ $cert.cn }"}), files={"i.json": inventory}, quick=True)
    yield Case("data of very many values", many, sound(data={"i": "i.json"}, let={"a": "length($data.i)"}), (*RENDER, ["check"]), exits=(78,), files={"i.json": filled("{}")}, quick=True)
    yield Case("many files of data", filled('{"a":1}'), folder={f"t{n:02}": sound(when="`false`", data={"i": f"i{n}.json"}, let={"a": "length($data.i)"}) for n in range(20)}, commands=(*RENDER, ["check"]), exits=(0, 65, 78), files={f"i{n}.json": inventory[: 1 << 20].rsplit("},", 1)[0] + "}}" for n in range(20)})
    tests = [{"event": {"items": [{"no": n + 1} for n in range(2_000)]}, "items": []}] * 20
    yield Case("tests that share a budget", "{}", sound(let={"n": HEAVY}, reissue={"certificateNo": "${ $n }"}, tests=tests), [["check"], ["check", "--json"]], exits=(78,), quick=True)
    yield Case("tests of large events", "{}", sound(tests=[{"event": f"e{n}.json", "items": []} for n in range(20)]), [["check"]], exits=(78,), files={f"e{n}.json": items(60_000) for n in range(20)})


def prepared(case):
    """A folder with everything that the case needs, and the options for it."""
    home = folder()
    directory = home / "templates"
    directory.mkdir()
    for name, contents in case.files.items():
        (directory / name).write_text(contents)
    for name, template in (case.folder or {"t": case.template or sound()}).items():
        (directory / f"{name}.template.json").write_text(text(template))
    (home / "config.json").write_text("{}")
    (home / "event.json").write_text(case.event)
    return home, ["--config", str(home / "config.json")]


class Runner:
    """Starts the program. The peak memory of a process includes that of its parent at the fork, so this process keeps no
    events in memory."""

    def __init__(self):
        self.process = start([sys.executable, "-c", RUNNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, home, words):
        """Exit status, CPU seconds, peak memory in MiB, bytes written."""
        self.process.stdin.write(json.dumps([str(home), [PROGRAM, *words], environment(home)]) + "\n")
        self.process.stdin.flush()
        status, seconds, memory = json.loads(self.process.stdout.readline())
        return status, seconds, memory / 1024, (home / "stdout").stat().st_size


RUNNER = """
import json, os, resource, sys
for line in sys.stdin:
    home, words, variables = json.loads(line)
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        for number, name, flags in (0, "event.json", os.O_RDONLY), (1, "stdout", 577), (2, "stderr", 577):
            os.dup2(os.open(home + "/" + name, flags, 0o600), number)
        os.execve(words[0], words, variables)
    _, status, usage = os.wait4(child, 0)
    print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss]), flush=True)
"""


def main():
    (port,) = free_ports(1)
    runner = Runner()
    wrong, worst_time, worst_memory, tried = [], 0.0, 0.0, 0
    for make in (wide_and_deep, expressions, many_items, templates):
        for case in make():
            if (arguments.quick and not case.is_quick) or arguments.only not in case.name:
                continue
            home, options = prepared(case)
            for command in case.commands:
                words = [*command[:1], *options, *command[1:]]
                if command[0] == "run":
                    # Nothing listens there: a dry run continues without a look at the service.
                    words += ["--endpoint", f"http://127.0.0.1:{port}"]
                status, seconds, memory, written = runner.run(home, words)
                tried += 1
                worst_time, worst_memory = max(worst_time, seconds), max(worst_memory, memory)
                line = f"{case.name}: {' '.join(command)[:60]}: exit {status}, {seconds:.1f} s, {memory:.0f} MiB, {written >> 10} KiB"
                bad = status not in case.exits or seconds > CPU_SECONDS or memory > MEMORY_MIB
                if bad:
                    wrong.append(line)
                if bad or arguments.verbose:
                    error = (home / "stderr").read_bytes()[:300].decode(errors="replace")
                    print(("WRONG " if bad else "ok    ") + line, error.split("\n")[0] if bad else "", flush=True)
            for path in sorted(home.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
    print(f"{tried:6} commands on events and templates of the worst kinds: {worst_time:.1f} s and {worst_memory:.0f} MiB at most")
    print(f"       allowed: {CPU_SECONDS} s and {MEMORY_MIB} MiB; {len(wrong)} were wrong")
    return 1 if wrong else 0


sys.exit(main())
