internal import JSON

extension Function {
  static let numberFunctions: [Function] = [
    Function(
      "abs", [.number("value")], gives: "number", "The number without its sign.",
      errors: ["not-a-number: the result does not fit 64 bits"],
      examples: [("abs(`-5`)", "5")], body: absolute),
    Function(
      "avg", [.numbers("values")], gives: "number|null",
      "The arithmetic mean; null for an empty array.",
      errors: ["not-a-number: the sum is beyond the range of numbers"],
      examples: [("avg(`[10, 15, 20]`)", "15"), ("avg(`[1, 2]`)", "1.5"), ("avg(`[]`)", "null")],
      body: average),
    Function(
      "ceil", [.number("value")], gives: "number", "The next whole number, upwards.",
      examples: [("ceil(`1.001`)", "2")], body: ceiling),
    Function(
      "floor", [.number("value")], gives: "number", "The next whole number, downwards.",
      examples: [("floor(`1.9`)", "1"), ("floor(`-1.1`)", "-2")], body: floor),
    Function(
      "sum", [.numbers("values")], gives: "number", "The sum; 0 for an empty array.",
      errors: ["not-a-number: the sum is beyond the range of numbers"],
      examples: [("sum(`[10, 15]`)", "25"), ("sum(`[]`)", "0")], body: sum),
    Function(
      "to_number", [.any("value")], gives: "number|null",
      "The number itself, or the number that a text spells as JSON does; null for anything else.",
      examples: [
        ("to_number('42')", "42"), ("to_number('1.5')", "1.5"), ("to_number('0x2A')", "null"),
        ("to_number(`true`)", "null"),
      ], body: toNumber),
  ]
}

private func absolute(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  switch call[0] {
  case .integer(let value):
    guard let result = Int(exactly: value.magnitude) else { throw beyondRange(run, call) }
    return .integer(result)
  case .real(let value): return .real(value.magnitude)
  default: return .null
  }
}

private func beyondRange(_ run: Evaluation, _ call: Call) -> ExpressionError {
  run.error(
    .notANumber,
    "the result of `\(call.function.name)` is beyond the range of numbers",
    at: call.span)
}

private func total(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> Number {
  var total = Number.integer(0)
  for element in call.array(0) {
    guard let number = Number(element) else { continue }
    guard let next = Number.calculate(.add, total, number) else { throw beyondRange(run, call) }
    total = next
  }
  return total
}

private func sum(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try total(&run, call).value ?? .null
}

private func average(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  let count = call.array(0).count
  guard count > 0 else { return .null }
  let total = try total(&run, call)
  return Number.calculate(.divide, total, .integer(count))?.value ?? .null
}

private func ceiling(_ run: inout Evaluation, _ call: Call) -> JSONValue { rounded(call[0], .up) }

private func floor(_ run: inout Evaluation, _ call: Call) -> JSONValue { rounded(call[0], .down) }

/// A whole number becomes an integer, if it fits.
private func rounded(_ value: JSONValue, _ rule: FloatingPointRoundingRule) -> JSONValue {
  guard case .real(let real) = value else { return value }
  let whole = real.rounded(rule)
  return Int(exactly: whole).map { .integer($0) } ?? .real(whole)
}

private func toNumber(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  switch call[0] {
  case .integer, .real: return call[0]
  case .string(let text):
    try run.spend(characters: text, at: call.span)
    return number(spelledBy: text)
  default: return .null
  }
}

/// The number of a text in the form of `json-number`; null for other text, or if it does not fit.
func number(spelledBy text: String) -> JSONValue {
  guard let first = text.utf8.first, let last = text.utf8.last else { return .null }
  guard first == UInt8(ascii: "-") || isDigit(first), isDigit(last) else { return .null }
  guard let value = try? JSONDecoder.decode(text), Number(value) != nil else { return .null }
  return value
}
