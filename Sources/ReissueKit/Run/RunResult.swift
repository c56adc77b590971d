package import Core
package import JSON
internal import Ledger
internal import Parameters
package import Platform
internal import Service

/// The document on standard output: what a run did, item by item.
///
/// Version 1: members may be added, none removed or changed.
package struct RunResult: Sendable {
  /// The version of the document.
  static let version = 1

  /// The command that wrote the document; its items have the outcomes of this command.
  package enum Command: String, Sendable {
    /// The main job, also behind a web server.
    case run
    /// What became of earlier requests.
    case follow

    /// The outcomes that only this command has, with their names in `counts`; the first one present is that of the run.
    fileprivate var outcomes: [(name: String, status: ItemResult.Status)] {
      switch self {
      case .run: [("reissued", .reissued), ("wouldReissue", .wouldReissue)]
      case .follow: [("pending", .pending), ("issued", .issued)]
      }
    }
  }

  /// The command.
  package let command: Command
  /// The name of the template that took the event.
  package var template: String?
  /// Whether nothing was to be sent.
  package var isDryRun: Bool
  /// When the run began.
  package let startedAt: Timestamp
  /// How long it took, in milliseconds.
  package var durationMilliseconds = 0
  /// Why the whole event was left alone.
  package var reason: SkipReason?
  /// The items in the order of the event.
  package var items: [ItemResult] = []
  /// Whether the ledger could not note some outcome; the exit status is then 74 or more serious.
  package var isUnrecorded = false
  /// Why the run itself failed.
  package var error: ReissueError?

  /// An empty result.
  package init(_ command: Command, startedAt: Timestamp, isDryRun: Bool = false) {
    self.command = command
    self.startedAt = startedAt
    self.isDryRun = isDryRun
  }

  /// The outcome of the run in one word.
  package var status: String {
    func some(_ status: ItemResult.Status) -> Bool { items.contains { $0.status == status } }
    if some(.unknown) { return "unknown" }
    if error != nil || (!items.isEmpty && items.allSatisfy { $0.status == .failed }) {
      return "failed"
    }
    if some(.failed) { return "partial" }
    return command.outcomes.map(\.status).first(where: some)?.rawValue ?? "skipped"
  }

  /// The exit status: the gravest of the run's own and of its items'.
  ///
  /// - Parameter isDetailed: Whether the status is 2 if at least one certificate was reissued or, in a result of
  ///   `follow`, if at least one is pending.
  package func exit(isDetailed: Bool) -> ExitStatus {
    let own = [error?.exit ?? .done, isUnrecorded ? .inputOutput : .done]
    let gravest = ExitStatus.gravest(of: items.map(\.exit) + own)
    let isChanged = items.contains { $0.status == .reissued || $0.status == .pending }
    return gravest == .done && isDetailed && isChanged ? .changed : gravest
  }

  /// Writes the outcome of each item to the log, and what went wrong.
  package func report(to log: Log) {
    if let error { log.log(error) }
    if let reason {
      log.log(.info, "skipped, \(reason.rawValue)\(template.map { ": \($0)" } ?? "")")
    }
    for item in items {
      if let error = item.error { log.log(error, subject: item.subject) }
      // For these the error is the outcome.
      if item.status != .failed, item.status != .unknown {
        log.log(.info, "\(item.subject): \(item.outcome)")
      }
      for warning in item.warnings { log.log(.warning, "\(item.subject): \(warning)") }
    }
  }

  /// The document as text with a line feed behind it.
  package func encoded(_ layout: JSONEncoder.Layout = .compact) -> [UInt8] {
    JSONEncoder.encode(frame, layout: layout, elementsOf: "items", count: items.count) {
      items[$0].json
    }
  }

  /// The document without its items.
  private var frame: JSONObject {
    func count(_ status: ItemResult.Status) -> JSONValue {
      .integer(items.count { $0.status == status })
    }
    let counts = JSONObject(
      [("items", .integer(items.count))] + command.outcomes.map { ($0.name, count($0.status)) }
        + [("skipped", count(.skipped)), ("failed", count(.failed)), ("unknown", count(.unknown))])
    return JSONObject.present([
      ("version", .integer(Self.version)), ("command", .string(command.rawValue)),
      ("status", .string(status)),
      ("reason", reason.map { .string($0.rawValue) }),
      ("template", template.map(JSONValue.string)),
      ("dryRun", .boolean(isDryRun)), ("startedAt", .string(startedAt.rfc3339)),
      ("durationMs", .integer(durationMilliseconds)), ("counts", .object(counts)),
      ("items", .array([])), ("error", error?.json),
    ])
  }
}

extension RunResult {
  /// The result for people: a line for each certificate, then the DNS records that are missing.
  package var table: String {
    var certificates = TextTable(
      ["NUMBER", "NEW", "NAME", "STATUS", "STAGE", "ENDS", "STORE"], rightAligned: [0, 1])
    var records = TextTable(["DNS RECORD", "TYPE", "VALUE"])
    for item in items {
      certificates.add([
        (item.certificateNumber ?? item.askedNumber)?.digits ?? "",
        item.newCertificateNumber?.digits ?? "", item.names?.commonName ?? "",
        item.status.rawValue, item.reason?.rawValue ?? item.stage?.rawValue ?? "",
        item.notAfter.map { String($0.rfc3339Seconds.prefix(10)) } ?? "", item.store ?? "",
      ])
      for cells in item.dnsRecords.compactMap(DNSRecord.missing) { records.add(cells) }
    }
    return [certificates.text, records.text].filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
