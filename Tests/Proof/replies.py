#!/usr/bin/env python3
"""Every known form of reply of the service, as the sandbox sends it; recorded in Tests/Golden/Replies.

    Tests/Proof/replies.py            compares the sandbox with the recordings
    Tests/Proof/replies.py --record   records them again, and fails

Tests/ServiceTests/ReplyRecordingTests.swift says what each of them means.
"""

import difflib
import json
import re
import socket
import sys
import time

import peers
from service_bench import check, finish, note
from signing_requests import signing_request
from workbench import ACCESS_KEY, HERE, Sandbox

FOLDER = HERE.parent / "Golden" / "Replies"
REISSUE = "/api/v2/certificate/55883/reissue"
BASE = "/api/v2/certificate"

# Name of the case: options of the sandbox.
FAULTS = {
    "service-code": "service,code=1300",
    "service-code-with-400": "service,code=2000,status=400",
    "response-error": "response-error",
    "gateway-bad-request": "gateway,code=100",
    "gateway-authentication-failed": "gateway,code=200",
    "gateway-permission-denied": "gateway,code=210",
    "gateway-not-found": "gateway,code=300",
    "gateway-too-large": "gateway,code=430",
    "gateway-quota": "gateway,code=400",
    "gateway-throttled": "gateway,code=410",
    "gateway-throttled-with-seconds": "gateway,code=410,retry-after=30",
    "gateway-rate-limited": "gateway,code=420",
    "gateway-endpoint-down": "gateway,code=500",
    "gateway-endpoint-timeout": "gateway,code=510",
    "gateway-unexpected": "gateway,code=900",
    "sub-account": "forbidden",
    "spring-not-found": "spring",
    "spring-method-not-allowed": "spring,status=405",
    "proxy-bad-gateway": "html",
    "proxy-unavailable": "html,status=503",
    "proxy-forbidden": "html,status=403",
    "portal-with-200": "html,status=200",
    "empty": "empty",
    "empty-204": "empty,status=204",
    "text-announced-as-json": "not-json",
    "no-return-code": "no-return-code",
    "redirect": "redirect,location=https://example.com/maintenance",
    "redirect-307": "redirect,location=https://example.com/,status=307",
    "cut": "cut",
}
# Name of the case: method, target, options of the sandbox.
ANSWERS = {
    "accepted": ("POST", REISSUE, []),
    "no-certificate": ("POST", f"{BASE}/1/reissue", []),
    "reissue-in-progress": ("POST", f"{BASE}/55887/reissue", []),
    "not-representative": ("POST", f"{BASE}/55886/reissue", []),
    "unknown-route": ("POST", f"{BASE}/55883/revoke-all", []),
    "list": ("GET", f"{BASE}/getPaidCertificates?page=1&pageSize=100", []),
    "list-in-older-shapes": ("GET", f"{BASE}/getPaidCertificates?page=1&pageSize=100", ["--shapes", "older"]),
    "list-with-iso-dates": ("GET", f"{BASE}/getPaidCertificates?page=1&pageSize=100", ["--date-form", "iso"]),
    "list-with-milliseconds": (
        "GET", f"{BASE}/getPaidCertificates?page=1&pageSize=100", ["--date-form", "milliseconds"]),
    "list-page-beyond-the-end": ("GET", f"{BASE}/getPaidCertificates?page=9&pageSize=100", []),
    "orders": ("GET", f"{BASE}/orders?page=1&pageSize=0", []),
    "order": ("GET", f"{BASE}/orders/ORDER-1006", []),
    "order-that-is-none": ("GET", f"{BASE}/orders/ORDER-9999", []),
    "dns-record": ("GET", f"{BASE}/getVerificationInfo/55987?domainAddress=docs.example.com", []),
    "dns-record-cname": (
        "GET", f"{BASE}/getVerificationInfo/55987?domainAddress=docs.example.com", ["--record-type", "CNAME"]),
}


def exchange(sandbox, method, target):
    """The reply to a signed request, byte by byte."""
    body = ""
    if method == "POST":
        body = peers.reissue_body(
            {"name": "api", "cn": "api.example.com", "csr": signing_request("api.example.com")})
    timestamp = str(int(time.time() * 1000))
    lines = [
        f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close",
        f"x-ncp-apigw-timestamp: {timestamp}", f"x-ncp-iam-access-key: {ACCESS_KEY}",
        f"x-ncp-apigw-signature-v2: {peers.signature(method, target, timestamp)}",
        "Accept: application/json", "Content-Type: application/json", f"Content-Length: {len(body)}",
    ]
    with socket.create_connection(("127.0.0.1", sandbox.port), 10) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        reply = b""
        while piece := connection.recv(65_536):
            reply += piece
    return reply.decode()


FIXED = {
    r"(?m)^(Date|Retry-After): \w{3}, .*?(\r?)$": r"\1: Tue, 24 Nov 2026 22:01:02 GMT\2",
    r"sandbox-[0-9a-f]{16}": "sandbox-0123456789abcdef",
    r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?": r"2026-11-24T22:01:02\1",
    r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d": "2026-11-24 22:01:02",
    r":1[78]\d{11}\b": ":1795557662000",
}


def fixed(reply):
    """Without the parts that differ from run to run, at the same length."""
    for pattern, text in FIXED.items():
        reply = re.sub(pattern, text, reply)
    return reply


def cases():
    sandbox = Sandbox()
    for name, fault in FAULTS.items():
        sandbox.reset()
        kind, *options = fault.split(",")
        document = {"kind": kind, **dict(option.split("=", 1) for option in options)}
        sandbox.control("POST", "faults", document)
        yield name, exchange(sandbox, "POST", REISSUE)
    for name, (method, target, options) in ANSWERS.items():
        yield name, exchange(Sandbox(*options), method, target)


is_recording = "--record" in sys.argv[1:]
FOLDER.mkdir(exist_ok=True)
names = set()
for name, reply in cases():
    names.add(name)
    path, reply = FOLDER / f"{name}.http", fixed(reply)
    if is_recording:
        path.write_bytes(reply.encode())
        continue
    recorded = path.read_bytes().decode() if path.exists() else ""
    difference = "\n".join(difflib.unified_diff(recorded.split("\r\n"), reply.split("\r\n"), lineterm=""))
    check(recorded == reply, f"{name} is not what was recorded:\n{difference}")
check({path.stem for path in FOLDER.glob("*.http")} == names, "recordings without a case")
check(not is_recording, "recorded; run again without --record")
note(f"{len(names)} replies")
finish()
