// Why a result is null: the first step that found nothing.

package import JSON

/// The first step of a path that found nothing, and what was there instead.
package struct MissingStep: Hashable, Sendable {
  /// What was not found, as in "no `lables` in the object".
  package let message: String
  /// The existing names that are nearest to the one that is missing; as they are, and
  /// they may come from the event.
  package let nearest: [String]
  /// More advice; may be empty.
  package let hint: String
  /// Where the step is written, in code points from 1.
  package let column: Int
  /// The variable of the scope that the path begins at, if that is what is null.
  let variable: String?

  /// Nearest names and advice in one line; empty if there is neither.
  package var advice: String {
    [suggestion(nearest), hint].filter { !$0.isEmpty }.joined(separator: "; ")
  }

  /// All of it in one line, free of control characters.
  package var text: String { advice.isEmpty ? message : "\(message); \(advice)" }
}

extension Expression {
  /// When the result is null or an empty array: the first step that found nothing.
  ///
  /// - Returns: `nil` when there is a result, when the expression fails, or when nothing is known.
  package func firstMissingStep(_ current: JSONValue, in scope: Scope) -> MissingStep? {
    var evaluation = Evaluation(scope: scope, source: source)
    guard let value = try? evaluation.value(of: node, at: current) else { return nil }
    guard value.isNull || value == [] else { return nil }
    return evaluation.missingStep(of: node, at: current).map(evaluation.explained)
  }
}

extension Evaluation {
  /// How many variables are followed, one behind the other: beyond that no one reads on.
  private static let followedVariables = 8

  /// A step that found a variable to be null, with what there is to say of where it comes from.
  func explained(_ step: MissingStep) -> MissingStep {
    var message = step.message
    var (variable, scope) = (step.variable, scope)
    for _ in 0..<Self.followedVariables {
      guard let name = variable, let (origin, seen) = scope.origin(of: name) else { break }
      var evaluation = Evaluation(scope: seen, source: origin.expression.source)
      guard let inner = evaluation.missingStep(of: origin.expression.node, at: origin.current)
      else { break }
      message += ": \(inner.text)"
      (variable, scope) = (inner.variable, seen)
    }
    return MissingStep(
      message: message, nearest: step.nearest, hint: step.hint, column: step.column, variable: nil)
  }

  /// The step in a part that left it without a value; the part is known to be null or empty.
  mutating func missingStep(of node: Node, at current: JSONValue) -> MissingStep? {
    switch node.kind {
    case .current: current.isNull ? step("the value itself is null", at: node.span) : nil
    case .literal(.null): step("the literal is null", at: node.span)
    case .field(let name): missingField(name, in: current, at: node.span)
    case .variable(let name): missingVariable(name, at: node.span)
    case .index(let index): missingElement(index, in: current, at: node.span)
    case .chain(let left, let right), .pipe(let left, let right):
      missingStep(through: left, to: right, at: current)
    case .or(let left, let right):
      missingStep(of: left, at: current) ?? missingStep(of: right, at: current)
    case .and(let left, let right): missingStep(ofBoth: left, right, at: current)
    case .conditional(let condition, let then, let otherwise):
      missingStep(after: condition, then, otherwise, at: current)
    case .comparison(let operation, _, _):
      step(
        "`\(operation.rawValue)` has no answer for these types",
        hint: "it compares two numbers or two strings; convert with to_number", at: node.span)
    case .projection(let over, let each), .flatten(let over, let each),
      .sliceProjection(let over, _, let each):
      missingStep(over: over, each: each, wanted: "an array", at: current)
    case .valueProjection(let over, let each):
      missingStep(over: over, each: each, wanted: "an object", at: current)
    case .filter(let over, let condition, let each):
      missingStep(over: over, if: condition, each: each, at: current)
    case .call(let function, let arguments):
      missingStep(ofCall: function, arguments, at: current, node.span)
    case .bind(let members, let body): missingStep(with: members, of: body, at: current)
    default: nil
    }
  }

  private func missingVariable(_ name: String, at span: Span) -> MissingStep {
    let isInner = bindings.contains { $0.name == name }
    return step("`$\(name)` is null", variable: isInner ? nil : name, at: span)
  }

  /// A step at its place.
  func step(
    _ message: String, nearest: [String] = [], hint: String = "", variable: String? = nil,
    at span: Span
  ) -> MissingStep {
    MissingStep(
      message: message, nearest: nearest, hint: hint,
      column: error(.invalidValue, message, at: span).column, variable: variable)
  }

  /// Why an argument is null, when a path ended too early.
  mutating func missingHint(_ node: Node, _ value: JSONValue, _ current: JSONValue) -> String {
    guard value.isNull, let step = missingStep(of: node, at: current) else { return "" }
    return explained(step).text
  }
}
