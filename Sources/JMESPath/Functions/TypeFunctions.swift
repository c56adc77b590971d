internal import JSON

extension Function {
  static let typeFunctions: [Function] = [
    Function(
      "type", [.any("value")], gives: "string",
      "What the value is: number, string, boolean, array, object or null.",
      examples: [("type('a')", #""string""#), ("type(`null`)", #""null""#)], body: type),
    Function(
      "to_string", [.any("value")], gives: "string",
      "A text as it is, anything else as JSON text.",
      examples: [("to_string(`5`)", #""5""#), ("to_string(`[1, 2]`)", #""[1,2]""#)],
      body: toString),
    Function(
      "not_null", [.any("values").variadic], gives: "any",
      "The first argument that is not null; null if all are.",
      examples: [("not_null(`null`, 'a', 'b')", #""a""#)], body: notNull),
  ]
}

private func type(_ run: inout Evaluation, _ call: Call) -> JSONValue {
  .string(call[0].typeName)
}

private func toString(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  if case .string = call[0] { return call[0] }
  try run.spendWalk(over: call[0], at: call.span)
  // The JSON text and the string.
  let size = JSONEncoder.size(of: call[0])
  try run.spend(text: size, at: call.span)
  try run.spend(memory: size, at: call.span)
  let text = JSONEncoder.text(call[0])
  return .string(text)
}

private func notNull(_ run: inout Evaluation, _ call: Call) -> JSONValue {
  call.values.first { !$0.isNull } ?? .null
}
