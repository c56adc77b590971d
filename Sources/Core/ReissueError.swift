package import JSON
package import Platform

/// Why something was not done: a message for people, and for programs a code that stays the same in all versions.
package struct ReissueError: Error, Hashable, Sendable {
  /// Whether a repetition makes sense.
  package enum Retry: String, Hashable, Sendable {
    /// The same input would fail again.
    case no
    /// Nothing was carried out: run again.
    case safe
    /// Look at the service first; a run with a ledger does.
    case afterCheck = "after-check"
  }

  /// The stable code, such as `template.missing-value`.
  package var code: String
  /// What failed and where: lower case, no full stop, no secret.
  package var message: String
  /// The next step for a person.
  package var hint: String?
  /// The exit status of a run that only has this error.
  package var exit: ExitStatus
  /// The place in template, event or file.
  package var place: Place?
  private var ownRetry: Retry?
  /// The longest message or hint, in bytes: each item of an event may have one.
  private static let maximumTextBytes = 2_000

  /// An error; without `retry`, the exit status decides whether a repetition makes sense.
  package init(
    _ code: String, _ message: String, hint: String? = nil, exit: ExitStatus,
    place: Place? = nil, retry: Retry? = nil
  ) {
    self.code = code
    self.message = Text.cut(message, to: Self.maximumTextBytes)
    self.hint = hint.map { Text.cut($0, to: Self.maximumTextBytes) }
    self.exit = exit
    self.place = place
    self.ownRetry = retry
  }

  /// Whether a repetition makes sense.
  package var retry: Retry {
    if let ownRetry { return ownRetry }
    return switch exit {
    case .tryAgain: .safe
    case .unknown: .afterCheck
    default: .no
    }
  }

  /// The same error; members of its place that are not set are taken from `place`.
  package func at(_ place: Place) -> ReissueError {
    var copy = self
    copy.place = (self.place ?? Place()).merged(under: place)
    return copy
  }

  /// The place as the end of a message; empty if there is none.
  package var placeText: String {
    guard let place else { return "" }
    let parts: [String?] = [
      place.template.map { "template \($0)" },
      place.pointer.flatMap { $0.isEmpty ? nil : $0 },
      place.expression.map { "in `\($0)`" }, place.file,
      place.line.map { "line \($0)" }, place.column.map { "column \($0)" },
      place.byte.map { "byte \($0)" },
    ]
    let known = parts.compactMap(\.self)
    return known.isEmpty ? "" : " (\(known.joined(separator: ", ")))"
  }

  /// The error as a member of a document.
  package var json: JSONValue {
    .object(
      .present([
        ("code", .string(code)), ("message", .string(message)),
        ("hint", hint.map(JSONValue.string)), ("retry", .string(retry.rawValue)),
        ("at", place.map { .object($0.json) }),
      ]))
  }
}

/// A place in a template, an event or a file. Only the known members are set.
package struct Place: Hashable, Sendable {
  /// The name of the template.
  package var template: String?
  /// JSON pointer into the template file (RFC 6901).
  package var pointer: String?
  /// The expression as written.
  package var expression: String?
  /// Column in the expression, or in the line of an event; from 1, in characters.
  package var column: Int?
  /// Line of an event or file, from 1.
  package var line: Int?
  /// Byte offset in an event or file, from 0.
  package var byte: Int?
  /// The file, or the option.
  package var file: String?
  /// The longest pointer or expression that is repeated, in bytes.
  private static let maximumTextBytes = 1_000

  /// A place; members that do not apply stay `nil`.
  package init(
    template: String? = nil, pointer: String? = nil, expression: String? = nil,
    column: Int? = nil, line: Int? = nil, byte: Int? = nil, file: String? = nil
  ) {
    self.template = template
    self.pointer = pointer.map { Text.cut($0, to: Self.maximumTextBytes) }
    self.expression = expression.map { Text.cut($0, to: Self.maximumTextBytes) }
    self.column = column
    self.line = line
    self.byte = byte
    self.file = file
  }

  /// This place; members that are not set are taken from `outer`.
  package func merged(under outer: Place) -> Place {
    Place(
      template: template ?? outer.template, pointer: pointer ?? outer.pointer,
      expression: expression ?? outer.expression, column: column ?? outer.column,
      line: line ?? outer.line, byte: byte ?? outer.byte, file: file ?? outer.file)
  }

  fileprivate var json: JSONObject {
    .present([
      ("template", template.map(JSONValue.string)), ("pointer", pointer.map(JSONValue.string)),
      ("expression", expression.map(JSONValue.string)), ("file", file.map(JSONValue.string)),
      ("line", line.map(JSONValue.integer)), ("column", column.map(JSONValue.integer)),
      ("byte", byte.map(JSONValue.integer)),
    ])
  }
}

extension JSONObject {
  /// An object of the members that have a value; no name may occur twice.
  package static func present(_ members: [(String, JSONValue?)]) -> JSONObject {
    // A loop: with `compactMap`, each call would look up the metadata of tuples.
    var present: [(name: String, value: JSONValue)] = []
    present.reserveCapacity(members.count)
    for (name, value) in members { if let value { present.append((name, value)) } }
    return JSONObject(distinct: present)
  }
}

extension ReissueError {
  /// The deadline passed or a signal came before the request was sent.
  package static let endedBeforeSending = ReissueError(
    "run.ended", "the run ended before the request was sent",
    hint: "run again with the same event", exit: .tryAgain)

  /// A file that cannot be read.
  ///
  /// - Parameters:
  ///   - code: The code of errors of this file.
  ///   - subject: What the file is, and its name in quotes.
  ///   - error: The error of the system.
  ///   - hint: The next step if the name is wrong.
  ///   - wrongName: The exit status if the name is wrong. Other failures, such as a lack of descriptors or a bad disk,
  ///     may be temporary: they are 74, and an interrupted wait is 75.
  ///   - place: Where the name was found.
  package init(
    _ code: String, reading subject: String, _ error: FileError, hint: String? = nil,
    wrongName: ExitStatus, place: Place? = nil
  ) {
    // The whole path of a name in settings or templates is shown, once; that of a name in an event is not.
    let isShown = wrongName == .configuration && !subject.contains(error.path)
    let detail = isShown ? error.description : error.reason
    if error.isCanceled {
      self.init(
        "run.ended", "the run ended before \(subject) was read to its end",
        hint: "check that the writer of this pipe writes and closes it", exit: .tryAgain,
        place: place)
    } else if error.isOfName || (wrongName == .credentials && error.isOfRights) {
      self.init(
        code, "\(subject) cannot be read: \(detail)", hint: hint, exit: wrongName,
        place: place)
    } else {
      self.init(
        code, "\(subject) cannot be read: \(detail)",
        hint: "check its owner, its mode and this machine, and run again", exit: .inputOutput,
        place: place, retry: .safe)
    }
  }

  /// A file that is not used because another user can change or read it.
  package init(
    _ code: String, exposed subject: String, _ exposure: Exposure, exit: ExitStatus,
    place: Place? = nil
  ) {
    self.init(
      code, "\(subject) is not used: \(exposure)", hint: exposure.repair, exit: exit, place: place)
  }
}

/// The exit status of the process (sysexits.h). A caller must take a status that it does not know for a failure.
package enum ExitStatus: Int32, Hashable, Sendable {
  /// Done, or nothing to do.
  case done = 0
  /// Only from `ledger check`: a record needs an operator.
  case attention = 1
  /// With `--detailed-exitcode`: at least one certificate was reissued (with `follow`: is pending).
  case changed = 2
  /// Wrong usage (EX_USAGE).
  case usage = 64
  /// This event cannot be used (EX_DATAERR).
  case event = 65
  /// Refused permanently, by the service or by a rule (EX_UNAVAILABLE).
  case refused = 69
  /// A fault in this program (EX_SOFTWARE).
  case fault = 70
  /// Ledger, store or output could not be read or written (EX_IOERR).
  case inputOutput = 74
  /// Not carried out: run again with the same event (EX_TEMPFAIL).
  case tryAgain = 75
  /// The request may have been carried out (EX_PROTOCOL).
  case unknown = 76
  /// Credentials missing or refused (EX_NOPERM).
  case credentials = 77
  /// Configuration or template wrong (EX_CONFIG).
  case configuration = 78
  /// The reader of standard output went away, as `head` does: what a shell reports of a process that SIGPIPE ended.
  case readerGone = 141

  /// From the most serious to the least serious.
  private static let gravity: [ExitStatus] = [
    .unknown, .fault, .inputOutput, .credentials, .configuration, .tryAgain, .refused, .event,
    .usage, .readerGone, .attention, .changed, .done,
  ]

  /// The most serious of `statuses`; ``done`` if there are none.
  package static func gravest(of statuses: some Collection<ExitStatus>) -> ExitStatus {
    // The usual case needs no search.
    guard statuses.contains(where: { $0 != .done }) else { return .done }
    return gravity.first { statuses.contains($0) } ?? .done
  }
}
