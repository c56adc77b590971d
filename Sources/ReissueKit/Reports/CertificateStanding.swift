// Where one certificate stands: what the service shows of it, and what the ledger knows of its reissue.

internal import Core
internal import JSON
internal import Ledger
internal import Parameters
internal import Platform
internal import Service
internal import Templates

/// A certificate of the account, with the ledger's record about it.
struct CertificateStanding: Sendable {
  /// From this many days before the end, the end is urgent.
  private static let urgentDays = 7

  let order: AccountOrder
  let certificate: AccountCertificate
  /// The record whose request or new certificate this is.
  let record: LedgerRecord?
  /// The answer to the look at its DNS records; `nil` without a look, or if it failed.
  var dnsRecords: [JSONValue]?
  /// What its folder of the store lacks.
  let storeTrouble: LedgerTrouble?
  let now: Timestamp

  /// Whether it is the certificate of its order that may be reissued.
  var isRepresentative: Bool { order.representative == certificate }

  /// Whole days until the end, rounded down; negative after the end.
  var daysLeft: Int? {
    certificate.notAfter.map {
      Int((Double($0.milliseconds(since: now)) / 86_400_000).rounded(.down))
    }
  }

  /// Whether it is of the past: expired, revoked, deleted or given up, and no record is about it.
  var isOver: Bool {
    record == nil && (certificate.condition == .other || certificate.condition == .failed)
  }

  /// Whether the service waits for proofs of its domains.
  var isWaiting: Bool { certificate.condition == .inProgress && record?.claim == nil }

  /// What became of the last request; of an accepted one, what the service shows now. Claims and refusals have the name
  /// of their state.
  var stage: String? {
    guard let record else { return isWaiting ? LedgerStage.waitingForDNS.rawValue : nil }
    if record.claim != nil || record.outcome?.state == .refused { return record.state.rawValue }
    let isNew = record.outcome?.number != certificate.number.digits
    let shown = isNew || isWaiting ? certificate.condition.stage : nil
    return (shown ?? record.outcome?.stage)?.rawValue
  }

  /// The folder of the store with its key.
  var store: String? { record?.claim?.store ?? record?.outcome?.store }

  /// What is to be done next; `nil` if there is nothing to do.
  var next: NextStep? {
    if record?.claim != nil { return stepOfClaim }
    if isWaiting { return stepOfWait }
    if let step = stepOfOutcome { return step }
    return isRepresentative && order.inProgress == nil ? stepOfRenewal : nil
  }

  private var stepOfClaim: NextStep? {
    guard let record else { return nil }
    guard let trouble = LedgerTrouble(of: record, now: now) else {
      return NextStep(.wait, "a process works on it")
    }
    return NextStep(trouble, record.shownNumber)
  }

  private var stepOfWait: NextStep {
    let number = certificate.number.digits
    guard let dnsRecords, !dnsRecords.isEmpty else {
      return NextStep(.setDNS, "set the DNS records that ncloud-reissue follow \(number) shows")
    }
    let missing = dnsRecords.compactMap(DNSRecord.missing).map { "\($0[1]) \($0[0])" }
    switch missing.count {
    case 0: return NextStep(.wait, "the service has found the DNS records")
    case 1, 2: return NextStep(.setDNS, "set \(missing.joined(separator: ", "))")
    default: return NextStep(.setDNS, "set \(missing[0]) and \(missing.count - 1) more")
    }
  }

  private var stepOfOutcome: NextStep? {
    guard let record, let outcome = record.outcome, let stage else { return nil }
    if let trouble = LedgerTrouble(of: record, now: now), trouble != .expiring {
      return NextStep(trouble, record.shownNumber)
    }
    switch LedgerStage(rawValue: stage) {
    case .accepted, .waitingForDNS:
      return NextStep(.wait, "ncloud-reissue follow \(outcome.number) shows what became of it")
    case .validationFailed: return NextStep(.validationFailed, record.shownNumber)
    case .issued: return storeTrouble.map { NextStep($0, record.shownNumber) }
    case nil: return nil
    }
  }

  /// What a certificate near its end needs.
  private var stepOfRenewal: NextStep? {
    guard let end = certificate.notAfter,
      now >= Policy().dueFrom(end: end, life: certificate.life, now: now)
    else { return nil }
    if let orderEnd = order.endsAt, orderEnd <= end {
      return NextStep(.extendOrder, "extend the order: it ends with the certificate")
    }
    return NextStep(.reissue, "due: the next event requests the reissue")
  }

  /// How urgent the next step is.
  var color: TextTable.Color? {
    guard let next else { return nil }
    if isRepresentative, let daysLeft, daysLeft < Self.urgentDays { return .red }
    switch next.action {
    case .settle, .fixAndRetry: return .red
    case .wait: return nil
    default: return .yellow
    }
  }
}
