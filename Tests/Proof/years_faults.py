"""What goes wrong in the years of a fleet: the faults of the service, and the bad days of the machine."""

# Everything that a gateway, a service or something in between may answer to a reissue, or do to its connection. A fault
# with `carried-out` yes is an answer that was lost after the request was carried out.
REQUEST_FAULTS = [
    {"kind": "gateway", "code": code} for code in ("100", "200", "210", "300", "430", "400", "410", "420", "500")
]
REQUEST_FAULTS += [{"kind": "gateway", "code": "100", "status": status} for status in (408, 421, 425, 451)]
REQUEST_FAULTS += [
    fault | {"carried-out": carried}
    for carried in ("yes", "no")
    for fault in (
        {"kind": "gateway", "code": "510"},
        {"kind": "gateway", "code": "900"},
        {"kind": "html"},
        {"kind": "html", "status": 404},
        {"kind": "empty"},
        {"kind": "not-json"},
        {"kind": "no-return-code"},
        {"kind": "redirect", "location": "http://127.0.0.1:1/"},
        {"kind": "silent"},
    )
]
REQUEST_FAULTS += [
    {"kind": "forbidden"},
    {"kind": "service", "code": "1300"},
    {"kind": "service", "code": "2000", "status": 400},
    {"kind": "spring"},
    {"kind": "response-error"},
    {"kind": "cut"},
    {"kind": "oversize"},
    {"kind": "reset-before"},
    {"kind": "reset-after"},
    {"kind": "close-before"},
    {"kind": "close-after"},
]
# After these a sender cannot know whether the request was carried out, or will be.
UNCERTAIN = {each["kind"] for each in REQUEST_FAULTS if "carried-out" in each} - {"gateway"}
UNCERTAIN |= {"cut", "oversize", "reset-before", "reset-after", "close-before", "close-after"}
UNCERTAIN_CODES = {"510", "900"}
# These let a run wait for a second or two.
LOOK_FAULTS = [{"kind": "gateway", "code": code} for code in ("200", "210", "400", "500", "510", "900")]
LOOK_FAULTS += [{"kind": kind} for kind in ("forbidden", "html", "empty", "not-json", "no-return-code", "cut")]
LOOK_FAULTS += [{"kind": kind} for kind in ("reset-before", "reset-after", "close-after")]

# Days on which the machine, or everything around it, is in trouble.
BAD_DAYS = ["full", "clock", "keys", "service"]
CLOCK_ERRORS = [660, -660, 86_400, -86_400, 40 * 86_400, -40 * 86_400]
# An outage of a day. Runs would repeat other failures of a look, and their random pauses would decide what comes next.
OUTAGES = [{"kind": "gateway", "code": "400"}, {"kind": "gateway", "code": "210"}, {"kind": "forbidden"}]
OUTAGES += [
    fault | {"method": "POST"}
    for fault in ({"kind": "html"}, {"kind": "gateway", "code": "900"}, {"kind": "close-before"})
]


def is_uncertain(answer):
    """Whether an answer, as the journal has it, leaves open what became of the request; `None` if there was none."""
    return answer is None or answer["fault"] in UNCERTAIN or answer["code"] in UNCERTAIN_CODES


class Deck:
    """Cards in an order that a seed decides; all are dealt before one comes again."""

    def __init__(self, random, cards):
        self.random, self.cards, self.rest = random, list(cards), []

    def deal(self):
        if not self.rest:
            self.rest = self.random.sample(self.cards, len(self.cards))
        return self.rest.pop()


class Plan:
    """Decides, day by day, what goes wrong."""

    def __init__(self, random, bad_days, pause):
        self.random = random
        self.requests = Deck(random, REQUEST_FAULTS)
        self.looks = Deck(random, LOOK_FAULTS)
        self.bad_days = Deck(random, bad_days)
        self.clock_errors = Deck(random, CLOCK_ERRORS)
        self.outages = Deck(random, OUTAGES)
        # Days between two bad ones: each may cost a day of the time that is left for a reissue.
        self.pause = pause
        self.last = -pause

    def bad_day(self, day):
        """The trouble of a day on which something is to be done; mostly `None`."""
        if day - self.last < self.pause or self.random.random() > 0.15:
            return None
        self.last = day
        return self.bad_days.deal()

    def kill(self):
        """The effect before which a run is killed; mostly `None`."""
        return self.random.randint(1, 70) if self.random.random() < 0.06 else None

    def is_repeated(self):
        """Whether a sender repeats an event that did not end well."""
        return self.random.random() < 0.3

    def request_fault(self):
        if self.random.random() < 0.4:
            return self.requests.deal() | {"method": "POST", "count": 1}
        return None

    def look_fault(self):
        if self.random.random() < 0.03:
            return self.looks.deal() | {"method": "GET", "count": 1}
        return None
