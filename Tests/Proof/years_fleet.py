"""A fleet: certificates with their orders and servers, the monitors that watch them, and the people who set DNS records,
extend subscriptions and deploy what was issued. All decisions come from the seed."""

import random

from years_host import DAY

SERVERS = 2
# Statuses with which the service gives a validation up.
GIVEN_UP = ["-1", "-3", "-4", "-11", "-12", "-20"]
# How long before its end people extend a subscription.
EXTENSION = 45 * DAY


def renewal_window(life):
    """How long before its end a certificate is due, in seconds: 30 days, at most a third of its life."""
    return min(30 * DAY, life / 3)


class Request:
    """A reissue that the service carried out, and what people and service will do with it."""

    def __init__(self, number, at, records_day=None, give_up_day=None, give_up_status=None):
        self.number, self.at = number, at
        self.issued = self.end = None
        self.is_given_up = self.is_deleted = False
        # The names whose DNS records a result has listed: people know no others.
        self.listed = set()
        # When the DNS records are set, or when the service gives the validation up instead. Without either, people set
        # them only after the certificate in service has expired.
        self.records_day, self.give_up_day, self.give_up_status = records_day, give_up_day, give_up_status

    @property
    def is_pending(self):
        return self.issued is None and not self.is_given_up

    def has_records(self, day, now, in_service_until):
        if self.records_day is None:
            return now > in_service_until + DAY
        return day >= self.records_day


class Server:
    """Something that uses a certificate."""

    def __init__(self, number, end):
        self.take(number, end)

    def take(self, number, end):
        self.number, self.end = number, end
        # A newer certificate that is to be deployed, and when: version, request, day; no day is after the present end.
        self.plan = None
        self.has_expired = False

    def is_time(self, day, now):
        planned = self.plan[2]
        return day >= planned if planned is not None else now > self.end + DAY


class Certificate:
    """The certificates of one order, one after the other."""

    def __init__(self, index, kind, number, begin, end, order_end):
        self.index, self.kind = index, kind
        self.name, self.cn = f"c{index:02}", f"c{index:02}.example.com"
        self.sans = [f"www.{self.cn}"] if index % 3 else []
        self.order = f"ORDER-{index}"
        self.order_end = order_end
        self.extensions = 0
        # The number of the beginning, which some monitors report for ever, one that is looked up now
        # and then, and that of the store.
        self.first = self.inventory = self.stored = number
        # The certificate that is valid and may be reissued: number, begin and end.
        self.representative = (number, begin, end)
        self.lives = {number: (begin, end)}
        self.requests = []
        self.servers = [Server(number, end) for _ in range(SERVERS)]
        # Requests that reached the service, and runs that were killed with an alert for it.
        self.posts = self.kills = 0
        self.unknown_since = None
        # A request that may still arrive: until when. One that the service refused for good: when, and what it was.
        self.doubtful_until = 0
        self.last_body = None
        self.refused_at, self.refused = 0, None
        # A monitor with an old list of names reports one more than the certificate has, or one less.
        self.wrong_names = None
        # The last request after which the ledger missed something: it was restored, or people acted without it.
        self.forgotten = None
        # What waits, and the number of days on which nothing explained that.
        self.stuck = {}
        self.finish_period()

    def finish_period(self):
        """All servers have the newest certificate."""
        # What people are late with, and since which day.
        self.withheld = {}
        # When the ledger's check, or a run that could not go on, reported it.
        self.reported = []
        self.give_ups = self.strikes = 0

    def __str__(self):
        return self.cn

    @property
    def names(self):
        return {self.cn, *self.sans}

    @property
    def pending(self):
        return self.requests[-1] if self.requests and self.requests[-1].is_pending else None

    @property
    def newest(self):
        """The last request that was issued."""
        return next((each for each in reversed(self.requests) if each.issued is not None), None)

    @property
    def in_service_until(self):
        return min(server.end for server in self.servers)

    def is_due(self, now):
        _, begin, end = self.representative
        return end - now <= renewal_window(end - begin)

    @property
    def is_forgotten(self):
        return self.forgotten is not None and self.forgotten is self.requests[-1]

    def is_at_rest(self, now):
        """Whether nothing is open, and the ledger knows that: its last request was issued, all servers have it, and it
        is not due."""
        last = self.requests[-1] if self.requests else None
        return (
            last is not None and last is self.newest and not self.is_forgotten and not self.is_due(now)
            and all(server.number == last.number for server in self.servers)
        )

    def issue(self, request, now, end):
        request.issued, request.end = now, end
        self.representative = (request.number, now, end)
        self.lives[request.number] = (now, end)

    def seed(self):
        number, begin, end = self.representative
        return {
            "orderId": self.order, "subscriptionYears": 3, "subscriptionEnd": self.order_end,
            "certificates": [{
                "certificateNo": number, "certificateName": self.name, "commonName": self.cn, "dnsName": self.sans,
                "statusCode": "2", "notBefore": begin, "notAfter": end,
            }],
        }


class Monitor:
    """Watches one server of each certificate, and reports those below its threshold on some of three days."""

    def __init__(self, index, threshold, numbers, days):
        self.index, self.threshold, self.numbers, self.days = index, threshold, numbers, days

    def reports(self, day):
        return day % 3 in self.days

    def alerts(self, fleet, now):
        """Events by template: lists of alerts, each with its certificate."""
        found = {}
        for certificate in fleet:
            server = certificate.servers[self.index % SERVERS]
            days = (server.end - now) / DAY
            if days >= self.threshold:
                continue
            template, numbers = certificate.kind, self.numbers
            if certificate.kind == "blind":
                # Without a look, a number that the ledger has not seen is another certificate, and only the alert says
                # what is due. So people note the number when it is in the store; a server may still have another one.
                numbers = "stored"
                begin, end = certificate.lives[server.number]
                if end - now > renewal_window(end - begin):
                    continue
            elif numbers == "none" and certificate.kind == "plain":
                template = "nameless"
            number = {
                "first": certificate.first, "inventory": certificate.inventory,
                "deployed": server.number, "stored": certificate.stored, "none": certificate.first,
            }[numbers]
            names = certificate.sans
            if self.index == 2 and certificate.wrong_names is not None:
                names = certificate.wrong_names
            alert = {"no": number, "name": certificate.name, "cn": certificate.cn, "sans": names}
            found.setdefault(template, []).append((certificate, alert))
        return found


class Fleet:
    """All certificates, monitors and people."""

    def __init__(self, seed, count, life_days, now, is_patient, has_blind):
        self.seed, self.life_days, self.is_patient = seed, life_days, is_patient
        random_ = random.Random(f"fleet {seed}")
        life = life_days * DAY
        # How much of the usual time before the end of a certificate there is: people are faster if there is less.
        self.pace = min(1, renewal_window(life) / (30 * DAY))
        kinds = ["plain", "plain", "growing", "plain", "blind" if has_blind else "plain", "plain"]
        # Certificates were bought in groups, so that some days are busy and others are not.
        groups = max(1, count // 4)
        self.certificates = []
        for index in range(count):
            left = 12 + (life_days - 14) * (index % groups) / groups + random_.random() * 3
            kind = kinds[index % len(kinds)]
            end = now + int(left * DAY)
            order_end = end + random_.choice([random_.randint(20, 200), 400, 900, 4_000]) * DAY
            if is_patient or kind == "blind":
                order_end = now + 4_000 * DAY
            certificate = Certificate(index, kind, 100_000 + index, end - life, end, order_end)
            if kind == "plain" and self.chance(certificate, "list of names", 0).random() < 0.25:
                certificate.wrong_names = [] if certificate.sans else [f"old.{certificate.cn}"]
            self.certificates.append(certificate)
        self.monitors = [
            Monitor(0, 30, "first", days=[0, 1]),
            Monitor(1, 21, "deployed", days=[1]),
            Monitor(2, 26, random_.choice(["inventory", "none"]), days=[2]),
        ]

    def __iter__(self):
        return iter(self.certificates)

    def chance(self, certificate, what, count):
        """Randomness of one decision, whatever else was decided before."""
        return random.Random(f"{what} {self.seed} {certificate.index} {count}")

    def may_be_late(self, certificate):
        """Without a look, the cooldown has to last until the new certificate is in service."""
        return not self.is_patient and certificate.kind != "blind"

    def fate(self, certificate, day, now):
        """What happens with a new request: when its records are set, or when it is given up and with which status."""
        random_ = self.chance(certificate, "fate", len(certificate.requests))
        draw, wait, status = random_.random(), random_.randint(0, 9), random_.choice(GIVEN_UP)
        left = (certificate.in_service_until - now) / DAY
        if draw < 0.05 and self.may_be_late(certificate) and left > 12:
            certificate.withheld.setdefault("DNS records", day)
            return {}
        if draw < 0.2 and certificate.give_ups < 2 and left > 18 * self.pace:
            return {"give_up_day": day + 1 + int(wait * self.pace / 2), "give_up_status": status}
        # A second validation is hurried.
        return {"records_day": day + int(wait * self.pace) if certificate.give_ups == 0 else day + wait % 2}

    def deploy_days(self, certificate, day, now):
        """When each server gets the newest certificate; `None` for after the end of the present one."""
        random_ = self.chance(certificate, "deployment", len(certificate.requests))
        left = (certificate.in_service_until - now) / DAY
        if random_.random() < 0.04 and self.may_be_late(certificate) and left > 10:
            certificate.withheld.setdefault("the deployment", day)
            return [day, None]
        # The less time is left, the sooner.
        longest = max(0, min(4, int(left / 3)))
        return [day + int(random_.randint(0, longest) * self.pace) for _ in certificate.servers]

    def is_short(self, certificate):
        """Whether its life is less than three weeks (half of a usual one, if that is less)."""
        _, begin, end = certificate.representative
        return end - begin < min(21, self.life_days / 2) * DAY

    def extends_in_time(self, certificate):
        return self.is_patient or self.chance(certificate, "extension", certificate.extensions).random() < 0.8

    def grows(self, certificate):
        return certificate.kind == "growing" and self.chance(certificate, "names", len(certificate.requests)).random() < 0.4
