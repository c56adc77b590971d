#!/usr/bin/env python3
"""A stand-in for Global DNS API v1 on loopback: edits are pending until the zone is applied, for everybody at once.

    global_dns.py KEY_FILE DNS_PORT      prints its port

Applied TXT and CNAME records are served by the name server at DNS_PORT, which takes updates with the TSIG key. Every call
must be signed with the keys of the sandbox. Zones have ids 1, 2, …; `POST /edit/ZONE` adds a pending record of somebody else, `GET /journal` returns the calls.
`POST /hold/METHOD` holds back the answer to the next call with that method, which is carried out; `GET /holding` tells whether one
is held back, and `POST /hold/none` releases it.
"""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

KEY, DNS_PORT = sys.argv[1:]
ACCESS_KEY, SECRET_KEY = "sandbox-access-key", "sandbox-secret-key"
ZONES = {1: "ample.com.", 2: "example.com.", 3: "api.example.com.", 4: "a.com.", 5: "aa.com."}
records = {zone: [] for zone in ZONES}
journal, lock, numbers = [], threading.Lock(), iter(range(100, 100_000))
hold, is_holding, released = "none", False, threading.Event()


def shown(record):
    content = f'"{record["content"]}"' if record["type"] == "TXT" else record["content"]
    return record | {"content": content}


def add(zone, host, kind, content, ttl, applied="N"):
    records[zone].append({"id": next(numbers), "host": host, "type": kind, "content": content, "ttl": ttl,
                          "applyYn": applied, "delYn": "N", "defaultYn": "N"})


def publish(zone):
    lines = []
    for record in list(records[zone]):
        name = ZONES[zone] if record["host"] == "@" else f'{record["host"]}.{ZONES[zone]}'
        data = '"' + record["content"].replace("\\", "\\\\").replace('"', '\\"') + '"' if record["type"] == "TXT" \
            else record["content"]
        if record["delYn"] == "Y":
            lines.append(f'update delete {name} {record["type"]} {data}')
            records[zone].remove(record)
        elif record["applyYn"] == "N":
            lines.append(f'update add {name} {record["ttl"]} {record["type"]} {data}')
            record["applyYn"] = "Y"
    script = "\n".join([f"server 127.0.0.1 {DNS_PORT}", f"zone {ZONES[zone]}", *lines, "send", ""])
    subprocess.run(["nsupdate", "-k", KEY], input=script, text=True, check=True)


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-ncp-apigw-response-origin", "ENDPOINT" if status != 401 else "APIGW")
        self.end_headers()
        self.wfile.write(body)

    def refusal(self, message):
        return 400, {"result": "FAIL", "error": {"errorCode": "X00006", "message": message, "devMessage": ""}}

    def is_signed(self):
        moment = self.headers["x-ncp-apigw-timestamp"] or ""
        text = f"{self.command} {self.path}\n{moment}\n{ACCESS_KEY}"
        code = hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
        return (self.headers["x-ncp-iam-access-key"] == ACCESS_KEY and moment.isdigit()
                and abs(time.time() - int(moment) / 1000) < 300
                and self.headers["x-ncp-apigw-signature-v2"] == base64.b64encode(code).decode())

    def page(self, query, entries):
        size, page = int(query["size"][0]), int(query["page"][0])
        # Small pages, whatever was asked for.
        size = min(size, 2)
        part = entries[page * size:(page + 1) * size]
        return 200, {"content": part, "last": (page + 1) * size >= len(entries)}

    def answer(self):
        global is_holding
        self.is_held = False
        status, document = self.carry_out()
        if self.is_held:
            is_holding = True
            released.wait()
        self.reply(status, document)

    def carry_out(self):
        global hold, is_holding
        url = urlparse(self.path)
        query, parts = parse_qs(url.query, keep_blank_values=True), url.path.strip("/").split("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with lock:
            if parts == ["journal"]:
                return 200, list(journal)
            if parts[0] == "hold":
                hold, is_holding = parts[1], False
                (released.set if hold == "none" else released.clear)()
                return 200, {}
            if parts == ["holding"]:
                return 200, is_holding
            if parts[0] == "edit":
                add(int(parts[1]), "other", "TXT", "not applied yet", 300)
                return 200, {}
            if not self.is_signed():
                return 401, {"error": {"errorCode": "200", "message": "Authentication Failed"}}
            journal.append(f"{self.command} {url.path}")
            self.is_held = self.command == hold
            if self.command == "GET" and parts[2:] == ["ncpdns", "domain"]:
                wanted = query["domainName"][0]
                return self.page(query, [{"id": number, "name": name} for number, name in ZONES.items() if wanted in name])
            if parts[2:4] != ["ncpdns", "record"]:
                return self.refusal("no such call")
            zone = int(parts[-1])
            if self.command == "GET":
                return self.page(query, [shown(record) for record in records[zone]])
            if self.command == "PUT" and parts[4] == "apply":
                publish(zone)
            elif self.command == "POST":
                for record in json.loads(body):
                    add(zone, record["host"], record["type"], record["content"], record["ttl"])
            elif self.command == "DELETE":
                wanted = json.loads(body)
                for record in list(records[zone]):
                    if record["id"] in wanted and record["applyYn"] == "N":
                        records[zone].remove(record)
                    elif record["id"] in wanted:
                        record["delYn"] = "Y"
            else:
                return self.refusal("no such call")
            return 200, {"result": "SUCCESS"}

    do_GET = do_POST = do_PUT = do_DELETE = answer


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
