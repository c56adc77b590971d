// What is right by the grammar, and yet hardly what was meant.

package import JSON

/// A piece of an expression that is likely a mistake; it changes nothing.
package struct ExpressionWarning: Hashable, Sendable {
  /// What is likely wrong, lower case, without a full stop.
  package let message: String
  /// How to write what was likely meant.
  package let hint: String
  /// Where it is, in code points from 1.
  package let column: Int
  /// How many code points it covers, at least 1.
  package let length: Int
}

extension Expression {
  /// What is likely a mistake, from left to right.
  ///
  /// Words like `true` without backticks and texts in double quotes are member names: they are null
  /// in nearly every event, so that a comparison with them is false in silence.
  package var warnings: [ExpressionWarning] {
    var found: [ExpressionWarning] = []
    collectWarnings(of: node, isCompared: false, into: &found)
    return found.sorted { $0.column < $1.column }
  }

  /// Whether there can be an input for which the result is `true` itself, and not only what counts as
  /// true in a filter.
  package var canBeTrue: Bool { node.canBeTrue }

  /// Whether a value counts as true in a filter, with `&&` and with `||`.
  package static func countsAsTrue(_ value: JSONValue) -> Bool { Evaluation.isTrue(value) }

  private func collectWarnings(
    of node: Node, isCompared: Bool, into found: inout [ExpressionWarning]
  ) {
    switch node.kind {
    case .field(let name):
      if let warning = warning(name, node, isCompared) { found.append(warning) }
    case .comparison(_, let left, let right):
      // Beside a constant it is the member that is meant: no one compares two constants.
      collectWarnings(of: left, isCompared: !right.isConstant, into: &found)
      collectWarnings(of: right, isCompared: !left.isConstant, into: &found)
    default:
      for child in node.children { collectWarnings(of: child, isCompared: false, into: &found) }
    }
  }

  private func warning(_ name: String, _ node: Node, _ isCompared: Bool) -> ExpressionWarning? {
    let isQuoted = source.utf8.dropFirst(node.span.start).first == UInt8(ascii: "\"")
    if isQuoted, isCompared {
      return warning(
        "a member is compared, not a text: double quotes make a member name",
        hint: "write '…' for the text, or @.\"…\" for the member", node)
    }
    guard !isQuoted, ["true", "false", "null"].contains(name) else { return nil }
    return warning(
      "`\(name)` is a member name here", hint: "the constant is written in backticks: `\(name)`",
      node)
  }

  private func warning(_ message: String, hint: String, _ node: Node) -> ExpressionWarning {
    let place = ExpressionError(
      .syntax, message, hint: hint, at: node.span, in: source, isStatic: true)
    return ExpressionWarning(
      message: message, hint: hint, column: place.column, length: place.length)
  }
}

extension Node {
  fileprivate var isConstant: Bool {
    if case .literal = kind { true } else { false }
  }

  /// Whether its own kind does not rule out that it gives `true`.
  fileprivate var canBeTrue: Bool {
    switch kind {
    case .current, .root, .field, .variable, .index, .not, .comparison: true
    case .literal(let value): value == true
    case .chain(_, let right), .pipe(_, let right), .and(_, let right), .bind(_, let right):
      right.canBeTrue
    case .or(let left, let right): left.canBeTrue || right.canBeTrue
    case .conditional(_, let then, let otherwise): then.canBeTrue || otherwise.canBeTrue
    case .call(let function, _): function.canBeTrue
    case .pattern, .arithmetic, .sign, .list, .hash, .projection, .valueProjection,
      .sliceProjection, .filter, .flatten, .reference:
      false
    }
  }
}
