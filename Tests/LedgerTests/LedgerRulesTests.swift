import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite("an event is answered by what the record says")
struct LedgerRulesTests {
  private func answer(_ row: RulesRow) -> (ruling: LedgerRuling, record: LedgerRecord?) {
    var record = row.record
    let ruling = LedgerRules.rule(
      &record, digest: row.digest, policy: LedgerPolicy(cooldown: week, force: row.force),
      look: row.look, life: { _ in row.life }, sentToday: row.sent, now: row.now)
    return (ruling, record)
  }

  @Test(
    "without a claim",
    arguments: RulesTable.withoutClaim + RulesTable.refusedBeside)
  func settled(row: RulesRow) {
    let answer = answer(row)
    #expect(answer.ruling == row.ruling)
    #expect(answer.record?.state == row.state ?? row.record?.state)
  }

  @Test(
    "refusals double the wait up to a day", arguments: zip(1...8, [1, 2, 4, 8, 16, 24, 24, 24]))
  func backoff(times: Int, hours: Int) {
    let record = LedgerRecord.settled(.refused(code: "service.1"), times: times)
    #expect(record.refusals == times)
    let row = RulesRow(name: "", record: record, ruling: .backingOff(until: moment(hours * hour)))
    #expect(answer(row).ruling == row.ruling)
    #expect(LedgerRules.backoff(refusals: .max) == day)
    #expect(LedgerRules.backoff(refusals: .min) == hour)
  }

  @Test(
    "with a claim",
    arguments: RulesTable.withClaim + RulesTable.withTwoClaims)
  func claimed(row: RulesRow) {
    let answer = answer(row)
    #expect(answer.ruling == row.ruling)
    #expect(answer.record?.state == row.state)
  }

  @Test("an absent request leaves behind what was true before it")
  func previous() {
    var record = RulesTable.accepted
    record.claim = .at(moment(day), signedAt: moment(day), doubt: "reply.unreadable")
    let now = moment(2 * day)
    let row = RulesRow(
      name: "", record: record, now: now,
      look: RulesTable.facts(["1": .issued, "2": .inProgress], at: now),
      ruling: .held(.inProgressAtService))
    // The forced request had seen number 1 alone: what the first one brought is taken for its own.
    #expect(answer(row).record?.state == .accepted)
    record.claim?.baseline.numbers = ["1", "2"]
    var later = row
    later.record = record
    later.look = RulesTable.facts(["1": .issued, "2": .issued], at: now)
    #expect(answer(later).ruling == .cooldown(until: RulesTable.until))
    #expect(answer(later).record?.claim == nil)
  }

  @Test(
    "an accepted request moves on with a look",
    arguments: [
      (.inProgress, .cooldown(until: RulesTable.until), .accepted, .waitingForDNS),
      (.issued, .cooldown(until: RulesTable.until), .issued, .issued),
      (.failed, .send, .validationFailed, .validationFailed),
      (.other, .cooldown(until: RulesTable.until), .accepted, .accepted),
    ]
      as [(ServiceFacts.Certificate.Condition, LedgerRuling, LedgerRecord.State, LedgerStage)])
  func moves(
    condition: ServiceFacts.Certificate.Condition, ruling: LedgerRuling, state: LedgerRecord.State,
    stage: LedgerStage
  ) {
    let now = moment(2 * hour)
    for number in ["2", nil] {
      let record = LedgerRecord.settled(.accepted(newNumber: number, stage: .accepted))
      let look = RulesTable.facts(["1": .issued, "2": condition], at: now)
      let answer = answer(RulesRow(name: "", record: record, now: now, look: look, ruling: ruling))
      #expect(answer.ruling == ruling)
      #expect(answer.record?.state == state)
      #expect(answer.record?.standing?.stage == stage)
      #expect(answer.record?.standing?.newNumber == "2")
      #expect(answer.record?.lastLook == now)
    }
  }
}
