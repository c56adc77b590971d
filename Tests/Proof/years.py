#!/usr/bin/env python3
"""Years of a fleet, one day at a time: every certificate is reissued once in its period and none expires, whatever goes
wrong in between.

    Tests/Proof/years.py [--seeds 1,2,3,4] [--etcd-seeds 5] [--certificates 24] [--years 3] [--certificate-days 199]

All that happens comes from the seed. With `--until DAY --verbose` one seed shows what led to a day. Without seeds, new
ones are tried for `--seconds`. The pages of this folder say what goes wrong, and what is checked every day.
"""

import argparse
import random
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from workbench import Findings
from years_checks import Checks
from years_faults import BAD_DAYS, Plan
from years_fleet import EXTENSION, Fleet, Request
from years_host import DAY, EtcdLedger, Host, SQLiteLedger

HOUR = 3_600
# The codes of refusals, where the error says that the same request is not to be sent again.
REFUSED = re.compile(r"(service|gateway)\.")


class Simulation:
    """One seed."""

    def __init__(self, options, seed, store):
        self.options, self.seed, self.stored = options, seed, store
        self.findings = Findings(f"years, seed {seed}, {store}, {options.certificate_days} days")
        self.days = round(options.years * 365)
        self.day = 0
        self.ledger = EtcdLedger() if store == "etcd" else SQLiteLedger()
        # A restored ledger forgets a week; then only a look keeps a certificate from a second request.
        has_restores = seed % 2 == 0
        bad_days = BAD_DAYS + ["leader", "leader"] * (store == "etcd") + ["restore"] * has_restores
        pause = 5 if options.certificate_days > 60 else 8
        self.plan = Plan(random.Random(f"plan {seed}"), bad_days, pause)
        self.host = Host(sandbox_options(options), self.ledger, f"{options.certificate_days // 3}d")
        self.sandbox = self.host.sandbox
        self.fleet = Fleet(
            seed, options.certificates, options.certificate_days, self.host.midnight, options.patient, not has_restores
        )
        self.numbers = {certificate.first: certificate for certificate in self.fleet}
        self.sandbox.control("POST", "seed", {
            "nextCertificateNo": 500_000, "orders": [certificate.seed() for certificate in self.fleet],
        })
        self.checks = Checks(self, self.findings)
        # What the store has: version and certificate number by common name.
        self.delivered = {}
        self.is_calm = True
        self.trouble = None
        # The certificates that were requested today.
        self.requested = []
        self.rotations = 0
        self.keys_to_take = None

    @property
    def place(self):
        return f"seed {self.seed}, {self.stored}, day {self.day}"

    def day_of(self, at):
        return (at - self.host.midnight) // DAY

    @property
    def may_ledger_fail(self):
        return self.trouble in ("full", "leader")

    def tell(self, text):
        if self.options.verbose:
            print(f"day {self.day}: {text}", flush=True)

    def perform(self):
        for self.day in range(self.days):
            self.live()
            if self.findings.wrong:
                print(f"replay: {self.replay()}", file=sys.stderr, flush=True)
                break
            if self.day == self.options.until:
                break
        if self.checks.periods:
            self.findings.seen["days of the shortest period"] = int(min(self.checks.periods))
        self.findings.seen["requests carried out"] = sum(len(each.requests) for each in self.fleet)
        return self.findings.tell()

    def replay(self):
        options = self.options
        words = f"Tests/Proof/years.py --{'etcd-' if self.stored == 'etcd' else ''}seeds {self.seed}"
        words += f" --certificates {options.certificates} --years {options.years:g}"
        words += f" --certificate-days {options.certificate_days}" + " --patient" * options.patient
        return f"{words} --until {self.day} --verbose"

    # MARK: a day

    def set_time(self, hour):
        """A moment of the hour; never the same one, so that no end of anything falls on it."""
        self.host.set_time(self.day * DAY + hour * HOUR + self.plan.random.randrange(1_800))

    def live(self):
        now = self.host.midnight + self.day * DAY + 6 * HOUR
        self.people(now - 3 * HOUR)
        monitors = [monitor for monitor in self.fleet.monitors if monitor.reports(self.day)]
        watched = [(monitor, monitor.alerts(self.fleet, now)) for monitor in monitors]
        alerted = {certificate for _, events in watched for alerts in events.values() for certificate, _ in alerts}
        is_busy = bool(alerted) or any(self.is_unfinished(certificate) for certificate in self.fleet)
        if not is_busy and self.day % 7:
            self.checks.day(now, False, alerted)
            return
        self.begin(is_busy)
        for monitor, events in watched:
            if events:
                self.set_time(6 + 6 * monitor.index)
                self.report(monitor, events)
        self.set_time(20)
        # What is issued is fetched on the same day; on every third day all that waits is looked at, and then checked.
        is_check_day = self.day % 3 == 0
        if is_check_day or not self.is_calm or any(self.is_undelivered(each) for each in self.fleet):
            self.follow()
        self.set_time(21)
        if self.requested:
            self.checks.held(self.host.run("ledger", "list", "--json"), self.requested)
        if is_check_day:
            self.check()
        self.end(alerted)

    def is_unfinished(self, certificate):
        newest = certificate.newest
        return certificate.pending or (newest and any(server.number != newest.number for server in certificate.servers))

    def is_undelivered(self, certificate):
        """Whether its newest certificate is not in the store."""
        newest = certificate.newest
        return newest is not None and newest.number != self.delivered.get(certificate.cn, (0, 0))[1]

    def begin(self, is_busy):
        """What is wrong today."""
        self.is_calm = True
        self.requested = []
        self.trouble = self.plan.bad_day(self.day) if is_busy else None
        if self.keys_to_take:
            self.host.use_keys(*self.keys_to_take)
            self.keys_to_take = None
        if self.trouble:
            self.is_calm = False
            self.findings.seen[f"bad days: {self.trouble}"] += 1
            self.tell(f"trouble: {self.trouble}")
            getattr(self, f"begin_{self.trouble}")()
        elif is_busy:
            limit = max(certificate.strikes for certificate in self.fleet)
            for fault in (self.plan.request_fault() if limit < 4 else None, self.plan.look_fault()):
                if fault:
                    self.sandbox.control("POST", "faults", fault)
                    self.tell(f"fault: {fault}")

    def begin_full(self):
        self.host.is_disk_full = True

    def begin_clock(self):
        self.host.clock_error = self.plan.clock_errors.deal()
        self.tell(f"the clock is wrong by {self.host.clock_error} s")

    def begin_keys(self):
        """The service knows the new keys a day before this machine does."""
        self.rotations += 1
        self.keys_to_take = (f"access-key-{self.rotations}", f"secret-key-{self.rotations}")
        self.sandbox.control("POST", "keys", dict(zip(("accessKey", "secretKey"), self.keys_to_take)))

    def begin_service(self):
        self.sandbox.control("DELETE", "faults")
        self.sandbox.control("POST", "faults", self.plan.outages.deal())

    def begin_restore(self):
        if len(self.ledger.backups) > 1:
            self.ledger.restore(2)
            for certificate in self.fleet:
                if self.has_request_since(certificate, self.host.now - 14 * DAY):
                    certificate.forgotten = certificate.requests[-1]

    def has_request_since(self, certificate, time):
        return bool(certificate.requests) and certificate.requests[-1].at > time

    def begin_leader(self):
        self.ledger.kill(1)

    def end(self, alerted):
        if self.trouble in ("full", "clock"):
            self.host.is_disk_full, self.host.clock_error = False, 0
        if self.trouble == "leader":
            self.ledger.heal()
        if self.trouble == "service":
            self.sandbox.control("DELETE", "faults")
        self.trouble = None
        for certificate, version, number in self.checks.store():
            self.deliver(certificate, version, number)
        self.checks.day(self.host.now, self.is_calm, alerted)
        if self.day % 7 == 0:
            self.checks.growth()
            self.ledger.back_up()
        if self.day % 28 == 0:
            done = self.host.run("ledger", "prune", "--older-than", "90d")
            self.checks.expect(done.status == 0, f"{done}")

    # MARK: runs of the program

    def run(self, *words, event=None):
        began = time.monotonic()
        done = self.host.run(*words, event=event, kill=self.plan.kill())
        took = time.monotonic() - began
        if done.is_killed:
            self.is_calm = False
            self.findings.seen[f"runs killed: {words[0]}"] += 1
        self.read_journal()
        self.tell(f"{' '.join(words)}: {'killed' if done.is_killed else done.status} in {took * 1_000:.0f} ms: {summary(done)}")
        return done

    def report(self, monitor, events):
        """A monitor reports all alerts at once, or each in a run of its own; what does not end well is often repeated
        after some minutes."""
        bad = []
        for template, alerts in events.items():
            is_single = self.plan.random.random() < 0.05
            for part in [[alert] for alert in alerts] if is_single else [alerts]:
                if self.send(template, part).status != 0:
                    bad.append((template, part))
        if bad and self.plan.is_repeated():
            self.host.wait(self.plan.random.randint(20, 540))
            for template, part in bad:
                self.send(template, part)

    def send(self, template, part):
        event = {"alerts": [alert for _, alert in part]}
        done = self.run("run", "--template", template, event=event)
        if done.is_killed:
            for certificate, _ in part:
                certificate.kills += 1
        else:
            self.checks.result(done)
            self.note(done, [certificate for certificate, _ in part])
        return done

    def note(self, done, certificates):
        for certificate, item in zip(certificates, done.items):
            code = (item.get("error") or {}).get("code")
            words = [item["status"], item.get("reason"), code]
            self.findings.seen["items: " + " ".join(word for word in words if word)] += 1
            self.note_unknown(certificate, item["status"] == "unknown", code)
            self.note_records(item)
            if "response" in item and code and REFUSED.match(code) and item["error"]["retry"] == "no":
                certificate.refused_at, certificate.refused = self.host.now, certificate.last_body
            # The ledger knows nothing of what was never sent, or of what it forgot: here the runs are the report.
            is_news = certificate.is_forgotten and item.get("reason") == "in-progress-at-service"
            if certificate.withheld and (is_news or code in ("order.ends", "certificate.not-reissuable")):
                certificate.reported.append(self.host.now)

    def note_unknown(self, certificate, is_unknown, code):
        """Without a look before a request its fate may stay unknown: after a day people look, and settle it."""
        if not is_unknown:
            certificate.unknown_since = None
        elif certificate.unknown_since is None or code != "ledger.unknown":
            certificate.unknown_since = self.host.now
        elif certificate.kind == "blind" and self.host.now - certificate.unknown_since > DAY / 2:
            last = certificate.requests[-1] if certificate.requests else None
            is_done = last and last.at >= certificate.unknown_since
            words = ["--carried-out", "--new-number", str(last.number)] if is_done else ["--not-carried-out"]
            done = self.host.run("ledger", "settle", str(certificate.servers[0].number), "--yes", *words)
            self.findings.seen["unknown requests settled by hand"] += done.status == 0
            self.tell(f"{done}")

    def note_records(self, item):
        """The DNS records that a result lists."""
        for record in item.get("dns", []):
            number = int(item["newCertificateNo"])
            request = next(each for each in self.numbers[number].requests if each.number == number)
            request.listed.add(record["domain"])

    def follow(self):
        done = self.run("follow")
        if not done.is_killed:
            self.checks.result(done)
            for item in done.items:
                self.note_records(item)
                code = (item.get("error") or {}).get("code")
                words = [item["status"], item.get("stage"), code]
                self.findings.seen["followed: " + " ".join(word for word in words if word)] += 1

    def check(self):
        done = self.host.run("ledger", "check", "--json")
        self.checks.ledger(done)
        for certificate in self.fleet:
            is_reported = certificate.cn.encode() in done.stdout
            if is_reported and certificate.withheld:
                certificate.reported.append(self.host.now)
            if is_reported and certificate.is_at_rest(self.host.now):
                self.checks.expect(False, f"{certificate}: nothing is open, and the check reports it: {done}")
        self.findings.seen[f"checks: exit {done.status}"] += 1

    def read_journal(self):
        """What the service received, and what it did."""
        for entry in self.sandbox.news():
            if (entry.get("answer") or {}).get("fault"):
                self.is_calm = False
                self.findings.seen[f"faults of {entry['method']}: {entry['answer']['fault']}"] += 1
            if entry["method"] != "POST":
                continue
            certificate = self.numbers[int(entry["target"].split("/")[-2])]
            certificate.posts += 1
            certificate.strikes += bool((entry.get("answer") or {}).get("fault"))
            if self.trouble == "full":
                self.checks.expect(False, f"{certificate}: a request on a full disk")
            # The gateway refuses a wrong signature or time before anything else.
            if (entry.get("answer") or {}).get("status") != 401:
                signing_request = self.checks.sent(certificate, entry)
            if entry.get("reissue"):
                self.carried_out(certificate, entry["reissue"]["newCertificateNo"], signing_request)

    def carried_out(self, certificate, number, signing_request):
        if self.trouble == "clock":
            self.checks.expect(False, f"{certificate}: carried out with a wrong clock")
        self.checks.carried_out(certificate, self.host.now, signing_request)
        self.requested.append(certificate)
        fate = self.fleet.fate(certificate, self.day, self.host.now)
        certificate.requests.append(Request(number, self.host.now, **fate))
        self.numbers[number] = certificate
        self.tell(f"{certificate}: {number} was requested: {fate}")

    # MARK: people, and the authority

    def people(self, now):
        if self.day % 60 == 0:
            for certificate in self.fleet:
                certificate.inventory = certificate.representative[0]
                self.tidy_up(certificate)
        for certificate in self.fleet:
            if certificate.pending:
                self.validate(certificate, certificate.pending, now)
            self.extend(certificate, now)
            self.deploy(certificate, now)
            if now > certificate.representative[2] + 2 * DAY and not certificate.pending:
                self.buy(certificate)

    def tidy_up(self, certificate):
        """People delete old certificates, but none that a monitor or a server still names."""
        named = {certificate.first, certificate.inventory, certificate.stored}
        named |= {server.number for server in certificate.servers}
        for request in certificate.requests[:-2]:
            if request.number not in named and not request.is_deleted:
                self.set_time(3)
                self.sandbox.control("POST", "status", {"certificateNo": request.number, "statusCode": "-6"})
                request.is_deleted = True
                self.findings.seen["certificates deleted"] += 1

    def validate(self, certificate, request, now):
        if request.give_up_day is not None:
            if self.day < request.give_up_day:
                return
            self.set_time(3)
            self.sandbox.control("POST", "status", {
                "certificateNo": request.number, "statusCode": request.give_up_status,
            })
            request.is_given_up = True
            certificate.give_ups += 1
            self.findings.seen["validations given up"] += 1
            self.tell(f"{certificate}: {request.number} was given up")
        elif certificate.names <= request.listed and request.has_records(self.day, now, certificate.in_service_until):
            self.set_time(3)
            self.sandbox.control("POST", "issue", {"certificateNo": request.number})
            end = self.host.now + self.options.certificate_days * DAY
            self.checks.period(certificate, self.host.now)
            certificate.issue(request, self.host.now, min(end, certificate.order_end))
            self.tell(f"{certificate}: {request.number} was issued")

    def extend(self, certificate, now):
        left = certificate.order_end - now
        if left > EXTENSION:
            return
        if not self.fleet.extends_in_time(certificate):
            if certificate.withheld.setdefault("the subscription", self.day) == self.day:
                self.tell(f"{certificate}: its subscription will not be extended in time")
            if now < certificate.in_service_until + DAY:
                return
        self.set_order_end(certificate, 400)

    def set_order_end(self, certificate, days):
        self.set_time(3)
        self.sandbox.control("POST", "order", {"orderId": certificate.order, "daysLeft": days})
        # The sandbox adds half a day.
        certificate.order_end = self.host.now + days * DAY + DAY // 2
        certificate.extensions += 1
        self.findings.seen["subscriptions extended"] += 1
        self.tell(f"{certificate}: its subscription was extended")

    def deliver(self, certificate, version, number):
        """The store has a new certificate: people will deploy it."""
        self.delivered[certificate.cn] = (version, number)
        certificate.stored = number
        newest = certificate.newest
        if not self.checks.expect(newest and newest.number == number, f"{certificate}: the store has {number}"):
            return
        days = self.fleet.deploy_days(certificate, self.day + 1, self.host.now)
        for server, day in zip(certificate.servers, days):
            server.plan = (version, newest, day)
        self.tell(f"{certificate}: {number} is in the store; deployment on {days}")

    def deploy(self, certificate, now):
        for server in certificate.servers:
            if server.plan and server.is_time(self.day, now):
                version, request, _ = server.plan
                server.take(request.number, request.end)
                if all(each.number == request.number for each in certificate.servers):
                    self.finish(certificate, version)

    def finish(self, certificate, version):
        """All servers have the newest certificate: deploy.sh notes that with a link."""
        link = self.host.store / certificate.cn / "deployed"
        link.unlink(missing_ok=True)
        link.symlink_to(version)
        # One that ends soon was cut short by a late subscription, which leaves too little time for the next one.
        if not certificate.is_due(self.host.now) and not self.fleet.is_short(certificate):
            certificate.finish_period()
        if self.fleet.grows(certificate):
            certificate.sans = certificate.sans + [f"n{len(certificate.requests)}.{certificate.cn}"]
        self.tell(f"{certificate}: version {version} is deployed")

    def buy(self, certificate):
        """After the end, people replace a certificate by hand."""
        if certificate.order_end < self.host.now + 100 * DAY:
            self.set_order_end(certificate, 800)
        self.set_time(3)
        number, begin, _ = certificate.representative
        self.sandbox.control("POST", "status", {
            "certificateNo": number, "statusCode": "2", "daysLeft": self.options.certificate_days,
        })
        end = self.host.now + self.options.certificate_days * DAY + DAY // 2
        certificate.lives[number] = (begin, end)
        certificate.representative = (number, begin, end)
        # It may be a new one that ended with its subscription, and is not in the store yet.
        if certificate.newest and certificate.newest.number == number:
            certificate.newest.end = end
        for server in certificate.servers:
            server.take(number, end)
        certificate.finish_period()
        certificate.forgotten = certificate.requests[-1] if certificate.requests else None
        self.findings.seen["certificates replaced by hand"] += 1
        self.tell(f"{certificate}: replaced by hand")


def sandbox_options(options):
    return [] if options.certificate_days == 199 else ["--certificate-days", options.certificate_days]


def summary(done):
    def words(item):
        return " ".join(filter(None, [
            item["status"], item.get("reason"), item.get("stage"), (item.get("error") or {}).get("code"),
            f"({item['error']['message']})" if "error" in item else None,
        ])) + f" {item.get('commonName') or item.get('certificateNo')}"

    error = (done.document or {}).get("error")
    return ", ".join(map(words, done.items)) + (f" {error['code']}" if error else "")


# MARK: seeds


def new_seeds():
    source = random.SystemRandom()
    while True:
        yield source.randrange(1_000, 1 << 31)


def start_seed(store, seed, words):
    # A seed with etcd takes longest, because it waits for elections; so the others yield to it.
    yielding = ["nice", "-n", "5"] if store == "sqlite" else []
    option = "--etcd-seeds" if store == "etcd" else "--seeds"
    words = [*yielding, sys.executable, __file__, option, str(seed), *words]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr, end="", flush=True)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", default="", help="seeds with a SQLite ledger")
    parser.add_argument("--etcd-seeds", default="", help="seeds with three etcd members")
    parser.add_argument("--certificates", type=int, default=24)
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--certificate-days", type=int, default=199, help="how long certificates are valid")
    parser.add_argument("--patient", action="store_true", help="people are never late: nothing may expire")
    parser.add_argument("--jobs", type=int, default=5, help="seeds at the same time")
    parser.add_argument("--seconds", type=float, help="without seeds: how long to try new ones")
    parser.add_argument("--until", type=int, help="the last day")
    parser.add_argument("--verbose", action="store_true", help="show what happens")
    options = parser.parse_args()
    seeds = [("sqlite", int(seed)) for seed in options.seeds.split(",") if seed]
    seeds += [("etcd", int(seed)) for seed in options.etcd_seeds.split(",") if seed]
    if len(seeds) == 1:
        sys.exit(0 if Simulation(options, seeds[0][1], seeds[0][0]).perform() else 1)
    end = time.monotonic() + (options.seconds or 0)
    words = ["--certificates", str(options.certificates), "--years", str(options.years)]
    words += ["--certificate-days", str(options.certificate_days)] + ["--patient"] * options.patient

    def attempt(job):
        store, seed = job
        return start_seed(store, seed, words)

    def until_end(job):
        results = []
        for seed in new_seeds():
            results.append(attempt((job, seed)))
            if time.monotonic() > end or not results[-1]:
                return all(results)

    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(attempt, seeds) if seeds else pool.map(until_end, ["sqlite", "etcd"]))
    sys.exit(0 if all(results) else 1)


main()
