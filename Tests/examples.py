"""Steps of examples.sh: schemas, examples, templates, payloads."""

import contextlib
import copy
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from jsonschema import Draft202012Validator

PROGRAM = os.environ["NCLOUD_REISSUE"]
EXAMPLES = Path("examples")
HOOKS = Path("hooks")
TEMPLATES = sorted((EXAMPLES / "templates").glob("*/template.json"))
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/expected.json"))

failures = []


def fail(place, text):
    failures.append(f"{place}: {text}")


def finish():
    """Prints all failures, and ends."""
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    sys.exit(1 if failures else 0)


def load(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def run(*arguments, event=None):
    """The exit status, the document on standard output, and standard error."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)], input=event, capture_output=True, timeout=60
    )
    return done.returncode, json.loads(done.stdout), done.stderr.decode()


# MARK: schemas


def validator(name):
    schema = load(EXAMPLES / "schemas" / f"{name}.schema.json")
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def problems(name, document):
    return [f"{error.json_path} {error.message}" for error in validator(name).iter_errors(document)]


def changed(document, path, value):
    """A copy with another value at a path; None removes the member."""
    document = copy.deepcopy(document)
    *steps, last = path.split("/")
    at = document
    for step in steps:
        at = at.setdefault(step, {})
    if value is None:
        del at[last]
    else:
        at[last] = value
    return document


# Neither a schema nor the program may accept these.
BROKEN_TEMPLATES = [
    ("version", 2),
    ("version", None),
    ("reissue", None),
    ("wehn", "true"),
    ("when", 1),
    ("let/1st", "a"),
    ("let/now", "a"),
    ("let/$host", "a"),
    ("when", "${ a }"),
    ("store", "{{ .host }}"),
    ("reissue/commonName", "$host"),
    ("reference", 1),
    ("data/x", 1),
    ("data/x", "../inventory.json"),
    ("data/x", "/etc/hostname"),
    ("reissue/commonname", "a.example"),
    ("policy/cooldown", "7 days"),
    ("policy/cooldown", "1/3"),
    ("policy/renewBefore", "a third"),
    ("policy/renewBefore", "0/3"),
    ("policy/domainChanges", "ask"),
    ("policy/preflight", "yes"),
    ("tests", {}),
    ("tests", [{"items": []}]),
    ("tests", [{"event": {}, "item": []}]),
]
BROKEN_CONFIGURATIONS = [
    ("templtes", "x"),
    ("templates", 1),
    ("template", [1]),
    ("deadline", "0s"),
    ("timeout", "30"),
    ("parallel", 0),
    ("parallel", "4"),
    ("endpoint", "ftp://example.com"),
    ("ledger", "none"),
    ("follow", "always"),
    ("logLevel", "loud"),
    ("detailedExitcode", "true"),
    ("maxEventBytes", 0),
    ("vars", []),
    ("callerCheck", "None"),
    ("callerCheck", {}),
    ("callerCheck", {"bearer": {}}),
    ("callerCheck/bearer/keys", []),
    ("callerCheck/bearer/keys", [{}]),
    ("callerCheck/bearer/keys", ["key"]),
    ("callerCheck/bearer/keys", [{"file": "a", "credential": "b"}]),
    ("callerCheck/bearer/keys", [{"credential": "../key"}]),
    ("callerCheck/bearer", {"keys": [{"file": "key"}], "header": "X-Token"}),
    ("callerCheck/hmac", {"keys": [{"file": "key"}]}),
    ("callerCheck/hmac", {"keys": [{"file": "key"}], "header": "X Sign"}),
    ("callerCheck/hmac", {"keys": [{"file": "key"}], "header": "X-Sign", "tolerance": "5m"}),
]


def check_schemas():
    for path in sorted((EXAMPLES / "schemas").glob("*.schema.json")):
        if load(path).get("$id") != f"urn:ncloud-reissue:schema:{path.name.split('.')[0]}":
            fail(path, "$id does not say which schema it is")
    for path in sorted(EXAMPLES.glob("**/template.json")):
        for problem in problems("template", load(path)):
            fail(path, problem)
        names_schema("template", path)
    for path in sorted([*EXAMPLES.glob("**/config.json"), *HOOKS.glob("**/config.json")]):
        for problem in problems("config", load(path)):
            fail(path, problem)
        names_schema("config", path)
    template = changed(load(EXAMPLES / "cloudevents/template.json"), "tests", [])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.json"
        file.write_text(json.dumps(template), encoding="utf-8")
        if run("check", "--json", file)[0] != 0:
            fail("program", "the template that is to be broken is so already")
    for path, value in BROKEN_TEMPLATES:
        refused_by_both("template", changed(template, path, value), f"{path} = {value!r}")
    for path, value in BROKEN_CONFIGURATIONS:
        broken = changed({"template": "t.json"}, path, value)
        refused_by_both("config", broken, f"{path} = {value!r}")


def names_schema(name, path):
    """Editors read the schema that a file names; the package puts it there."""
    expected = f"file:///usr/share/ncloud-reissue/schemas/{name}.schema.json"
    if load(path).get("$schema") != expected:
        fail(path, f"$schema is not {expected}")


def refused_by_both(name, document, label):
    """Schema and program must agree."""
    if not problems(name, document):
        fail(f"{name}.schema.json", f"accepts {label}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        # A real event needs none of a template's tests, so `check` is asked, which reads all of it.
        words = ["run", "--dry-run", "--config"] if name == "config" else ["check", "--json"]
        status, _, _ = run(*words, file, event=b"[]")
    if status != 78:
        fail("program", f"exit {status} for a {name} with {label}")


# MARK: documents

# The event that the sandbox's account has a certificate for.
DUE = b'{"certificate": 55883, "name": "api", "host": "api.example.com", "names": []}'


@contextlib.contextmanager
def sandbox():
    """The sandbox in place of the service; returns its endpoint."""
    program = Path(PROGRAM).with_name("ncloud-sandbox")
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([program, "--port", "0"], **quiet) as process:
        try:
            yield json.loads(process.stdout.readline())["endpoint"]
        finally:
            process.terminate()


def document_holds(name, *arguments, event=None, statuses=(0,)):
    """The documents of commands fit their schemas, and the schemas refuse changed ones."""
    status, document, text = run(*arguments, event=event)
    if status not in statuses:
        fail(" ".join(map(str, arguments)), f"exit {status}: {text}")
    for problem in problems(name, document):
        fail(f"{name}.schema.json", f"{' '.join(map(str, arguments))}: {problem}")
    for broken in ({**document, "version": 2}, {"version": 1}):
        if not problems(name, broken):
            fail(f"{name}.schema.json", f"accepts {json.dumps(broken)[:200]}")


def check_documents():
    template = Path("Tests/systems/expiry.template.json").resolve()
    with tempfile.TemporaryDirectory() as folder, sandbox() as endpoint:
        state = Path(folder) / "state"
        state.mkdir(mode=0o700)
        os.environ |= {
            "NCLOUD_ACCESS_KEY": "sandbox-access-key",
            "NCLOUD_SECRET_KEY": "sandbox-secret-key",
            "STATE_DIRECTORY": str(state),
        }
        config = Path(folder) / "config.json"
        members = {"$schema": "config", "endpoint": endpoint, "template": str(template)}
        config.write_text(json.dumps(members), encoding="utf-8")
        options = ["--config", config]
        document_holds("ledger", "ledger", "list", "--json", *options)
        document_holds("result", "run", *options, event=DUE)
        document_holds("result", "follow", *options)
        document_holds("result", "follow", "99999", *options, statuses=(69,))
        document_holds("certificates", "certificates", "--json", *options)
        prune = ["prune", "--older-than", "30d"]
        for words in (["list"], ["list", "--since", "1h"], ["show", "55883"], ["check"], prune,
                      ["check", "--waiting", "0s"], ["forget", "55883", "--yes"]):
            document_holds("ledger", "ledger", *words, "--json", *options, statuses=(0, 1))
        document_holds("doctor", "doctor", "--json", *options, statuses=(0, 78))
        os.environ["NCLOUD_SECRET_KEY"] = "wrong"
        document_holds("doctor", "doctor", "--json", *options, statuses=(77, 78))
        document_holds("render", "render", *options, event=DUE)
        document_holds("render", "render", "--explain", *options, event=DUE)
        document_holds("render", "render", *options, event=b"{}", statuses=(65,))
        document_holds("render", "render", *options, event=b"[", statuses=(65,))
        broken = Path(folder) / "broken.template.json"
        broken.write_text('{"version": 1, "reissue": {"commonName": "${ a b }"}}', encoding="utf-8")
        document_holds("check", "check", "--json", broken, statuses=(78,))
        document_holds("check", "check", "--json", *TEMPLATES)


# MARK: examples

VOLATILE = ["startedAt", "durationMs"]


def stable(result):
    """A result without the members that differ from run to run."""
    result = {name: value for name, value in result.items() if name not in VOLATILE}
    result["items"] = [
        {name: value for name, value in item.items() if name not in VOLATILE}
        for item in result["items"]
    ]
    return result


def check_examples():
    for folder in FOLDERS:
        event = (folder / "event.json").read_bytes()
        options = ["--dry-run", "--config", folder / "config.json"]
        status, result, text = run("run", *options, event=event)
        if status != 0:
            fail(folder, f"exit {status}: {text}")
        for problem in problems("result", result):
            fail(folder, f"result: {problem}")
        if stable(result) != load(folder / "expected.json"):
            found = json.dumps(stable(result), indent=2)
            fail(folder, f"the result is not expected.json:\n{found}")
    print(f"examples: {len(FOLDERS)} run")


# MARK: templates


def rendered(event, names):
    options = [part for name in names for part in ("--template", name)]
    return run("render", "--templates", EXAMPLES / "templates", *options, event=event)


def shown(item):
    """The members of an item that a test may name."""
    return {"reference": item.get("reference"), **item.get("parameters", item)}


def differences(found, expected):
    """What a template's own test finds wrong; members that it does not name are not compared."""
    if len(found) != len(expected):
        return [f"{len(found)} items, expected {len(expected)}: {json.dumps(found)}"]
    return [
        f"item {index}: {name} is {shown(item).get(name)!r}, expected {value!r}"
        for index, (item, wanted) in enumerate(zip(found, expected))
        for name, value in wanted.items()
        if shown(item).get(name) != value
    ]


def events(path):
    """The tests of a template with their events as bytes."""
    for test in load(path)["tests"]:
        event = test["event"]
        inline = not isinstance(event, str)
        yield test, json.dumps(event).encode() if inline else (path.parent / event).read_bytes()


def taker(event, place, may_fail=False):
    """The template of the folder that takes an event, whichever way round they are tried.

    Templates that are named must not fail on the event: so both ways show every condition.
    """
    names = [path.parent.name for path in TEMPLATES]
    takers = set()
    for order in (names, names[::-1]):
        status, report, _ = rendered(event, order)
        if "error" in report:
            fail(place, f"a condition fails: {report['error']}")
            return None
        if status not in ((0, 65) if may_fail else (0,)):
            fail(place, f"exit {status}: {json.dumps(report)}")
        takers.add(report["template"])
    if len(takers) > 1:
        fail(place, f"more than one template takes it: {sorted(map(str, takers))}")
    return takers.pop()


def check_templates():
    count = 0
    for path in sorted(EXAMPLES.glob("**/template.json")):
        name = path.parent.name
        for test, event in events(path):
            place = f"{path}, {test['name']}"
            status, report, text = rendered(event, [path])
            if status != 0:
                fail(place, text)
            for difference in differences(report.get("items", []), test["items"]):
                fail(place, difference)
            if path in TEMPLATES:
                took = taker(event, place)
                if took != name and (test["items"] or took is not None):
                    fail(place, f"in the whole folder it goes to {took}")
            count += 1
        if not any(not test["items"] for test in load(path)["tests"]):
            fail(path, "no test shows what it leaves alone")
    print(f"templates: {len(TEMPLATES)} in the folder, {count} tests")
    check_with_the_program()


def check_with_the_program():
    """`check`, which users have for the same, must agree."""
    usage = subprocess.run([PROGRAM, "--help"], capture_output=True, check=True).stdout.decode()
    if not re.search(r"^  check\b", usage, re.MULTILINE):
        print("templates: not held against the command check, this program has none")
        return
    files = sorted(map(str, EXAMPLES.glob("**/template.json")))
    done = subprocess.run([PROGRAM, "check", *files], capture_output=True)
    if done.returncode != 0:
        fail("check", (done.stdout + done.stderr).decode())


# MARK: payloads


def check_payloads(folder):
    """Every payload with the whole folder: which template accepted it, and the result."""
    refused = 0
    for path in sorted(Path(folder).glob("**/*.json")):
        event = path.read_bytes()
        _, report, _ = run("render", "--templates", EXAMPLES / "templates", event=event)
        if "error" in report:
            refused += 1
            if not report["error"]["code"].startswith("event."):
                fail(path, json.dumps(report["error"]))
            continue
        took = taker(event, path, may_fail=True)
        print(f"{path.name:56} {took or '-':20} {summary(report['items'])}")
    print(f"payloads: {refused} are no events")


def summary(items):
    made = [item["parameters"] for item in items if "parameters" in item]
    numbers = [parameters.get("certificateNo", "?") for parameters in made]
    errors = sorted({item["error"]["message"] for item in items if "error" in item})
    return " ".join(numbers + [f"({error})" for error in errors]) or "nothing to do"


if __name__ == "__main__":
    step, *arguments = sys.argv[1:]
    {
        "schemas": check_schemas,
        "documents": check_documents,
        "examples": check_examples,
        "templates": check_templates,
        "payloads": check_payloads,
    }[step](*arguments)
    finish()
