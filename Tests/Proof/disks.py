#!/usr/bin/env python3
"""Ledgers that cannot be read or written: nothing is sent, and an answer is not lost.

    Tests/Proof/disks.py

Full and read-only disks are small file systems in memory, mounted in a namespace of their own: as root, or
where users may have namespaces.
"""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import Desk, Etcd, Gate, Sandbox, carried_out, posts
from workbench import Findings, folder, free_ports, not_shown, work

NUMBER = 300_000
FRESH = 300_001
# More than a page of records, so that there are pages of every kind.
RECORDS = 60


def enter_namespace():
    """Continues in a mount namespace; False if that is not allowed."""
    if os.environ.get("PROOF_NAMESPACE"):
        return True
    ways = [["--mount"]] if os.geteuid() == 0 else []
    ways.append(["--user", "--map-root-user", "--mount"])
    for way in ways:
        trial = ["unshare", *way, "sh", "-c", "mount -t tmpfs -o size=1m none /mnt"]
        if subprocess.run(trial, capture_output=True, check=False).returncode == 0:
            shutil.rmtree(work)
            os.environ["PROOF_NAMESPACE"] = "yes"
            os.execvp("unshare", ["unshare", *way, sys.executable, *sys.argv])
    return False


class Disk:
    """A file system of one MiB."""

    def __init__(self):
        self.path = folder()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", self.path], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", self.path], check=True)

    def fill(self):
        block = bytes(4096)
        with open(self.path / "ballast", "wb", buffering=0) as file:
            try:
                while file.write(block) > 0:
                    pass
            except OSError:
                pass

    def make_room(self):
        (self.path / "ballast").unlink()

    def make_read_only(self):
        subprocess.run(["mount", "-o", "remount,ro", self.path], check=True)


class Case:
    """One kind of trouble, with a sandbox and a machine of its own."""

    def __init__(self, findings, name, ledger=None):
        self.findings, self.name = findings, name
        self.sandbox = Sandbox()
        self.sandbox.sow([NUMBER, FRESH])
        self.gate = Gate(self.sandbox.port)
        self.desk = Desk(self.gate.endpoint, ledger)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sandbox.process.terminate()

    def expect(self, holds, text):
        return self.findings.expect(holds, f"{self.name}: {text}")

    def remember(self, number=NUMBER):
        """A ledger that holds an accepted request."""
        done = self.desk.run(number)
        self.expect(done.word == "reissued", f"to begin with: {done}")
        self.sandbox.news()

    def stops(self, code, looks_are_spent=False, preflights=("off", "on")):
        """Nothing is sent, and exit status and code say why."""
        for preflight in preflights:
            done = self.desk.run(FRESH, preflight)
            entries = self.sandbox.news()
            self.findings.seen[f"{self.name}: {done.code}, exit {done.status}"] += 1
            isStopped = done.status == 74 and done.code == code
            self.expect(isStopped, f"preflight {preflight}: {done}")
            self.expect(not posts(entries), f"preflight {preflight}: a request was sent")
            if not (looks_are_spent and preflight == "on"):
                self.expect(not entries, f"preflight {preflight}: {len(entries)} requests")
        return self

    def doctor(self):
        """`doctor` reports it too."""
        command = self.desk.command("doctor", "--json")
        shown = subprocess.run(
            command, env=self.desk.environment, capture_output=True, timeout=60, check=False
        )
        checks = {check["name"]: check for check in json.loads(shown.stdout)["checks"]}
        isSeen = shown.returncode == 74 and not checks["ledger"]["ok"]
        self.expect(isSeen, f"doctor says {checks['ledger']['text']}, exit {shown.returncode}")
        self.sandbox.news()


# MARK: disks


def checkpoint(file):
    """Brings the log into the file, so that the next write needs room."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def full_disks(findings):
    for isThere in (False, True):
        name = "full disk, " + ("a ledger is there" if isThere else "no ledger yet")
        with Disk() as disk:
            ledger = disk.path / "ledger.sqlite3"
            with Case(findings, name, f"sqlite:{ledger}") as case:
                if isThere:
                    case.remember()
                    checkpoint(ledger)
                disk.fill()
                # The lack of space shows at the first write, which is the claim.
                case.stops("ledger.full", looks_are_spent=isThere).doctor()


def read_only_disks(findings):
    for isThere in (False, True):
        name = "read-only disk, " + ("a ledger is there" if isThere else "no ledger yet")
        with Disk() as disk:
            ledger = disk.path / "ledger.sqlite3"
            with Case(findings, name, f"sqlite:{ledger}") as case:
                if isThere:
                    case.remember()
                disk.make_read_only()
                case.stops("ledger.inaccessible").doctor()


def full_before_settling(findings):
    """The disk fills up while the answer is on its way."""
    for preflight in ("on", "off"):
        with Disk() as disk:
            ledger = disk.path / "ledger.sqlite3"
            name = f"full between answer and settling, preflight {preflight}"
            with Case(findings, name, f"sqlite:{ledger}") as case:
                case.remember()
                checkpoint(ledger)

                def plan(request, case=case, disk=disk):
                    answer = case.gate.deliver(request)
                    disk.fill()
                    return answer

                settles_later(case, plan, preflight, disk.make_room)


def settles_later(case, plan, preflight, mend):
    """The item keeps its status, the exit status is 74; the next run looks it up and records it."""
    case.gate.plan = plan
    done = case.desk.run(FRESH, preflight)
    case.gate.plan = None
    case.findings.seen[f"{case.name}: {done.word}, exit {done.status}"] += 1
    case.expect(done.word == "reissued" and done.status == 74, str(done))
    mend()
    record = case.desk.records().get(FRESH, {})
    case.expect(record.get("state") == "claimed", f"the record says {record.get('state')}")
    again = case.desk.run(FRESH, preflight)
    case.findings.seen[f"{case.name}, the next run: {again.word}, exit {again.status}"] += 1
    case.expect(again.word == "skipped cooldown" and again.status == 0, f"the next run: {again}")
    record = case.desk.records().get(FRESH, {})
    entries = case.sandbox.news()
    case.expect(record.get("state") == "accepted", f"then the record says {record.get('state')}")
    case.expect(len(carried_out(entries)) == 1, f"carried out {len(carried_out(entries))} times")
    new = str(carried_out(entries)[0]["reissue"]["newCertificateNo"])
    case.expect(record["standing"].get("newNumber") == new, "the new number is not known")


# MARK: damage


def good_ledger(findings):
    """A ledger of many records, as bytes."""
    with Case(findings, "to begin with") as case:
        case.remember(FRESH)
        file = case.desk.ledger_file
        connection = sqlite3.connect(file)
        (account, body) = connection.execute("SELECT account, body FROM record").fetchone()
        for index in range(RECORDS):
            copy = json.loads(body)
            copy["key"], copy["numbers"] = f"order:COPY-{index}", [str(400_000 + index)]
            row = (account, copy["key"], "accepted", 0, json.dumps(copy))
            connection.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", row)
            row = (account, copy["numbers"][0], copy["key"])
            connection.execute("INSERT INTO number VALUES (?, ?, ?)", row)
        connection.commit()
        connection.close()
        checkpoint(file)
        return file.read_bytes()


def with_sql(*statements):
    def change(good):
        file = work / "changed.sqlite3"
        file.write_bytes(good)
        connection = sqlite3.connect(file)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        checkpoint(file)
        return file.read_bytes()

    return change


DAMAGES = {
    "something else": ("ledger.foreign", lambda good: b"no ledger\n" * 500),
    "a header of zeros": ("ledger.foreign", lambda good: bytes(100) + good[100:]),
    "cut in half": ("ledger.damaged", lambda good: good[: len(good) // 2]),
    "cut within a page": ("ledger.damaged", lambda good: good[:5000]),
    "a record that is no JSON": ("ledger.damaged", with_sql("UPDATE record SET body = '{'")),
    "a record of a later version": (
        "ledger.newer",
        with_sql("UPDATE record SET body = json_set(body, '$.version', 2)"),
    ),
    "a record without a member": (
        "ledger.damaged",
        with_sql("UPDATE record SET body = json_remove(body, '$.key')"),
    ),
    "a later schema": ("ledger.newer", with_sql("PRAGMA user_version = 99")),
    "another application's file": ("ledger.foreign", with_sql("PRAGMA application_id = 1")),
    "a table is missing": ("ledger.damaged", with_sql("DROP TABLE number")),
}


def damaged_files(findings):
    good = good_ledger(findings)
    for name, (code, change) in DAMAGES.items():
        with Case(findings, name) as case:
            case.desk.ledger_file.write_bytes(change(good))
            case.stops(code)


def damaged_pages(findings):
    """Every page in turn: the answer is 74, or the right one where the page was not needed; never a request."""
    good = good_ledger(findings)
    noise = random.Random(1)
    with Case(findings, "a damaged page") as case:
        for start in range(0, len(good), 4096):
            for page in (bytes(4096), noise.randbytes(4096)):
                for beside in ("-wal", "-shm"):
                    Path(f"{case.desk.ledger_file}{beside}").unlink(missing_ok=True)
                damaged = good[:start] + page + good[start + 4096 :]
                case.desk.ledger_file.write_bytes(damaged)
                done = case.desk.run(FRESH, "off")
                word = f"{done.word}, exit {done.status}"
                findings.seen[f"a damaged page: {word}"] += 1
                isStopped = done.status == 74 and (done.code or "").startswith("ledger.")
                isRight = done.word == "skipped cooldown" and done.status == 0
                case.expect(isStopped or isRight, f"page {start // 4096}: {done}")
                case.expect(not posts(case.sandbox.news()), f"page {start // 4096}: sent")


# MARK: etcd


def etcd_troubles(findings):
    with Case(findings, "etcd is not there", f"etcd://127.0.0.1:{free_ports(1)[0]}/p") as case:
        case.stops("ledger.unreachable", preflights=["on"]).doctor()

    cluster = Etcd(3)
    with Case(findings, "etcd without a majority", cluster.location("quorum")) as case:
        case.remember()
        cluster.kill(0)
        cluster.kill(1)
        case.stops("ledger.unreachable")
        cluster.kill(2)

    full = Etcd(1, ["--quota-backend-bytes", "1"])
    with Case(findings, "etcd is full", full.location("full")) as case:
        case.stops("ledger.full", looks_are_spent=True)
    full.kill(0)

    for preflight in ("on", "off"):
        single = Etcd(1)
        name = f"etcd dies between answer and settling, preflight {preflight}"
        with Case(findings, name, single.location("die")) as case:

            def plan(request, case=case, single=single):
                answer = case.gate.deliver(request)
                single.kill(0)
                return answer

            def mend(single=single):
                single.start(0)
                single.wait()

            settles_later(case, plan, preflight, mend)
        single.kill(0)


def main():
    isAllowed = enter_namespace()
    findings = Findings("disks")
    # Most of its time is waiting for members that do not answer.
    waiting = ThreadPoolExecutor(1).submit(etcd_troubles, findings)
    if isAllowed:
        full_disks(findings)
        read_only_disks(findings)
        full_before_settling(findings)
    else:
        not_shown("full and read-only disks: no mount namespace may be made here")
    damaged_files(findings)
    damaged_pages(findings)
    waiting.result()
    sys.exit(0 if findings.tell() else 1)


main()
