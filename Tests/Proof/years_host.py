"""The machine of a simulated fleet: configuration, templates, ledger and store of the program; its clock, its disk and
the moment at which a run is killed."""

import base64
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import workbench
from bench import Clock, Etcd, Sandbox, preloaded
from workbench import PATIENCE, PROGRAM, folder, forget, start, wait_until

DAY = 86_400
# The simulation begins in the future, at midnight, so that a clock can also be wrong by less than this.
AHEAD = 60 * DAY
DEADLINE = 20


class Done:
    """How a run ended. `document` is what it wrote, `None` if that is not one JSON document."""

    def __init__(self, words, status, stdout, stderr):
        self.words = words
        self.status = status
        self.stdout = stdout
        self.stderr = stderr.decode(errors="replace")
        try:
            self.document = json.loads(stdout)
        except ValueError:
            self.document = None

    @property
    def is_killed(self):
        return self.status == -signal.SIGKILL

    @property
    def items(self):
        return (self.document or {}).get("items", [])

    def __str__(self):
        return f"{' '.join(self.words)}: exit {self.status}, {self.stdout[-600:]!r}, stderr {self.stderr[-400:]!r}"


class Host:
    """A user's machine on which the program runs at simulated times."""

    def __init__(self, sandbox_options, ledger, blind_cooldown):
        self.midnight = (int(time.time()) + AHEAD) // DAY * DAY
        self.now = self.midnight
        # The sandbox reads the same file, so that both clocks are moved at once.
        self.clock, self.wrong_clock = Clock(), Clock()
        self.sandbox = Sandbox(*sandbox_options, env=os.environ | self.clock.environment)
        self.ledger = ledger
        self.folder = folder()
        self.store = self.folder / "certificates"
        self.store.mkdir(mode=0o700)
        # The file by which deploy.sh says that it is in use here.
        (self.store / ".deployment").touch(0o600)
        (self.folder / "templates").mkdir()
        for name, changes in templates(blind_cooldown).items():
            path = self.folder / "templates" / f"{name}.template.json"
            path.write_text(json.dumps(changes))
        configuration = {
            "endpoint": self.sandbox.endpoint,
            "account": "fleet",
            "deadline": f"{DEADLINE}s",
            "timeout": "2s",
            "storeDirectory": str(self.store),
        }
        (self.folder / "config.json").write_text(json.dumps(configuration))
        self.environment = workbench.environment(self.folder)
        self.environment |= {"LD_PRELOAD": preloaded("years"), "PROOF_CLOCK": self.clock.file}
        # Seconds by which this machine's clock is wrong.
        self.clock_error = 0
        self.is_disk_full = False

    def set_time(self, seconds):
        """Moves both clocks to a time after the begin of the simulation."""
        self.now = self.midnight + seconds
        ahead = self.now - int(time.time())
        self.clock.set(ahead)
        self.wrong_clock.set(max(0, ahead + self.clock_error))

    def wait(self, seconds):
        self.set_time(self.now - self.midnight + seconds)

    def use_keys(self, access_key, secret_key):
        self.environment |= {"NCLOUD_ACCESS_KEY": access_key, "NCLOUD_SECRET_KEY": secret_key}

    def run(self, *words, event=None, kill=None):
        """Runs a command; `kill` is the number of the effect before which it dies."""
        environment = dict(self.environment)
        if self.clock_error:
            environment["PROOF_CLOCK"] = self.wrong_clock.file
        if self.is_disk_full:
            environment["PROOF_FULL"] = "1"
        if kill:
            environment["PROOF_KILL"] = str(kill)
        process = start(
            [PROGRAM, *words, "--config", self.folder / "config.json", "--ledger", self.ledger.location],
            stdin=subprocess.DEVNULL if event is None else subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, close_fds=False,
        )
        text = None if event is None else json.dumps(event).encode()
        try:
            stdout, stderr = process.communicate(text, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            stderr += b" (it hung and was killed)"
        forget(process)
        return Done(words, process.returncode, stdout, stderr)


def templates(blind_cooldown):
    """One template for each way to watch certificates; the number of an alert may be missing or outdated."""

    def template(policy, **changes):
        reissue = {
            "certificateNo": "${ no }",
            "certificateName": "${ name }",
            "commonName": "${ cn }",
            "dnsName": "${ sans }",
            "validationMethod": "D",
            "csr": {"generate": "ec-p256"},
        } | changes
        reissue = {name: value for name, value in reissue.items() if value is not None}
        return {"version": 1, "items": "alerts", "reissue": reissue, "store": "${ cn }", "policy": policy}

    return {
        "plain": template({}),
        "nameless": template({}, certificateNo=None),
        "growing": template({"domainChanges": "allow"}),
        # Without a look only the cooldown keeps a repeated alert from a second request.
        "blind": template({"preflight": "off", "cooldown": blind_cooldown}),
    }


# MARK: ledgers


class SQLiteLedger:
    """A ledger in a file."""

    def __init__(self):
        self.folder = folder()
        self.file = self.folder / "ledger.sqlite3"
        self.location = f"sqlite:{self.file}"
        self.backups = []

    def back_up(self):
        copy = self.folder / f"copy-{len(self.backups)}.sqlite3"
        source = sqlite3.connect(self.file)
        target = sqlite3.connect(copy)
        source.backup(target)
        target.close()
        source.close()
        self.backups.append(copy)

    def restore(self, back):
        """Puts a backup in place of the ledger, the way its page says."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self.backups[-back], self.file)
        os.chmod(self.file, 0o600)

    @property
    def size(self):
        return sum(Path(f"{self.file}{suffix}").stat().st_size for suffix in ("", "-wal") if Path(f"{self.file}{suffix}").exists())


class EtcdLedger:
    """A ledger in three etcd members, any of which can be killed and started again."""

    def __init__(self):
        self.cluster = Etcd(3, ["--heartbeat-interval", "40", "--election-timeout", "400"])
        self.location = self.cluster.location("fleet")
        self.backups = []
        self.dead = []

    def kill(self, count):
        """Kills the leader, and further members."""
        leader = self.cluster.leader()
        self.dead = [(leader + index) % 3 for index in range(count)]
        for index in self.dead:
            self.cluster.kill(index)
        if count == 1:
            alive = (leader + 1) % 3
            wait_until("a new leader", lambda: self.cluster._answers(alive))

    def heal(self):
        for index in self.dead:
            self.cluster.start(index)
        self.dead = []
        self.cluster.wait()

    def _range(self):
        first, last = (base64.b64encode(text).decode() for text in (b"fleet/", b"fleet0"))
        return {"key": first, "range_end": last}

    def back_up(self):
        self.backups.append(self.cluster.call("kv/range", self._range()).get("kvs", []))

    def restore(self, back):
        self.cluster.call("kv/deleterange", self._range())
        for pair in self.backups[-back]:
            if "lease" not in pair:
                self.cluster.call("kv/put", {"key": pair["key"], "value": pair.get("value", "")})

    @property
    def size(self):
        return sum(len(pair.get("value", "")) for pair in self.cluster.call("kv/range", self._range()).get("kvs", []))
