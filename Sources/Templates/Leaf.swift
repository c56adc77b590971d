// A string of a template: text, with expressions in `${ … }`.

internal import Core
package import JMESPath
internal import JSON

/// One string of a template, parsed.
package struct Leaf: Sendable {
  /// A piece of the string.
  enum Piece: Sendable {
    /// Text that is copied.
    case text(String)
    /// The expression between `${` and `}`.
    case expression(Expression)
  }

  /// The pieces in order; two texts never follow each other.
  let pieces: [Piece]

  /// The expressions in order.
  var expressions: [Expression] {
    pieces.compactMap { if case .expression(let expression) = $0 { expression } else { nil } }
  }

  /// The text of a string without expressions; `nil` if it has any.
  var constantText: String? {
    if pieces.isEmpty { return "" }
    guard pieces.count == 1, case .text(let text) = pieces.first else { return nil }
    return text
  }

  /// Parses a string; `$${` stands for `${` itself.
  ///
  /// - Throws: ``ReissueError`` with code `template.expression` and the column in the string.
  init(parsing source: String) throws(ReissueError) {
    let convert = { ReissueError(template: $0, expression: source) }
    var pieces: [Piece] = []
    var text: [UInt8] = []
    func finishText() {
      if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
      text = []
    }
    let bytes = Array(source.utf8)
    var position = 0
    while position < bytes.count {
      let rest = bytes[position...]
      if rest.starts(with: "$${".utf8) {
        text += "${".utf8
        position += 3
      } else if rest.starts(with: "${".utf8) {
        finishText()
        let parsed = try mapError(convert) { () throws(ExpressionError) in
          try Expression.parseEmbedded(source, fromUTF8Offset: position + 2)
        }
        pieces.append(.expression(parsed.expression))
        position = parsed.closingBraceUTF8Offset + 1
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
    finishText()
    self.pieces = pieces
    try refuseForeignSpelling(in: source)
  }

  /// Refuses the spelling of other template languages, which would be sent to the service, or name a folder, as it is:
  /// text with `{{ … }}`, or a name with `$` and nothing else.
  private func refuseForeignSpelling(in source: String) throws(ReissueError) {
    for case .text(let text) in pieces {
      guard let begin = text.firstRange(of: "{{"),
        let end = text[begin.upperBound...].firstRange(of: "}}")
      else { continue }
      let inner =
        text[begin.upperBound..<end.lowerBound].drop { " .$".contains($0) }
        .split(separator: " ", maxSplits: 1).first ?? ""
      throw .foreignSpelling(
        "{{ … }} is not replaced here",
        hint: "write ${ \(Self.isPath(inner) ? String(inner) : "…") }", in: source)
    }
    guard let text = constantText, text.hasPrefix("$"), Self.isPath(text.dropFirst()) else {
      return
    }
    throw .foreignSpelling(
      "\(Text.quoted(text)) is text here, not the value of a name",
      hint: "write ${ \(text) } for a name of let, or ${ \(text.dropFirst()) } for a member of "
        + "the item",
      in: source)
  }

  /// Whether a text is one name, or several with dots between them.
  private static func isPath(_ text: some StringProtocol) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false)
      .allSatisfy { TemplateReader.isIdentifier($0) }
  }
}

extension Leaf {
  /// The value for one item. A string that is exactly one `${ … }` keeps the JSON type of its expression; a text never
  /// becomes longer than `bound`, not even for a moment.
  ///
  /// - Throws: ``ReissueError``: `template.missing-value` if an expression gives `null`, `template.type` if it does not
  ///   fit the event, `template.not-text` if its value cannot be put into text.
  func value(
    for item: JSONValue, in scope: Scope, spending budget: inout Budget, within bound: ValueBound
  ) throws(ReissueError) -> JSONValue {
    if pieces.count == 1, case .expression(let expression) = pieces.first {
      let value = try expression.presentValue(for: item, in: scope, spending: &budget)
      try bound.check(value)
      return value
    }
    var text = ""
    for piece in pieces {
      let added =
        switch piece {
        case .text(let piece): piece
        case .expression(let expression):
          try Self.text(
            of: expression.presentValue(for: item, in: scope, spending: &budget), expression)
        }
      try bound.check(bytes: text.utf8.count + added.utf8.count)
      text += added
    }
    return .string(text)
  }

  /// Strings, integers and booleans have one obvious form as text; any other value is a mistake.
  private static func text(
    of value: JSONValue, _ expression: Expression
  ) throws(ReissueError) -> String {
    switch value {
    case .string(let text): return text
    case .integer(let number): return String(number)
    case .boolean(let flag): return flag ? "true" : "false"
    default:
      let found = if case .real = value { "number with a fraction" } else { value.typeName }
      throw ReissueError(
        "template.not-text", "a value of type \(found) cannot be put into text",
        hint: "make it a string, an integer or a boolean, or let `${ … }` be the whole string",
        exit: .event, place: Place(expression: expression.source, column: 1))
    }
  }
}

extension Expression {
  /// The value, which must not be `null`: a request must not silently lack a part.
  fileprivate func presentValue(
    for item: JSONValue, in scope: Scope, spending budget: inout Budget
  ) throws(ReissueError) -> JSONValue {
    let value: JSONValue
    do throws(ExpressionError) { value = try evaluate(item, in: scope, spending: &budget) } catch {
      throw ReissueError(template: error, expression: source)
    }
    guard value.isNull else { return value }
    let missing = firstMissingStep(item, in: scope, spending: &budget)
    throw ReissueError(
      "template.missing-value",
      missing.map { "the value is missing: \($0.message)\($0.alternatives)" }
        ?? "the value is null",
      hint: missing.flatMap(Self.hint) ?? "give a default with ||, or not_null(…)", exit: .event,
      place: Place(expression: source, column: missing?.column ?? 1))
  }

  /// The nearest existing names, or the hint of the step; `nil` if it has neither.
  private static func hint(for missing: MissingStep) -> String? {
    guard missing.nearest.isEmpty else {
      return "did you mean \(missing.nearest.joined(separator: " or "))?"
    }
    return missing.hint.isEmpty ? nil : missing.hint
  }
}

extension ReissueError {
  fileprivate static func foreignSpelling(
    _ message: String, hint: String, in source: String
  ) -> ReissueError {
    ReissueError(
      "template.expression", message, hint: hint, exit: .configuration,
      place: Place(expression: source, column: 1))
  }

  /// An expression that is wrong in itself (exit 78), or does not fit this event (65).
  package init(template error: ExpressionError, expression: String) {
    guard error.code != .budget else {
      self = .workUsedUp(Place(expression: expression, column: error.column))
      return
    }
    self.init(
      error.isStatic ? "template.expression" : "template.\(error.code.rawValue)", error.message,
      hint: error.hint.isEmpty ? nil : error.hint, exit: error.isStatic ? .configuration : .event,
      place: Place(expression: expression, column: error.column))
  }
}
