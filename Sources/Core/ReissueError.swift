package import JSON

/// Why something was not done: for people in words, for programs as a code that stays the same from
/// release to release.
package struct ReissueError: Error, Hashable, Sendable {
  /// Whether asking again makes sense.
  package enum Retry: String, Hashable, Sendable {
    /// The same input would fail again.
    case no
    /// Surely not carried out: run again.
    case safe
    /// Look at the service first; with a ledger a new run does.
    case afterCheck = "after-check"
  }

  /// The stable code, such as `template.missing-value`.
  package var code: String
  /// What failed and where: lower case, no full stop, no secret, no changing ids.
  package var message: String
  /// The next step for a person.
  package var hint: String?
  /// The exit status that this error alone would cause.
  package var exit: ExitStatus
  /// Where in template or event.
  package var place: Place?
  private var ownRetry: Retry?
  /// The longest message or hint, in bytes: each item of an event may have one.
  private static let maximumTextBytes = 2_000

  /// An error; `retry` follows from the exit status unless it is given.
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

  /// Whether asking again makes sense.
  package var retry: Retry {
    if let ownRetry { return ownRetry }
    return switch exit {
    case .tryAgain: .safe
    case .unknown: .afterCheck
    default: .no
    }
  }

  /// The same error at a place.
  package func at(_ place: Place) -> ReissueError {
    var copy = self
    copy.place = (self.place ?? Place()).merged(under: place)
    return copy
  }
}

/// A place in what the user wrote or the sender sent. Only what is known is set.
package struct Place: Hashable, Sendable {
  /// The template's name.
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
  /// The file or option that holds it.
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

  /// This place, with what it leaves open taken from an outer one.
  package func merged(under outer: Place) -> Place {
    Place(
      template: template ?? outer.template, pointer: pointer ?? outer.pointer,
      expression: expression ?? outer.expression, column: column ?? outer.column,
      line: line ?? outer.line, byte: byte ?? outer.byte, file: file ?? outer.file)
  }

  /// The place as members of a result.
  var json: JSONObject {
    JSONObject.present([
      ("template", template.map(JSONValue.string)), ("pointer", pointer.map(JSONValue.string)),
      ("expression", expression.map(JSONValue.string)), ("file", file.map(JSONValue.string)),
      ("line", line.map(JSONValue.integer)), ("column", column.map(JSONValue.integer)),
      ("byte", byte.map(JSONValue.integer)),
    ])
  }
}

extension ReissueError {
  /// The error as a member of the result.
  package var json: JSONValue {
    var object = JSONObject.present([
      ("code", .string(code)), ("message", .string(message)), ("hint", hint.map(JSONValue.string)),
      ("retry", .string(retry.rawValue)),
    ])
    if let place { object["at"] = .object(place.json) }
    return .object(object)
  }
}

extension JSONObject {
  /// An object of the members that are there; their names differ.
  package static func present(_ members: [(String, JSONValue?)]) -> JSONObject {
    JSONObject(distinct: members.compactMap { name, value in value.map { (name, $0) } })
  }
}

extension ReissueError {
  /// The deadline or a signal came before the request was sent.
  package static let endedBeforeSending = ReissueError(
    "run.ended", "the run ended before the request was sent",
    hint: "run again with the same event", exit: .tryAgain)
}
