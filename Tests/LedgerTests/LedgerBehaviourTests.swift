import Core
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite("Every store follows the rules")
struct LedgerBehaviourTests {
  @Test(
    "One process claims a certificate, and every process sees the outcome",
    arguments: LedgerStore.allCases
  )
  func once(store: LedgerStore) throws {
    let place = try store.place()
    let ledger = try place.open()
    let terms = LedgerTerms.at(moment(0), owner: .current())
    #expect(try ledger.judge([.of("1")], terms: terms) == [.wouldSend(isKeyUsed: false)])
    #expect(try ledger.find(LedgerLookup(account: "a", numbers: ["1"])) == nil)
    let ticket = try #require(try ledger.claim([.of("1")], terms: terms).first?.ticket)

    let other = try place.open()
    guard case .inProgress(let record) = try other.claim([.of("1")], terms: .at(moment(1)))[0]
    else {
      Issue.record("a second claim while the first is live")
      return
    }
    #expect(record.claim?.owner == .current() && record.claim?.token == ticket.token)

    let settled = try ledger.settle(
      ticket, as: .accepted(newNumber: "2", stage: .waitingForDNS), signedAt: moment(5),
      now: moment(9))
    #expect(settled.state == .accepted)
    let stored = try other.find(LedgerLookup(account: "a", numbers: ["1"]))
    #expect(stored == settled)
    #expect(stored?.standing?.reference == "4f6c" && stored?.attempts.last?.reference == "4f6c")
    // Every number of the order leads to the record, and no other account sees it.
    for intent in [LedgerIntent.of("1"), .of("2"), .of("7", asked: "2"), .of("2", force: false)] {
      let decision = try other.claim([intent], terms: .at(moment(hour)))[0]
      #expect(decision.cooldownUntil == moment(week + 5))
    }
    #expect(
      try other.judge([.of("1", account: "b")], terms: .at(moment(hour))) == [
        .wouldSend(isKeyUsed: false)
      ])
    #expect(try other.requestCount(account: "a", at: moment(0)) == 1)
    let forced = try other.claim([.of("2", force: true)], terms: .at(moment(hour)))[0]
    #expect(forced.ticket?.claim.baseline.numbers.contains("2") == true)
  }

  @Test("Each outcome determines the decision on the next event", arguments: LedgerStore.allCases)
  func outcomes(store: LedgerStore) throws {
    let place = try store.place()
    let ledger = try place.open()
    func send(_ number: String, _ outcome: LedgerOutcome, at offset: Int = 0) throws -> LedgerRecord
    {
      let intent = LedgerIntent.of(number, order: "o\(number)")
      let ticket = try #require(
        try ledger.claim([intent], terms: .at(moment(offset))).first?.ticket)
      return try ledger.settle(
        ticket, as: outcome, signedAt: moment(offset), now: moment(offset))
    }
    func next(_ number: String, at offset: Int, digest: String = "d", look: LedgerLook = .notYet)
      throws -> LedgerDecision
    {
      try place.open().judge(
        [.of(number, order: "o\(number)", digest: digest, look: look)], terms: .at(moment(offset)))[
          0]
    }
    #expect(try send("1", .notSent(code: "network.dns")).state == .free)
    #expect(try next("1", at: 0) == .wouldSend(isKeyUsed: false))
    #expect(try ledger.requestCount(account: "a", at: moment(0)) == 0)

    let refused = try send("2", .refused(code: "service.1"))
    #expect(try next("2", at: 0) == .backingOff(until: moment(hour), refused))
    #expect(try next("2", at: 0, digest: "x") == .wouldSend(isKeyUsed: false))
    let again = try send("2", .refused(code: "service.1"), at: hour)
    #expect(try next("2", at: hour) == .backingOff(until: moment(3 * hour), again))

    let unknown = try send("3", .unknown(code: "network.lost-answer"))
    #expect(try next("3", at: 1) == .lookFirst)
    #expect(try next("3", at: 1, look: .failed) == .held(.notLooked, unknown))

    _ = try send("4", .accepted(newNumber: nil, stage: .validationFailed))
    #expect(try next("4", at: 0) == .wouldSend(isKeyUsed: false))
    #expect(try ledger.records(in: [.unknown, .refused]).map(\.numbers) == [["2"], ["3"]])
    #expect(try ledger.records(in: Set(LedgerRecord.State.allCases)).count == 4)
    #expect(try ledger.requestCount(account: "a", at: moment(0)) == 4)
    #expect(try ledger.requestCount(account: "a", at: moment(day)) == 0)
  }

  @Test(
    "All records are read as of one moment, whatever another process changes meanwhile",
    arguments: LedgerStore.allCases)
  func oneMoment(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let (ledger, other) = (try place.open(), try place.open())
    // More than a page of etcd; they are filed under their numbers.
    let numbers = (1_000..<1_510).map(String.init)
    let tickets = try ledger.claim(
      numbers.map { .of($0, perDay: 1_000) }, terms: .at(moment(0))
    ).compactMap(\.ticket)
    try ledger.settle(
      tickets.prefix(255).map {
        LedgerSettlement($0, as: .refused(code: "c"), signedAt: moment(0))
      },
      now: moment(0))
    var found: [[String]] = []
    var failure: (any Error)?
    try ledger.forEachRecord(in: [.claimed, .refused]) { record in
      found.append(record.numbers)
      guard found.count == 1 else { return }
      // Both records become one of the order, under another key and with more numbers.
      let facts = ServiceFacts.of(
        ["1000": .issued, "1509": .issued, "2000": .inProgress], seenAt: moment(1))
      do {
        let lookup = LedgerLookup(account: "a", numbers: ["1000"])
        try other.note(facts, for: lookup, observer: .elsewhere, now: moment(1))
      } catch {
        failure = error
      }
    }
    #expect(failure == nil)
    #expect(found.sorted { $0[0] < $1[0] } == numbers.map { [$0] })
    let later = try ledger.records()
    #expect(later.count == numbers.count - 1)
    #expect(try ledger.records { $0.numbers.contains("2000") }.map(\.key) == [.order("9")])
  }

  @Test(
    "A query settles an unknown request: it is found, or it is absent and sent again",
    arguments: LedgerStore.allCases)
  func unknown(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    func facts(_ others: KeyValuePairs<String, CertificateCondition>, at offset: Int)
      -> LedgerLook
    {
      .facts(.of(others, order: "9", seenAt: moment(offset)))
    }
    let first = LedgerIntent.of("1", look: facts(["1": .issued], at: 0))
    let ticket = try #require(try ledger.claim([first], terms: .at(moment(0))).first?.ticket)
    // The owner never settles. Its lease ends after 12 minutes: 1 to sign, 10 until absence is certain, 1 as a reserve.
    var decision = try ledger.claim([.of("1")], terms: .at(moment(12 * minute - 1)))[0]
    guard case .inProgress = decision else {
      Issue.record("the lease is not over: \(decision)")
      return
    }
    decision = try ledger.claim([.of("1")], terms: .at(moment(12 * minute)))[0]
    #expect(decision == .lookFirst, "the lease is over")
    #expect(try ledger.records(in: [.unknown]).count == 1)
    let absent = LedgerIntent.of("1", look: facts(["1": .issued], at: 12 * minute))
    let again = try #require(
      try ledger.claim([absent], terms: .at(moment(12 * minute))).first?.ticket)
    #expect(again.token != ticket.token)
    try ledger.settle(
      again, as: .unknown(code: "reply.unreadable"), signedAt: moment(12 * minute),
      now: moment(12 * minute))
    let found = LedgerIntent.of(
      "1", look: facts(["1": .issued, "2": .inProgress], at: 13 * minute))
    decision = try ledger.claim([found], terms: .at(moment(13 * minute)))[0]
    #expect(decision.cooldownUntil == moment(12 * minute + week))
    #expect(try ledger.find(LedgerLookup(account: "a", numbers: ["2"]))?.standing?.newNumber == "2")
  }

  @Test(
    "A claim is unknown as soon as its owner on this machine has ended",
    arguments: LedgerStore.allCases)
  func deadOwner(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    var dead = ProcessIdentity.current()
    dead.startTime -= 1
    _ = try ledger.claim([.of("1")], terms: .at(moment(0), owner: dead))
    let decision = try ledger.claim([.of("1")], terms: .at(moment(1), owner: .current()))[0]
    #expect(decision == .lookFirst)
    let record = try ledger.find(LedgerLookup(account: "a", numbers: ["1"]))
    #expect(record?.claim?.doubt?.code == LedgerClaim.Doubt.ownerGone)
  }

  @Test(
    "The same process id in another pid namespace does not count as dead",
    arguments: LedgerStore.allCases)
  func namespaces(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    var other = ProcessIdentity.current()
    other.pidNamespace = "pid:[7]"
    other.startTime -= 1
    _ = try ledger.claim([.of("1")], terms: .at(moment(0), owner: other))
    let decision = try ledger.claim([.of("1")], terms: .at(moment(minute), owner: .current()))[0]
    guard case .inProgress = decision else {
      Issue.record("\(decision)")
      return
    }
  }

  @Test(
    "A batch sends each record once, skips equal items, fails unequal ones and obeys the daily cap",
    arguments: LedgerStore.allCases)
  func batch(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    let known = try #require(
      try ledger.claim([.of("10", order: "x")], terms: .at(moment(-2 * week))).first?.ticket)
    try ledger.settle(
      known, as: .accepted(newNumber: "11", stage: .issued), signedAt: moment(-2 * week),
      now: moment(-2 * week))
    let intents: [LedgerIntent] = [
      .of("1", perDay: 3), .of("2"), .of("1"), .of("3", digest: "x"), .of("4", order: "o"),
      .of("3", digest: "y"), .of("5", order: "o"), .of("10"), .of("11"), .of("6", perDay: 4),
      .of("1", account: "b"),
    ]
    let decisions = try ledger.claim(intents, terms: .at(moment(0)))
    let sent = decisions.map { $0.ticket != nil }
    #expect(sent == [true, true, false, false, true, false, false, true, false, false, true])
    #expect(decisions[2] == .duplicate && decisions[6] == .duplicate && decisions[8] == .duplicate)
    #expect(decisions[3] == .conflict && decisions[5] == .conflict)
    #expect(decisions[9] == .dailyCap(limit: 4))
    #expect(try ledger.requestCount(account: "a", at: moment(0)) == 4)
    #expect(try ledger.claim([], terms: .at(moment(0))) == [])
  }

  @Test(
    "Records of two numbers become one when a query shows their common order",
    arguments: LedgerStore.allCases)
  func orders(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    let first = try #require(try ledger.claim([.of("1")], terms: .at(moment(0))).first?.ticket)
    try ledger.settle(
      first, as: .accepted(newNumber: nil, stage: .accepted), signedAt: moment(0), now: moment(0))
    let second = try #require(try ledger.claim([.of("2")], terms: .at(moment(0))).first?.ticket)
    let look = LedgerLook.facts(
      .of(["1": .issued, "2": .issued, "3": .issued], order: "9", seenAt: moment(1)))
    let decision = try ledger.claim([.of("3", look: look)], terms: .at(moment(1)))[0]
    guard case .inProgress(let record) = decision else {
      Issue.record("\(decision)")
      return
    }
    #expect(record.key == .order("9") && record.standing?.state == .accepted)
    #expect(try ledger.records(in: Set(LedgerRecord.State.allCases)).count == 1)
    let settled = try ledger.settle(
      second, as: .notSent(code: "network.dns"), signedAt: nil, now: moment(2))
    #expect(settled.claim == nil && settled.standing?.number == "1")
    #expect(try ledger.find(LedgerLookup(account: "a", order: "9", numbers: [])) == settled)
  }

  @Test(
    "An acceptance is recorded even if the record was removed in the meantime",
    arguments: LedgerStore.allCases)
  func late(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    let lookup = LedgerLookup(account: "a", numbers: ["1"])
    let ticket = try #require(try ledger.claim([.of("1")], terms: .at(moment(0))).first?.ticket)
    #expect(try ledger.forget(lookup)?.claim?.token == ticket.token)
    #expect(try ledger.find(lookup) == nil && ledger.forget(lookup) == nil)
    for outcome in [.refused(code: "x"), .notSent(code: "x")] as [LedgerOutcome] {
      try ledger.settle(ticket, as: outcome, signedAt: moment(1), now: moment(1))
      #expect(try ledger.find(lookup) == nil)
    }
    try ledger.settle(ticket, as: .unknown(code: "x"), signedAt: moment(1), now: moment(1))
    #expect(try ledger.forget(lookup)?.state == .unknown, "the request is unknown again")
    let second = try #require(try ledger.claim([.of("1")], terms: .at(moment(2))).first?.ticket)
    let late = try ledger.settle(
      ticket, as: .accepted(newNumber: "2", stage: .accepted), signedAt: moment(1), now: moment(3))
    #expect(late.claim?.token == second.token && late.standing?.newNumber == "2")
    try ledger.settle(second, as: .notSent(code: "network.dns"), signedAt: nil, now: moment(4))
    #expect(try ledger.find(lookup)?.state == .accepted)
  }

  @Test("A claim can be amended only while it is held", arguments: LedgerStore.allCases)
  func amend(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    var ticket = try #require(try ledger.claim([.of("1")], terms: .at(moment(0))).first?.ticket)
    #expect(try ledger.amend(&ticket, store: "shop/1"))
    let record = try ledger.find(LedgerLookup(account: "a", numbers: ["1"]))
    #expect(record?.claim == ticket.claim && record?.claim?.store == "shop/1")
    let settled = try ledger.settle(
      ticket, as: .accepted(newNumber: nil, stage: .accepted), signedAt: moment(2), now: moment(2))
    #expect(settled.standing?.store == "shop/1")
    #expect(try !ledger.amend(&ticket, store: "shop/2"))
    #expect(ticket.claim.store == "shop/1")
  }

  @Test("A refused repeat does not undo an accepted request", arguments: LedgerStore.allCases)
  func refusedRepeat(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    let first = try #require(try ledger.claim([.of("1")], terms: .at(moment(0))).first?.ticket)
    try ledger.settle(
      first, as: .accepted(newNumber: "2", stage: .accepted), signedAt: moment(0), now: moment(0))
    let forced = try #require(
      try ledger.claim([.of("1", force: true)], terms: .at(moment(hour))).first?.ticket)
    let record = try ledger.settle(
      forced, as: .refused(code: "service.1"), signedAt: moment(hour), now: moment(hour))
    #expect(record.state == .accepted && record.standing?.newNumber == "2")
    #expect(record.refusal?.code == "service.1" && record.refusals == 1)
    #expect(try ledger.find(LedgerLookup(account: "a", numbers: ["2"])) == record)
    for intent in [LedgerIntent.of("1"), .of("1", digest: "x")] {
      let decision = try ledger.judge([intent], terms: .at(moment(hour)))[0]
      #expect(decision.cooldownUntil == moment(week))
    }
  }

  @Test(
    "An operator can apply a query, settle an unknown request and prune old records",
    arguments: LedgerStore.allCases)
  func maintenance(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    let observer = ProcessIdentity.current()
    func lookup(_ number: String) -> LedgerLookup { LedgerLookup(account: "a", numbers: [number]) }
    for (number, outcome) in [
      ("1", .accepted(newNumber: "10", stage: .accepted)), ("2", .unknown(code: "x")),
      ("3", .refused(code: "x")),
    ] as [(String, LedgerOutcome)] {
      let ticket = try #require(
        try ledger.claim([.of(number)], terms: .at(moment(0))).first?.ticket)
      try ledger.settle(ticket, as: outcome, signedAt: moment(0), now: moment(0))
    }
    let facts = ServiceFacts.of(["1": .issued, "10": .issued], seenAt: moment(hour))
    #expect(try ledger.prune(before: moment(day)) == 1)
    let issued = try ledger.note(facts, for: lookup("10"), observer: observer, now: moment(hour))
    #expect(issued?.state == .issued)
    let others = ServiceFacts.of(["77": .issued], order: "7", seenAt: moment(hour))
    #expect(
      try ledger.note(others, for: lookup("77"), observer: observer, now: moment(hour)) == nil)
    let settled = try ledger.settleByHand(
      lookup("2"), isCarriedOut: true, newNumber: "20", observer: observer, now: moment(hour))
    #expect(settled?.state == .accepted)
    #expect(try ledger.find(lookup("20"))?.numbers == ["2", "20"])
    #expect(try ledger.find(lookup("3")) == nil)
    #expect(try ledger.prune(before: moment(hour)) == 0)
    #expect(try ledger.prune(before: moment(hour + 1)) == 1)
    #expect(
      try ledger.records(in: Set(LedgerRecord.State.allCases)).map(\.numbers) == [["2", "20"]])
  }

  @Test(
    "Of many processes at once, exactly one claims the certificate, and none fails",
    arguments: LedgerStore.allCases)
  func race(store: LedgerStore) async throws {
    let place = try store.place()
    for round in 0..<6 {
      let decisions = try await withThrowingTaskGroup(of: LedgerDecision.self) { group in
        for _ in 0..<16 {
          group.addTask {
            try place.open().claim([.of("\(round)")], terms: .at(moment(0), owner: .current()))[0]
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(decisions.compactMap(\.ticket).count == 1)
      let waiting = decisions.filter { if case .inProgress = $0 { true } else { false } }
      #expect(waiting.count == 15)
    }
    #expect(try place.open().requestCount(account: "a", at: moment(0)) == 6)
  }
}
