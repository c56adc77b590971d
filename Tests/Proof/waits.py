#!/usr/bin/env python3
"""Every wait ends: at the deadline, and at SIGTERM, with one result and a status of the table.

    Tests/Proof/waits.py [--only WORDS] [--workers N]

In each case something never answers: a resolver, a proxy, the service, a file (a FIFO without a writer, or with one that never
writes), a process with the lock of the ledger, the making of keys, a reader of the output. Each case runs with a deadline of 2 s,
which must end it within 4 s, and with SIGTERM, which must end it within 6 s. A case that is late is tried again alone before it
counts as a failure.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import workbench
from bench import Sandbox, names, posts
from workbench import PROGRAM, Findings, folder, forget, not_shown, start

NUMBER = 950_001
DEADLINE, DEADLINE_BOUND = "2s", 4
SIGNAL_AFTER, SIGNAL_BOUND = 1, 6
STATUSES = {0, 2, 64, 65, 69, 74, 75, 76, 77, 78}
MANY_ITEMS, MANY_KEYS = 1_500, 40
LARGEST = ["--max-event-bytes", str(1 << 29)]
# Holds the resolver's port open, reads nothing, and becomes the program: the descriptor stays open.
SILENT_RESOLVER = """
import os, socket, sys
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 53))
silent.set_inheritable(True)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Case:
    """A machine on which something never answers."""

    def __init__(self, name, endpoint=None, change=None, event=None, template=None, **more):
        self.name, self.change, self.template = name, change, template
        self.event = json.dumps(event or names(NUMBER)).encode()
        self.endpoint = endpoint
        self.prefix = more.get("prefix", ())
        self.arguments = list(more.get("arguments", ()))
        self.unread = more.get("unread", ())
        self.may_send = more.get("may_send", False)
        self.is_heavy = more.get("is_heavy", False)
        # The writer of the event: it writes all, stops in the middle, or says nothing.
        self.writes = more.get("writes", 1)

    def set_up(self, sandbox):
        """The files of a user, as they are before something in them never answers."""
        self.folder = folder()
        (self.folder / "templates").mkdir()
        (self.folder / "state").mkdir(mode=0o700)
        self.configuration = {"endpoint": self.endpoint or sandbox.endpoint, "follow": "none", "timeout": "50s"}
        self.ledger = f"sqlite:{self.folder}/state/ledger.sqlite3"
        self.environment = workbench.environment(self.folder)
        self.write_template(self.template or {})
        if self.change:
            self.change(self)
        (self.folder / "config.json").exists() or self.write_configuration()

    def write_configuration(self):
        (self.folder / "config.json").write_text(json.dumps(self.configuration))

    def write_template(self, more):
        reissue = {
            "certificateNo": "${ certificateNo }", "certificateName": "${ certificateName }",
            "commonName": "${ commonName }", "validationMethod": "D", "csr": {"generate": "ec-p256"},
        }
        template = {"version": 1, "reissue": reissue, "store": "${ commonName }", "policy": {"preflight": "on"}}
        for name, value in more.items():
            (reissue if name == "csr" else template)[name] = value
        if "csr" in more and "generate" not in more["csr"]:
            del template["store"]
        (self.folder / "templates" / "only.template.json").write_text(json.dumps(template))

    def command(self, deadline):
        words = [PROGRAM, "run", "--config", f"{self.folder}/config.json", "--ledger", self.ledger]
        return [*self.prefix, *words, "--deadline", deadline, *self.arguments]


# MARK: files


def fifo_at(path, is_held):
    """A FIFO in the place of a file; `is_held`: a writer has it open and never writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path, 0o600)
    if is_held:
        held.append(os.open(path, os.O_RDWR | os.O_NONBLOCK))


held = []


def file_cases():
    """A FIFO in the place of each file that is read or written."""

    def configuration(case, is_held):
        fifo_at(case.folder / "config.json", is_held)

    def template(case, is_held):
        fifo_at(case.folder / "templates/only.template.json", is_held)

    def data(case, is_held):
        case.write_template({"data": {"inventory": "inventory.json"}, "let": {"x": "$data.inventory.x"}})
        fifo_at(case.folder / "templates/inventory.json", is_held)

    def profile(case, is_held):
        without_keys(case)
        fifo_at(case.folder / ".ncloud/configure", is_held)

    def credentials(case, is_held):
        without_keys(case)
        place = case.folder / "credentials"
        fifo_at(place / "access-key", is_held)
        (place / "secret-key").write_text("secret")
        (place / "secret-key").chmod(0o600)
        case.environment["CREDENTIALS_DIRECTORY"] = str(place)

    def authorities(case, is_held):
        case.configuration |= {"caFile": f"{case.folder}/ca.pem", "endpoint": f"https://127.0.0.1:{silent_port()}"}
        fifo_at(case.folder / "ca.pem", is_held)

    def request(case, is_held):
        case.write_template({"csr": {"file": "a.csr"}})
        fifo_at(case.folder / "csr/a.csr", is_held)

    def key(case, is_held):
        case.write_template({"csr": {"file": "a.csr", "privateKey": "a.key"}})
        (case.folder / "csr").mkdir()
        words = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        words += ["-subj", f"/CN=c{NUMBER}.example.com", "-keyout", case.folder / "other.key"]
        subprocess.run([*words, "-out", case.folder / "csr/a.csr"], check=True, capture_output=True)
        fifo_at(case.folder / "keys/a.key", is_held)

    def event(case, is_held):
        fifo_at(case.folder / "event.json", is_held)
        case.arguments += ["--event", case.folder / "event.json"]

    def password(case, is_held):
        case.ledger = f"etcd://127.0.0.1:{silent_port()}/waits"
        case.configuration["etcd"] = {"user": "root", "passwordFile": f"{case.folder}/password"}
        fifo_at(case.folder / "password", is_held)

    def ledger(case, is_held):
        fifo_at(case.folder / "state/ledger.sqlite3", is_held)

    def result_file(case, is_held):
        # Without a reader, an open for writing waits. An existing writer changes nothing.
        fifo_at(case.folder / "results.ndjson", False)
        case.arguments += ["--result-file", case.folder / "results.ndjson"]

    kinds = {
        "configuration": configuration, "template": template, "template's data": data, "profile": profile,
        "credential": credentials, "CA file": authorities, "signing request": request, "private key": key,
        "event": event, "etcd's password": password, "ledger": ledger, "result file": result_file,
    }
    return [
        Case(
            f"a FIFO as {name}, " + ("a writer that never writes" if is_held else "no writer"),
            change=lambda case, change=change, is_held=is_held: change(case, is_held),
            # It is opened when there is something to write.
            may_send=name == "result file",
        )
        for name, change in kinds.items()
        for is_held in (False, True)
    ]


def lock_cases():
    """A ledger that another process is making; with the second lock it cannot even be read."""

    def change(case, lock):
        path = case.folder / "state/ledger.sqlite3"
        path.touch(mode=0o600)
        holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        holder.execute(f"BEGIN {lock}")
        held.append(holder)

    return [
        Case(f"a ledger that is locked, {lock}", change=lambda case, lock=lock: change(case, lock))
        for lock in ("IMMEDIATE", "EXCLUSIVE")
    ]


def without_keys(case):
    for name in ("NCLOUD_ACCESS_KEY", "NCLOUD_SECRET_KEY"):
        del case.environment[name]


def event_cases():
    """Events that never end."""
    return [
        Case("an event that never comes", writes=0),
        Case("an event that stops in the middle", writes=0.5),
        Case("an event of zeros without end", arguments=["--event", "/dev/zero"]),
        Case("an event of zeros without end, of any size", arguments=["--event", "/dev/zero", *LARGEST]),
    ]


# MARK: the network


def silent_port():
    """A port where the kernel accepts connections, and nothing answers."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    held.append(listener)
    return listener.getsockname()[1]


def endless_proxy_port():
    """A proxy that asks for a password, with an endless page."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve(client):
        with client:
            try:
                client.recv(65_536)
                head = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                client.sendall(head + b"Content-Length: 1000000000000\r\n\r\n")
                while True:
                    client.sendall(bytes(16_384))
                    time.sleep(0.001)
            except OSError:
                pass

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def silent_resolver():
    """A prefix that runs a program where the only name server never answers; `None` if that is not allowed."""
    file = folder() / "resolv.conf"
    file.write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
    script = f'ip link set lo up && mount --bind {file} "$(realpath /etc/resolv.conf)" && exec "$@"'
    options = ["--mount", "--net"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    prefix = ["unshare", *options, "sh", "-c", script, "sh", sys.executable, "-c", SILENT_RESOLVER]
    is_allowed = shutil.which("unshare") and shutil.which("ip") and os.path.exists("/etc/resolv.conf")
    if is_allowed and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
        return prefix
    not_shown("a resolver that never answers: no network namespace, or no ip(8)")
    return None


def network_cases():
    def proxy(port):
        return lambda case: case.environment.update(HTTPS_PROXY=f"http://127.0.0.1:{port}")

    cases = [
        Case("a silent service", f"http://127.0.0.1:{silent_port()}"),
        Case("a silent TLS service", f"https://127.0.0.1:{silent_port()}"),
        Case("a silent proxy", "https://service.example.com", proxy(silent_port())),
        Case("a proxy with an endless 407", "https://service.example.com", proxy(endless_proxy_port())),
        Case("a silent etcd", change=lambda case: setattr(case, "ledger", f"etcd://127.0.0.1:{silent_port()}/w")),
    ]
    if prefix := silent_resolver():
        cases.append(Case("a silent resolver", "https://service.example.com", prefix=prefix))
        ledger = lambda case: setattr(case, "ledger", "etcd://etcd.example.com:2379/w")
        cases.append(Case("a silent resolver, etcd", change=tls_etcd(ledger), prefix=prefix))
    return cases


def tls_etcd(ledger):
    """etcd by a name needs TLS, and so the authorities to trust."""

    def change(case):
        ledger(case)
        case.configuration["etcd"] = {"caFile": "/etc/ssl/certs/ca-certificates.crt"}

    return change


# MARK: work and output


def many_keys():
    """More keys than can be made in time; the ledger and the service would take them all."""
    items = [names(NUMBER + index) for index in range(MANY_KEYS)]
    template = {"items": "items", "csr": {"generate": "rsa-4096"}}
    change = lambda case: case.configuration.update(maxPerDay=1_000)
    return [Case("many keys to make", change=change, event={"items": items}, template=template, is_heavy=True, may_send=True)]


def output_cases():
    """Results and messages larger than a pipe, and a reader that reads neither or only one of them."""
    items = [{**names(NUMBER + index), "certificateNo": "no number"} for index in range(MANY_ITEMS)]
    return [
        Case(f"nobody reads {' and '.join(unread)}", event={"items": items}, template={"items": "items"}, unread=unread)
        for unread in (("stdout",), ("stderr",), ("stdout", "stderr"))
    ]


# MARK: a run


class Ended:
    """How long a run took after its bound began, how it ended, and what it wrote."""

    def __init__(self, seconds, status, stdout, stderr, is_killed):
        self.seconds, self.status, self.is_killed = seconds, status, is_killed
        self.stderr = stderr.decode(errors="replace")
        try:
            self.documents = [json.loads(line) for line in stdout.decode().splitlines()]
        except ValueError:
            self.documents = None

    def __str__(self):
        return f"exit {self.status} after {self.seconds:.1f} s, stderr {self.stderr[-200:]!r}"


def run(case, is_signalled):
    """Runs a case until it ends, or for some time longer than it may take."""
    process = start(
        case.command("50s" if is_signalled else DEADLINE),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=case.environment,
    )
    output = {"stdout": b"", "stderr": b""}

    def read(name):
        output[name] = getattr(process, name).read()

    def write():
        try:
            process.stdin.write(case.event[: int(len(case.event) * case.writes)])
            process.stdin.flush()
            if case.writes == 1:
                process.stdin.close()
        except BrokenPipeError:
            pass

    threads = [threading.Thread(target=read, args=(name,)) for name in output if name not in case.unread]
    threads.append(threading.Thread(target=write))
    for thread in threads:
        thread.start()
    began = time.monotonic()
    if is_signalled:
        try:
            process.wait(SIGNAL_AFTER)
        except subprocess.TimeoutExpired:
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
    is_killed = False
    try:
        process.wait(bound(is_signalled) + 3)
    except subprocess.TimeoutExpired:
        is_killed = True
        process.kill()
        process.wait()
    seconds = time.monotonic() - began
    for name in case.unread:
        read(name)
    for thread in threads:
        thread.join()
    if not process.stdin.closed:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    forget(process)
    return Ended(seconds, process.returncode, output["stdout"], output["stderr"], is_killed)


def bound(is_signalled):
    return SIGNAL_BOUND if is_signalled else DEADLINE_BOUND


def judge(findings, case, is_signalled, ended, sent):
    """One result, a status of the table, in time, and nothing sent."""
    way = "SIGTERM" if is_signalled else "the deadline"
    place = f"{case.name}, {way}: {ended}"
    findings.seen[f"{case.name}, {way}: exit {ended.status}"] += 1
    findings.expect(not ended.is_killed and ended.seconds <= bound(is_signalled), f"{place}: too late")
    if ended.is_killed:
        return
    findings.expect(ended.status in STATUSES, f"{place}: no status of the table")
    if "stdout" in case.unread and (ended.documents is None or len(ended.documents) != 1):
        # A result that nobody reads cannot be complete; the status says so.
        findings.expect(ended.status in (74, 76), f"{place}: the result is not whole")
    else:
        count = "broken" if ended.documents is None else len(ended.documents)
        findings.expect(count == 1, f"{place}: {count} documents")
    findings.expect(case.may_send or not sent, f"{place}: {sent} requests were sent")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="cases whose names hold this")
    parser.add_argument("--workers", type=int, default=8, help="cases at once; most of their time is waiting")
    options = parser.parse_args()
    findings = Findings("waits")
    cases = file_cases() + lock_cases() + event_cases() + network_cases() + output_cases() + many_keys()
    tries = [(case, way) for case in cases if options.only in case.name for way in (False, True)]
    lock = threading.Lock()

    def attempt(entry, is_last=False):
        case, is_signalled = entry
        sandbox = Sandbox()
        sandbox.sow([NUMBER + index for index in range(MANY_KEYS)])
        # A case has files of its own in every try.
        case = Case(case.name, case.endpoint, case.change, None, case.template, **vars_of(case))
        case.event = entry[0].event
        case.set_up(sandbox)
        ended = run(case, is_signalled)
        sent = len(posts(sandbox.news()))
        sandbox.stop()
        if not is_last and (ended.is_killed or ended.seconds > bound(is_signalled)):
            return entry
        with lock:
            judge(findings, case, is_signalled, ended, sent)
        return None

    light = [entry for entry in tries if not entry[0].is_heavy]
    with ThreadPoolExecutor(options.workers) as pool:
        late = [entry for entry in pool.map(attempt, light) if entry]
    late += [entry for entry in tries if entry[0].is_heavy and attempt(entry)]
    for entry in late:
        findings.seen["tried once more, alone"] += 1
        attempt(entry, is_last=True)
    sys.exit(0 if findings.tell() else 1)


def vars_of(case):
    kept = ("writes", "prefix", "arguments", "unread", "may_send", "is_heavy")
    return {name: getattr(case, name) for name in kept}


main()
