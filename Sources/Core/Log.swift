// Standard error: for people, line by line, and safe for their terminals.

internal import JSON
package import Platform

/// Writes what happens to standard error.
package struct Log: Sendable {
  /// How much is written.
  package enum Level: String, Sendable, CaseIterable, Comparable {
    // From the least to the most that is written; the names are those that `--log-level` takes.
    /// Why something failed.
    case error
    /// What is legal but unlikely to be meant.
    case warning
    /// What became of each item.
    case info
    /// Every call to service and ledger, without what they carry.
    case debug
    /// The lines of each call, secrets left out.
    case trace

    private var rank: Int {
      switch self {
      case .error: 0
      case .warning: 1
      case .info: 2
      case .debug: 3
      case .trace: 4
      }
    }

    /// The priority in the journal, as its prefix of a line (sd-daemon(3)).
    var journalPrefix: String {
      switch self {
      case .error: "<3>"
      case .warning: "<4>"
      case .info: "<6>"
      case .debug, .trace: "<7>"
      }
    }

    /// Whether `left` writes less.
    package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
  }

  /// How a line looks.
  package enum Format: String, Sendable, CaseIterable {
    /// A line for people; a hint has a line of its own.
    case text
    /// An object a line: `time`, `level`, `message`, `hint`.
    case json
  }

  /// The most that is written.
  package var level: Level
  /// How a line looks.
  package var format: Format
  private let isJournal: Bool
  private let now: @Sendable () -> Timestamp
  private let write: @Sendable ([UInt8]) -> Void
  private let status: (@Sendable (String?) -> Void)?

  /// A log that hands each whole line to `write`.
  ///
  /// - Parameters:
  ///   - status: Shows one line of progress in the place of the one before, `nil` takes it away;
  ///     for terminals alone.
  ///   - level: The most that is written.
  ///   - format: How a line looks.
  ///   - isJournal: Whether the lines go to the journal, which takes a priority before each of them.
  ///   - now: The clock for lines in JSON.
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

  /// Writes one line, if the level asks for it; `message` is made only then.
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

  /// Shows how far something is, if anybody looks on.
  package func show(_ progress: String?) {
    if let progress { status?(VisibleText.line("ncloud-reissue: \(progress)")) }
  }

  /// Takes the line of progress away.
  package func endProgress() { status?(nil) }

  /// Writes an error with its code and its hint; `subject` says of what.
  package func log(_ error: ReissueError, subject: String? = nil) {
    let subject = subject.map { $0 + ": " } ?? ""
    log(.error, hint: error.hint, "\(subject)\(error.message)\(error.placeText) [\(error.code)]")
  }

  /// Writes an error of several lines; lines of which `isMarked` is true stay without a prefix, so that they stay
  /// aligned.
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

extension ReissueError {
  /// Where it happened, to follow the message.
  package var placeText: String {
    guard let place else { return "" }
    var parts: [String] = []
    if let template = place.template { parts.append("template \(template)") }
    if let pointer = place.pointer, !pointer.isEmpty { parts.append(pointer) }
    if let expression = place.expression { parts.append("in `\(expression)`") }
    if let file = place.file { parts.append(file) }
    if let line = place.line { parts.append("line \(line)") }
    if let column = place.column { parts.append("column \(column)") }
    if let byte = place.byte { parts.append("byte \(byte)") }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }
}
