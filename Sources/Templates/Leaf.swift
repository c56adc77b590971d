// A string of a template: text, with expressions inside `${ … }`.

package import Core
package import JMESPath
package import JSON

/// One string of a template, parsed.
package struct Leaf: Sendable {
  /// A piece of the string.
  package enum Piece: Sendable {
    /// Text, put in as it is.
    case text(String)
    /// What stands between `${` and `}`.
    case expression(Expression)
  }

  /// The pieces in order.
  package let pieces: [Piece]

  /// The expression, if the string is exactly one `${ … }`: its value then keeps its JSON type.
  package var onlyExpression: Expression? {
    guard pieces.count == 1, case .expression(let expression) = pieces.first else { return nil }
    return expression
  }

  /// All expressions in order.
  package var expressions: [Expression] {
    pieces.compactMap { if case .expression(let expression) = $0 { expression } else { nil } }
  }

  /// Parses a string; `$${` stands for `${` itself.
  ///
  /// - Throws: ``ReissueError`` with code `template.expression` and the column in the string.
  package init(parsing source: String) throws(ReissueError) {
    var pieces: [Piece] = []
    var text: [UInt8] = []
    let bytes = Array(source.utf8)
    var position = 0
    while position < bytes.count {
      let rest = bytes[position...]
      if rest.starts(with: "$${".utf8) {
        text += "${".utf8
        position += 3
      } else if rest.starts(with: "${".utf8) {
        Self.finish(&text, into: &pieces)
        let (expression, brace) = try Self.parse(source, at: position + 2)
        pieces.append(.expression(expression))
        position = brace + 1
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
    Self.finish(&text, into: &pieces)
    self.pieces = pieces
  }

  private static func finish(_ text: inout [UInt8], into pieces: inout [Piece]) {
    guard !text.isEmpty else { return }
    pieces.append(.text(String(decoding: text, as: UTF8.self)))
    text = []
  }

  private static func parse(
    _ source: String, at offset: Int
  ) throws(ReissueError) -> (expression: Expression, brace: Int) {
    do throws(ExpressionError) {
      let parsed = try Expression.parseEmbedded(source, fromUTF8Offset: offset)
      return (parsed.expression, parsed.closingBraceUTF8Offset)
    } catch {
      throw ReissueError(template: error, expression: source)
    }
  }
}

extension Leaf {
  /// The value for one item; as text it never becomes longer than its parameter may be.
  ///
  /// - Throws: ``ReissueError``: `template.missing-value` where an expression comes out `null`,
  ///   `template.type` where it does not fit the event or cannot be put into text.
  func value(
    for item: JSONValue, in scope: Scope, spending budget: inout Budget, within bound: ValueBound
  ) throws(ReissueError) -> JSONValue {
    if let onlyExpression {
      let value = try onlyExpression.presentValue(for: item, in: scope, spending: &budget)
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

  /// Strings, integers and booleans have one obvious spelling; anything else is a mistake.
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
  /// The value, which must not be `null`: nothing is silent in what a request is made of.
  package func presentValue(
    for item: JSONValue, in scope: Scope, spending budget: inout Budget
  ) throws(ReissueError) -> JSONValue {
    let value: JSONValue
    do throws(ExpressionError) {
      value = try evaluate(item, in: scope, spending: &budget)
    } catch {
      throw ReissueError(template: error, expression: source)
    }
    guard value.isNull else { return value }
    let missing = firstMissingStep(item, in: scope, spending: &budget)
    throw ReissueError(
      "template.missing-value",
      missing.map { "the value is missing: \($0.message)\($0.alternatives)" }
        ?? "the value is null",
      hint: missing?.advice ?? MissingStep.defaultAdvice, exit: .event,
      place: Place(expression: source, column: missing?.column ?? 1))
  }
}

extension ReissueError {
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

extension MissingStep {
  /// What helps against a value that may be absent.
  static let defaultAdvice = "give a default with ||, or not_null(…)"

  /// The nearest names, or how to live with an absent value.
  var advice: String {
    guard nearest.isEmpty else { return "did you mean \(nearest.joined(separator: " or "))?" }
    return hint.isEmpty ? Self.defaultAdvice : hint
  }
}
