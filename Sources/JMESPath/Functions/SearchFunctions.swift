internal import JSON

extension Function {
  static let searchFunctions: [Function] = [
    Function(
      "contains", [Parameter(name: "subject", types: [.array, .string]), .any("search")],
      gives: "boolean",
      "Whether the array has such an element, or the text such a piece.",
      examples: [("contains('foobar', 'oba')", "true"), ("contains(`[1, 2]`, `3`)", "false")],
      body: contains),
    Function(
      "starts_with", [.string("text"), .string("prefix")], gives: "boolean",
      "Whether the text begins so.",
      examples: [("starts_with('*.example.com', '*.')", "true")], body: startsWith),
    Function(
      "ends_with", [.string("text"), .string("suffix")], gives: "boolean",
      "Whether the text ends so.",
      examples: [("ends_with('shop.example.com', '.com')", "true")], body: endsWith),
    Function(
      "find_first", findParameters, gives: "number|null",
      "The position of the first such piece, counted from 0; null if there is none.",
      errors: findErrors,
      examples: [("find_first('shop.example.com', '.')", "4"), ("find_first('a', 'b')", "null")],
      body: findFirst),
    Function(
      "find_last", findParameters, gives: "number|null",
      "The position of the last such piece, counted from 0; null if there is none.",
      errors: findErrors,
      examples: [("find_last('shop.example.com', '.')", "12")], body: findLast),
    Function(
      "length", [Parameter(name: "subject", types: [.array, .object, .string])], gives: "number",
      "How many elements, members or characters there are.",
      examples: [("length('abc')", "3"), ("length(`[1, 2]`)", "2")], body: length),
    Function(
      "reverse", [Parameter(name: "subject", types: [.array, .string])], gives: "array|string",
      "The same from the end to the beginning.",
      examples: [("reverse('abc')", #""cba""#), ("reverse(`[1, 2]`)", "[2,1]")], body: reverse),
  ]
}

private let findParameters: [Parameter] = [
  .string("text"), .string("search"), .number("start").optional, .number("end").optional,
]

private let findErrors = ["invalid-value: $start or $end is no whole number"]

private func contains(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  if case .array(let elements) = call[0] {
    for element in elements {
      try run.spend(1, at: call.span)
      if try run.areEqual(element, call[1], at: call.span) { return true }
    }
    return false
  }
  guard case .string(let search) = call[1] else { return false }
  let (text, piece) = try run.bytes(of: call.text(0), search, at: call.span)
  return .boolean(try run.firstOffset(of: piece, in: text, from: 0, at: call.span) != nil)
}

private func startsWith(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  try run.spend(bytes: call.text(1).utf8.count, at: call.span)
  return .boolean(call.text(0).utf8.starts(with: call.text(1).utf8))
}

private func endsWith(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try run.spend(bytes: call.text(1).utf8.count, at: call.span)
  return .boolean(call.text(0).utf8.reversed().starts(with: call.text(1).utf8.reversed()))
}

private func length(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  switch call[0] {
  case .array(let elements): return .integer(elements.count)
  case .object(let object): return .integer(object.count)
  case .string(let text):
    try run.spend(bytes: text.utf8.count, at: call.span)
    return .integer(countCodePoints(text.utf8))
  default: return .null
  }
}

private func reverse(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  if case .array(let elements) = call[0] {
    try run.spend(elements.count, at: call.span)
    try run.spend(elements: elements.count, at: call.span)
    return .array(elements.reversed())
  }
  try run.spend(characters: call.text(0), at: call.span)
  try run.spend(memory: 2 * call.text(0).utf8.count, at: call.span)
  return .string(String(String.UnicodeScalarView(call.text(0).unicodeScalars.reversed())))
}

// MARK: Positions

private func findFirst(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  try find(&run, call, last: false)
}

private func findLast(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try find(&run, call, last: true)
}

private func find(
  _ run: inout Evaluation, _ call: Call, last: Bool
) throws(ExpressionError) -> JSONValue {
  let start = try run.whole(call, 2)
  let end = try run.whole(call, 3)
  guard !call.text(1).isEmpty else { return .null }
  let (from, part) = try searched(&run, call, start, end)
  let (text, search) = try run.bytes(of: part, call.text(1), at: call.span)
  let found =
    last
    ? try run.lastOffset(of: search, in: text, at: call.span)
    : try run.firstOffset(of: search, in: text, from: 0, at: call.span)
  return found.map { .integer(from + countCodePoints(text[..<$0])) } ?? .null
}

/// The part of the text between the bounds, which count as in a slice, and the number of characters before it.
private func searched(
  _ run: inout Evaluation, _ call: Call, _ start: Int?, _ end: Int?
) throws(ExpressionError) -> (from: Int, text: String) {
  let text = call.text(0)
  guard start != nil || end != nil else { return (0, text) }
  try run.spend(characters: text, at: call.span)
  let scalars = Array(text.unicodeScalars)
  let slice = Node.Slice(start: start, stop: end, step: 1).applied(to: scalars)
  let from = Node.Slice.clamped(start ?? 0, to: scalars.count)
  return (from, String(String.UnicodeScalarView(slice)))
}
