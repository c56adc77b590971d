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
