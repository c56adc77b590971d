import Core
import Foundation
import JSON
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite("No claim and no number is lost when records are merged or split")
struct LedgerClaimTests {
  private func lookup(_ numbers: String..., order: String? = nil) -> LedgerLookup {
    LedgerLookup(account: "a", order: order, numbers: numbers)
  }

  private func facts(_ numbers: [String], at time: Timestamp) -> ServiceFacts {
    ServiceFacts(
      order: "9", certificates: numbers.map { .init(number: $0, condition: .issued) }, seenAt: time)
  }

  @Test(
    "A request stays unknown when another request of its order is settled",
    arguments: LedgerStore.allCases,
    [.refused(code: "x"), .notSent(code: "x"), .accepted(newNumber: nil, stage: .accepted)]
      as [LedgerOutcome])
  func folded(store: LedgerStore, outcome: LedgerOutcome) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    var dead = ProcessIdentity.current()
    dead.startTime -= 1
    _ = try ledger.claim([.of("55882")], terms: .at(moment(0), owner: dead))
    let live = try #require(
      try ledger.claim([.of("55883")], terms: .at(moment(1), owner: .current())).first?.ticket)
    let look = LedgerLook.facts(facts(["55882", "55883", "55884"], at: moment(2)))
    let decision = try ledger.claim(
      [.of("55884", look: look)], terms: .at(moment(2), owner: .current()))[0]
    guard case .held = decision else {
      Issue.record("\(decision)")
      return
    }
    let settled = try ledger.settle(live, as: outcome, signedAt: moment(3), now: moment(3))
    #expect(settled.state == .unknown && settled.claims.map(\.number) == ["55882"])
    for number in ["55882", "55883", "55884"] {
      #expect(try ledger.judge([.of(number)], terms: .at(moment(4))) == [.lookFirst])
    }
  }

  @Test(
    "After records are merged, each owner still holds its claim", arguments: LedgerStore.allCases)
  func foldedLive(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    let terms = LedgerTerms.at(moment(0), owner: .current())
    var tickets = try ledger.claim([.of("1"), .of("2")], terms: terms).compactMap(\.ticket)
    try ledger.note(
      facts(["1", "2"], at: moment(1)), for: lookup("1"), observer: .current(), now: moment(1))
    let isHeld = try (ledger.amend(&tickets[0], store: "x"), ledger.amend(&tickets[1], store: "y"))
    #expect(isHeld.0 && isHeld.1)
    try ledger.settle(tickets[0], as: .notSent(code: "x"), signedAt: nil, now: moment(2))
    let decision = try ledger.judge(
      [.of("1", force: true)], terms: .at(moment(2), owner: .current()))
    guard case .inProgress = decision[0] else {
      Issue.record("\(decision)")
      return
    }
    #expect(try ledger.requestCount(account: "a", at: moment(0)) == 1)
  }

  @Test(
    "A fast clock does not take a claim from a running process of this machine",
    arguments: LedgerStore.allCases)
  func clockAhead(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    let process = try RunningProcess("/bin/sleep", ["60"])
    defer { process.kill(SIGKILL) }
    let stat = try String(contentsOfFile: "/proc/\(process.id)/stat", encoding: .utf8)
    let fields = try #require(stat.components(separatedBy: ") ").last).split(separator: " ")
    var owner = ProcessIdentity.current()
    owner.pid = Int(process.id)
    owner.startTime = try #require(Int(fields[19]))
    var ticket = try #require(
      try ledger.claim([.of("1")], terms: .at(moment(0), owner: owner)).first?.ticket)
    for offset in [760_000, day, 2 * week] {
      let decision = try ledger.claim(
        [.of("1", force: true)], terms: .at(moment(offset), owner: .current()))[0]
      guard case .inProgress = decision else {
        Issue.record("\(decision)")
        return
      }
    }
    #expect(try ledger.amend(&ticket, store: "x"))
  }

  @Test(
    "Each of the hundreds of numbers of an order leads to its record",
    arguments: LedgerStore.allCases)
  func manyNumbers(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    let first = try #require(try ledger.claim([.of("1")], terms: .at(moment(0))).first?.ticket)
    try ledger.settle(
      first, as: .accepted(newNumber: nil, stage: .accepted), signedAt: moment(0), now: moment(0))
    for count in [64, 65, 101, 202, 450] {
      let numbers = (1...count).map(String.init)
      let noted = try ledger.note(
        facts(numbers, at: moment(count)), for: lookup("1"), observer: .current(),
        now: moment(count))
      #expect(noted?.numbers == numbers)
      for number in ["1", "2", "64", String(count)] {
        let decision = try ledger.judge([.of(number)], terms: .at(moment(count)))[0]
        #expect(decision.cooldownUntil == moment(week), "\(number) of \(count)")
      }
    }
    let fresh = (1_000..<1_300).map(String.init)
    var look = facts(fresh, at: moment(0))
    look.order = "10"
    let terms = LedgerTerms.at(moment(0), owner: .current())
    let ticket = try #require(
      try ledger.claim([.of("1000", look: .facts(look))], terms: terms).first?.ticket)
    #expect(ticket.claim.baseline.numbers.count == 300)
    // A query shows that two records of the ledger are about one order.
    look.certificates += facts((1...450).map(String.init), at: moment(0)).certificates
    look.order = "9"
    let merged = try ledger.note(
      look, for: lookup("1000"), observer: .current(), now: moment(1))
    #expect(merged?.numbers.count == 750 && merged?.standing?.number == "1")
    #expect(merged?.claims.map(\.token) == [ticket.token])
    #expect(try ledger.records(in: Set(LedgerRecord.State.allCases)).count == 1)
    for number in ["1", "450", "1000", "1299"] {
      #expect(try ledger.find(lookup(number)) == merged, "\(number)")
    }
    #expect(try ledger.forget(lookup("7", order: "9"))?.key == .order("9"))
    for number in ["1", "450", "1000", "1299"] { #expect(try ledger.find(lookup(number)) == nil) }
  }

  @Test(
    "When a query shows a number of another record, the two records become one",
    arguments: LedgerStore.allCases)
  func stolenNumbers(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    let known = try #require(
      try ledger.claim([.of("1", order: "9")], terms: .at(moment(-2 * week))).first?.ticket)
    try ledger.settle(
      known, as: .accepted(newNumber: nil, stage: .issued), signedAt: moment(-2 * week),
      now: moment(-2 * week))
    let lost = try #require(try ledger.claim([.of("2")], terms: .at(moment(0))).first?.ticket)
    try ledger.settle(lost, as: .unknown(code: "x"), signedAt: moment(0), now: moment(0))
    let facts = ServiceFacts.of(["1": .issued, "2": .issued], order: "9", seenAt: moment(1))
    let noted = try ledger.note(
      facts, for: LedgerLookup(account: "a", numbers: ["1"]), observer: .current(), now: moment(1))
    #expect(noted?.state == .unknown && noted?.key == .order("9"))
    #expect(try ledger.judge([.of("2")], terms: .at(moment(2))) == [.lookFirst])
    #expect(try ledger.records(in: Set(LedgerRecord.State.allCases)).count == 1)
  }
}
