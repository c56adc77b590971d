"""The limit set by peers: `curl --parallel` with requests that were made and signed in advance."""

import base64
import hashlib
import hmac
import json
import shutil
import time

from service_bench import ACCESS_KEY, SECRET_KEY

CURL = shutil.which("curl")


def signature(method, target, timestamp):
    """Signature v2 of NAVER Cloud's API Gateway."""
    text = f"{method} {target}\n{timestamp}\n{ACCESS_KEY}"
    digest = hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def reissue_body(item):
    """The body of the call for an item of `service_bench`."""
    return json.dumps({
        "certificateName": item["name"], "commonName": item["cn"], "csr": item["csr"],
        "dnsName": item.get("sans", []), "validationMethod": "D",
    })


def quoted(text):
    """A value in curl's configuration file."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def curl_configuration(endpoint, items):
    """One block for each request, all of them signed now; each prints its status."""
    blocks = []
    for item in items:
        target = f"/api/v2/certificate/{item['no']}/reissue"
        timestamp = str(int(time.time() * 1000))
        headers = {
            "x-ncp-apigw-timestamp": timestamp, "x-ncp-iam-access-key": ACCESS_KEY,
            "x-ncp-apigw-signature-v2": signature("POST", target, timestamp),
            "Accept": "application/json", "Content-Type": "application/json", "Expect": "",
        }
        lines = [f"url = {quoted(endpoint + target)}", f"data-raw = {quoted(reissue_body(item))}"]
        lines += [f"header = {quoted(f'{name}: {value}')}" for name, value in headers.items()]
        lines += ["output = /dev/null", "silent", "show-error", r'write-out = "%{http_code}\n"']
        blocks.append("\n".join(lines))
    return "\nnext\n".join(blocks) + "\n"


def curl_parallel(configuration_path, parallel):
    """The command line of the peer."""
    return [
        CURL, "--disable", "--parallel", "--parallel-immediate", "--parallel-max", str(parallel),
        "--config", configuration_path,
    ]
