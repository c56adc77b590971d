internal import JSON
internal import PCRE

/// One evaluation with its scope, its bindings and its remaining work. Each kind of node has a function of its own, so
/// that a level of nesting needs little stack.
struct Evaluation {
  let scope: Scope
  /// The text that errors point into.
  let source: String
  /// The bindings of `let`, the innermost last.
  var bindings: [(name: String, value: JSONValue)] = []
  // Not `[:]` for dictionaries here: a literal looks up the metadata of tuples, for each evaluation.
  /// The origins of bindings of `let` that are null, by their index in ``bindings``; only set during the search for a
  /// missing step.
  var origins = [Int: (node: Node, current: JSONValue, depth: Int)]()
  /// Patterns compiled during the evaluation, by their text.
  var patterns = [String: RegularExpression]()
  /// The remaining steps of this evaluation.
  var remaining: Int
  /// The remaining memory of the item, in bytes.
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

  /// The remaining budget of the run.
  var unspent: Budget {
    var rest = budget
    rest.keep(steps: budget.steps - granted + max(0, remaining), bytes: bytes)
    return rest
  }

  /// Whether the run limits the steps, not the scope.
  var isBoundByRun: Bool { granted < scope.limits.steps }

  /// The result of a node for a value.
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

  /// True for everything but `null`, `false` and empty values; 0 is true.
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
      // Counted per element: the first one pays for the array.
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

  /// Whether a value fits; examining every element of an array is work.
  private mutating func accepts(
    _ value: JSONValue, _ parameter: Parameter, at span: Span
  ) throws(ExpressionError) -> Bool {
    if case .array(let elements) = value, !parameter.types.contains(.array) {
      try spend(elements.count, at: span)
    }
    return parameter.types.accepts(value)
  }
}

extension Evaluation {
  /// `left == right` and the other comparators. Numbers and texts have an order; anything else gives null. Comparing
  /// large values is counted as work.
  mutating func compare(
    _ operation: Node.Comparison, _ left: Node, _ right: Node, _ current: JSONValue, at span: Span
  ) throws(ExpressionError) -> JSONValue {
    let first = try value(of: left, at: current)
    let second = try value(of: right, at: current)
    switch operation {
    case .equal: return .boolean(try areEqual(first, second, at: span))
    case .notEqual: return .boolean(!(try areEqual(first, second, at: span)))
    case .less: return try ordered(first, second, at: span)
    case .greater: return try ordered(second, first, at: span)
    case .lessOrEqual: return Self.negated(try ordered(second, first, at: span))
    case .greaterOrEqual: return Self.negated(try ordered(first, second, at: span))
    }
  }

  private static func negated(_ value: JSONValue) -> JSONValue {
    value.boolean.map { .boolean(!$0) } ?? .null
  }

  /// Whether the first comes before the second; null if there is no order between them.
  private mutating func ordered(
    _ first: JSONValue, _ second: JSONValue, at span: Span
  ) throws(ExpressionError) -> JSONValue {
    switch (first, second) {
    case (.string(let first), .string(let second)):
      try spend(bytes: min(first.utf8.count, second.utf8.count), at: span)
      return .boolean(isOrderedByCodePoint(first, second))
    default:
      guard let first = Number(first), let second = Number(second) else { return .null }
      return .boolean(Number.isOrdered(first, second))
    }
  }

  /// Equality as in `JSONValue`.
  mutating func areEqual(
    _ left: JSONValue, _ right: JSONValue, at span: Span
  ) throws(ExpressionError) -> Bool {
    switch (left, right) {
    case (.array(let left), .array(let right)): return try areEqual(left, right, at: span)
    case (.object(let left), .object(let right)): return try areEqual(left, right, at: span)
    case (.string(let left), .string(let right)):
      guard left.utf8.count == right.utf8.count else { return false }
      try spend(bytes: left.utf8.count, at: span)
      return isSameText(left, right)
    default: return left == right
    }
  }

  private mutating func areEqual(
    _ left: [JSONValue], _ right: [JSONValue], at span: Span
  ) throws(ExpressionError) -> Bool {
    guard left.count == right.count else { return false }
    for (position, element) in left.enumerated() {
      try spend(1, at: span)
      guard try areEqual(element, right[position], at: span) else { return false }
    }
    return true
  }

  private mutating func areEqual(
    _ left: JSONObject, _ right: JSONObject, at span: Span
  ) throws(ExpressionError) -> Bool {
    guard left.count == right.count else { return false }
    for member in left.members {
      try spend(1, at: span)
      try spend(name: member.name, among: right.count, at: span)
      guard let other = right[member.name] else { return false }
      guard try areEqual(member.value, other, at: span) else { return false }
    }
    return true
  }
}

/// Whether one text comes before the other by code points, which is the order of the UTF-8 bytes.
func isOrderedByCodePoint(_ left: String, _ right: String) -> Bool {
  left.utf8.lexicographicallyPrecedes(right.utf8)
}

// Projections: elements for which the rest of the expression gives null are left out.

extension Evaluation {
  /// Every element: `over[*]`.
  mutating func projection(
    _ over: Node, _ each: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    guard case .array(let elements) = try value(of: over, at: current) else { return .null }
    return try project(elements, each)
  }

  /// Every member: `over.*`.
  mutating func valueProjection(
    _ over: Node, _ each: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    guard case .object(let object) = try value(of: over, at: current) else { return .null }
    return try project(object.members.map(\.value), each)
  }

  /// Some elements: `over[a:b]`. A text is sliced as a whole and passed on (JEP-15).
  mutating func sliceProjection(
    _ over: Node, _ slice: Node.Slice, _ each: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    switch try value(of: over, at: current) {
    case .array(let elements): return try project(slice.applied(to: elements), each)
    case .string(let text):
      try spend(characters: text, at: over.span)
      try spend(text: text.utf8.count, at: over.span)
      let scalars = slice.applied(to: Array(text.unicodeScalars))
      return try value(of: each, at: .string(String(String.UnicodeScalarView(scalars))))
    default: return .null
    }
  }

  /// The elements for which the condition holds: `over[?condition]`.
  mutating func filter(
    _ over: Node, _ condition: Node, _ each: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    guard case .array(let elements) = try value(of: over, at: current) else { return .null }
    var result: [JSONValue] = []
    for element in elements where Self.isTrue(try value(of: condition, at: element)) {
      let value = try value(of: each, at: element)
      guard !value.isNull else { continue }
      try spend(elements: 1, at: over.span)
      result.append(value)
    }
    return .array(result)
  }

  /// Elements of inner arrays, one level: `over[]`.
  mutating func flatten(
    _ over: Node, _ each: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    guard case .array(let elements) = try value(of: over, at: current) else { return .null }
    var merged: [JSONValue] = []
    for element in elements {
      guard case .array(let inner) = element else {
        try spend(memory: 2 * Self.elementBytes, at: over.span)
        merged.append(element)
        continue
      }
      try spend(1 + inner.count, at: over.span)
      try spend(memory: 2 * Self.elementBytes * inner.count, at: over.span)
      merged += inner
    }
    return try project(merged, each)
  }

  private mutating func project(
    _ elements: [JSONValue], _ each: Node
  ) throws(ExpressionError) -> JSONValue {
    if each.isCurrent {
      try spend(elements.count, at: each.span)
      try spend(memory: Self.elementBytes * elements.count, at: each.span)
      return .array(elements.contains(where: \.isNull) ? elements.filter { !$0.isNull } : elements)
    }
    try spend(memory: Self.arrayBytes + Self.elementBytes * elements.count, at: each.span)
    var result: [JSONValue] = []
    result.reserveCapacity(elements.count)
    for element in elements {
      let value = try value(of: each, at: element)
      if !value.isNull { result.append(value) }
    }
    return .array(result)
  }
}

extension Node.Slice {
  /// The elements of the slice by the rules of JEP-5: a bound beyond the end is the end.
  func applied<Element>(to elements: [Element]) -> [Element] {
    let count = elements.count
    let first = bound(start, count, whenAbsent: step > 0 ? 0 : count - 1)
    let end = bound(stop, count, whenAbsent: step > 0 ? count : -1)
    if step == 1 { return first < end ? Array(elements[first..<end]) : [] }
    var result: [Element] = []
    var position = first
    while step > 0 ? position < end : position > end {
      result.append(elements[position])
      let (next, overflow) = position.addingReportingOverflow(step)
      if overflow { break }
      position = next
    }
    return result
  }

  /// A bound as a position from 0 to `count`, or from -1 to `count - 1` going backwards.
  private func bound(_ bound: Int?, _ count: Int, whenAbsent absent: Int) -> Int {
    guard let bound else { return absent }
    let position = bound < 0 ? bound + count : bound
    return step > 0 ? min(max(position, 0), count) : min(max(position, -1), count - 1)
  }
}

extension Evaluation {
  /// The type in a sentence.
  static func phrase(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .array: "an array"
    case .object: "an object"
    default: "a \(value.typeName)"
    }
  }

  /// The error for an argument of another type.
  mutating func wrongType(
    _ value: JSONValue, _ position: Int, _ function: Function, _ argument: Node,
    _ current: JSONValue
  ) -> ExpressionError {
    let parameter = function.parameter(at: position)
    let missing = missingHint(argument, value, current)
    let signature = function.description.signature
    return error(
      .invalidType,
      "`\(function.name)` needs \(parameter.types.phrase) as $\(parameter.name), "
        + "found \(found(value, parameter))",
      hint: missing.isEmpty ? signature : "\(missing); \(signature)", at: argument.span)
  }

  /// The type; for an array, the first element of another type.
  private func found(_ value: JSONValue, _ parameter: Parameter) -> String {
    guard case .array(let elements) = value else { return Self.phrase(value) }
    let wanted: TypeSet = parameter.types.contains(.numbers) ? [.number] : [.string]
    let mixed: TypeSet =
      parameter.types.contains([.numbers, .strings]) ? [.number, .string] : wanted
    guard parameter.types.contains(.numbers) || parameter.types.contains(.strings) else {
      return Self.phrase(value)
    }
    if let position = elements.firstIndex(where: { !mixed.accepts($0) }) {
      return "an array with \(Self.phrase(elements[position])) at [\(position)]"
    }
    return "an array of both numbers and strings"
  }
}
