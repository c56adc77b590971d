// What the commands below `ledger` show: records, for people and for programs.

internal import Core
package import JSON
internal import Ledger
internal import Platform

/// Records of the ledger.
package struct LedgerReport: Sendable {
  fileprivate static let version = 1

  private let records: [LedgerRecord]
  private let now: Timestamp

  init(_ records: [LedgerRecord], now: Timestamp) {
    self.records = records.sorted { ($0.changedAt, $0.key.text) > ($1.changedAt, $1.key.text) }
    self.now = now
  }

  /// The document. A record that needs an operator has `trouble`. Within version 1, members may be added, but none is
  /// removed or changed.
  package var json: JSONValue {
    let entries = records.map { record -> JSONValue in
      guard case .object(var object) = record.document else { return record.document }
      object["since"] = record.since.map { .string($0.rfc3339) }
      object["trouble"] = LedgerTrouble(of: record, now: now).map { .string($0.rawValue) }
      return .object(object)
    }
    return ["version": .integer(Self.version), "records": .array(entries)]
  }

  /// A line for each record, the latest change first.
  package var table: String {
    var table = TextTable(
      ["STATE", "STAGE", "NAME", "NUMBER", "NEW", "SINCE", "AGE", "LOOKED", "EVENT"],
      rightAligned: [3, 4])
    for record in records {
      let since = record.since ?? record.changedAt
      table.add([
        record.state.rawValue, record.outcome?.stage?.rawValue ?? "", record.name,
        record.claim?.number ?? record.outcome?.number ?? "", record.outcome?.newNumber ?? "",
        LocalTime.text(since), Age.text(of: since, at: now),
        record.lastLook.map { Age.text(of: $0, at: now) } ?? "",
        record.claim?.event ?? record.outcome?.event ?? "",
      ])
    }
    return table.text
  }

  /// All members of the records.
  package var details: String { records.map(details).joined(separator: "\n") }

  private func details(_ record: LedgerRecord) -> String {
    var lines: [(String, String)] = [
      ("state", record.state.rawValue), ("name", record.shownName), ("key", record.key.text),
      ("numbers", record.numbers.joined(separator: ", ")),
      (
        "account",
        String(record.account.prefix(12)) + "… (SHA-256 of its name, or of the access key's id)"
      ),
    ]
    for claim in record.claims { lines += details(claim) }
    if let standing = record.standing { lines += details(standing) }
    if let refusal = record.refusal { lines += details(refusal) }
    if let last = record.lastLook { lines.append(("last look", Age.full(last, at: now))) }
    if record.refusals > 0 { lines.append(("refusals", String(record.refusals))) }
    for attempt in record.attempts {
      let parts = [
        Age.full(attempt.at, at: now), attempt.outcome, attempt.newNumber.map { "→ \($0)" },
        attempt.code.map { "[\($0)]" }, attempt.event, attempt.reference,
      ]
      lines.append(("history", parts.compactMap(\.self).joined(separator: "  ")))
    }
    return lines.map { name, text in
      name + String(repeating: " ", count: max(1, 12 - name.count)) + VisibleText.line(text) + "\n"
    }.joined()
  }

  private func details(_ claim: LedgerClaim) -> [(String, String)] {
    var lines = [
      ("claim", "for \(claim.number), by \(claim.event), \(Age.full(claim.claimedAt, at: now))"),
      ("owner", "process \(claim.owner.pid) on \(claim.owner.host): \(claim.owner.life())"),
      ("lease", "until \(Age.full(claim.leaseUntil, at: now))"),
    ]
    if let doubt = claim.doubt {
      lines.append(("unknown", "since \(Age.full(doubt.since, at: now)) [\(doubt.code)]"))
    }
    if let store = claim.store { lines.append(("store", store)) }
    return lines
  }

  private func details(_ standing: LedgerOutcomeRecord) -> [(String, String)] {
    let request = "for \(standing.number), by \(standing.event), "
    let optional = [
      ("new number", standing.newNumber), ("stage", standing.stage?.rawValue),
      // Records of version 1.0.0 name the removed folder of a refused request.
      ("store", standing.stage == nil ? nil : standing.store), ("code", standing.code),
    ]
    return [
      (
        standing.state == .refused ? "refused" : "request",
        request + Age.full(standing.signedAt, at: now)
      ),
      ("settled", Age.full(standing.settledAt, at: now)),
    ] + optional.compactMap { name, text in text.map { (name, $0) } }
  }
}

/// The outcomes of a span of time, whatever has become of their records since.
package struct LedgerHistory: Sendable {
  private let entries: [(record: LedgerRecord, attempt: LedgerAttempt)]
  private let now: Timestamp

  /// The entries of the histories of records since a time, the latest first.
  init(of records: [LedgerRecord], since start: Timestamp, now: Timestamp) {
    entries = records.flatMap { record in
      record.attempts.filter { $0.at >= start }.map { (record: record, attempt: $0) }
    }.sorted { $0.attempt.at > $1.attempt.at }
    self.now = now
  }

  /// A line for each outcome.
  package var table: String {
    var table = TextTable(
      ["TIME", "AGE", "OUTCOME", "NAME", "NEW", "CODE", "EVENT"], rightAligned: [4])
    for (record, attempt) in entries {
      table.add([
        LocalTime.text(attempt.at), Age.text(of: attempt.at, at: now), attempt.outcome,
        record.shownName, attempt.newNumber ?? "", attempt.code ?? "", attempt.event,
      ])
    }
    return table.text
  }

  /// The document.
  package var json: JSONValue {
    let outcomes = entries.map { record, attempt -> JSONValue in
      .object(
        .present([
          ("at", .string(attempt.at.rfc3339)), ("outcome", .string(attempt.outcome)),
          ("name", .string(record.name)), ("key", .string(record.key.text)),
          ("newNumber", attempt.newNumber.map(JSONValue.string)),
          ("code", attempt.code.map(JSONValue.string)), ("event", .string(attempt.event)),
          ("reference", attempt.reference.map(JSONValue.string)),
        ]))
    }
    return ["version": .integer(LedgerReport.version), "outcomes": .array(outcomes)]
  }
}

extension LedgerRecord {
  /// The name, or a word in its place.
  var shownName: String { name.isEmpty ? "(no name)" : name }
}

// What `ledger check` reports: everything that does not move on by itself, for people and for monitoring.
/// What needs an operator: records of the ledger, and certificates of the store that are not deployed.
package struct LedgerCheck: Sendable {
  private static let version = 1
  /// How monitoring plugins name their service (Monitoring Plugins Development Guidelines).
  private static let service = "NCLOUD_REISSUE"

  /// One thing that needs an operator.
  fileprivate struct Finding {
    let trouble: LedgerTrouble
    let name: String
    let numbers: [String]
    let since: Timestamp?
    let next: NextStep
    let code: String?
    let store: String?
  }

  private let findings: [Finding]
  /// The records that need an operator.
  private let troubled: LedgerReport
  /// The number of all records.
  private let count: Int
  /// Since when the oldest waiting request waits.
  private let oldest: Timestamp?
  private let waiting: TimeSpan
  private let now: Timestamp

  /// Looks for trouble in all records, and in the store, which shows what was delivered and deployed. A request may
  /// wait for as long as `waiting`.
  ///
  /// - Parameter records: Shows all records to its argument, and returns those that it accepts.
  /// - Throws: ``ReissueError``, exit 74, if the store or a record cannot be read.
  init(
    _ store: CertificateStore, waiting: TimeSpan, now: Timestamp,
    records: (_ isWanted: (LedgerRecord) -> Bool) throws(ReissueError) -> [LedgerRecord]
  ) throws(ReissueError) {
    var undeployed = Set(try store.undeployed())
    func trouble(of record: LedgerRecord) -> LedgerTrouble? {
      LedgerTrouble(of: record, now: now, waiting: waiting.milliseconds) { entry in
        store.lacksChain(entry) ? .undelivered : undeployed.contains(entry) ? .undeployed : nil
      }
    }
    var (count, oldest) = (0, Timestamp?.none)
    let troubled = try records { record in
      count += 1
      if record.state == .accepted, let since = record.since {
        oldest = min(oldest ?? since, since)
      }
      return trouble(of: record) != nil
    }.sorted { ($0.name, $0.key.text) < ($1.name, $1.key.text) }
    var findings = troubled.compactMap { record in
      trouble(of: record).map { Finding($0, record) }
    }
    // The others are those of forgotten records, and of records in other trouble.
    undeployed.subtract(findings.filter { $0.trouble == .undeployed }.compactMap(\.store))
    findings += undeployed.sorted().map(Finding.init(undeployed:))
    self.findings = findings
    self.troubled = LedgerReport(troubled, now: now)
    (self.count, self.oldest) = (count, oldest)
    self.waiting = waiting
    self.now = now
  }

  /// Whether nothing needs an operator.
  package var isEmpty: Bool { findings.isEmpty }

  private var summary: String {
    let counts = LedgerTrouble.allCases.compactMap { trouble in
      let count = findings.count { $0.trouble == trouble }
      return count == 0 ? nil : "\(count) \(trouble.rawValue)"
    }
    return counts.isEmpty
      ? "nothing needs an operator, records: \(count)" : counts.joined(separator: ", ")
  }

  /// The numbers for graphs, as monitoring plugins print them: `name=value` with the unit of time `s`.
  private var performance: String {
    let counts = LedgerTrouble.allCases.map { trouble in
      let name = trouble.rawValue.map { $0 == "-" ? "_" : $0 }
      return "\(String(name))=\(findings.count { $0.trouble == trouble })"
    }
    let age = oldest.map { max(0, now.milliseconds(since: $0)) / 1_000 } ?? 0
    return (counts + ["oldest_waiting=\(age)s;\(waiting.seconds)"]).joined(separator: " ")
  }

  /// A summary as monitoring plugins print it, then a line for each finding with the next step.
  package var text: String {
    let head = "\(Self.service) \(isEmpty ? "OK" : "WARNING") - \(summary) | \(performance)\n"
    return head
      + findings.map { finding in
        let numbers = finding.numbers.isEmpty ? "" : " (\(finding.numbers.joined(separator: ", ")))"
        let age = finding.since.map { ", \(Age.text(of: $0, at: now))" } ?? ""
        let code = finding.code.map { " [\($0)]" } ?? ""
        // A bar would begin the numbers for graphs.
        let line = "\(finding.trouble.rawValue): \(finding.name)\(numbers)\(age)\(code): "
        return VisibleText.line(String((line + finding.next.text).map { $0 == "|" ? "/" : $0 }))
          + "\n"
      }.joined()
  }

  /// The document. Within version 1, members may be added, but none is removed or changed.
  package var json: JSONValue {
    let findings = self.findings.map { finding in
      JSONValue.object(
        .present([
          ("trouble", .string(finding.trouble.rawValue)), ("name", .string(finding.name)),
          ("numbers", .array(finding.numbers.map(JSONValue.string))),
          ("since", finding.since.map { .string($0.rfc3339) }),
          ("code", finding.code.map(JSONValue.string)),
          ("store", finding.store.map(JSONValue.string)), ("next", finding.next.json),
        ]))
    }
    return [
      "version": .integer(Self.version), "ok": .boolean(isEmpty), "summary": .string(summary),
      "findings": .array(findings), "records": troubled.json["records"] ?? [],
    ]
  }
}

extension LedgerCheck.Finding {
  init(_ trouble: LedgerTrouble, _ record: LedgerRecord) {
    self.init(
      trouble: trouble, name: record.shownName, numbers: record.numbers, since: record.since,
      next: NextStep(trouble, record.shownNumber),
      code: record.claim.map { $0.doubt?.code } ?? record.outcome?.code
        ?? record.outcome?.registration?.code,
      store: record.claim?.store ?? record.outcome?.store)
  }

  /// A folder of the store that no record is about.
  init(undeployed entry: String) {
    self.init(
      trouble: .undeployed, name: entry, numbers: [], since: nil,
      next: NextStep(.undeployed, entry),
      code: nil, store: entry)
  }
}
