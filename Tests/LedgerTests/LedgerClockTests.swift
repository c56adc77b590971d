import Core
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite("A clock that jumps neither unlocks early nor locks for ever")
struct LedgerClockTests {
  private func rule(_ record: inout LedgerRecord, _ now: Timestamp, look: LedgerLook = .failed)
    -> LedgerRuling
  {
    var changed: LedgerRecord? = record
    defer { record = changed ?? record }
    return LedgerRules.rule(
      &changed, digest: "d", policy: LedgerPolicy(cooldown: week), look: look,
      life: { _ in .unknown },
      sentToday: 0, now: now)
  }

  @Test(
    "Clocks that differ by up to five minutes count as equal",
    arguments: [0, 1, 5 * minute])
  func tolerance(behind: Int) {
    var record = LedgerRecord.settled(.accepted(newNumber: nil, stage: .accepted))
    #expect(rule(&record, moment(-behind)) == .cooldown(until: moment(week)))
    #expect(record.clockBehindSince == nil)
  }

  @Test("After a clock was set back for a while, the original cooldown still holds")
  func setBack() {
    var record = LedgerRecord.settled(.accepted(newNumber: nil, stage: .accepted))
    let behind = moment(-10 * day)
    #expect(rule(&record, behind) == .cooldown(until: behind.adding(milliseconds: week)))
    #expect(record.clockBehindSince == behind)
    #expect(rule(&record, moment(hour)) == .cooldown(until: moment(week)))
    #expect(record.clockBehindSince == nil)
  }

  @Test(
    "A stored time in the far future locks for one cooldown from the moment it is first seen",
    arguments: [10 * day, 36_500 * day, Int.max - 1_795_557_600_000])
  func future(ahead: Int) {
    var record = LedgerRecord.settled(
      .accepted(newNumber: nil, stage: .accepted), at: moment(ahead))
    #expect(rule(&record, moment(0)) == .cooldown(until: moment(week)))
    #expect(rule(&record, moment(day)) == .cooldown(until: moment(week)))
    #expect(rule(&record, moment(week - 1)) == .cooldown(until: moment(week)))
    #expect(rule(&record, moment(week)) == .send)
  }

  @Test("A clock that is set back again and again never unlocks")
  func further() {
    var record = LedgerRecord.settled(.accepted(newNumber: nil, stage: .accepted))
    for days in 1...20 {
      let now = moment(-days * day)
      #expect(rule(&record, now) == .cooldown(until: now.adding(milliseconds: week)))
    }
  }

  @Test("A wrong clock does not extend a wait after a refusal, a lease or the window of absence")
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

  @Test("Arithmetic on stored times saturates")
  func bounds() {
    let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
    #expect(last.adding(milliseconds: 1) == last && first.adding(milliseconds: -1) == first)
    #expect(last.milliseconds(since: first) == .max && first.milliseconds(since: last) == .min)
    #expect(Timestamp(milliseconds: -1).day == -1 && moment(0).day == 20_781)
    var record = LedgerRecord.claimed(.at(first))
    #expect(rule(&record, last) == .held(.notLooked))
    record = .claimed(.at(last))
    // The lease has length 0, because its end saturates.
    #expect(rule(&record, first) == .held(.notLooked))
  }
}
