// What can be wrong with an expression, said so that the author can mend it at once.

/// Why an expression cannot be used, or does not fit the value it was given.
package struct ExpressionError: Error, Hashable, Sendable {
  /// The kind of mistake; stable, made for programs.
  ///
  /// The names are those of the JMESPath compliance
  /// suite, and `limit`.
  package enum Code: String, Sendable, CaseIterable {
    /// The text is not an expression.
    case syntax
    /// No function has that name.
    case unknownFunction = "unknown-function"
    /// A function is called with too few or too many arguments.
    case invalidArity = "invalid-arity"
    /// A value is not of the type that is asked for.
    case invalidType = "invalid-type"
    /// A value has the right type, but cannot be used.
    case invalidValue = "invalid-value"
    /// A `$name` stands for nothing.
    case undefinedVariable = "undefined-variable"
    /// A calculation has no result: a division by zero, or beyond the range of numbers.
    case notANumber = "not-a-number"
    /// A bound of ``Limits`` is reached.
    case limit
    /// The ``Budget`` of the run is used up; with another order of items it would have been another expression.
    case budget
  }

  /// What kind of mistake it is.
  package let code: Code
  /// What is wrong, lower case, without a full stop; never holds a value of the event.
  package let message: String
  /// What to do about it; empty when the message says it all.
  package let hint: String
  /// Where it is, in code points from 1.
  package let column: Int
  /// How many code points it covers, at least 1.
  package let length: Int
  /// Whether the expression is wrong whatever the event; otherwise it does not fit this event.
  package let isStatic: Bool
  /// The expression that the column counts in.
  package let source: String

  /// A mistake at a place.
  init(
    _ code: Code, _ message: String, hint: String = "", at span: Span, in source: String,
    isStatic: Bool
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.source = source
    self.isStatic = isStatic
    let bytes = source.utf8
    column = countCodePoints(bytes.prefix(span.start)) + 1
    length = max(1, countCodePoints(bytes.dropFirst(span.start).prefix(span.end - span.start)))
  }
}

extension ExpressionError {
  /// A `$name` that stands for nothing, with the known names that are nearest to it.
  static func undefinedVariable(
    _ name: String, known: some Sequence<String>, at span: Span, in source: String
  ) -> ExpressionError {
    ExpressionError(
      .undefinedVariable, "unknown variable `$\(name)`",
      hint: suggestion(nearestNames(to: name, among: known).map { "$" + $0 }), at: span,
      in: source, isStatic: true)
  }
}

extension ExpressionError: CustomStringConvertible {
  /// One line: what is wrong, where, and what to do.
  package var description: String {
    let place = "\(message) (column \(column))"
    return hint.isEmpty ? place : "\(place): \(hint)"
  }
}

/// A piece of an expression, in UTF-8 offsets.
struct Span: Hashable, Sendable {
  var start: Int
  var end: Int

  /// The piece from the beginning of this one to the end of the other.
  func through(_ other: Span) -> Span { Span(start: start, end: max(end, other.end)) }
}

/// How many code points begin in these UTF-8 bytes.
func countCodePoints(_ bytes: some Sequence<UInt8>) -> Int {
  bytes.reduce(0) { count, byte in byte & 0xC0 == 0x80 ? count : count + 1 }
}

extension ExpressionError {
  /// Several lines for a terminal: what is wrong, the expression with a caret under the place, and
  /// what to do.
  ///
  /// Free of control characters, whatever the expression holds.
  /// - Parameter text: The expression to show instead of ``source``.
  package func diagnostic(_ text: String? = nil) -> String {
    let scalars = Array((text ?? source).unicodeScalars)
    let place = min(column - 1, scalars.count)
    // Only the line with the mistake, and of a long one only what is around it.
    let begin = scalars[..<place].lastIndex(of: "\n").map { $0 + 1 } ?? 0
    let end = scalars[place...].firstIndex(of: "\n") ?? scalars.count
    let from = max(begin, place - Self.shownBefore)
    let to = min(end, place + Self.shownBehind)
    let before = (from > begin ? "…" : "") + scalars[from..<place].map(escaped).joined()
    let behind = scalars[place..<to].map(escaped).joined() + (to < end ? "…" : "")
    let marked = scalars[place..<min(place + length, to)].map(escaped).joined()
    let carets = String(repeating: "^", count: max(1, marked.unicodeScalars.count))
    let blanks = String(repeating: " ", count: before.unicodeScalars.count)
    let shown = "\(message)\n  \(before)\(behind)\n  \(blanks)\(carets)"
    return hint.isEmpty ? shown : "\(shown)\nhint: \(hint)"
  }

  /// How many characters are shown around the place; together they fit a terminal.
  private static let shownBefore = 40
  private static let shownBehind = 36
}
