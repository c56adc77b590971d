import Core
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite("a clock that jumps neither unlocks early nor locks for ever")
struct LedgerClockTests {
  private func rule(_ record: inout LedgerRecord, _ now: Timestamp, look: LedgerLook = .failed)
    -> LedgerRuling
  {
    var changed: LedgerRecord? = record
    defer { record = changed ?? record }
    return LedgerRules.rule(
      &changed, digest: "d", policy: LedgerPolicy(cooldown: week), look: look,
      life: { _ in .unknowable },
      sentToday: 0, now: now)
  }

  @Test(
    "clocks that differ by no more than five minutes count as the same",
    arguments: [0, 1, 5 * minute])
  func tolerance(behind: Int) {
    var record = LedgerRecord.settled(.accepted(newNumber: nil, stage: .accepted))
    #expect(rule(&record, moment(-behind)) == .cooldown(until: moment(week)))
    #expect(record.clockBehindSince == nil)
  }

  @Test("a clock that was set back for a while unlocks nothing when it is right again")
  func setBack() {
    var record = LedgerRecord.settled(.accepted(newNumber: nil, stage: .accepted))
    let behind = moment(-10 * day)
    #expect(rule(&record, behind) == .cooldown(until: behind.adding(milliseconds: week)))
    #expect(record.clockBehindSince == behind)
    #expect(rule(&record, moment(hour)) == .cooldown(until: moment(week)))
    #expect(record.clockBehindSince == nil)
  }

  @Test(
    "a time in the far future locks for one cooldown from the moment it is seen",
    arguments: [10 * day, 36_500 * day, Int.max - 1_795_557_600_000])
  func future(ahead: Int) {
    var record = LedgerRecord.settled(
      .accepted(newNumber: nil, stage: .accepted), at: moment(ahead))
    #expect(rule(&record, moment(0)) == .cooldown(until: moment(week)))
    #expect(rule(&record, moment(day)) == .cooldown(until: moment(week)))
    #expect(rule(&record, moment(week - 1)) == .cooldown(until: moment(week)))
    #expect(rule(&record, moment(week)) == .send)
  }

  @Test("a clock that goes back further and further never unlocks")
  func further() {
    var record = LedgerRecord.settled(.accepted(newNumber: nil, stage: .accepted))
    for days in 1...20 {
      let now = moment(-days * day)
      #expect(rule(&record, now) == .cooldown(until: now.adding(milliseconds: week)))
    }
  }

  @Test("a refusal, a lease and the window of absence are bounded in the same way")
  func others() {
    let far = moment(1_000 * day)
    var refused = LedgerRecord.settled(.refused(code: "service.1"), at: far)
    #expect(rule(&refused, moment(0)) == .backingOff(until: moment(hour)))
    #expect(rule(&refused, moment(hour)) == .send)

    var claimed = LedgerRecord.claimed(.at(far))
    #expect(rule(&claimed, moment(0)) == .inProgress)
    #expect(rule(&claimed, moment(12 * minute)) == .held(.notLooked))
    #expect(claimed.state == .unknown)

    var unknown = LedgerRecord.claimed(.at(far, signedAt: far, doubt: "reply.unreadable"))
    func facts(_ time: Timestamp) -> LedgerLook { .facts(.of(["1": .issued], seenAt: time)) }
    let until = moment(10 * minute)
    #expect(rule(&unknown, moment(0), look: facts(moment(0))) == .held(.tooEarly(until: until)))
    #expect(rule(&unknown, until, look: facts(until)) == .send)
  }

  @Test("arithmetic on stored times stops at its bounds")
  func bounds() {
    let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
    #expect(last.adding(milliseconds: 1) == last && first.adding(milliseconds: -1) == first)
    #expect(last.milliseconds(since: first) == .max && first.milliseconds(since: last) == .min)
    #expect(Timestamp(milliseconds: -1).day == -1 && moment(0).day == 20_781)
    var record = LedgerRecord.claimed(.at(first))
    #expect(rule(&record, last) == .held(.notLooked))
    record = .claimed(.at(last))
    // Its lease has no length left.
    #expect(rule(&record, first) == .held(.notLooked))
  }
}
