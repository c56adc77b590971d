internal import Platform

/// The reason why an expression cannot be used, or does not fit a value.
package struct ExpressionError: Error, Hashable, Sendable {
  /// The kind of mistake; stable, for programs. The names are those of the JMESPath compliance suite, and `limit`.
  package enum Code: String, Sendable, CaseIterable {
    /// The text is not an expression.
    case syntax
    /// No function has that name.
    case unknownFunction = "unknown-function"
    /// A function is called with too few or too many arguments.
    case invalidArity = "invalid-arity"
    /// A value has the wrong type.
    case invalidType = "invalid-type"
    /// A value has the right type, but cannot be used.
    case invalidValue = "invalid-value"
    /// A `$name` has no value.
    case undefinedVariable = "undefined-variable"
    /// A calculation has no result: division by zero, or a result that is too large.
    case notANumber = "not-a-number"
    /// A bound of ``Limits`` is reached.
    case limit
    /// The ``Budget`` of the run is used up; in another order of the items, another expression would fail.
    case budget
  }

  /// The kind of mistake; stable, for programs.
  package let code: Code
  /// The mistake in lower case without a full stop; never contains a value of the event.
  package let message: String
  /// How to fix it; may be empty.
  package let hint: String
  /// The position, in code points from 1.
  package let column: Int
  /// The length in code points, at least 1.
  package let length: Int
  /// Whether the expression is wrong for every event; otherwise it does not fit this event.
  package let isStatic: Bool
  /// The expression in which the column counts.
  package let source: String

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
  /// A `$name` without a value, with the nearest known names.
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
  /// One line: mistake, position and hint.
  package var description: String {
    let place = "\(message) (column \(column))"
    return hint.isEmpty ? place : "\(place): \(hint)"
  }
}

/// A part of an expression, in UTF-8 offsets.
struct Span: Hashable, Sendable {
  var start: Int
  var end: Int

  /// From the start of this span to the end of the other.
  func through(_ other: Span) -> Span { Span(start: start, end: max(end, other.end)) }
}

/// The number of code points that begin in these UTF-8 bytes.
func countCodePoints(_ bytes: some Sequence<UInt8>) -> Int {
  bytes.reduce(0) { count, byte in byte & 0xC0 == 0x80 ? count : count + 1 }
}

extension ExpressionError {
  /// Several lines for a terminal: the mistake, the expression with a caret below the position, and the hint. Without
  /// control characters, whatever the expression contains.
  /// - Parameter text: The expression to show instead of ``source``.
  package func diagnostic(_ text: String? = nil) -> String {
    let scalars = Array((text ?? source).unicodeScalars)
    let place = min(column - 1, scalars.count)
    // Only the line with the mistake; of a long line only the part around it.
    let begin = scalars[..<place].lastIndex(of: "\n").map { $0 + 1 } ?? 0
    let end = scalars[place...].firstIndex(of: "\n") ?? scalars.count
    let from = max(begin, place - Self.shownBefore)
    let to = min(end, place + Self.shownBehind)
    let before = (from > begin ? "…" : "") + scalars[from..<place].map(VisibleText.escaped).joined()
    let behind = scalars[place..<to].map(VisibleText.escaped).joined() + (to < end ? "…" : "")
    let marked = scalars[place..<min(place + length, to)].map(VisibleText.escaped).joined()
    let carets = String(repeating: "^", count: max(1, marked.unicodeScalars.count))
    let blanks = String(repeating: " ", count: before.unicodeScalars.count)
    let shown = "\(message)\n  \(before)\(behind)\n  \(blanks)\(carets)"
    return hint.isEmpty ? shown : "\(shown)\nhint: \(hint)"
  }

  /// How many characters are shown before and after the position; together they fit a terminal.
  private static let shownBefore = 40
  private static let shownBehind = 36
}
