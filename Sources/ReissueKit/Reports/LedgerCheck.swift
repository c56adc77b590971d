// What `ledger check` reports: everything that does not move on by itself, for people and for monitoring.

internal import Core
package import JSON
internal import Ledger
internal import Platform

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
  /// wait for as long as `waiting`. `records` shows all records to its argument, and returns those that it accepts.
  ///
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
