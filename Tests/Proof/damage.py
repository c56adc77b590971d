#!/usr/bin/env python3
"""A damaged ledger: the damage is detected (74) or has no effect; never a second request.

    Tests/Proof/damage.py [--flips N] [--changes N] [--stores sqlite,etcd] [--seed N] [--seconds N]

The ledger holds a request that was carried out, accepted or of unknown outcome. Then one bit of one file is flipped, or one value
is changed or removed (a row, a column, a member of a record, a byte), and the event comes again, twice, with preflight off: the
ledger alone stands between the event and a second request.
"""

import argparse
import base64
import copy
import json
import os
import random
import shutil
import sqlite3
import sys
import time

import tracing
from bench import Desk, Etcd, Sandbox, posts
from workbench import Allowance, Findings

NUMBER = 900_001
OTHER = 900_002
STATES = ("accepted", "unknown")
# "unknown" with the code is held back; "cooldown" is what the undamaged ledger answers in the end.
HARMLESS = ("skipped cooldown", "unknown ledger.unknown")


class Bench:
    """One worker's sandbox and machine for each state of the request, both prepared once."""

    def __init__(self, findings, cluster, index, stores):
        self.findings, self.cluster, self.index = findings, cluster, index
        self.sandbox = Sandbox()
        self.desk = Desk(self.sandbox.endpoint)
        self.state_folder = self.desk.ledger_file.parent
        self.saved = {(store, state): self.prepare(store, state) for store in stores for state in STATES}

    # MARK: the good ledgers

    def prepare(self, store, state):
        """A ledger with that state of the request, as files or as keys and values; and the service's side of it."""
        self.desk.ledger = self.location(store, state)
        self.clear()
        if store == "sqlite":
            self.sow(state)
            return self.files_of(state)
        self.sow(state)
        prefix = self.prefix(state) + "/"
        return {key.removeprefix(prefix): value for key, value in self.cluster.entries(prefix).items()}

    def location(self, store, state):
        return f"sqlite:{self.desk.ledger_file}" if store == "sqlite" else self.cluster.location(self.prefix(state))

    def prefix(self, state):
        return f"damage-{self.index}-{state}"

    def clear(self):
        shutil.rmtree(self.state_folder, ignore_errors=True)
        self.state_folder.mkdir(mode=0o700)
        shutil.rmtree(self.desk.folder / "certificates", ignore_errors=True)

    def sow(self, state):
        """The request is carried out; its answer arrives or is lost. A second certificate is accepted beside it."""
        self.sandbox.sow([NUMBER, OTHER])
        self.sandbox.control("DELETE", "faults")
        if state == "unknown":
            self.sandbox.control("POST", "faults", {"kind": "reset-after", "method": "POST", "count": 1})
        words = [self.desk.run(number, "off").word for number in (NUMBER, OTHER)]
        first = "reissued" if state == "accepted" else "unknown network.lost-answer"
        self.findings.expect(words == [first, "reissued"], f"to begin with, {state}: {words}")
        self.sandbox.news()

    def files_of(self, state):
        """The files with everything in the log; with everything in the database; and with some in each."""
        log = self.read_files()
        checkpoint(self.desk.ledger_file)
        database = self.read_files()
        # A look at another certificate writes into the log.
        self.desk.run(OTHER + 1, "off")
        self.sandbox.news()
        return {"log": log, "database": database, "both": self.read_files()}

    def read_files(self):
        return {path.name: path.read_bytes() for path in self.state_folder.iterdir() if path.is_file()}

    # MARK: tries

    def judge(self, title, what):
        """The event is given twice; nothing may be sent."""
        seen = self.findings.seen
        for turn in ("first", "second"):
            process = self.desk.start(NUMBER, "off")
            done = tracing.end(process)
            sent = len(posts(self.sandbox.news()))
            isNoticed = done.status == 74 and (done.code or "").startswith("ledger.")
            isHarmless = done.word in HARMLESS and done.status in (0, 76)
            verdict = "noticed, 74" if isNoticed else "does not matter" if isHarmless else f"{done.word}, {done.status}"
            if turn == "first":
                seen[f"{title}: {verdict if not sent else 'A SECOND REQUEST'}"] += 1
            self.findings.expect(sent == 0, f"{title}, {what}, {turn} event: a second request: {done}")
            self.findings.expect(isNoticed or isHarmless, f"{title}, {what}, {turn} event: {done}")
            self.findings.expect(not done.is_hung and done.documents == 1, f"{title}, {what}: {done}")
            if isNoticed or sent:
                break

    def flip(self, state, where, name, bit, isHeld):
        """One bit of one file. `isHeld`: another process has the ledger open, so that the index of the log is in use."""
        self.desk.ledger = self.location("sqlite", state)
        self.put_files(self.saved["sqlite", state][where])
        holder = sqlite3.connect(self.desk.ledger_file) if isHeld else None
        if holder:
            holder.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        path = self.state_folder / name
        with open(path, "r+b") as file:
            file.seek(bit // 8)
            byte = file.read(1)[0]
            file.seek(bit // 8)
            file.write(bytes([byte ^ 1 << bit % 8]))
        suffix = name.removeprefix("ledger.sqlite3") or "the database"
        places = {"log": "all is in the log", "database": "all is in the database", "both": "some is in the log"}
        title = f"a bit of {suffix}, {places[where]}" + (", held open" if isHeld else "")
        self.judge(title, f"{state}, byte {bit // 8}, bit {bit % 8}")
        if holder:
            holder.close()

    def put_files(self, files):
        self.clear()
        for name, content in files.items():
            (self.state_folder / name).write_bytes(content)
            (self.state_folder / name).chmod(0o600)

    def change_row(self, state, statement, words):
        """A change by an SQL statement that ignores the other rows."""
        self.desk.ledger = self.location("sqlite", state)
        self.put_files(self.saved["sqlite", state]["database"])
        connection = sqlite3.connect(self.desk.ledger_file)
        connection.execute(*statement)
        connection.commit()
        connection.close()
        self.judge(f"sqlite, {words[0]}", f"{state}, {words[1]}")

    def change_key(self, state, key, value, words):
        self.desk.ledger = self.location("etcd", state)
        prefix = self.prefix(state) + "/"
        self.cluster.call("kv/deleterange", {"key": encoded(prefix), "range_end": encoded(prefix[:-1] + "0")})
        for name, good in self.saved["etcd", state].items():
            content = value if name == key else good
            if content is not None:
                self.cluster.call("kv/put", {"key": encoded(prefix + name), "value": encoded(content)})
        self.judge(f"etcd, {words[0]}", f"{state}, {key}: {words[1]}")

    # MARK: what can be tried

    def flips(self, count, chance):
        """Random bits, the same number in each file of each state and place; in the index only while it is in use."""
        found = []
        for (store, state), places in self.saved.items():
            if store != "sqlite":
                continue
            for where, files in places.items():
                for name, content in files.items():
                    isIndex = name.endswith("-shm")
                    if len(content) == 0 or isIndex and where == "database":
                        continue
                    # The part of the index that is in use with so small a log: header and first entries.
                    bits = 8 * (512 if isIndex else len(content))
                    found += [("flip", state, where, name, chance.randrange(bits), isIndex) for _ in range(count)]
        return found

    def changes(self, chance):
        return self.row_changes(chance) + self.key_changes(chance)

    def row_changes(self, chance):
        found = []
        for state in STATES:
            if ("sqlite", state) not in self.saved:
                continue
            self.put_files(self.saved["sqlite", state]["database"])
            connection = sqlite3.connect(self.desk.ledger_file)
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            for table in names:
                columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
                keys = [column[1] for column in columns if column[5]]
                for row in connection.execute(f"SELECT * FROM {table}").fetchall():
                    values = dict(zip([column[1] for column in columns], row))
                    if any(str(OTHER) in str(values[key]) for key in keys):
                        continue
                    found += row_variants(state, table, keys, values, chance)
            connection.close()
        return found

    def key_changes(self, chance):
        found = []
        for state in STATES:
            for key, value in self.saved.get(("etcd", state), {}).items():
                kind = key.split("/")[0]
                if kind == "day" or str(OTHER) in key:
                    continue
                found.append(("change_key", state, key, None, (f"{kind} removed", "removed")))
                for words, text in variants(value, chance):
                    found.append(("change_key", state, key, text, (f"{kind}: {words[0]}", words[1])))
        return found


def row_variants(state, table, keys, values, chance):
    """Statements that remove a row or change one of its columns."""
    place = " AND ".join(f"{key} = ?" for key in keys)
    where = [values[key] for key in keys]
    label = f"{table} " + " ".join(str(value) for value in where)
    if table == "day":
        return []
    found = [("change_row", state, (f"DELETE FROM {table} WHERE {place}", where), (f"{table} removed", label))]
    for column, value in values.items():
        texts = variants(value, chance) if isinstance(value, str) else [(("changed", "+1"), value + 1)]
        for words, text in texts:
            statement = (f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {place}", [text, *where])
            found.append(("change_row", state, statement, (f"{table}.{column}: {words[0]}", f"{label}: {words[1]}")))
    return found


def variants(text, chance):
    """Other values in the place of this one: each with its kind and what was done."""
    found = [(("emptied", "emptied"), ""), (("cut", "cut in half"), text[: len(text) // 2])]
    for _ in range(4):
        at = chance.randrange(len(text))
        letter = chance.choice([each for each in "0189azAZ{}\": " if each != text[at]])
        found.append((("a byte changed", f"byte {at} is {letter!r}"), text[:at] + letter + text[at + 1 :]))
    try:
        value = json.loads(text)
    except ValueError:
        return found
    if isinstance(value, dict):
        found += [((kind, where), json.dumps(changed, separators=(",", ":"))) for kind, where, changed in members(value)]
    return found


def members(value):
    """The document without a member, or with another value in it, for each member at any depth."""
    for path, old in list(walk(value, [])):
        for kind, new in [("member removed", None), *(("member changed", each) for each in others(old))]:
            changed = copy.deepcopy(value)
            holder = changed
            for step in path[:-1]:
                holder = holder[step]
            if kind == "member removed":
                del holder[path[-1]]
            else:
                holder[path[-1]] = new
            yield kind, f"{'.'.join(map(str, path))} {'removed' if new is None else f'is {new!r}'[:60]}", changed


def walk(value, path):
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in entries:
        yield [*path, name], member
        yield from walk(member, [*path, name])


def others(old):
    """Values that are wrong in a plausible way, and one of another type."""
    if isinstance(old, bool):
        return [not old, "x"]
    if isinstance(old, int):
        return [old + 1, old - 10**9, 0, "x"]
    if isinstance(old, str):
        return ["", old + "0", old[:-1], 7]
    if isinstance(old, list):
        return [[], old + old, {}]
    return [{}, [], 7]


def checkpoint(file):
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--flips", type=int, default=400, help="bits in each file of each state and place")
    parser.add_argument("--changes", type=int, help="so many of all changes of values; all without it")
    parser.add_argument("--stores", default="sqlite,etcd")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--seconds", type=float, help="end then, whatever was tried")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    findings = Findings("damaged ledgers")
    stores = options.stores.split(",")
    cluster = Etcd(1) if "etcd" in stores else None
    benches = [Bench(findings, cluster, index, stores) for index in range(os.cpu_count() or 1)]
    for bench in benches[1:]:
        # The same ledger for all workers, so that a try is the same in each.
        bench.saved = benches[0].saved
    changes = benches[0].changes(chance)
    chance.shuffle(changes)
    entries = benches[0].flips(options.flips, chance) + changes[: options.changes]
    chance.shuffle(entries)
    print(f"damaged ledgers: {len(entries)} tries, seed {options.seed}", flush=True)

    def perform(bench, entry):
        name, *arguments = entry
        try:
            getattr(bench, name)(*arguments)
        except (OSError, ValueError, sqlite3.Error) as error:
            findings.expect(False, f"{entry}: {error!r}")

    left = tracing.in_parallel(benches, entries, perform, Allowance(options.seconds))
    if left:
        findings.seen["tries left undone: no time"] = left
    sys.exit(0 if findings.tell() else 1)


main()
