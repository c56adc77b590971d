internal import JSON

extension Function {
  static let orderFunctions: [Function] = [
    Function(
      "max", [Parameter(name: "values", types: [.numbers, .strings])],
      gives: "number|string|null", "The largest element; null for an empty array.",
      examples: [("max(`[1, 3, 2]`)", "3"), ("max(`[]`)", "null")], body: largest),
    Function(
      "min", [Parameter(name: "values", types: [.numbers, .strings])],
      gives: "number|string|null", "The smallest element; null for an empty array.",
      examples: [("min(`[3, 1, 2]`)", "1")], body: smallest),
    Function(
      "max_by", byParameters, gives: "any",
      "The element for which the expression gives the most; null for an empty array.",
      errors: byErrors,
      examples: [("max_by(`[{\"a\": 1}, {\"a\": 2}]`, &a)", #"{"a":2}"#)], body: largestBy),
    Function(
      "min_by", byParameters, gives: "any",
      "The element for which the expression gives the least; null for an empty array.",
      errors: byErrors,
      examples: [("min_by(`[{\"a\": 1}, {\"a\": 2}]`, &a)", #"{"a":1}"#)], body: smallestBy),
    Function(
      "sort", [Parameter(name: "values", types: [.numbers, .strings])], gives: "array",
      "The elements in order.",
      examples: [("sort(['b', 'a'])", #"["a","b"]"#), ("sort(`[10, 9]`)", "[9,10]")], body: sort),
    Function(
      "sort_by", byParameters, gives: "array",
      "The elements in the order of what the expression gives; equal ones stay as they are.",
      errors: byErrors,
      examples: [("sort_by(`[{\"a\": 2}, {\"a\": 1}]`, &a)", #"[{"a":1},{"a":2}]"#)],
      body: sortBy),
  ]
}

private let byParameters: [Parameter] = [.array("elements"), .expression("expression")]

private let byErrors = [
  "invalid-type: the expression does not give numbers only, or strings only"
]

private enum SortKey {
  case number(Number)
  case text(String)

  init?(_ value: JSONValue) {
    if let number = Number(value) {
      self = .number(number)
    } else if case .string(let text) = value {
      self = .text(text)
    } else {
      return nil
    }
  }

  func isLike(_ other: SortKey) -> Bool {
    switch (self, other) {
    case (.number, .number), (.text, .text): true
    default: false
    }
  }

  /// The most steps of a comparison.
  var steps: Int {
    switch self {
    case .number: 1
    case .text(let text): 1 + text.utf8.count / Limits.bytesPerStep
    }
  }

  static func isOrdered(_ left: SortKey, _ right: SortKey) -> Bool {
    switch (left, right) {
    case (.number(let left), .number(let right)): Number.isOrdered(left, right)
    case (.text(let left), .text(let right)): isOrderedByCodePoint(left, right)
    default: false
    }
  }
}

// MARK: Plain

private func sort(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  let keys = try plainKeys(&run, call)
  return .array(try order(keys, &run, call).map { call.array(0)[$0] })
}

private func largest(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  let keys = try plainKeys(&run, call)
  return try outermost(keys, &run, call) { SortKey.isOrdered($0, $1) }
}

private func smallest(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  let keys = try plainKeys(&run, call)
  return try outermost(keys, &run, call) { SortKey.isOrdered($1, $0) }
}

/// The elements as keys; they all have one type.
private func plainKeys(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> [SortKey] {
  try spendKeys(&run, call)
  var keys: [SortKey] = []
  keys.reserveCapacity(call.array(0).count)
  for element in call.array(0) { if let key = SortKey(element) { keys.append(key) } }
  return keys
}

/// Counts the memory of the keys, their order and the result.
private func spendKeys(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) {
  let bytes = MemoryLayout<SortKey>.stride + 2 * MemoryLayout<Int>.stride + Evaluation.elementBytes
  try run.spend(memory: bytes * call.array(0).count, at: call.span)
}

// MARK: By an expression

private func sortBy(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  let keys = try keys(&run, call)
  return .array(try order(keys, &run, call).map { call.array(0)[$0] })
}

private func largestBy(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  try outermost(try keys(&run, call), &run, call) { SortKey.isOrdered($0, $1) }
}

private func smallestBy(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  try outermost(try keys(&run, call), &run, call) { SortKey.isOrdered($1, $0) }
}

/// The results of the expression: only numbers, or only texts.
private func keys(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> [SortKey] {
  guard let expression = call.expression(1) else { return [] }
  try spendKeys(&run, call)
  var keys: [SortKey] = []
  keys.reserveCapacity(call.array(0).count)
  for (position, element) in call.array(0).enumerated() {
    let value = try run.value(of: expression, at: element)
    guard let key = SortKey(value), keys.first?.isLike(key) ?? true else {
      throw unsortable(value, position, keys.first, element, &run, call)
    }
    keys.append(key)
  }
  return keys
}

private func unsortable(
  _ value: JSONValue, _ position: Int, _ first: SortKey?, _ element: JSONValue,
  _ run: inout Evaluation, _ call: Call
) -> ExpressionError {
  let wanted =
    switch first {
    case .number: "a number as for [0]"
    case .text: "a string as for [0]"
    case nil: "a number or a string"
    }
  let missing = call.expression(1).map { run.missingHint($0, value, element) } ?? ""
  return run.error(
    .invalidType,
    "`\(call.function.name)` needs \(wanted), "
      + "found \(Evaluation.phrase(value)) for [\(position)]",
    hint: missing.isEmpty ? "leave such elements out with a filter first" : missing,
    at: call.span(1))
}

// MARK: Order

/// The positions of the keys in order; the sort is stable.
private func order(
  _ keys: [SortKey], _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> [Int] {
  // Sorting compares each key about log2(n) times.
  let rounds = Int.bitWidth - keys.count.leadingZeroBitCount
  let steps = keys.reduce(0) { $0 + $1.steps }
  try run.spend(steps * rounds, at: call.span)
  return keys.indices.sorted { SortKey.isOrdered(keys[$0], keys[$1]) }
}

/// The first of the largest (or smallest) elements.
private func outermost(
  _ keys: [SortKey], _ run: inout Evaluation, _ call: Call,
  isSurpassed: (SortKey, SortKey) -> Bool
) throws(ExpressionError) -> JSONValue {
  guard let first = keys.indices.first else { return .null }
  try run.spend(keys.reduce(0) { $0 + $1.steps }, at: call.span)
  let best = keys.indices.reduce(first) { isSurpassed(keys[$0], keys[$1]) ? $1 : $0 }
  return call.array(0)[best]
}
