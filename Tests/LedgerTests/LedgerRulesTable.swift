import Core
import Platform
import TestSupport
import Testing

@testable import Ledger

/// One row of the table of states.
struct RulesRow: CustomTestStringConvertible, Sendable {
  var name: String
  var record: LedgerRecord?
  var now = moment(0)
  var digest = "d"
  var force = false
  var look = LedgerLook.notYet
  var life = ProcessIdentity.Life.unknown
  var sent = 0
  var ruling: LedgerRuling
  var state: LedgerRecord.State?

  var testDescription: String { name }
}

/// The table of states, row by row.
enum RulesTable {
  static let accepted = LedgerRecord.settled(.accepted(newNumber: "2", stage: .accepted))
  static let issued = LedgerRecord.settled(.accepted(newNumber: "2", stage: .issued))
  static let failed = LedgerRecord.settled(
    .accepted(newNumber: "2", stage: .validationFailed))
  static let refused = LedgerRecord.settled(.refused(code: "service.1"))
  static let until = moment(week)
  static let claimed = LedgerRecord.claimed()
  static let unknown = LedgerRecord.claimed(
    .at(moment(0), signedAt: moment(0), doubt: "network.lost-answer"))

  static func facts(
    _ others: KeyValuePairs<String, CertificateCondition>, at time: Timestamp
  ) -> LedgerLook {
    .facts(.of(others, seenAt: time))
  }

  static let withoutClaim: [RulesRow] = [
    RulesRow(name: "none", ruling: .send),
    RulesRow(name: "none, 49 sent", sent: 49, ruling: .send),
    RulesRow(name: "none, 50 sent", sent: 50, ruling: .dailyCap),
    RulesRow(name: "none, forced, 50 sent", force: true, sent: 50, ruling: .dailyCap),
    RulesRow(name: "accepted", record: accepted, ruling: .cooldown(until: until)),
    RulesRow(
      name: "accepted, beyond the cap", record: accepted, sent: 99, ruling: .cooldown(until: until)),
    RulesRow(
      name: "accepted, other parameters", record: accepted, digest: "x",
      ruling: .cooldown(until: until)),
    RulesRow(
      name: "accepted, an hour ago", record: accepted, now: moment(hour),
      ruling: .cooldown(until: until)),
    RulesRow(
      name: "accepted, more than an hour ago", record: accepted, now: moment(hour + 1),
      ruling: .lookFirst),
    RulesRow(
      name: "accepted, the query failed", record: accepted, now: moment(2 * hour), look: .failed,
      ruling: .cooldown(until: until)),
    RulesRow(
      name: "accepted, the last moment", record: accepted, now: moment(week - 1), look: .failed,
      ruling: .cooldown(until: until)),
    RulesRow(
      name: "accepted, the cooldown is over", record: accepted, now: moment(week), ruling: .send),
    RulesRow(
      name: "accepted, the cooldown is over, beyond the cap", record: accepted, now: moment(week),
      sent: 50,
      ruling: .dailyCap),
    RulesRow(name: "accepted, forced", record: accepted, force: true, ruling: .send),
    RulesRow(
      name: "issued needs no query", record: issued, now: moment(day),
      ruling: .cooldown(until: until), state: .issued),
    RulesRow(name: "issued, forced", record: issued, force: true, ruling: .send),
    RulesRow(name: "validation failed", record: failed, ruling: .send, state: .validationFailed),
    RulesRow(name: "refused", record: refused, ruling: .backingOff(until: moment(hour))),
    RulesRow(name: "refused, the wait is over", record: refused, now: moment(hour), ruling: .send),
    RulesRow(name: "refused, other parameters", record: refused, digest: "x", ruling: .send),
    RulesRow(name: "refused, forced", record: refused, force: true, ruling: .send),
  ]

  /// An accepted or issued request, and then a refused request that was forced.
  static func refusedLater(_ record: LedgerRecord, at offset: Int) -> LedgerRecord {
    var record = record
    record.claim = .at(moment(offset))
    record.settle(.refused(code: "service.1"), signedAt: moment(offset), now: moment(offset))
    return record
  }

  static let refusedBeside: [RulesRow] = [
    RulesRow(
      name: "accepted, a repeat refused", record: refusedLater(accepted, at: hour),
      now: moment(hour), ruling: .cooldown(until: until), state: .accepted),
    RulesRow(
      name: "accepted, a repeat refused, the wait is over",
      record: refusedLater(accepted, at: hour),
      now: moment(3 * hour), look: .failed, ruling: .cooldown(until: until), state: .accepted),
    RulesRow(
      name: "accepted, a repeat refused, other parameters",
      record: refusedLater(accepted, at: hour),
      now: moment(hour), digest: "x", ruling: .cooldown(until: until), state: .accepted),
    RulesRow(
      name: "accepted, a repeat refused, forced", record: refusedLater(accepted, at: hour),
      now: moment(hour), force: true, ruling: .send, state: .accepted),
    RulesRow(
      name: "issued, a repeat refused", record: refusedLater(issued, at: hour), now: moment(hour),
      ruling: .cooldown(until: until), state: .refused),
    RulesRow(
      name: "issued long ago, refused now", record: refusedLater(issued, at: 2 * week),
      now: moment(2 * week), ruling: .backingOff(until: moment(2 * week + hour)), state: .refused),
    RulesRow(
      name: "issued long ago, refused, other parameters",
      record: refusedLater(issued, at: 2 * week), now: moment(2 * week), digest: "x", ruling: .send,
      state: .refused),
    RulesRow(
      name: "issued long ago, refused, the wait is over",
      record: refusedLater(issued, at: 2 * week), now: moment(2 * week + hour), ruling: .send,
      state: .refused),
    RulesRow(
      name: "validation failed, then refused", record: refusedLater(failed, at: hour),
      now: moment(hour),
      ruling: .backingOff(until: moment(2 * hour)), state: .refused),
  ]

  static let withClaim: [RulesRow] = [
    RulesRow(
      name: "owner alive", record: claimed, life: .alive, ruling: .inProgress, state: .claimed),
    RulesRow(
      name: "owner cannot be checked", record: claimed, now: moment(12 * minute - 1),
      ruling: .inProgress, state: .claimed),
    RulesRow(
      name: "owner alive, forced", record: claimed, force: true, life: .alive, ruling: .inProgress,
      state: .claimed),
    RulesRow(
      name: "a query says nothing about a live claim", record: claimed,
      look: facts(["1": .issued, "2": .issued], at: moment(0)),
      life: .alive, ruling: .inProgress, state: .claimed),
    RulesRow(
      name: "owner gone", record: claimed, life: .dead, ruling: .lookFirst,
      state: .unknown),
    RulesRow(
      name: "lease over", record: claimed, now: moment(12 * minute), ruling: .lookFirst,
      state: .unknown),
    RulesRow(
      name: "lease over, owner alive: a fast clock takes no claim away", record: claimed,
      now: moment(12 * minute), life: .alive, ruling: .inProgress, state: .claimed),
    RulesRow(
      name: "far beyond the lease, owner alive", record: claimed, now: moment(week), force: true,
      look: facts(["1": .issued], at: moment(week)), life: .alive, ruling: .inProgress,
      state: .claimed),
    RulesRow(
      name: "unknown", record: unknown, life: .alive, ruling: .lookFirst, state: .unknown),
    RulesRow(
      name: "unknown, forced", record: unknown, force: true, ruling: .lookFirst,
      state: .unknown),
    RulesRow(
      name: "unknown, the query failed", record: unknown, look: .failed, ruling: .held(.notLooked),
      state: .unknown),
    RulesRow(
      name: "unknown, found in progress", record: unknown,
      look: facts(["1": .issued, "2": .inProgress], at: moment(0)),
      ruling: .cooldown(until: until), state: .accepted),
    RulesRow(
      name: "unknown, found with failed validation", record: unknown,
      look: facts(["1": .issued, "2": .failed], at: moment(0)),
      ruling: .send, state: .validationFailed),
    RulesRow(
      name: "unknown, nothing new yet", record: unknown, now: moment(10 * minute - 1),
      look: facts(["1": .issued], at: moment(10 * minute - 1)),
      ruling: .held(.tooEarly(until: moment(10 * minute))), state: .unknown),
    RulesRow(
      name: "unknown, queried before the window passed", record: unknown, now: moment(10 * minute),
      look: facts(["1": .issued], at: moment(9 * minute)),
      ruling: .held(.tooEarly(until: moment(10 * minute))), state: .unknown),
    RulesRow(
      name: "unknown, absent", record: unknown, now: moment(10 * minute),
      look: facts(["1": .issued], at: moment(10 * minute)), ruling: .send, state: .free),
    RulesRow(
      name: "unknown, absent, beyond the daily cap", record: unknown, now: moment(10 * minute),
      look: facts(["1": .issued], at: moment(10 * minute)), sent: 50, ruling: .dailyCap,
      state: .free),
    RulesRow(
      name: "unknown, not visible", record: unknown, now: moment(day),
      look: facts([:], at: moment(day)),
      ruling: .held(.notVisible), state: .unknown),
    RulesRow(
      name: "unknown, old one in progress", record: unknown, now: moment(day),
      look: facts(["1": .inProgress], at: moment(day)), ruling: .held(.inProgressAtService),
      state: .unknown),
    RulesRow(
      name: "owner gone: perhaps signed as late as promised", record: claimed,
      now: moment(10 * minute),
      look: facts(["1": .issued], at: moment(10 * minute)), life: .dead,
      ruling: .held(.tooEarly(until: moment(11 * minute))), state: .unknown),
    RulesRow(
      name: "owner gone, absent", record: claimed, now: moment(11 * minute),
      look: facts(["1": .issued], at: moment(11 * minute)), life: .dead, ruling: .send, state: .free
    ),
  ]

  /// Two records of one order, each with a claim: the outcome of one says nothing about the other.
  static func folded(_ first: LedgerClaim, _ second: LedgerClaim) -> LedgerRecord {
    LedgerRecord.claimed(first).merged(with: .claimed(second))
  }

  static let lost = LedgerClaim.at(moment(0), token: "lost", signedAt: moment(0), doubt: "x")
  static let live = LedgerClaim.at(moment(minute), token: "live", baseline: ["1", "2"])

  static let withTwoClaims: [RulesRow] = [
    RulesRow(
      name: "unknown and live", record: folded(lost, live), now: moment(minute), life: .alive,
      ruling: .lookFirst, state: .unknown),
    RulesRow(
      name: "unknown and live, forced, the query failed", record: folded(lost, live),
      now: moment(minute), force: true, look: .failed, life: .alive, ruling: .held(.notLooked),
      state: .unknown),
    RulesRow(
      name: "the unknown one absent, the other still live", record: folded(lost, live),
      now: moment(hour), look: facts(["1": .issued], at: moment(hour)), life: .alive,
      ruling: .inProgress, state: .claimed),
    RulesRow(
      name: "the unknown one found, the other still live", record: folded(lost, live),
      now: moment(hour), look: facts(["1": .issued, "2": .issued], at: moment(hour)), life: .alive,
      ruling: .inProgress, state: .claimed),
    RulesRow(
      name: "both owners gone, one absent, one found", record: folded(lost, live),
      now: moment(hour),
      look: facts(["1": .issued, "2": .issued, "3": .inProgress], at: moment(hour)), life: .dead,
      ruling: .cooldown(until: moment(week + 2 * minute)), state: .accepted),
    RulesRow(
      name: "both owners gone, the later one may still be on its way", record: folded(lost, live),
      now: moment(11 * minute), look: facts(["1": .issued], at: moment(11 * minute)), life: .dead,
      ruling: .held(.tooEarly(until: moment(12 * minute))), state: .unknown),
    RulesRow(
      name: "both absent", record: folded(lost, live), now: moment(hour),
      look: facts(["1": .issued], at: moment(hour)), life: .dead, ruling: .send, state: .free),
    RulesRow(
      name: "two live claims", record: folded(live, .at(moment(0), token: "other")),
      now: moment(week), force: true, life: .alive, ruling: .inProgress, state: .claimed),
  ]
}
