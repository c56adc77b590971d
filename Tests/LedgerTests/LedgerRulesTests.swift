import Core
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite("The record decides what happens to an event")
struct LedgerRulesTests {
  private func answer(_ row: RulesRow) -> (ruling: LedgerRuling, record: LedgerRecord?) {
    var record = row.record
    let ruling = LedgerRules.rule(
      &record, digest: row.digest, policy: LedgerPolicy(cooldown: week, force: row.force),
      look: row.look, life: { _ in row.life }, sentToday: row.sent, now: row.now)
    return (ruling, record)
  }

  @Test(
    "A record without a claim decides by its outcomes",
    arguments: RulesTable.withoutClaim + RulesTable.refusedBeside)
  func settled(row: RulesRow) {
    let answer = answer(row)
    #expect(answer.ruling == row.ruling)
    #expect(answer.record?.state == row.state ?? row.record?.state)
  }

  @Test(
    "Each refusal doubles the wait, up to a day",
    arguments: zip(1...8, [1, 2, 4, 8, 16, 24, 24, 24]))
  func backoff(times: Int, hours: Int) {
    let record = LedgerRecord.settled(.refused(code: "service.1"), times: times)
    #expect(record.refusals == times)
    let row = RulesRow(name: "", record: record, ruling: .backingOff(until: moment(hours * hour)))
    #expect(answer(row).ruling == row.ruling)
    #expect(LedgerRules.backoff(refusals: .max) == day)
    #expect(LedgerRules.backoff(refusals: .min) == hour)
  }

  @Test(
    "A record with a claim decides by its owner and the query",
    arguments: RulesTable.withClaim + RulesTable.withTwoClaims)
  func claimed(row: RulesRow) {
    let answer = answer(row)
    #expect(answer.ruling == row.ruling)
    #expect(answer.record?.state == row.state)
  }

  @Test("An absent request does not change the earlier outcome")
  func previous() {
    var record = RulesTable.accepted
    record.claim = .at(moment(day), signedAt: moment(day), doubt: "reply.unreadable")
    let now = moment(2 * day)
    let row = RulesRow(
      name: "", record: record, now: now,
      look: RulesTable.facts(["1": .issued, "2": .inProgress], at: now),
      ruling: .held(.inProgressAtService))
    // The baseline of the forced request is number 1 alone, so certificate 2 counts as its result.
    #expect(answer(row).record?.state == .accepted)
    record.claim?.baseline.numbers = ["1", "2"]
    var later = row
    later.record = record
    later.look = RulesTable.facts(["1": .issued, "2": .issued], at: now)
    #expect(answer(later).ruling == .cooldown(until: RulesTable.until))
    #expect(answer(later).record?.claim == nil)
  }

  @Test(
    "A query updates the stage of an accepted request",
    arguments: [
      (.inProgress, .cooldown(until: RulesTable.until), .accepted, .waitingForDNS),
      (.issued, .cooldown(until: RulesTable.until), .issued, .issued),
      (.failed, .send, .validationFailed, .validationFailed),
      (.other, .cooldown(until: RulesTable.until), .accepted, .accepted),
    ]
      as [(CertificateCondition, LedgerRuling, LedgerRecord.State, LedgerStage)])
  func moves(
    condition: CertificateCondition, ruling: LedgerRuling, state: LedgerRecord.State,
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
