"""Many signed requests at once: each must get the right answer.

    cgi_load.py PORT KEY_FILE EVENT_FILE COUNT AT_ONCE

Every fourth is signed with a wrong key and must get 401; all others must get 200 with a result. Prints what
came, and exits 1 if one answer is missing, cut or another.
"""

import asyncio
import collections
import hashlib
import hmac
import json
import sys
import time

PATIENCE = 120  # seconds for one request, its queue included


def request(body, key):
    timestamp = str(int(time.time()))
    code = hmac.new(key, timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    head = (
        "POST /reissue HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-Grafana-Alerting-Signature: {code}\r\nX-Grafana-Alerting-Timestamp: {timestamp}\r\n\r\n"
    )
    return head.encode() + body


async def exchange(port, data):
    """The whole answer, up to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        await writer.drain()
        return await reader.read()
    finally:
        writer.close()


def judge(answer, expected):
    """The error of an answer; None if it has none."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    if not lines[0].startswith(f"HTTP/1.1 {expected} "):
        return f"{lines[0]!r} where {expected} was due: {body[:300]!r}"
    if fields.get("content-length") != str(len(body)):
        return f"{len(body)} bytes of {fields.get('content-length')}"
    status = json.loads(body)["status"]
    if (status == "failed") != (expected == 401):
        return f"{expected} with the result {status}"
    return None


async def main(port, key, body, count, at_once):
    gate = asyncio.Semaphore(at_once)
    wrong = collections.Counter()
    took = []

    async def one(number):
        expected = 200 if number % 4 else 401
        async with gate:
            began = time.monotonic()
            try:
                data = request(body, key if expected == 200 else b"another key")
                answer = await asyncio.wait_for(exchange(port, data), PATIENCE)
                problem = judge(answer, expected)
            except Exception as error:  # whatever it was, the answer is lost
                problem = f"no answer: {error!r}"
            took.append(time.monotonic() - began)
            if problem:
                wrong[problem] += 1

    began = time.monotonic()
    await asyncio.gather(*(one(number) for number in range(count)))
    seconds = time.monotonic() - began
    print(
        f"{count} requests, {at_once} at once: {count - wrong.total()} right answers in {seconds:.1f} s, "
        f"the slowest after {max(took):.1f} s"
    )
    for problem, times in wrong.most_common(10):
        print(f"{times} x {problem}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    port, key_file, event_file, count, at_once = sys.argv[1:]
    with open(key_file, "rb") as file:
        key = file.read().strip()
    with open(event_file, "rb") as file:
        body = file.read()
    sys.exit(asyncio.run(main(int(port), key, body, int(count), int(at_once))))
