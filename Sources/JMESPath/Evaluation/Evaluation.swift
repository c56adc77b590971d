// A tree and a value to a value. Each kind of part has a function of its own, so that a level of
// nesting costs little stack.

internal import JSON
internal import PCRE

/// One evaluation: what it can see, and how much work it may still do.
struct Evaluation {
  let scope: Scope
  /// The text that errors point into.
  let source: String
  /// What `let` has bound so far, innermost last.
  var bindings: [(name: String, value: JSONValue)] = []
  /// Where names that `let` has bound come from, by their place in ``bindings``; kept only while a missing step
  /// is looked for.
  var origins: [Int: (node: Node, current: JSONValue, depth: Int)] = [:]
  /// The patterns that were compiled on the way, by their text.
  var patterns: [String: RegularExpression] = [:]
  /// The steps that are left to this evaluation.
  var remaining: Int
  /// The memory that is left to the item.
  var bytes: Int
  private let budget: Budget
  private let granted: Int

  init(scope: Scope, source: String, budget: Budget) {
    self.scope = scope
    self.source = source
    self.budget = budget
    granted = min(scope.limits.steps, budget.steps)
    remaining = granted
    bytes = budget.bytes
  }

  /// What is left to the run.
  var unspent: Budget {
    var rest = budget
    rest.keep(steps: budget.steps - granted + max(0, remaining), bytes: bytes)
    return rest
  }

  /// Whether it was the run that had no more steps to give.
  var isBoundByRun: Bool { granted < scope.limits.steps }

  /// What a part gives for a value.
  mutating func value(of node: Node, at current: JSONValue) throws(ExpressionError) -> JSONValue {
    try spend(1, at: node.span)
    switch node.kind {
    case .current: return current
    case .root: return scope.root
    case .literal(let value): return value
    case .pattern(_, let text): return .string(text)
    case .field(let name): return try member(name, of: current, at: node.span)
    case .variable(let name): return try variable(name, at: node.span)
    case .index(let index): return Self.element(index, of: current)
    case .chain(let left, let right): return try chain(left, right, current)
    case .pipe(let left, let right):
      return try value(of: right, at: try value(of: left, at: current))
    case .or(let left, let right): return try or(left, right, current)
    case .and(let left, let right): return try and(left, right, current)
    case .not(let part): return .boolean(!Self.isTrue(try value(of: part, at: current)))
    case .conditional(let condition, let then, let otherwise):
      return try conditional(condition, then, otherwise, current)
    case .comparison(let operation, let left, let right):
      return try compare(operation, left, right, current, at: node.span)
    case .arithmetic(let operation, let left, let right):
      return try calculate(operation, left, right, current, at: node.span)
    case .sign(let isNegative, let part): return try sign(isNegative, part, current)
    case .list(let parts): return try list(parts, current)
    case .hash(let members): return try hash(members, current)
    case .projection(let over, let each): return try projection(over, each, current)
    case .valueProjection(let over, let each): return try valueProjection(over, each, current)
    case .sliceProjection(let over, let slice, let each):
      return try sliceProjection(over, slice, each, current)
    case .filter(let over, let condition, let each):
      return try filter(over, condition, each, current)
    case .flatten(let over, let each): return try flatten(over, each, current)
    case .call(let function, let arguments):
      return try call(function, arguments, current, at: node.span)
    case .reference: return .null
    case .bind(let members, let body): return try bind(members, body, current)
    }
  }

  // MARK: Names

  private func variable(_ name: String, at span: Span) throws(ExpressionError) -> JSONValue {
    if let binding = bindings.last(where: { $0.name == name }) { return binding.value }
    if let variable = scope.variables.last(where: { $0.name == name }) { return variable.value }
    let known = bindings.map(\.name) + scope.variables.map(\.name)
    throw .undefinedVariable(name, known: known, at: span, in: source)
  }

  private mutating func member(
    _ name: String, of value: JSONValue, at span: Span
  ) throws(ExpressionError) -> JSONValue {
    guard case .object(let object) = value else { return .null }
    if name.utf8.count >= Limits.bytesPerStep {
      try spend(name: name, among: object.count, at: span)
    }
    return object[name] ?? .null
  }

  static func element(_ index: Int, of value: JSONValue) -> JSONValue {
    guard case .array(let elements) = value else { return .null }
    let position = index < 0 ? elements.count + index : index
    return elements.indices.contains(position) ? elements[position] : .null
  }

  private mutating func bind(
    _ members: [Node.Member], _ body: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    var bound: [(name: String, value: JSONValue)] = []
    for member in members {
      bound.append((member.name, try value(of: member.value, at: current)))
    }
    let outer = bindings.count
    bindings += bound
    let result = try value(of: body, at: current)
    bindings.removeLast(bindings.count - outer)
    return result
  }

  // MARK: Logic

  /// Everything is true but `null`, `false` and what is empty; 0 is true.
  static func isTrue(_ value: JSONValue) -> Bool {
    switch value {
    case .null: false
    case .boolean(let value): value
    case .integer, .real: true
    case .string(let text): !text.isEmpty
    case .array(let elements): !elements.isEmpty
    case .object(let object): !object.isEmpty
    }
  }

  private mutating func chain(
    _ left: Node, _ right: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    let value = try value(of: left, at: current)
    return value.isNull ? .null : try self.value(of: right, at: value)
  }

  private mutating func or(
    _ left: Node, _ right: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    let first = try value(of: left, at: current)
    return Self.isTrue(first) ? first : try value(of: right, at: current)
  }

  private mutating func and(
    _ left: Node, _ right: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    let first = try value(of: left, at: current)
    return Self.isTrue(first) ? try value(of: right, at: current) : first
  }

  private mutating func conditional(
    _ condition: Node, _ then: Node, _ otherwise: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    let isTrue = Self.isTrue(try value(of: condition, at: current))
    return try value(of: isTrue ? then : otherwise, at: current)
  }

  // MARK: Building

  private mutating func list(
    _ parts: [Node], _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    var elements: [JSONValue] = []
    elements.reserveCapacity(parts.count)
    for part in parts {
      // The first pays for the array, the others for a bit more than they take.
      try spend(memory: Self.arrayBytes, at: part.span)
      elements.append(try value(of: part, at: current))
    }
    return .array(elements)
  }

  private mutating func hash(
    _ members: [Node.Member], _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    var object = JSONObject()
    for member in members {
      try spend(name: member.name, among: members.count, at: member.value.span)
      try spend(memory: Self.memberBytes, at: member.value.span)
      object[member.name] = try value(of: member.value, at: current)
    }
    return .object(object)
  }

  // MARK: Calls

  private mutating func call(
    _ function: Function, _ arguments: [Node], _ current: JSONValue, at span: Span
  ) throws(ExpressionError) -> JSONValue {
    var values: [JSONValue] = []
    values.reserveCapacity(arguments.count)
    for argument in arguments { values.append(try value(of: argument, at: current)) }
    for (position, argument) in arguments.enumerated() {
      if case .reference = argument.kind { continue }
      let value = values[position]
      if try accepts(value, function.parameter(at: position), at: argument.span) { continue }
      throw wrongType(value, position, function, argument, current)
    }
    let call = Call(function: function, values: values, arguments: arguments, span: span)
    return try function.body(&self, call)
  }

  /// Whether a value fits; to look at every element of an array is work.
  private mutating func accepts(
    _ value: JSONValue, _ parameter: Parameter, at span: Span
  ) throws(ExpressionError) -> Bool {
    if case .array(let elements) = value, !parameter.types.contains(.array) {
      try spend(elements.count, at: span)
    }
    return parameter.types.accepts(value)
  }
}
