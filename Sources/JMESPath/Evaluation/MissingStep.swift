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
  /// What the alternatives before this one lacked, as in `a || b`; the one before this one comes first.
  fileprivate(set) var tried: [MissingStep] = []

  /// Nearest names and advice in one line; empty if there is neither.
  package var advice: String {
    [suggestion(nearest), hint].filter { !$0.isEmpty }.joined(separator: "; ")
  }

  /// What the alternatives before this one lacked, to be put behind ``message``; empty if there are none.
  package var alternatives: String {
    let shown = tried.prefix(Self.shownAlternatives).map { "; tried before it: \($0.text)" }
    let left = tried.count - shown.count
    return shown.joined() + (left > 0 ? "; and \(left) more" : "")
  }

  /// All of it in one line, free of control characters.
  package var text: String {
    (advice.isEmpty ? message : "\(message); \(advice)") + alternatives
  }

  /// This step alone, and then those before it.
  fileprivate var flattened: [MissingStep] {
    var alone = self
    alone.tried = []
    return [alone] + tried
  }

  /// How many alternatives a message names: more than a person writes, and few enough to be read.
  private static let shownAlternatives = 16
}

extension Expression {
  /// When the result is null or an empty array: the first step that found nothing.
  ///
  /// - Returns: `nil` when there is a result, when the expression fails, or when nothing is known.
  /// - Parameters:
  ///   - budget: What the run may still do; to look for a reason is work, too.
  ///   - current: The value that the expression was applied to.
  ///   - scope: What it could see.
  package func firstMissingStep(
    _ current: JSONValue, in scope: Scope, spending budget: inout Budget
  ) -> MissingStep? {
    var evaluation = Evaluation(scope: scope, source: source, budget: budget)
    defer { budget = evaluation.unspent }
    guard let value = try? evaluation.value(of: node, at: current) else { return nil }
    guard value.isNull || value == [] else { return nil }
    guard let step = evaluation.missingStep(of: node, at: current) else { return nil }
    var left = Evaluation.explanations
    return evaluation.explained(step, left: &left)
  }
}

extension Expression {
  /// The same for an evaluation that stands alone.
  package func firstMissingStep(_ current: JSONValue, in scope: Scope) -> MissingStep? {
    var budget = Budget()
    return firstMissingStep(current, in: scope, spending: &budget)
  }
}

extension Evaluation {
  /// How many variables are followed for one message, one behind the other or beside each other: beyond that
  /// no one reads on.
  fileprivate static let explanations = 12

  /// A step that found a variable to be null, with what there is to say of where it comes from; the alternatives
  /// before it too.
  ///
  /// - Parameter left: How many more variables may be followed.
  fileprivate mutating func explained(_ step: MissingStep, left: inout Int) -> MissingStep {
    let origin = origin(of: step, left: &left)
    var result = origin ?? step
    var tried = origin?.tried ?? []
    for alternative in step.tried { tried += explained(alternative, left: &left).flattened }
    result.tried = tried
    return result
  }

  private mutating func origin(of step: MissingStep, left: inout Int) -> MissingStep? {
    guard left > 0, let name = step.variable, let (origin, seen) = scope.origin(of: name) else {
      return nil
    }
    left -= 1
    var evaluation = Evaluation(
      scope: seen, source: origin.expression.source,
      budget: Budget(steps: remaining, bytes: bytes))
    defer { (remaining, bytes) = (evaluation.unspent.steps, evaluation.unspent.bytes) }
    guard let found = evaluation.missingStep(of: origin.expression.node, at: origin.current) else {
      return nil
    }
    let inner = evaluation.explained(found, left: &left)
    var result = MissingStep(
      message: "\(step.message): \(inner.message)", nearest: inner.nearest, hint: inner.hint,
      column: step.column, variable: nil)
    result.tried = inner.tried
    return result
  }

  /// The step in a part that left it without a value; the part is known to be null or empty.
  mutating func missingStep(of node: Node, at current: JSONValue) -> MissingStep? {
    // To tell its column, the whole expression is gone through.
    remaining -= 1 + source.utf8.count / Limits.bytesPerStep
    guard remaining > 0 else { return nil }
    return switch node.kind {
    case .current: current.isNull ? step("the value itself is null", at: node.span) : nil
    case .literal(.null): step("the literal is null", at: node.span)
    case .field(let name): missingField(name, in: current, at: node.span)
    case .variable(let name): missingVariable(name, at: node.span)
    case .index(let index): missingElement(index, in: current, at: node.span)
    case .chain(let left, let right), .pipe(let left, let right):
      missingStep(through: left, to: right, at: current)
    case .or(let left, let right): missingStep(ofAll: [left, right], at: current)
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

  /// A name that `let` has bound is followed to where it comes from; one of the scope is followed later.
  private mutating func missingVariable(_ name: String, at span: Span) -> MissingStep {
    guard let place = bindings.lastIndex(where: { $0.name == name }) else {
      return step("`$\(name)` is null", variable: name, at: span)
    }
    let unknown = step("`$\(name)` is null", at: span)
    guard let origin = origins[place] else { return unknown }
    // Those that were there when it was bound: it cannot lead back to itself.
    let inner = bindings
    defer { bindings = inner }
    bindings.removeSubrange(origin.depth...)
    return missingStep(of: origin.node, at: origin.current) ?? unknown
  }

  /// What each of several alternatives lacked: the last one, which decides, comes first.
  mutating func missingStep(ofAll alternatives: [Node], at current: JSONValue) -> MissingStep? {
    var steps: [MissingStep] = []
    for alternative in alternatives.suffix(Self.explanations).reversed() {
      if let step = shortcoming(of: alternative, at: current) { steps.append(step) }
    }
    return Self.joined(steps)
  }

  /// Why an alternative was passed over: it was null, or one of the other values that count as false.
  mutating func shortcoming(of node: Node, at current: JSONValue) -> MissingStep? {
    if case .or = node.kind { return missingStep(of: node, at: current) }
    guard let value = try? value(of: node, at: current), !Self.isTrue(value) else { return nil }
    if value.isNull || value == [], let step = missingStep(of: node, at: current) { return step }
    let what = value == false ? "false" : value.isNull ? "null" : "empty"
    return step("\(written(node.written)) is \(what)", at: node.span)
  }

  /// One step out of several, of which the first one decides.
  static func joined(_ steps: [MissingStep]) -> MissingStep? {
    guard var first = steps.first else { return nil }
    first.tried += steps.dropFirst().flatMap(\.flattened)
    return first
  }

  /// A part as the author wrote it, in backticks and cut where it is long.
  func written(_ span: Span) -> String {
    let bytes = source.utf8.dropFirst(span.start).prefix(span.end - span.start)
    return quotedName(String(decoding: Array(bytes), as: UTF8.self))
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
    var left = Self.explanations
    return explained(step, left: &left).text
  }
}
