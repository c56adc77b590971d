// Why a result is null: the first step that found nothing.

package import JSON

/// The first step of a path that found nothing, and what was there instead.
package struct MissingStep: Hashable, Sendable {
  /// What was found, as in "no `lables` in the object".
  package let message: String
  /// The existing names that are nearest to the one that is missing, best first.
  package let nearest: [String]
  /// More advice; may be empty.
  package let hint: String
  /// Where the step is written, in code points from 1.
  package let column: Int
  /// How many code points it covers, at least 1.
  package let length: Int

  /// Message, nearest names and advice in one line.
  package var text: String {
    [message, suggestion(nearest), hint].filter { !$0.isEmpty }.joined(separator: "; ")
  }
}

extension Expression {
  /// When the result is null: the first step that found nothing.
  ///
  /// - Returns: `nil` when the expression has a value for this input, or cannot be evaluated.
  package func firstMissingStep(_ current: JSONValue, in scope: Scope) -> MissingStep? {
    var evaluation = Evaluation(scope: scope, source: source)
    guard let value = try? evaluation.value(of: node, at: current), value.isNull else { return nil }
    return evaluation.missingStep(of: node, at: current)
  }
}

extension Evaluation {
  /// The step in a part that made it null; the part is known to be null.
  mutating func missingStep(of node: Node, at current: JSONValue) -> MissingStep? {
    switch node.kind {
    case .field(let name): missingField(name, in: current, at: node.span)
    case .index(let index): missingElement(index, in: current, at: node.span)
    case .chain(let left, let right), .pipe(let left, let right):
      missingStep(through: left, to: right, at: current)
    default: nil
    }
  }

  private mutating func missingStep(
    through left: Node, to right: Node, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: left, at: current) else { return nil }
    return value.isNull
      ? missingStep(of: left, at: current) : missingStep(of: right, at: value)
  }

  private func missingField(_ name: String, in value: JSONValue, at span: Span) -> MissingStep? {
    guard case .object(let object) = value else {
      return step("`\(name)` is looked for in \(Self.phrase(value))", at: span)
    }
    if object[name] != nil { return step("`\(name)` is null", at: span) }
    return step(
      "no `\(name)` in the object", nearest: nearestNames(to: name, among: object.names), at: span)
  }

  private func missingElement(_ index: Int, in value: JSONValue, at span: Span) -> MissingStep? {
    guard case .array(let elements) = value else {
      return step("[\(index)] is looked for in \(Self.phrase(value))", at: span)
    }
    return step("no [\(index)] in an array of \(elements.count)", at: span)
  }

  /// A step at its place.
  func step(
    _ message: String, nearest: [String] = [], hint: String = "", at span: Span
  ) -> MissingStep {
    let place = error(.invalidValue, message, at: span)
    return MissingStep(
      message: message, nearest: nearest, hint: hint, column: place.column, length: place.length)
  }
}
