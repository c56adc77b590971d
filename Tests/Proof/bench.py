"""Shared by the proofs about the ledger: etcd members, a gate before the service, a user's machine, a clock to set.

`workbench` has what all proofs share.
"""

import base64
import contextlib
import functools
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import workbench
from workbench import (
    PATIENCE,
    PROGRAM,
    folder,
    forget,
    free_ports,
    order,
    start,
    wait_until,
    work,
)

# With this deadline a request is surely absent after 620 s: ten minutes after the last timestamp.
DEADLINE = 20
AFTER_WINDOW = 600 + DEADLINE + 30


# MARK: the service


class Sandbox(workbench.Sandbox):
    """The sandbox, with the account that a proof sets."""

    def sow(self, numbers):
        """An account with only these certificates, each due and alone in its order."""
        orders = [order(number, number, f"c{number}", f"c{number}.example.com") for number in numbers]
        self.control("POST", "seed", {"nextCertificateNo": max(numbers) + 500_000, "orders": orders})


def names(number):
    return {
        "certificateNo": number,
        "certificateName": f"c{number}",
        "commonName": f"c{number}.example.com",
    }


def posts(entries):
    return [entry for entry in entries if entry["method"] == "POST"]


def passed(entries):
    """The reissues that the gateway let through. The sandbox refuses a second one while the first is in
    progress, as the service does; a request that it refuses only for this reason counts as sent."""
    return [each for each in posts(entries) if (each["answer"] or {}).get("status") != 401 and is_whole(each)]


def is_whole(entry):
    """Whether all of the body arrived: the sender may have been killed between two parts of it."""
    lengths = [int(value) for name, value in entry["headers"] if name.lower() == "content-length"]
    return entry["bodyLength"] >= max(lengths, default=0)


def carried_out(entries):
    return [entry for entry in entries if entry.get("reissue")]


class Gate:
    """A proxy in front of the sandbox that lets a proof act while a request is in flight.

    `plan(request)` is called with the raw POST; what it returns is the answer, `None` closes.
    """

    def __init__(self, port):
        self.target = port
        self.plan = None
        self._busy = 0
        self._lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def deliver(self, request):
        """Forwards a request to the sandbox and returns its answer."""
        with socket.create_connection(("127.0.0.1", self.target), PATIENCE) as server:
            server.sendall(request)
            return _message(server)

    def await_quiet(self):
        """Waits until no request is in flight any more."""
        wait_until("the gate", lambda: self._busy == 0, pause=0.001)

    @contextlib.contextmanager
    def _work(self):
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                while request := _message(client):
                    with self._work():
                        plan = self.plan if request.startswith(b"POST") else None
                        answer = plan(request) if plan else self.deliver(request)
                    if not answer:
                        return
                    client.sendall(answer)
            except OSError:
                pass  # The program was killed, or the sandbox reset the connection: both are part of the proof.


def _message(connection):
    """One HTTP message with Content-Length; empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65_536)
        if not part:
            return b""
        data += part
    head, body = data.split(b"\r\n\r\n", 1)
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length:
        part = connection.recv(65_536)
        if not part:
            return b""
        body += part
    return head + b"\r\n\r\n" + body


# MARK: the program


class Desk:
    """A user's machine: home, configuration, templates, state; and runs of the program on it."""

    def __init__(self, endpoint, ledger=None):
        self.folder = folder()
        self.ledger_file = self.folder / "state" / "ledger.sqlite3"
        # Only the folder of the default place is made by a run.
        self.ledger_file.parent.mkdir(mode=0o700)
        self.ledger = ledger or f"sqlite:{self.ledger_file}"
        (self.folder / "templates").mkdir()
        for preflight in ("on", "off"):
            template = {
                "version": 1,
                "reissue": {
                    "certificateNo": "${ certificateNo }",
                    "certificateName": "${ certificateName }",
                    "commonName": "${ commonName }",
                    "validationMethod": "D",
                    "csr": {"generate": "ec-p256"},
                },
                "store": "${ commonName }",
                "policy": {"preflight": preflight},
            }
            path = self.folder / "templates" / f"{preflight}.template.json"
            path.write_text(json.dumps(template))
        configuration = {
            "endpoint": endpoint,
            "storeDirectory": str(self.folder / "certificates"),
            "maxPerDay": 1_000_000,
            "deadline": f"{DEADLINE}s",
            "follow": "none",
        }
        (self.folder / "config.json").write_text(json.dumps(configuration))
        self.environment = workbench.environment(self.folder)

    def command(self, *arguments):
        common = ["--config", f"{self.folder}/config.json", "--ledger", self.ledger]
        return [PROGRAM, *arguments, *common]

    def start(self, number, preflight="on", seconds_ahead=0, prefix=(), options=(), clock=None):
        """A run on the event for a certificate; it waits for `release`."""
        clock = clock or (Clock(seconds_ahead) if seconds_ahead else None)
        process = start(
            [*prefix, *self.command("run", "--template", preflight, *options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.environment, **(clock.environment if clock else {})},
        )
        process.event = json.dumps(names(number)).encode()
        return process

    def start_command(self, command, seconds_ahead=0, prefix=()):
        """Another command, which reads nothing."""
        process = start(
            [*prefix, *self.command(command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.environment, **(Clock(seconds_ahead).environment if seconds_ahead else {})},
        )
        process.event = b""
        return process

    def run(self, number, preflight="on", seconds_ahead=0, prefix=(), options=()):
        return finish(self.start(number, preflight, seconds_ahead, prefix, options))

    def records(self):
        """The ledger's records, as the program shows them, by certificate number."""
        done = subprocess.run(
            self.command("ledger", "list", "--json"),
            env=self.environment,
            capture_output=True,
            timeout=PATIENCE,
        )
        if done.returncode != 0:
            raise ValueError(done.stderr.decode())
        found = {}
        for record in json.loads(done.stdout)["records"]:
            for number in record["numbers"]:
                found[int(number)] = record
        return found


@functools.cache
def preloaded(name):
    """A library of this folder that is loaded into a program."""
    library = work / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O", "-o", library, source], check=True)
    return str(library)


class Clock:
    """A wall clock that can be set ahead while a program uses it."""

    def __init__(self, seconds_ahead=0):
        handle, self.file = tempfile.mkstemp(prefix="clock-", dir=work)
        os.close(handle)
        self.environment = {"LD_PRELOAD": preloaded("clock"), "PROOF_CLOCK": self.file}
        self.set(seconds_ahead)

    def set(self, seconds_ahead):
        os.truncate(self.file, seconds_ahead)


class Done:
    """How a run ended: exit status, result, its one item, standard error."""

    def __init__(self, status, stdout, stderr):
        self.status = status
        self.stderr = stderr.decode(errors="replace")
        self.result = json.loads(stdout) if stdout.strip() else {}
        items = self.result.get("items") or [{}]
        self.item = items[0]
        self.code = (self.item.get("error") or self.result.get("error") or {}).get("code")

    @property
    def word(self):
        """The item in one or two words: `reissued`, `skipped cooldown`, `unknown ledger.unknown`."""
        parts = [self.item.get("status") or self.result.get("status") or "nothing"]
        return " ".join(parts + [part for part in (self.item.get("reason"), self.code) if part])

    def __str__(self):
        return f"{self.word}, exit {self.status}, stderr {self.stderr[-300:]!r}"


def release(process):
    """Gives its event to a started run."""
    try:
        process.stdin.write(process.event)
        process.stdin.close()
    except BrokenPipeError:
        pass  # It was killed before.
    process.stdin = None


def finish(process):
    if process.stdin:
        release(process)
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        stderr += b" (it hung and was killed)"
    forget(process)
    return Done(process.returncode, stdout, stderr)


# MARK: hosts


def namespace(host):
    """A prefix that runs a program in namespaces of its own, with a host name; `None` if that is not allowed."""
    options = ["--pid", "--fork", "--kill-child", "--mount-proc", "--uts"]
    if os.geteuid() != 0:
        options += ["--user", "--map-root-user"]
    prefix = ["unshare", *options, "sh", "-c", f'hostname {host} && exec "$@"', "sh"]
    isAllowed = shutil.which("unshare") and (
        subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    )
    return prefix if isAllowed else None


# MARK: etcd


class Etcd:
    """A cluster on loopback whose members can be killed and started again."""

    def __init__(self, members=1, options=()):
        if not shutil.which("etcd"):
            sys.exit("no etcd: install the package etcd-server")
        self.folder = folder()
        ports = free_ports(2 * members)
        self.ports, self.peers = ports[:members], ports[members:]
        self.options = list(options)
        self.processes = [None] * members
        for index in range(members):
            self.start(index, "new")
        self.wait()

    def location(self, prefix):
        return f"etcd://{','.join(f'127.0.0.1:{port}' for port in self.ports)}/{prefix}"

    def start(self, index, state="existing"):
        name = [f"m{each}" for each in range(len(self.ports))]
        cluster = ",".join(f"{n}=http://127.0.0.1:{p}" for n, p in zip(name, self.peers))
        client = f"http://127.0.0.1:{self.ports[index]}"
        peer = f"http://127.0.0.1:{self.peers[index]}"
        arguments = ["etcd", "--name", name[index], "--data-dir", self.folder / name[index]]
        arguments += ["--listen-client-urls", client, "--advertise-client-urls", client]
        arguments += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
        arguments += ["--initial-cluster", cluster, "--initial-cluster-state", state]
        arguments += ["--logger", "zap", "--log-level", "panic", *self.options]
        quiet = subprocess.DEVNULL
        self.processes[index] = start(arguments, stdin=quiet, stdout=quiet, stderr=quiet)

    def kill(self, index):
        self.processes[index].send_signal(signal.SIGKILL)
        self.processes[index].wait()
        forget(self.processes[index])

    def call(self, path, body, index=0, timeout=3):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[index], timeout=timeout)
        try:
            connection.request("POST", f"/v3/{path}", json.dumps(body))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def wait(self):
        """Waits until every running member gives consistent answers."""
        for index, process in enumerate(self.processes):
            if process.poll() is None:
                wait_until("etcd", lambda: self._answers(index), pause=0.05)

    def _answers(self, index):
        try:
            return "header" in self.call("kv/range", {"key": "eA=="}, index)
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def leader(self):
        def find():
            for index, process in enumerate(self.processes):
                if process.poll() is not None:
                    continue
                try:
                    status = self.call("maintenance/status", {}, index, timeout=1)
                except (OSError, http.client.HTTPException, ValueError):
                    continue
                if status.get("leader") == status["header"]["member_id"]:
                    return [index]
            return None

        return wait_until("a leader", find)[0]

    def entries(self, prefix):
        """All keys with this prefix, with their values."""
        encode = lambda text: base64.b64encode(text).decode()
        last = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        body = {"key": encode(prefix.encode()), "range_end": encode(last.encode())}
        answer = self.call("kv/range", body)
        return {
            base64.b64decode(pair["key"]).decode(): base64.b64decode(pair.get("value", "")).decode()
            for pair in answer.get("kvs", [])
        }

    def leases(self):
        return len(self.call("lease/leases", {}).get("leases", []))
