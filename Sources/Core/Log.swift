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

  /// A log that passes each line to `write`.
  ///
  /// - Parameters:
  ///   - status: Shows a line of progress in place of the previous one; `nil` removes it. Only for terminals.
  ///   - level: The highest level that is written.
  ///   - format: The form of a message.
  ///   - isJournal: Whether standard error is the journal, which reads a priority at the start of a line.
  ///   - now: The clock for `time`.
  ///   - write: Takes one whole line with its line feed.
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
