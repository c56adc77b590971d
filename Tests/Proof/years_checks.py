"""What must hold on every day of a fleet: documented results, one request in each period, nothing that expires without a
report, nothing that is stuck, keys that match."""

import json
import os
import re
import ssl

import jsonschema

from bench import is_whole
from workbench import ROOT
from years_faults import is_uncertain
from years_host import DAY

SCHEMAS = ROOT / "examples/schemas"
# The exit status of each code (examples/schemas/README.md); the first that fits counts.
EXITS = [
    (r"reply\.list-too-long|run\.ended|ledger\.claim-lost|limit\.daily-cap", 75),
    (r"ledger\.unknown", 76),
    (r"gateway\.(quota|throttled|endpoint-down|status-(408|421|425))", 75),
    (r"service\.\w[\w-]*|gateway\.(bad-request|not-found|too-large|status-\d+)", 69),
    (r"domains\.(added|removed)", 65),
    (r"(certificate|order|dates|validation)\.[a-z-]+|domains\.unreadable|limit\.backing-off", 69),
    (r"credentials\.(refused|not-permitted|sub-account|forbidden)|clock\.skew", 77),
    (r"network\.(dns|connect|tls|proxy|exhausted)", 75),
    (r"(ledger|store|chain|output)\.[a-z-]+", 74),
]
# A reply that does not say what became of a reissue; for a look it only says that the look failed.
UNCERTAIN = re.compile(r"reply\.(unreadable|redirect|status-\d+)|network\.lost-answer")
# From the gravest.
GRAVITY = [76, 70, 74, 77, 78, 75, 69, 65, 0]
# Days on which nothing went wrong and something waited all the same.
PATIENCE = 3
REPORT = 7 * DAY
# For how long a request without an answer may still be carried out: the gateway takes a signature for five minutes, and
# clocks may differ by as much.
ABSENCE = 600
# How long a refused request is at least not repeated.
BACKOFF = 3_600


def exit_status(error, is_unknown):
    """The documented exit status of an error; `None` for an error that is not documented."""
    if UNCERTAIN.fullmatch(error["code"]):
        return 76 if is_unknown else 75
    return next((status for pattern, status in EXITS if re.fullmatch(pattern, error["code"])), None)


class Schema:
    """A schema that is asked once for each shape of a document: validation is slow, and most documents are alike."""

    def __init__(self, name):
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
        self.validator = jsonschema.Draft202012Validator(schema)
        self.seen = {}

    def problem(self, document):
        shape = json.dumps(_shape(document), sort_keys=True)
        if shape not in self.seen:
            found = jsonschema.exceptions.best_match(self.validator.iter_errors(document))
            self.seen[shape] = found and f"{found.json_path}: {found.message}"
        return self.seen[shape]


# Members whose text is a word of a schema.
WORDS = {"status", "reason", "stage", "code", "retry", "state", "command", "action", "type", "validationMethod"}


def _shape(value, name=None):
    """A value without what differs from one document to the next."""
    if isinstance(value, dict):
        return {key: _shape(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(_shape(member), sort_keys=True) for member in value})
    return value if name in WORDS else type(value).__name__


class Checks:
    """The checks of one simulation. `expect` reports what does not hold."""

    def __init__(self, simulation, findings):
        self.simulation, self.findings = simulation, findings
        self.results, self.ledgers = Schema("result"), Schema("ledger")
        self.links = {}
        self.signing_requests = set()
        self.periods = []

    def expect(self, holds, text):
        if not holds:
            self.findings.expect(False, f"{self.simulation.place}: {text}")
        return holds

    # MARK: results

    def result(self, done):
        """A run or follow that was not killed wrote one valid result, with the exit status that it stands for."""
        if not self.expect(done.document is not None, f"not one JSON document: {done}"):
            return
        problem = self.results.problem(done.document)
        self.expect(problem is None, f"the result does not fit its schema: {problem}: {done}")
        statuses = {0}
        errors = [(done.document.get("error"), False)]
        for item in done.items:
            errors.append((item.get("error"), item["status"] == "unknown"))
            if item["status"] == "reissued" and item.get("warnings"):
                statuses.add(74 if done.status == 74 else 0)
        for error, is_unknown in errors:
            if error:
                status = exit_status(error, is_unknown)
                self.expect(status is not None, f"{error['code']} is not documented: {done}")
                statuses.add(status)
        wanted = next((status for status in GRAVITY if status in statuses), None)
        self.expect(done.status == wanted, f"the exit status should be {wanted}: {done}")

    def ledger(self, done):
        """A ledger command ended well or with a documented status."""
        if not self.expect(done.status in (0, 1, 74), f"an exit status that is not documented: {done}"):
            return
        if done.status == 74:
            self.expect(self.simulation.may_ledger_fail, f"the ledger cannot be used: {done}")
            return
        if self.expect(done.document is not None, f"not one JSON document: {done}"):
            problem = self.ledgers.problem(done.document)
            self.expect(problem is None, f"the document does not fit its schema: {problem}: {done}")

    # MARK: requests

    def held(self, done, certificates):
        """The ledger knows each request that was carried out, or that it may have been."""
        self.ledger(done)
        if done.status != 0:
            return
        records = (done.document or {}).get("records", [])
        for certificate in certificates:
            states = [record["state"] for record in records if record.get("name") == certificate.cn]
            holds = {"claimed", "unknown", "accepted", "issued"} & set(states)
            self.expect(holds, f"{certificate}: a request was carried out, and the ledger says {states}")

    def sent(self, certificate, entry):
        """A request passed the gateway: was it right to send it, whatever the service made of it?"""
        at = entry["timeMs"] / 1_000
        self.expect(not certificate.pending, f"{certificate}: a request, and one is in progress")
        self.expect(
            at >= certificate.doubtful_until,
            f"{certificate}: a request, and an earlier one may arrive for {certificate.doubtful_until - at:.0f} s more",
        )
        if is_uncertain(entry["answer"]):
            certificate.doubtful_until = at + ABSENCE
        if not is_whole(entry):
            return None
        body = json.loads(entry["body"])
        names = {body["commonName"], *body.get("dnsName", [])}
        self.expect(names == certificate.names, f"{certificate}: a request for {names}, not {certificate.names}")
        signing_request = body.pop("csr")
        self.expect(
            body != certificate.refused or at >= certificate.refused_at + BACKOFF,
            f"{certificate}: the request was refused {at - certificate.refused_at:.0f} s before",
        )
        certificate.last_body = body
        return signing_request

    def carried_out(self, certificate, now, signing_request):
        """The service carried a request out: was it the only one of its period?"""
        self.expect(signing_request not in self.signing_requests, f"{certificate}: a key that was used before")
        self.signing_requests.add(signing_request)
        _, _, end = certificate.representative
        self.expect(certificate.order_end > end, f"{certificate}: a request that gains nothing: its order ends")
        last = certificate.requests[-1] if certificate.requests else None
        if last and last.is_given_up:
            return
        _, begin, end = certificate.representative
        left = (end - now) / DAY
        since = f"the last one was on day {self.simulation.day_of(last.at)}" if last else "it is the first one"
        self.expect(
            certificate.is_due(now),
            f"{certificate}: a second request in a period of {(end - begin) / DAY:.0f} days, {left:.1f} before its end; {since}",
        )

    def period(self, certificate, now):
        """A certificate is issued: how long was the one before it the newest? At least 28 days, if it was to live for
        47; one that ended with its order is left out."""
        _, begin, end = certificate.representative
        life = self.simulation.options.certificate_days
        if end - begin >= life * DAY:
            days = (now - begin) / DAY
            self.periods.append(days)
            self.expect(days >= min(28, life), f"{certificate}: a period of {days:.1f} days")

    # MARK: days

    def day(self, now, is_calm, alerted):
        for certificate in self.simulation.fleet:
            self.expiry(certificate, now)
            for what, holds in self.waiting(certificate, now, certificate in alerted).items():
                self.progress(certificate, what, holds, is_calm)

    def expiry(self, certificate, now):
        """Nothing in service expires, unless people were late, and then it was reported a week before."""
        for server in certificate.servers:
            if server.end > now or server.has_expired:
                continue
            server.has_expired = True
            self.findings.seen["certificates expired in service because people were late"] += bool(certificate.withheld)
            if self.expect(certificate.withheld, f"{certificate}: {server.number} expired in service"):
                early = [at for at in certificate.reported if at <= server.end - REPORT]
                self.expect(
                    early,
                    f"{certificate}: {server.number} expired in service; people were late with "
                    f"{', '.join(certificate.withheld)}, and the check had not reported it 7 days before",
                )

    def waiting(self, certificate, now, is_alerted):
        """What must not last: a certificate that is due and not requested, one that is issued and not delivered."""
        _, _, end = certificate.representative
        gains = certificate.order_end > end
        return {
            "is due, and nothing is requested":
                is_alerted and not certificate.pending and certificate.is_due(now - DAY) and gains and end > now,
            "waits for DNS records, and no result lists them":
                certificate.pending is not None and not certificate.names <= certificate.pending.listed,
            "is issued, and not in the store": self.simulation.is_undelivered(certificate),
        }

    def progress(self, certificate, what, holds, is_calm):
        if not holds:
            certificate.stuck.pop(what, None)
        elif is_calm:
            days = certificate.stuck[what] = certificate.stuck.get(what, 0) + 1
            self.expect(days != PATIENCE, f"{certificate} {what}, for {days} days on which nothing went wrong")

    # MARK: the store

    def store(self):
        """Looks at each `current` that changed; returns the deliveries: common name, version, certificate number."""
        found = []
        for certificate in self.simulation.fleet:
            folder = self.simulation.host.store / certificate.cn
            try:
                version = os.readlink(folder / "current")
            except OSError:
                continue
            if self.links.get(certificate.cn) != version:
                self.links[certificate.cn] = version
                number = self.pair(folder / version, certificate)
                if number:
                    found.append((certificate, version, number))
        return found

    def pair(self, folder, certificate):
        """Key and chain that belong together, of the names of the certificate; returns its number."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
        except (OSError, ssl.SSLError) as error:
            self.expect(False, f"{folder}: key and chain do not match: {error}")
            return None
        der = ssl.PEM_cert_to_DER_cert((folder / "cert.pem").read_text())
        # The entry of the name among the alternative names, and the serial number behind the version (RFC 5280, 4.1).
        # A program that shows them would take more time than the runs of that day.
        name = certificate.cn.encode()
        self.expect(bytes([0x82, len(name)]) + name in der, f"{folder}: a certificate of other names")
        serial = der.index(bytes.fromhex("a003020102")) + 5
        return int.from_bytes(der[serial + 2:serial + 2 + der[serial + 1]], "big")

    def growth(self):
        """A folder of the store for each request, at most; a ledger of some hundred bytes for each attempt."""
        simulation = self.simulation
        for certificate in simulation.fleet:
            folder = simulation.host.store / certificate.cn
            if not folder.is_dir():
                continue
            names = os.listdir(folder)
            versions = sum(name.isdigit() for name in names)
            limit = certificate.posts + certificate.kills + 1
            self.expect(versions <= limit, f"{certificate}: {versions} folders after {certificate.posts} requests")
            rest = [name for name in names if not name.isdigit() and name not in ("current", "deployed")]
            self.expect(len(rest) <= 1, f"{certificate}: the store holds {rest}")
        self.findings.seen["bytes of the ledger"] = max(self.findings.seen["bytes of the ledger"], simulation.ledger.size)
        # The log of SQLite is restarted, but keeps the size that it once had.
        limit = 20_000 * len(simulation.fleet.certificates) + (1 << 20)
        self.expect(simulation.ledger.size < limit, f"the ledger has {simulation.ledger.size} bytes")
