// Standard error: one message per line, safe for terminals.

internal import JSON
package import Platform

/// Writes messages to standard error.
package struct Log: Sendable {
  /// How much is written, from least to most; the raw values are the words of `--log-level`.
  package enum Level: String, Sendable, CaseIterable, Comparable {
    /// Why something failed.
    case error
    /// Legal, but probably not intended.
    case warning
    /// The outcome of each item.
    case info
    /// Every call to service and ledger, without contents.
    case debug
    /// The lines of each call, without secrets.
    case trace

    /// The prefix that gives a line its priority in the journal (sd-daemon(3)).
    var journalPrefix: String {
      switch self {
      case .error: "<3>"
      case .warning: "<4>"
      case .info: "<6>"
      case .debug, .trace: "<7>"
      }
    }

    /// Whether `left` writes less.
    package static func < (left: Level, right: Level) -> Bool {
      allCases.prefix { $0 != right }.contains(left)
    }
  }

  /// The form of a message.
  package enum Format: String, Sendable, CaseIterable {
    /// A line for people; a hint has its own line.
    case text
    /// One JSON object per line: `time`, `level`, `message`, `hint`.
    case json
  }

  /// The highest level that is written.
  package var level: Level
  /// The form of a message.
  package var format: Format
  private let isJournal: Bool
  private let now: @Sendable () -> Timestamp
  private let write: @Sendable ([UInt8]) -> Void
  private let status: (@Sendable (String?) -> Void)?

  /// A log that passes each whole line with its line feed to `write`. `isJournal` says that standard error is the
  /// journal, which reads a priority at the start of a line. Only for terminals, `status` shows a line of progress in
  /// place of the previous one; `nil` removes it.
  package init(
    level: Level, format: Format, isJournal: Bool = false, now: @escaping @Sendable () -> Timestamp,
    status: (@Sendable (String?) -> Void)? = nil,
    write: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.status = status
    self.level = level
    self.format = format
    self.isJournal = isJournal
    self.now = now
    self.write = write
  }

  /// Writes one message; `message` is evaluated only if its level is written.
  package func log(_ level: Level, hint: String? = nil, _ message: @autoclosure () -> String) {
    guard level <= self.level else { return }
    let message = message()
    switch format {
    case .text:
      write(line("\(level.rawValue): \(message)", at: level))
      if let hint { write(line("hint: \(hint)", at: level)) }
    case .json:
      let entry = JSONObject.present([
        ("time", .string(now().rfc3339)), ("level", .string(level.rawValue)),
        ("message", .string(message)), ("hint", hint.map(JSONValue.string)),
      ])
      write(prefix(of: level) + JSONEncoder.encode(.object(entry)) + [UInt8(ascii: "\n")])
    }
  }

  /// Shows progress on a terminal; `nil` changes nothing.
  package func show(_ progress: String?) {
    if let progress { status?(VisibleText.line("ncloud-reissue: \(progress)")) }
  }

  /// Removes the line of progress.
  package func endProgress() { status?(nil) }

  /// Writes an error with its code and hint; `subject` is what it concerns, such as `item 3`.
  package func log(_ error: ReissueError, subject: String? = nil) {
    let subject = subject.map { $0 + ": " } ?? ""
    log(.error, hint: error.hint, "\(subject)\(error.message)\(error.placeText) [\(error.code)]")
  }

  /// Writes a message of several lines. Those for which `isMarked` is true get no prefix, so that they stay aligned.
  package func log(_ level: Level, lines: [String], isMarked: (String) -> Bool) {
    guard level <= self.level else { return }
    var prefix = "\(level.rawValue): "
    for text in lines {
      write(
        isMarked(text)
          ? self.prefix(of: level) + Array((text + "\n").utf8) : line(prefix + text, at: level))
      prefix = ""
    }
  }

  private func line(_ text: String, at level: Level) -> [UInt8] {
    prefix(of: level) + Array("ncloud-reissue: \(VisibleText.line(text))\n".utf8)
  }

  private func prefix(of level: Level) -> [UInt8] {
    isJournal ? Array(level.journalPrefix.utf8) : []
  }
}

/// The progress of a batch of calls: now and then, how many are done and how many per second.
package struct Progress {
  /// A batch that ends sooner reports no progress, in milliseconds.
  static let firstAfter = 500
  /// The shortest time between two reports, in milliseconds: a line that changes more often cannot be read.
  static let pause = 200

  private let title: String
  private let total: Int
  private let startedAt: Int
  private var nextAt: Int
  /// Whether anything was reported.
  package private(set) var isShown = false

  /// The progress of `total` calls, started at `startedAt` by the monotonic clock, in milliseconds.
  package init(_ title: String, total: Int, since startedAt: Int) {
    self.title = title
    self.total = total
    self.startedAt = startedAt
    nextAt = startedAt + Self.firstAfter
  }

  /// The text to show now; `nil` if the last one may stay. A single call has no progress.
  package mutating func update(remaining: Int, now: Int) -> String? {
    guard total > 1, now >= nextAt else { return nil }
    nextAt = now + Self.pause
    isShown = true
    let done = total - remaining
    let rate = done * 1_000 / max(1, now - startedAt)
    return "\(title): \(done)/\(total), \(rate)/s"
  }
}
