package import JSON

/// The first step of a path without a value, and what was there instead: why a result is null.
package struct MissingStep: Hashable, Sendable {
  /// What is missing, as in "no `lables` in the object".
  package let message: String
  /// The existing names nearest to the missing one, unescaped; they may come from the event.
  package let nearest: [String]
  /// More advice; may be empty.
  package let hint: String
  /// The position of the step, in code points from 1.
  package let column: Int
  /// The null variable of the scope at which the path begins.
  let variable: String?
  /// What the other alternatives lacked, as in `a || b`; the last one before this one comes first.
  fileprivate(set) var tried: [MissingStep] = []

  /// Nearest names and hint in one line; may be empty.
  package var advice: String {
    [suggestion(nearest), hint].filter { !$0.isEmpty }.joined(separator: "; ")
  }

  /// What the other alternatives lacked, to follow ``message``; may be empty.
  package var alternatives: String {
    let shown = tried.prefix(Self.shownAlternatives).map { "; tried before it: \($0.text)" }
    let left = tried.count - shown.count
    return shown.joined() + (left > 0 ? "; and \(left) more" : "")
  }

  /// Everything in one line, without control characters.
  package var text: String {
    (advice.isEmpty ? message : "\(message); \(advice)") + alternatives
  }

  /// This step without alternatives, and then the alternatives.
  fileprivate var flattened: [MissingStep] {
    var alone = self
    alone.tried = []
    return [alone] + tried
  }

  /// The most alternatives in a message.
  private static let shownAlternatives = 16
}

extension Expression {
  /// The first step without a value, for a result that is null or an empty array.
  ///
  /// - Returns: `nil` if there is a result, if the expression fails, or if the reason is unknown.
  /// - Parameters:
  ///   - budget: The remaining work of the run; the search is work too.
  ///   - current: The value for which the expression was evaluated.
  ///   - scope: Its scope.
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

extension Evaluation {
  /// The most variables that are followed for one message, in sequence or in alternatives.
  fileprivate static let explanations = 12

  /// The step, and if a variable is null the reason for it; the same for its alternatives.
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

  /// The step that left a node without a value; the node is known to be null or empty.
  mutating func missingStep(of node: Node, at current: JSONValue) -> MissingStep? {
    // Finding the column reads the whole expression.
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
    case .comparison(let operation, let left, let right):
      missingStep(ofOperand: left, at: current) ?? missingStep(ofOperand: right, at: current)
        ?? step(
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

  /// Follows a variable of `let` to its origin; variables of the scope are followed later.
  private mutating func missingVariable(_ name: String, at span: Span) -> MissingStep {
    guard let place = bindings.lastIndex(where: { $0.name == name }) else {
      return step("`$\(name)` is null", variable: name, at: span)
    }
    let unknown = step("`$\(name)` is null", at: span)
    guard let origin = origins[place] else { return unknown }
    // The bindings and origins at that time: it cannot refer to itself, nor another one in its place.
    let (inner, known) = (bindings, origins)
    defer { (bindings, origins) = (inner, known) }
    bindings.removeSubrange(origin.depth...)
    origins = origins.filter { $0.key < origin.depth }
    return missingStep(of: origin.node, at: origin.current) ?? unknown
  }

  /// Why an operand is null; `nil` if it is not.
  private mutating func missingStep(ofOperand node: Node, at current: JSONValue) -> MissingStep? {
    guard let value = try? value(of: node, at: current), value.isNull else { return nil }
    return missingStep(of: node, at: current)
  }

  /// What each alternative lacked; the last one, which decides, comes first.
  mutating func missingStep(ofAll alternatives: [Node], at current: JSONValue) -> MissingStep? {
    var steps: [MissingStep] = []
    for alternative in alternatives.suffix(Self.explanations).reversed() {
      if let step = shortcoming(of: alternative, at: current) { steps.append(step) }
    }
    return Self.joined(steps)
  }

  /// Why an alternative was skipped: it was null, or another value that counts as false.
  mutating func shortcoming(of node: Node, at current: JSONValue) -> MissingStep? {
    if case .or = node.kind { return missingStep(of: node, at: current) }
    guard let value = try? value(of: node, at: current), !Self.isTrue(value) else { return nil }
    if value.isNull || value == [], let step = missingStep(of: node, at: current) { return step }
    let what = value == false ? "false" : value.isNull ? "null" : "empty"
    return step("\(written(node.written)) is \(what)", at: node.span)
  }

  /// One step of several; the first one decides.
  static func joined(_ steps: [MissingStep]) -> MissingStep? {
    guard var first = steps.first else { return nil }
    first.tried += steps.dropFirst().flatMap(\.flattened)
    return first
  }

  /// The source text of a part in backticks, shortened if it is long.
  func written(_ span: Span) -> String { quotedName(text(at: span)) }

  func step(
    _ message: String, nearest: [String] = [], hint: String = "", variable: String? = nil,
    at span: Span
  ) -> MissingStep {
    MissingStep(
      message: message, nearest: nearest, hint: hint,
      column: error(.invalidValue, message, at: span).column, variable: variable)
  }

  /// Why an argument is null.
  mutating func missingHint(_ node: Node, _ value: JSONValue, _ current: JSONValue) -> String {
    guard value.isNull, let step = missingStep(of: node, at: current) else { return "" }
    var left = Self.explanations
    return explained(step, left: &left).text
  }
}

extension Evaluation {
  // MARK: Names and positions

  mutating func missingField(_ name: String, in value: JSONValue, at span: Span) -> MissingStep? {
    let shown = quotedName(name)
    guard case .object(let object) = value else {
      return step(
        "\(shown) is looked for in \(Self.phrase(value)), not in an object",
        hint: fieldHint(name, at: span), at: span)
    }
    if let member = object[name] {
      return member.isNull ? step("\(shown) is null", at: span) : nil
    }
    let nearest = nearest(to: name, in: object)
    let hint = fieldHint(name, at: span)
    return step(
      "no \(shown) in the object", nearest: nearest,
      hint: nearest.isEmpty && hint.isEmpty ? Self.listing(object) : hint, at: span)
  }

  /// The nearest names of an object, as far as steps remain.
  private mutating func nearest(to name: String, in object: JSONObject) -> [String] {
    var steps = max(0, remaining) * Limits.bytesPerCharacterStep
    let names = nearestNames(to: name, among: object.lazy.map(\.name), steps: &steps)
    remaining = min(remaining, steps / Limits.bytesPerCharacterStep)
    return names
  }

  /// Advice for names that are probably meant as something else.
  private func fieldHint(_ name: String, at span: Span) -> String {
    if ["true", "false", "null"].contains(name) {
      return "the constant is written in backticks: `\(name)`"
    }
    if source.utf8.dropFirst(span.start).first == UInt8(ascii: "\"") {
      return "double quotes make a member name; a text is written '…'"
    }
    return Function.named[name] == nil ? "" : "the function is called \(name)(…)"
  }

  /// The names of the object, if they are few.
  private static func listing(_ object: JSONObject) -> String {
    guard !object.isEmpty else { return "it is empty" }
    let shown = object.members.prefix(8).map { quotedName($0.name) }.joined(separator: ", ")
    return object.count > 8 ? "it has \(shown), …" : "it has \(shown)"
  }

  func missingElement(_ index: Int, in value: JSONValue, at span: Span) -> MissingStep? {
    guard case .array(let elements) = value else {
      return step("[\(index)] is looked for in \(Self.phrase(value)), not in an array", at: span)
    }
    if !Self.element(index, of: value).isNull { return nil }
    let position = index < 0 ? index + elements.count : index
    return elements.indices.contains(position)
      ? step("[\(index)] is null", at: span)
      : step("no [\(index)] in an array of \(elements.count)", at: span)
  }

  // MARK: Two parts

  mutating func missingStep(
    through left: Node, to right: Node, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: left, at: current) else { return nil }
    // For an index into an empty projection, the projection is the reason.
    if value.isNull || value == [], let step = missingStep(of: left, at: current) {
      // Behind a pipe, alternatives are tried on null too.
      guard right.endsInAlternatives, let last = missingStep(of: right, at: value) else {
        return step
      }
      return Self.joined([last, step])
    }
    return missingStep(of: right, at: value)
  }

  mutating func missingStep(
    ofBoth left: Node, _ right: Node, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: left, at: current) else { return nil }
    return missingStep(of: Self.isTrue(value) ? right : left, at: current)
  }

  mutating func missingStep(
    after condition: Node, _ then: Node, _ otherwise: Node, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: condition, at: current) else { return nil }
    guard !Self.isTrue(value) else { return missingStep(of: then, at: current) }
    // The condition is why the other branch was not taken.
    return Self.joined(
      [missingStep(of: otherwise, at: current), shortcoming(of: condition, at: current)]
        .compactMap(\.self))
  }

  mutating func missingStep(
    with members: [Node.Member], of body: Node, at current: JSONValue
  ) -> MissingStep? {
    let (outer, known) = (bindings.count, origins)
    defer {
      bindings.removeLast(bindings.count - outer)
      origins = known
    }
    var bound: [(name: String, value: JSONValue)] = []
    for member in members {
      guard let value = try? value(of: member.value, at: current) else { return nil }
      if value.isNull { origins[outer + bound.count] = (member.value, current, outer) }
      bound.append((member.name, value))
    }
    bindings += bound
    return missingStep(of: body, at: current)
  }

  // MARK: Many values

  mutating func missingStep(
    over: Node, each: Node, wanted: String, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: over, at: current) else { return nil }
    // `[a, b][] | [0]` is another form of alternatives.
    if case .list(let parts) = over.kind, each.isCurrent,
      let step = missingStep(ofAll: parts, at: current)
    {
      return step
    }
    switch value {
    case .null: return missingStep(of: over, at: current)
    case .array(let elements) where wanted == "an array":
      return missingStep(of: each, inAll: elements, of: over)
    case .object(let object) where wanted == "an object":
      if object.isEmpty { return step("the object is empty", at: over.span) }
      return missingStep(of: each, inAll: object.members.map(\.value), of: over)
    default:
      return step("found \(Self.phrase(value)) where \(wanted) is gone through", at: over.span)
    }
  }

  mutating func missingStep(
    over: Node, if condition: Node, each: Node, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: over, at: current) else { return nil }
    guard case .array(let elements) = value, !elements.isEmpty else {
      return missingStep(over: over, each: each, wanted: "an array", at: current)
    }
    var left: [JSONValue] = []
    for element in elements {
      guard let isLeft = try? self.value(of: condition, at: element) else { return nil }
      if Self.isTrue(isLeft) { left.append(element) }
    }
    if !left.isEmpty { return missingStep(of: each, inAll: left, of: over) }
    // `[a, b][?@] | [0]` is another form of alternatives.
    if case .list(let parts) = over.kind, let step = missingStep(ofAll: parts, at: current) {
      return step
    }
    let noun = elements.count == 1 ? "the only element" : "any of \(elements.count) elements"
    return step("the filter does not hold for \(noun)", at: condition.span)
  }

  /// Every element gave null; the first one shows the reason.
  private mutating func missingStep(
    of each: Node, inAll elements: [JSONValue], of over: Node
  ) -> MissingStep? {
    guard let first = elements.first else { return step("the array is empty", at: over.span) }
    let found = missingStep(of: each, at: first)
    guard let found, elements.count > 1 else { return found }
    return MissingStep(
      message: "\(found.message), as in all \(elements.count) elements", nearest: found.nearest,
      hint: found.hint, column: found.column, variable: found.variable, tried: found.tried)
  }

  // MARK: Calls

  mutating func missingStep(
    ofCall function: Function, _ arguments: [Node], at current: JSONValue, _ span: Span
  ) -> MissingStep? {
    let name = function.name
    switch name {
    case "lookup": return missingKey(arguments, at: current, span)
    case "not_null": return missingStep(ofAll: arguments, at: current)
    default: break
    }
    if name == "to_number", let argument = arguments.first,
      let value = try? value(of: argument, at: current), value.isNull
    {
      return missingStep(of: argument, at: current)
    }
    return missingStep(asTextIn: arguments, at: current)
      ?? step("\(written(span)) gives null", hint: function.description.summary, at: span)
  }

  /// `to_string` turns a missing value into a text; the missing value is the reason.
  private mutating func missingStep(
    asTextIn arguments: [Node], at current: JSONValue
  ) -> MissingStep? {
    for argument in arguments {
      guard case .call(let function, let parts) = argument.kind,
        function.name == "to_string", let part = parts.first,
        let value = try? value(of: part, at: current), value.isNull
      else { continue }
      return missingStep(of: part, at: current)
    }
    return nil
  }

  private mutating func missingKey(
    _ arguments: [Node], at current: JSONValue, _ span: Span
  ) -> MissingStep? {
    guard arguments.count == 2, let table = try? value(of: arguments[0], at: current).object,
      let key = try? value(of: arguments[1], at: current).string
    else { return nil }
    let found = table[key] == nil ? "no" : "a null for"
    let nearest =
      table[key] == nil ? self.nearest(to: key, in: table) : []
    return step(
      "\(written(span)) found \(found) \(quotedName(key))", nearest: nearest,
      hint: nearest.isEmpty ? "add it to \(written(arguments[0].written))" : "",
      at: arguments[1].span)
  }
}

extension Node {
  /// Whether it ends with alternatives, which are tried on null too.
  fileprivate var endsInAlternatives: Bool {
    switch kind {
    case .or, .conditional: true
    case .call(let function, _): function.name == "not_null"
    case .pipe(_, let right): right.endsInAlternatives
    case .bind(_, let body): body.endsInAlternatives
    default: false
    }
  }
}
