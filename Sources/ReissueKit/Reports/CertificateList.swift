// What `certificates` shows: the Advanced certificates of the account, for people, programs and templates.

package import Core
package import JSON
internal import Ledger
internal import Parameters
internal import Platform
internal import Service
internal import Templates

/// The Advanced certificates of the account, and where each of them stands.
package struct CertificateList: Sendable {
  private static let version = 1
  /// The most domains whose DNS records are looked up: each is a call, and the gateway limits calls.
  private static let maximumLooks = 100

  private let account: Account
  /// The records of the account; `nil` without a ledger.
  private let records: [LedgerRecord]?
  private var rows: [CertificateStanding] = []
  /// Why the ledger could not be read.
  package private(set) var problem: ReissueError?

  /// Reads all pages of certificates and the end dates of their orders from the service; if `isJoined`, also the
  /// ledger, the store and the DNS records of certificates that wait for them.
  ///
  /// - Throws: ``ReissueError``: why the look-up failed.
  package init(
    _ settings: Settings, _ context: Context, _ log: Log, isJoined: Bool
  ) throws(ReissueError) {
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    var client = try ServiceClient(
      ServiceConfiguration(settings, credentials, context, log), context: context, log: log)
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    account = try client.lookAround(deadline: deadline)
    guard isJoined else {
      records = nil
      return
    }
    do throws(ReissueError) {
      records = try LedgerLocation.openIfThere(settings, context, log)?.records(
        of: LedgerDigest.account(of: settings, credentials))
    } catch {
      records = nil
      problem = error
    }
    rows = join(CertificateStore(path: settings.storeFolder), now: context.now())
    findRecords(&client, settings, log, until: deadline)
  }

  /// Every certificate with its order and its record: the soonest end first, then those that are over.
  private mutating func join(_ store: CertificateStore, now: Timestamp) -> [CertificateStanding] {
    var known: [CertificateNumber: LedgerRecord] = [:]
    for record in records ?? [] {
      if let number = certificate(of: record)?.number { known[number] = record }
    }
    var undeployed: Set<String> = []
    do throws(ReissueError) { undeployed = Set(try store.undeployed()) } catch { problem = error }
    var rows: [(end: Int, standing: CertificateStanding)] = []
    for order in account.orders {
      let ends = order.certificates.filter { $0.condition == .issued }.compactMap(\.notAfter)
      let soonest = ends.min()
      for certificate in order.certificates {
        let record = known[certificate.number]
        let standing = CertificateStanding(
          order: order, certificate: certificate, record: record,
          storeTrouble: record?.outcome?.store.flatMap {
            store.lacksChain($0) ? .undelivered : undeployed.contains($0) ? .undeployed : nil
          }, now: now)
        let end = standing.isOver ? nil : certificate.notAfter ?? soonest
        rows.append((end?.milliseconds ?? .max, standing))
      }
    }
    return rows.sorted { left, right in
      (left.standing.isOver ? 1 : 0, left.end, left.standing.certificate.number.order)
        < (right.standing.isOver ? 1 : 0, right.end, right.standing.certificate.number.order)
    }.map(\.standing)
  }

  /// The certificate that a record is about: the new one if the service shows it, else that of the request.
  private func certificate(of record: LedgerRecord) -> AccountCertificate? {
    let outcome = record.outcome
    let numbers = record.claim.map { [$0.number] } ?? [outcome?.newNumber, outcome?.number]
    let named = numbers.compactMap { $0.flatMap { CertificateNumber($0) } }
    var filed: AccountOrder?
    if case .order(let id) = record.key { filed = account.order(id: id) }
    guard let order = filed ?? named.lazy.compactMap(account.order(of:)).first else { return nil }
    if record.claim == nil, outcome?.newNumber == nil, let pending = order.inProgress {
      return pending
    }
    return named.lazy.compactMap { number in order.certificates.first { $0.number == number } }
      .first ?? order.representative
  }

  /// Looks up the DNS records of the certificates that wait for them. A look that fails leaves the list as it is.
  private mutating func findRecords(
    _ client: inout ServiceClient, _ settings: Settings, _ log: Log, until deadline: Int
  ) {
    var questions: [(row: Int, domain: DomainName)] = []
    for (index, row) in rows.enumerated() where row.isWaiting {
      let names = (row.certificate.names ?? []).sorted()
      guard questions.count + names.count <= Self.maximumLooks else { break }
      questions += names.map { (index, $0) }
    }
    let paths = questions.map {
      ServicePath.verification(of: $0.domain, rows[$0.row].certificate.number)
    }
    let answers = client.get(paths, parallel: settings.parallel, deadline: deadline)
    for question in questions { rows[question.row].dnsRecords = [] }
    for (question, answer) in zip(questions, answers) {
      switch answer {
      case .success(let document):
        // Stays `nil` if another domain of the certificate is not known.
        rows[question.row].dnsRecords?
          .append(contentsOf: DNSRecord.all(in: document, domain: question.domain.ascii))
      case .failure(let error):
        rows[question.row].dnsRecords = nil
        log.log(.info, "\(question.domain): its DNS record is not known: \(error.message)")
      }
    }
  }

  /// A line for each certificate; `*` marks the certificate of each order that may be reissued. Empty if there are
  /// none.
  ///
  /// - Parameter isColored: Whether lines that need a person have a colour.
  package func text(isColored: Bool) -> String {
    var table = TextTable(
      [
        "", "NUMBER", "NAME", "COMMON NAME", "STATE", "DAYS LEFT", "ORDER", "ORDER ENDS", "STAGE",
        "SINCE", "NEXT",
      ], rightAligned: [1, 5], isColored: isColored)
    for row in rows {
      let (order, certificate) = (row.order, row.certificate)
      table.add(
        [
          row.isRepresentative ? "*" : " ", certificate.number.digits, certificate.name,
          certificate.commonName, certificate.stateText, row.daysLeft.map(String.init) ?? "",
          order.id ?? "", order.endsAt.map { String($0.rfc3339Seconds.prefix(10)) } ?? "",
          row.stage ?? "", row.record?.since.map { Age.text(of: $0, at: row.now) } ?? "",
          row.next?.text ?? "",
        ], color: row.color)
    }
    return table.text
  }

  /// The document. Within version 1, members may be added, but none is removed or changed.
  package var json: JSONValue {
    .object(
      .present([
        ("version", .integer(Self.version)), ("certificates", .array(rows.map(\.json))),
        ("ledger", records.map(Self.summary)),
      ]))
  }

  /// How many records of the account have each state, the oldest wait and the latest success.
  private static func summary(of records: [LedgerRecord]) -> JSONValue {
    func count(_ state: LedgerRecord.State) -> JSONValue {
      .integer(records.count { $0.state == state })
    }
    let waiting = records.filter { $0.state == .accepted }.compactMap(\.since).min()
    let issued = records.flatMap { record in
      record.attempts.filter { $0.outcome == LedgerStage.issued.rawValue }.map(\.at)
        + [record.standing].compactMap { $0?.state == .issued ? $0?.settledAt : nil }
    }.max()
    return .object(
      .present([
        (
          "outcomes",
          [
            "accepted": count(.accepted), "issued": count(.issued),
            "validationFailed": count(.validationFailed), "refused": count(.refused),
            "unknown": count(.unknown), "claimed": count(.claimed),
          ]
        ), ("oldestWaitingSince", waiting.map { .string($0.rfc3339) }),
        ("lastSuccessAt", issued.map { .string($0.rfc3339) }),
      ]))
  }
}

extension CertificateStanding {
  fileprivate var json: JSONValue {
    .object(
      .present([
        ("certificateNo", .string(certificate.number.digits)),
        ("certificateName", .string(certificate.name)),
        ("commonName", .string(certificate.commonName)),
        ("dnsName", certificate.alternativeNames.map { .array($0.map { .string($0.ascii) }) }),
        ("state", .string(certificate.stateText)),
        ("statusCode", .string(certificate.statusCode)),
        ("type", certificate.type.map(JSONValue.string)),
        ("notBefore", certificate.notBefore.map { .string($0.rfc3339Seconds) }),
        ("notAfter", certificate.notAfter.map { .string($0.rfc3339Seconds) }),
        ("daysLeft", daysLeft.map(JSONValue.integer)),
        ("orderId", order.id.map(JSONValue.string)),
        ("orderEndsAt", order.endsAt.map { .string($0.rfc3339Seconds) }),
        ("representative", .boolean(isRepresentative)),
        ("stage", stage.map(JSONValue.string)),
        ("since", record?.since.map { .string($0.rfc3339) }),
        ("lookedAt", record?.lastLook.map { .string($0.rfc3339) }),
        ("store", store.map(JSONValue.string)), ("next", next?.json),
      ]))
  }
}

extension CertificateList {
  /// The inventory for templates: for every domain of the certificates that may be reissued, the parameters of a
  /// reissue. A wildcard is a key of its own. Nothing in the document depends on the day.
  ///
  /// An internationalised name occurs twice, as DNS has it and as people write it, because events use both. If two
  /// orders have the same domain, the certificate that is valid longer counts. `warnings` names both, and the
  /// certificates whose names cannot be read.
  package var inventory: (document: JSONValue, warnings: [String]) {
    var entries: [DomainName: (certificate: AccountCertificate, order: AccountOrder)] = [:]
    var warnings: [String] = []
    for order in account.orders {
      guard let certificate = order.representative else { continue }
      guard let names = certificate.names else {
        warnings.append(
          "the names of certificate \(certificate.number) cannot be read with certainty")
        continue
      }
      for name in names.sorted() {
        if let other = entries[name] {
          warnings.append(
            "\(name) is in the certificates \(other.certificate.number) and \(certificate.number)")
          guard other.certificate.isOutlived(by: certificate) else { continue }
        }
        entries[name] = (certificate, order)
      }
    }
    let members = entries.flatMap { name, entry in
      [name.ascii, name.unicode].compactMap(\.self).map {
        ($0, Self.entry(entry.certificate, entry.order))
      }
    }.sorted { $0.0 < $1.0 }
    return (.object(JSONObject(members)), warnings)
  }

  private static func entry(_ certificate: AccountCertificate, _ order: AccountOrder) -> JSONValue {
    .object(
      JSONObject.present([
        ("no", .string(certificate.number.digits)), ("name", .string(certificate.name)),
        ("cn", .string(certificate.commonName)),
        ("sans", certificate.alternativeNames.map { .array($0.map { .string($0.ascii) }) }),
        ("order", order.id.map(JSONValue.string)),
      ]))
  }
}

extension AccountCertificate {
  /// The state as people read it.
  fileprivate var stateText: String {
    switch statusCode {
    case "-2": "expired"
    case "-5": "revoked"
    case "-6": "deleted"
    default:
      switch condition {
      case .inProgress: "in progress"
      case .issued: "normal"
      case .failed: "failed (\(statusCode))"
      case .other: "unknown (\(statusCode))"
      }
    }
  }

  fileprivate func isOutlived(by other: AccountCertificate) -> Bool {
    (notAfter?.milliseconds ?? 0) < (other.notAfter?.milliseconds ?? 0)
  }
}

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

  /// Whether it is over: expired, revoked, deleted or given up, and without a record.
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
    if isWaiting { return .validation(dnsRecords ?? [], of: certificate.number.digits) }
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

  private var stepOfOutcome: NextStep? {
    guard let record, let outcome = record.outcome, let stage else { return nil }
    if let trouble = LedgerTrouble(of: record, now: now), trouble != .expiring {
      return NextStep(trouble, record.shownNumber)
    }
    switch LedgerStage(rawValue: stage) {
    case .accepted, .waitingForDNS: return .look(at: outcome.number)
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
