#!/usr/bin/env python3
"""Malicious services, proxies, TLS versions, and a person at a terminal.

    Tests/Proof/network.py

Every hostile service is a listener of this program; a second one records whether anything that belongs
to the first ever arrives there.
"""

import json
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import threading
import time

from service_bench import Machine, check, finish, free_port, is_open, item, note, seed
from workbench import Sandbox, folder, start, wait_until, work

TIMEOUT = "2s"
SECRET_HEADERS = (b"x-ncp-apigw-signature-v2", b"x-ncp-iam-access-key")
GOOD_BODY = b'{"returnCode":"0","returnMessage":"ok","totalRows":0}'


class Listener:
    """A server of raw bytes: reads each request whole, then gives the connection to `answer`."""

    def __init__(self, answer, context=None):
        self.requests = []
        self.sent = 0
        self._answer, self._context = answer, context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection, _ = self._socket.accept()
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection):
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            data = b""
            while b"\r\n\r\n" not in data:
                piece = connection.recv(65_536)
                if not piece:
                    return
                data += piece
            head, _, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            while length and len(body) < int(length[1]):
                body += connection.recv(65_536)
            self.requests.append(head)
            self._answer(self, connection)
        except OSError:
            pass  # The client closed the connection, as it should.
        finally:
            connection.close()

    def send(self, connection, data):
        connection.sendall(data)
        self.sent += len(data)


def head(*lines, status="200 OK"):
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


# MARK: malicious services


def slow_drip(listener, connection):
    """One byte at a time: each is progress, but the reply never ends."""
    listener.send(connection, head(f"Content-Length: {len(GOOD_BODY)}"))
    for byte in GOOD_BODY:
        listener.send(connection, bytes([byte]))
        time.sleep(0.25)


def slow_headers(listener, connection):
    for number in range(1_000):
        listener.send(connection, f"{'HTTP/1.1 200 OK' if not number else 'X-Slow: 1'}\r\n".encode())
        time.sleep(0.25)


def ten_gigabytes(listener, connection):
    listener.send(connection, head(f"Content-Length: {10 << 30}"))
    for _ in range(10 << 10):
        listener.send(connection, b" " * (1 << 20))


def ten_gigabytes_in_chunks(listener, connection):
    listener.send(connection, head("Transfer-Encoding: chunked"))
    for _ in range(10 << 10):
        listener.send(connection, b"100000\r\n" + b" " * (1 << 20) + b"\r\n")


def compressed(listener, connection):
    """Sent compressed although that was not requested: it must not be expanded without bound."""
    listener.send(connection, head("Content-Encoding: gzip", f"Content-Length: {10 << 30}"))
    while True:
        listener.send(connection, b"\x1f\x8b" * (1 << 19))


def many_headers(listener, connection):
    listener.send(connection, b"HTTP/1.1 200 OK\r\n")
    while True:
        listener.send(connection, b"X-Flood: " + b"x" * 100 + b"\r\n")


def one_long_header(listener, connection):
    listener.send(connection, b"HTTP/1.1 200 OK\r\nX-Flood: ")
    while True:
        listener.send(connection, b"x" * 65_536)


def interim_flood(listener, connection):
    while True:
        listener.send(connection, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


def silence(listener, connection):
    time.sleep(60)


HOSTILE = [
    (slow_drip, "network.lost-answer"), (slow_headers, "network.lost-answer"),
    (silence, "network.lost-answer"), (ten_gigabytes, "reply.unreadable"),
    (ten_gigabytes_in_chunks, "reply.unreadable"), (compressed, "reply.unreadable"),
    (many_headers, "reply.unreadable"), (one_long_header, "reply.unreadable"),
    (interim_flood, "reply.unreadable"),
]
# Kernel buffers on both sides; the program reads far less than what is offered.
SENT_LIMIT = 24 << 20
MEMORY_LIMIT_MIB = 32


def hostile_services():
    for answer, code in HOSTILE:
        listener = Listener(answer)
        machine = Machine(f"http://127.0.0.1:{listener.port}")
        event = machine.write("event.json", {"items": [item(0)]})
        words = machine.words("--follow", "none", "--timeout", TIMEOUT)
        report = machine.measured(words, event, machine.path("result.json"))
        result = json.loads(open(machine.path("result.json")).read())
        found = result["items"][0]
        name = answer.__name__.replace("_", " ")
        note(
            f"{name}: {found['error']['code']} after {report['wall']:.1f} s, "
            f"{listener.sent >> 10} KiB left the service, peak {report['peak']:.1f} MiB")
        check(report["status"] == 76, f"{name}: exit status {report['status']}")
        check(found["status"] == "unknown" and found["error"]["code"] == code, f"{name}: {found}")
        check(len(listener.requests) == 1, f"{name}: asked {len(listener.requests)} times")
        check(report["wall"] < 8, f"{name}: took {report['wall']:.1f} s")
        check(listener.sent < SENT_LIMIT, f"{name}: {listener.sent} bytes were taken in")
        check(report["peak"] < MEMORY_LIMIT_MIB, f"{name}: peak {report['peak']:.1f} MiB")


def redirects():
    """Nothing arrives at the target of a redirect, in particular no signature headers."""
    elsewhere = Listener(lambda listener, connection: listener.send(
        connection, head(f"Content-Length: {len(GOOD_BODY)}") + GOOD_BODY))
    targets = [
        f"http://127.0.0.1:{elsewhere.port}/api/v2/x", f"http://localhost:{elsewhere.port}/",
        f"//127.0.0.1:{elsewhere.port}/", f"http://user:password@127.0.0.1:{elsewhere.port}/",
    ]
    for status in (301, 302, 303, 307, 308):
        for target in targets:
            def answer(listener, connection, status=status, target=target):
                lines = (f"Location: {target}", "Content-Length: 0", f"Refresh: 0; url={target}")
                listener.send(connection, head(*lines, status=f"{status} Moved"))
            listener = Listener(answer)
            machine = Machine(f"http://127.0.0.1:{listener.port}", preflight="off")
            status_, result, _ = machine.run("--follow", "dns", event={"items": [item(0)]})
            code = result["items"][0]["error"]["code"]
            check((status_, code) == (76, "reply.redirect"), f"{status} to {target}: {status_} {code}")
            check(all(name in listener.requests[0].lower() for name in SECRET_HEADERS), "not signed")
    check(not elsewhere.requests, f"{len(elsewhere.requests)} requests went elsewhere")
    note(f"{5 * len(targets)} redirects to another host: none followed, nothing arrived there")
    plain = Machine(f"http://127.0.0.2.example.com:{elsewhere.port}")
    status, result, _ = plain.run(event={"items": [item(0)]})
    check(status == 64 or status == 78, f"http to another host: exit status {status}")
    check(not elsewhere.requests, "http to another host was tried")


# MARK: TLS and proxies

NGINX = """
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {{ worker_connections 256; }}
http {{
  access_log access.log; client_body_temp_path body; proxy_temp_path proxy;
  fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{
    listen 127.0.0.1:{port} ssl http2; ssl_protocols {protocols};
    ssl_certificate server.pem; ssl_certificate_key server.key;
    location /elsewhere {{ return 302 http://127.0.0.1:{plain}/; }}
    location / {{ {action} }}
  }}
}}
"""
TUNNEL_USER = b"proxy-user:proxy-password"


def serve(words, place, port):
    """Starts a server and waits until it listens."""
    with open(place / "server.log", "ab") as log:
        process = start(words, cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    wait_until(words[0], lambda: is_open(port))
    return process


def nginx(sandbox, authority, protocols, plain_port=1, action=None):
    place = folder()
    for name in ("server.pem", "server.key"):
        shutil.copy(authority / name, place)
    port = free_port()
    action = action or f"proxy_pass {sandbox.endpoint}; proxy_http_version 1.1;"
    (place / "nginx.conf").write_text(
        NGINX.format(port=port, protocols=protocols, plain=plain_port, action=action))
    words = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", f"{place}/", "-c", "nginx.conf", "-e", "stderr"]
    serve(words, place, port)
    return port


def with_tls(sandbox, authority):
    for protocols in ("TLSv1.2", "TLSv1.3"):
        port = nginx(sandbox, authority, protocols)
        works(sandbox, authority, port, {}, f"a server with {protocols} only")
    for protocols in ("TLSv1", "TLSv1.1"):
        port = nginx(sandbox, authority, protocols)
        sandbox.reset()
        machine = Machine(f"https://localhost:{port}")
        status, result, _ = machine.run(
            "--ca-file", str(authority / "root.pem"), "--deadline", "2s", event={"items": [item(0)]})
        code = result["items"][0]["error"]["code"]
        check((status, code) == (75, "network.tls"), f"{protocols}: {status} {code}")
        check(not sandbox.journal(), f"{protocols}: something was sent")
    note("servers with TLS 1.0 or 1.1 only: refused, nothing sent")


def downgrade(sandbox, authority):
    """From https to http: nothing may be sent without TLS."""
    elsewhere = Listener(lambda listener, connection: listener.send(connection, head("Content-Length: 0")))
    port = nginx(
        sandbox, authority, "TLSv1.2 TLSv1.3", action=f"return 307 http://127.0.0.1:{elsewhere.port}$request_uri;")
    machine = Machine(f"https://localhost:{port}")
    status, result, _ = machine.run(
        "--ca-file", str(authority / "root.pem"), event={"items": [item(0)]})
    code = result["items"][0]["error"]["code"]
    check((status, code) == (76, "reply.redirect"), f"a downgrade: {status} {code}")
    check(not elsewhere.requests, "the downgrade was followed")
    note("a redirect from https to http: not followed")


def works(sandbox, authority, port, environment, name):
    sandbox.reset()
    machine = Machine(f"https://localhost:{port}")
    status, result, errors = machine.run(
        "--follow", "dns", "--ca-file", str(authority / "root.pem"), environment=environment,
        event={"items": [item(0), item(1)]})
    check(status == 0, f"{name}: exit status {status} {result['items']} {errors}")
    check(len(sandbox.journal("POST")) == 2, f"{name}: {len(sandbox.journal('POST'))} requests arrived")
    check(all(entry.get("dns") for entry in result["items"]), f"{name}: no DNS records")
    note(f"{name}: works")


def tinyproxy(target):
    place, port = folder(), free_port()
    (place / "tinyproxy.conf").write_text(
        f'Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nLogFile "{place}/log"\n'
        f"LogLevel Connect\nConnectPort {target}\nBasicAuth {TUNNEL_USER.decode().replace(':', ' ')}\n")
    serve(["tinyproxy", "-d", "-c", "tinyproxy.conf"], place, port)
    return port, place / "log"


def squid(target):
    place, port = folder(), free_port()
    (place / "squid.conf").write_text(
        f"http_port 127.0.0.1:{port}\npid_filename {place}/squid.pid\n"
        f"cache_log {place}/cache.log\naccess_log stdio:{place}/log\ncoredump_dir {place}\n"
        "cache deny all\nacl target port {0}\nacl CONNECT method CONNECT\n"
        "http_access allow CONNECT target\nhttp_access deny all\n"
        "shutdown_lifetime 0 seconds\nlogfile_rotate 0\npinger_enable off\n".format(target))
    if os.geteuid() == 0:
        # squid changes its user, and still needs access to its folder.
        work.chmod(0o711)
        shutil.chown(place, "proxy")
    serve([shutil.which("squid") or "/usr/sbin/squid", "-N", "-f", f"{place}/squid.conf"], place, port)
    return port, place / "log"


def proxies(sandbox, authority):
    port = nginx(sandbox, authority, "TLSv1.2 TLSv1.3")
    for name, start_proxy, user in (
        ("tinyproxy", tinyproxy, TUNNEL_USER.decode() + "@"), ("squid", squid, "")):
        proxy_port, log = start_proxy(port)
        for variable in ("HTTPS_PROXY", "https_proxy"):
            environment = {variable: f"http://{user}127.0.0.1:{proxy_port}"}
            works(sandbox, authority, port, environment, f"{name} by {variable}")
        text = wait_until("the proxy's log", lambda: log.exists() and log.read_text())
        check("CONNECT" in text and f"localhost:{port}" in text, f"{name} was passed by: {text}")
        refused_port = nginx(sandbox, authority, "TLSv1.3")
        sandbox.reset()
        machine = Machine(f"https://localhost:{refused_port}")
        status, result, _ = machine.run(
            "--ca-file", str(authority / "root.pem"), "--deadline", "2s", environment=environment,
            event={"items": [item(0)]})
        code = result["items"][0]["error"]["code"]
        check((status, code) == (75, "network.proxy"), f"{name}: a refused tunnel is {status} {code}")
        check(not sandbox.journal(), f"{name}: something got through a refused tunnel")


# MARK: a person at a terminal


def at_terminal(machine, event_path, *options, tty=True):
    """What standard error shows, when it is a terminal or a pipe."""
    primary, secondary = pty.openpty() if tty else os.pipe()
    with open(event_path, "rb") as event, open(machine.path("result.json"), "wb") as result:
        process = subprocess.Popen(
            machine.words("--follow", "none", *options), stdin=event, stdout=result,
            stderr=secondary, env={**machine.environment, "TERM": "xterm"})
    os.close(secondary)
    shown = b""
    while process.poll() is None or select.select([primary], [], [], 0.2)[0]:
        try:
            piece = os.read(primary, 65_536) if select.select([primary], [], [], 0.2)[0] else b""
        except OSError:
            break
        if not piece and process.poll() is not None:
            break
        shown += piece
    os.close(primary)
    return process.wait(), shown.decode()


def progress():
    sandbox = Sandbox("--delay", "100ms", seed_document=seed(60))
    machine = Machine(sandbox.endpoint)
    path = machine.write("event.json", {"items": [item(place) for place in range(60)]})
    status, shown = at_terminal(machine, path, "--parallel", "4")
    check(status == 0, f"at a terminal: exit status {status} {shown!r}")
    steps = [int(done) for done in re.findall(r"reissues: (\d+)/60, \d+/s", shown)]
    check(len(steps) >= 3 and steps == sorted(steps) and steps[-1] > steps[0], f"progress: {shown!r}")
    check(shown.endswith("\r\x1b[K"), f"progress stays on the screen: {shown[-60:]!r}")
    # A warning begins at the start of an otherwise empty line.
    lines = [line.rsplit("\r\x1b[K", 1)[-1] for line in shown.replace("\r\n", "\n").split("\n")]
    check("ncloud-reissue: warning: no ledger is kept" in lines, f"a warning is hidden: {lines!r}")
    note(f"progress at a terminal: {steps}")
    for name, options, tty in (
        ("a pipe", (), False), ("a log of JSON", ("--log-format", "json"), True),
        ("errors only", ("--log-level", "error"), True)):
        sandbox.reset()
        status, shown = at_terminal(machine, path, *options, tty=tty)
        check(status == 0 and "/60" not in shown and "\r\x1b" not in shown, f"{name}: {shown!r}")
    note("no progress in a pipe, in a log of JSON, or where errors only are wanted")


hostile_services()
redirects()
shared = Sandbox(seed_document=seed(10))
authority = folder()
trusted = Sandbox("--ca-directory", str(authority), seed_document=seed(10))
with_tls(trusted, authority)
downgrade(trusted, authority)
proxies(trusted, authority)
progress()
finish()
