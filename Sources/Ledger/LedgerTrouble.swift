// Which records need an operator.

internal import Core
package import Platform

/// Why a record needs an operator: it does not move on by itself.
package enum LedgerTrouble: String, Hashable, Sendable, CaseIterable {
  /// A request may have been carried out.
  case unknown
  /// The owner of a claim has ended, so its request may have been carried out.
  case stuck
  /// The owner of a claim still runs long after its lease: it is stopped, or waits for something.
  case overdue
  /// The service gave the new certificate up.
  case validationFailed = "validation-failed"
  /// The service refused the request.
  case refused
  /// A request waits, and the values of its DNS records end soon, or have ended.
  case expiring
  /// A request waits for longer than the operator allows.
  case waiting
  /// The certificate is issued, and its chain is not in the store.
  case undelivered = "not-delivered"
  /// The certificate is in the store, and its deployment has not succeeded.
  case undeployed = "not-deployed"
  /// The registration of the private key at the service has failed for some time.
  case unregistered = "key-not-registered"

  /// How long an authority accepts the random value of a DNS record (Baseline Requirements, section 3.2.2.4.7), in
  /// milliseconds.
  private static let valueLife = 30 * 86_400_000
  /// The time before that in which a person can still set the record, in milliseconds.
  private static let valueNotice = 7 * 86_400_000
  /// How long the registration of a key may fail, in milliseconds: a timer tries again within minutes, so what still
  /// fails after an hour does not end by itself.
  private static let keyPatience = 3_600_000

  /// The trouble of a record at a time; `nil` if it needs no operator.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - now: The time of this process.
  ///   - waiting: How long a request may wait for the service, in milliseconds.
  ///   - inStore: What an issued certificate with this folder of the store lacks.
  package init?(
    of record: LedgerRecord, now: Timestamp, waiting: Int = .max,
    inStore: (_ store: String) -> LedgerTrouble? = { _ in nil }
  ) {
    let found: LedgerTrouble? =
      switch record.state {
      case .unknown: .unknown
      case .claimed: Self.ofClaim(record, now: now)
      case .validationFailed: .validationFailed
      case .refused: .refused
      case .accepted: Self.ofWait(record, now: now, longest: waiting)
      case .issued: record.outcome?.store.flatMap(inStore) ?? Self.ofKey(record, now: now)
      case .free: nil
      }
    guard let found else { return nil }
    self = found
  }

  private static func ofClaim(_ record: LedgerRecord, now: Timestamp) -> LedgerTrouble? {
    if record.claims.contains(where: { record.isAbandoned($0, life: $0.owner.life(), now: now) }) {
      return .stuck
    }
    return record.claims.contains { record.isLeaseOver($0, now: now) } ? .overdue : nil
  }

  private static func ofWait(
    _ record: LedgerRecord, now: Timestamp, longest: Int
  ) -> LedgerTrouble? {
    let waited = record.since.map { now.milliseconds(since: $0) } ?? 0
    if waited > valueLife - valueNotice { return .expiring }
    return waited > longest ? .waiting : nil
  }

  private static func ofKey(_ record: LedgerRecord, now: Timestamp) -> LedgerTrouble? {
    guard let since = record.outcome?.registration?.failingSince else { return nil }
    return now.milliseconds(since: since) > keyPatience ? .unregistered : nil
  }

  /// Whether an operator can settle the request.
  package var isUndecided: Bool { self == .unknown || self == .stuck }

  /// What the operator can do.
  ///
  /// - Parameter name: How commands find the record: a number of it.
  package func hint(_ name: String) -> String {
    switch self {
    case .unknown, .stuck:
      "run ncloud-reissue follow \(name); if it stays unknown: ncloud-reissue ledger settle \(name) --carried-out, or --not-carried-out"
    case .overdue:
      "a process holds it for too long (see ledger show \(name)): end the process, then ncloud-reissue follow"
    case .validationFailed: "see the reason in the console; the next event sends a new request"
    case .refused:
      "correct the cause, then the next event sends it again; or ncloud-reissue ledger forget \(name)"
    case .expiring:
      "set the DNS records now (ncloud-reissue follow \(name)): their values end 30d after the request"
    case .waiting: "set the DNS records that ncloud-reissue follow \(name) shows"
    case .undelivered: "run ncloud-reissue follow \(name)"
    case .undeployed: "run deploy.sh and read its messages"
    case .unregistered:
      "run ncloud-reissue follow \(name) and read its message, or register the key in the console"
    }
  }
}
