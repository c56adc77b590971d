// What a person has to do about a record.

package import Platform

/// Why a record needs an operator.
package enum LedgerTrouble: String, Hashable {
  /// A request may have been carried out.
  case unknown
  /// Its owner is gone, so that it may have been.
  case stuck
  /// Its owner still runs, long after the time in which it would send: stopped, or waiting for something.
  case overdue
  /// The service gave the new certificate up.
  case validationFailed = "validation-failed"

  package init?(of record: LedgerRecord, now: Timestamp) {
    switch record.state {
    case .unknown: self = .unknown
    case .claimed:
      if record.claims.contains(where: {
        record.isAbandoned($0, life: LedgerLife($0.owner.life()), now: now)
      }) {
        self = .stuck
      } else if record.claims.contains(where: { record.isLeaseOver($0, now: now) }) {
        self = .overdue
      } else {
        return nil
      }
    case .validationFailed: self = .validationFailed
    default: return nil
    }
  }

  package var isUndecided: Bool { self == .unknown || self == .stuck }

  /// The next step.
  package var hint: String {
    switch self {
    case .unknown, .stuck: "ncloud-reissue follow looks; if that does not settle it: ledger settle"
    case .overdue:
      "a process holds it beyond its time (ledger show names it): end it, then ncloud-reissue follow"
    case .validationFailed: "see the reason in the console; the next event asks again"
    }
  }
}
