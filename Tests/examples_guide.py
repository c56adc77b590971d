"""Step of examples.sh: the tables of the page on templates are right."""

import json
import re
import subprocess
import tempfile

from examples import EXAMPLES, TEMPLATES, fail, finish, run

GUIDE = EXAMPLES / "templates/README.md"
ROW = re.compile(
    r"^\| (?P<label>[^|]+) \| `(?P<jq>.+)` \| (?P<ticks>``?)(?P<jmespath>.+?) ?(?P=ticks) \|$"
)


def check_guide():
    """Every idiom of the guide gives the same in jq and here; every template has its row."""
    event = (EXAMPLES / "alertmanager/event.json").read_bytes()
    text = GUIDE.read_text(encoding="utf-8")
    rows = [match for match in map(ROW.match, text.replace("\\|", "\x00").splitlines()) if match]
    for row in rows:
        filter, expression = (row[name].replace("\x00", "|") for name in ("jq", "jmespath"))
        done = subprocess.run(["jq", "-c", filter], input=event, capture_output=True, check=True)
        wanted, found = json.loads(done.stdout), evaluated(expression, event)
        if wanted != found:
            fail(GUIDE, f"{row['label']}: jq gives {wanted!r}, JMESPath {found!r}")
    if len(rows) < 20:
        fail(GUIDE, f"only {len(rows)} idioms were found in the table")
    for path in TEMPLATES:
        if f"| `{path.parent.name}` |" not in text:
            fail(GUIDE, f"{path.parent.name} is not in the table of templates")
    print(f"guide: {len(rows)} idioms compared with jq")


def evaluated(expression, event):
    """The value of an expression, by way of a parameter that takes any short text."""
    value = []
    for part in range(0, 4000, 100):
        template = {
            "version": 1,
            "items": "[@]",
            "reissue": {
                "certificateName": f"${{ to_string([{expression}])[{part}:{part + 100}] || ' ' }}",
                "commonName": "a.example",
                "validationMethod": "D",
                "csr": "none",
            },
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(template, file)
            file.flush()
            _, report, text = run("render", "--template", file.name, event=event)
        parameters = report.get("items", [{}])[0].get("parameters")
        if parameters is None:
            return text
        if parameters["certificateName"] == " ":
            break
        value.append(parameters["certificateName"])
    return json.loads("".join(value))[0]


if __name__ == "__main__":
    check_guide()
    finish()
