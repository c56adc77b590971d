"""The two sides of a measured call: an account full of certificates at the sandbox, nginx with TLS in front of it, and a
user's machine with one template."""

import os
import shutil
import subprocess
import time

from timing import bench, compiled, peers, prefer

CERTIFICATES = "/api/v2/certificate/getPaidCertificates?page=1&pageSize=100"
ORDERS = "/api/v2/certificate/orders?page=1&pageSize=0"
NAME, COMMON_NAME, OTHER_NAME = "shop", "shop.example.com", "www.shop.example.com"

TEMPLATE = {
    "version": 1,
    "items": "alerts[?status == 'firing']",
    "reissue": {
        "certificateNo": "${ labels.certificate_no }",
        "certificateName": "${ labels.certificate_name }",
        "commonName": "${ labels.cn }",
        "dnsName": "${ split(labels.sans, ',') }",
        "validationMethod": "D",
        "csr": {"file": "shop.csr"},
    },
    "policy": {"preflight": "off"},
}


def seed(count):
    """An account with this number of certificates of the same names, each due and in an order of its own."""
    return {"nextCertificateNo": bench.FIRST_NEW, "orders": [
        {"orderId": f"ORDER-{place}", "subscriptionDaysLeft": 400, "certificates": [{
            "certificateNo": bench.FIRST_NUMBER + place, "certificateName": NAME,
            "commonName": COMMON_NAME, "dnsName": [OTHER_NAME], "statusCode": "2", "daysLeft": 12,
        }]} for place in range(count)]}


def event(number):
    """What Alertmanager sends for one alert: 4 KB, most of it text for people."""
    labels = {
        "alertname": "TLSCertExpiringSoon", "certificate_no": str(number), "certificate_name": NAME,
        "cn": COMMON_NAME, "sans": OTHER_NAME, "instance": f"https://{COMMON_NAME}",
        "job": "blackbox", "severity": "warning",
    }
    story = "The certificate ends soon. Whoever is on call looks whether the reissue came through. " * 30
    return {
        "receiver": "ncloud-reissue", "status": "firing",
        "alerts": [{
            "status": "firing", "labels": labels,
            "annotations": {"summary": f"{COMMON_NAME} expires in 12 days", "description": story},
            "startsAt": "2026-11-22T08:14:30.571Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example.com:9090/graph?g0.expr=probe_ssl_earliest_cert_expiry",
            "fingerprint": "4f6c1a0b7d2e9358",
        }],
        "groupLabels": {"alertname": "TLSCertExpiringSoon"}, "commonLabels": labels,
        "commonAnnotations": {}, "externalURL": "http://alertmanager.example.com:9093",
        "version": "4", "groupKey": "{}:{alertname=\"TLSCertExpiringSoon\"}", "truncatedAlerts": 0,
    }


class Desk:
    """A user's machine with an endpoint, and the files that the peers need."""

    def __init__(self, endpoint):
        self.machine = bench.Machine(endpoint)
        self.endpoint = endpoint
        self.machine.write("config.json", {"endpoint": endpoint, "maxPerDay": 100_000})
        self.machine.write("templates/bench.template.json", TEMPLATE)
        self.csr = self.machine.write(
            "csr/shop.csr", bench.signing_request(COMMON_NAME, [OTHER_NAME]))
        with open(self.csr) as file:
            item = {"name": NAME, "cn": COMMON_NAME, "sans": [OTHER_NAME], "csr": file.read()}
        self.body = self.machine.write("body.json", peers.reissue_body(item))

    def ours(self, *options, ledger="none", number=None, event_path=None):
        """A run for one alert, as a hook would start it."""
        path = event_path or self.event(number)
        words = self.machine.words("--follow", "none", *options, ledger=ledger)
        return words, self.machine.environment, path

    def event(self, number):
        return self.machine.write("event.json", event(number))

    def peer(self, path, number, event_path=None):
        """A script of the folder peers, with everything that it needs."""
        target = f"/api/v2/certificate/{number}/reissue"
        now = str(int(time.time() * 1000))
        environment = {
            "PATH": os.environ["PATH"], "ENDPOINT": self.endpoint, "ACCESS_KEY": bench.ACCESS_KEY,
            "SECRET_KEY": bench.SECRET_KEY, "TARGET": target, "TIMESTAMP": now, "BODY": self.body,
            "SIGNATURE": peers.signature("POST", target, now), "CSR": self.csr,
            "EVENT": event_path or self.event(number),
        }
        return [str(path)], environment, None

    def floor(self, number, folder):
        """`one_alert.c` with a ledger in that folder."""
        program = compiled("one_alert", self.machine.folder, "jansson", "curl", "sqlite3", "crypto")
        target = f"/api/v2/certificate/{number}/reissue"
        words = [
            program, self.endpoint + target, f"POST {target}", f"{folder}/floor.sqlite3", str(self.body)]
        environment = {"ACCESS_KEY": bench.ACCESS_KEY, "SECRET_KEY": bench.SECRET_KEY}
        return words, environment, self.event(number)

    def looking_configuration(self, number):
        """The looks and the call as three blocks of curl's configuration file."""
        now = str(int(time.time() * 1000))
        target = f"/api/v2/certificate/{number}/reissue"
        blocks = []
        for method, path in (("GET", CERTIFICATES), ("GET", ORDERS), ("POST", target)):
            headers = {
                "x-ncp-apigw-timestamp": now, "x-ncp-iam-access-key": bench.ACCESS_KEY,
                "x-ncp-apigw-signature-v2": peers.signature(method, path, now),
                "Accept": "application/json",
            }
            lines = [f"url = {peers.quoted(self.endpoint + path)}", "silent", "show-error"]
            if method == "POST":
                headers["Content-Type"] = "application/json"
                lines.append(f"data-binary = {peers.quoted('@' + self.body)}")
            lines += [f"header = {peers.quoted(f'{name}: {value}')}" for name, value in headers.items()]
            blocks.append("\n".join(lines))
        return self.machine.write("looking.conf", "\nnext\n".join(blocks) + "\n")


NGINX = """daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream sandbox { server 127.0.0.1:%(upstream)d; keepalive 8; }
  server {
    listen 127.0.0.1:%(port)d ssl; ssl_certificate server.pem; ssl_certificate_key server.key;
    location / { proxy_pass http://sandbox; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
"""


class TLSFront:
    """nginx with a certificate for localhost, in front of a sandbox."""

    def __init__(self, upstream):
        self.folder = bench.folder()
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self.openssl(
            "req", "-x509", *key, "-keyout", "authority.key", "-out", "authority.pem", "-days", "30",
            "-subj", "/CN=benchmark authority", "-addext", "basicConstraints=critical,CA:TRUE")
        self.openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
        (self.folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self.openssl(
            "x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
            "-CAcreateserial", "-days", "20", "-extfile", "names", "-out", "server.pem")
        port = bench.free_port()
        (self.folder / "nginx.conf").write_text(NGINX % {"port": port, "upstream": upstream})
        self.process = subprocess.Popen(
            ["nginx", "-p", str(self.folder), "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
        bench.atexit.register(bench.stop, self.process)
        bench.wait_for("nginx", lambda: bench.is_open(port))
        prefer(self.process)
        for line in open(f"/proc/{self.process.pid}/task/{self.process.pid}/children"):
            for worker in line.split():
                prefer(Worker(int(worker)))
        self.endpoint = f"https://localhost:{port}"

    def openssl(self, *words):
        return subprocess.run(
            ["openssl", *words], cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def trust(self):
        """Adds its authority to those that the system trusts, inside this mount namespace only.

        A copy of the folder lies over the real one, which no other process notices.
        """
        store, copy = "/etc/ssl/certs", self.folder / "certs"
        shutil.copytree(store, copy, symlinks=True)
        authority = (self.folder / "authority.pem").read_text()
        bundle = copy / "ca-certificates.crt"
        bundle.write_text(bundle.read_text() + authority)
        name = self.openssl("x509", "-in", "authority.pem", "-noout", "-hash").strip()
        (copy / f"{name}.0").write_text(authority)
        subprocess.run(["mount", "--bind", str(copy), store], check=True)


class Worker:
    """A process that was not started here, by its id."""

    def __init__(self, pid):
        self.pid = pid
