// Which records need an operator.

package import Platform

/// Why a record needs an operator.
package enum LedgerTrouble: String, Hashable {
  /// A request may have been carried out.
  case unknown
  /// The owner of a claim has ended, so its request may have been carried out.
  case stuck
  /// The owner of a claim still runs long after its lease: it is stopped, or waits for something.
  case overdue
  /// The service gave the new certificate up.
  case validationFailed = "validation-failed"

  /// The trouble of a record at a time; `nil` if it needs no operator.
  package init?(of record: LedgerRecord, now: Timestamp) {
    switch record.state {
    case .unknown: self = .unknown
    case .claimed:
      if record.claims.contains(where: { record.isAbandoned($0, life: $0.owner.life(), now: now) })
      {
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

  /// Whether an operator can settle the request.
  package var isUndecided: Bool { self == .unknown || self == .stuck }

  /// What the operator can do.
  package var hint: String {
    switch self {
    case .unknown, .stuck:
      "run ncloud-reissue follow; if that does not settle it: ncloud-reissue ledger settle"
    case .overdue:
      "a process holds it for too long (see ledger show): end the process, then ncloud-reissue follow"
    case .validationFailed: "see the reason in the console; the next event sends a new request"
    }
  }
}
