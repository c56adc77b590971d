internal import JSON

extension Function {
  static let arrayFunctions: [Function] = [
    Function(
      "map", [.expression("expression"), .array("elements")], gives: "array",
      "What the expression gives for each element; null is kept, unlike in a projection.",
      examples: [("map(&a, `[{\"a\": 1}, {}]`)", "[1,null]")], body: map),
    Function(
      "to_array", [.any("value")], gives: "array",
      "An array as it is, anything else as the only element of one.",
      examples: [("to_array('a')", #"["a"]"#), ("to_array(`[1]`)", "[1]")], body: toArray),
    Function(
      "zip", [.array("arrays").variadic], gives: "array[array]",
      "The first elements of all arrays together, then the second ones, as far as the shortest goes.",
      examples: [("zip(['a', 'b'], `[1, 2]`)", #"[["a",1],["b",2]]"#)], body: zip),
    Function(
      "group_by", [.array("elements"), .expression("expression")], gives: "object|null",
      "The elements by what the expression gives for them; those with null are left out. "
        + "Null for an empty array.",
      errors: ["invalid-type: the expression gives neither a string nor null"],
      examples: [
        (
          "group_by(`[{\"a\": \"x\"}, {\"a\": \"y\"}, {\"a\": \"x\"}]`, &a) | length(x)", "2"
        )
      ], body: groupBy),
  ]
}

private func map(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  guard let expression = call.expression(0) else { return .null }
  var result: [JSONValue] = []
  try run.spend(elements: call.array(1).count, at: call.span)
  for element in call.array(1) { result.append(try run.value(of: expression, at: element)) }
  return .array(result)
}

private func toArray(_ run: inout Evaluation, _ call: Call) -> JSONValue {
  if case .array = call[0] { call[0] } else { .array([call[0]]) }
}

private func zip(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  let arrays = call.values.map { $0.array ?? [] }
  let count = arrays.map(\.count).min() ?? 0
  try run.spend(count * arrays.count, at: call.span)
  try run.spend(
    memory: count * (Evaluation.arrayBytes + Evaluation.elementBytes * (2 + arrays.count)),
    at: call.span)
  return .array((0..<count).map { position in .array(arrays.map { $0[position] }) })
}

private func groupBy(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  guard let expression = call.expression(1), !call.array(0).isEmpty else { return .null }
  var names = JSONObject()
  var groups: [[JSONValue]] = []
  for element in call.array(0) {
    let key = try run.value(of: expression, at: element)
    switch key {
    case .null: continue
    case .string(let name):
      // The name is searched, inserted, and copied into the result.
      try run.spend(name: name, among: groups.count + 1, times: 3, at: call.span)
      let place = names[name]?.integer ?? groups.count
      if place == groups.count {
        names[name] = .integer(place)
        try run.spend(
          memory: Evaluation.arrayBytes + 2 * Evaluation.memberBytes, at: call.span)
        groups.append([])
      }
      try run.spend(memory: 2 * Evaluation.elementBytes, at: call.span)
      groups[place].append(element)
    default:
      throw run.error(
        .invalidType, "`group_by` groups by strings, found \(Evaluation.phrase(key))",
        hint: "convert it: &to_string(\(run.text(at: expression.span)))", at: expression.span)
    }
  }
  return .object(JSONObject(Swift.zip(names.names, groups.map { .array($0) })))
}
