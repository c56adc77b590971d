internal import JSON

extension Function {
  static let objectFunctions: [Function] = [
    Function(
      "items", [.object("object")], gives: "array[array]",
      "Every member as an array of its name and its value.",
      examples: [("items(`{\"a\": 1}`)", #"[["a",1]]"#)], body: items),
    Function(
      "from_items", [.array("items")], gives: "object",
      "An object of arrays of a name and a value; of a repeated name the last one counts.",
      errors: ["invalid-type: an element is not an array of a string and a value"],
      examples: [("from_items(`[[\"a\", 1]]`)", #"{"a":1}"#)], body: fromItems),
    Function(
      "keys", [.object("object")], gives: "array[string]", "The names of all members.",
      examples: [("keys(`{\"a\": 1, \"b\": 2}`)", #"["a","b"]"#)], body: keys),
    Function(
      "values", [.object("object")], gives: "array", "The values of all members.",
      examples: [("values(`{\"a\": 1, \"b\": 2}`)", "[1,2]")], body: values),
    Function(
      "merge", [.object("objects").variadic], gives: "object",
      "All members in one object; of a repeated name the last one counts.",
      examples: [("merge(`{\"a\": 1, \"b\": 2}`, `{\"b\": 3}`)", #"{"a":1,"b":3}"#)], body: merge),
  ]
}

private func items(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try run.spend(2 * call.object(0).count, at: call.span)
  try run.spend(
    memory: call.object(0).count * (Evaluation.arrayBytes + 3 * Evaluation.elementBytes),
    at: call.span)
  return .array(call.object(0).members.map { .array([.string($0.name), $0.value]) })
}

private func fromItems(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  var object = JSONObject()
  for (position, item) in call.array(0).enumerated() {
    try run.spend(1, at: call.span)
    guard case .array(let pair) = item, pair.count == 2, case .string(let name) = pair[0] else {
      throw run.error(
        .invalidType, "`from_items` needs arrays of a name and a value; [\(position)] is not one",
        hint: call.function.description.signature, at: call.span(0))
    }
    try run.spend(name: name, among: object.count + 1, at: call.span)
    try run.spend(memory: 2 * Evaluation.memberBytes, at: call.span)
    object[name] = pair[1]
  }
  return .object(object)
}

private func keys(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try run.spend(call.object(0).count, at: call.span)
  try run.spend(elements: call.object(0).count, at: call.span)
  return .array(call.object(0).names.map { .string($0) })
}

private func values(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try run.spend(call.object(0).count, at: call.span)
  try run.spend(elements: call.object(0).count, at: call.span)
  return .array(call.object(0).members.map(\.value))
}

private func merge(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  var result = call.object(0)
  // The first object is copied with its index when a member is added.
  if call.values.count > 1 {
    try run.spend(result.count, at: call.span)
    try run.spend(memory: Evaluation.memberBytes * result.count, at: call.span)
  }
  for other in call.values.dropFirst() {
    guard let object = other.object else { continue }
    try run.spend(object.count, at: call.span)
    for member in object.members {
      try run.spend(name: member.name, among: result.count + 1, at: call.span)
      try run.spend(memory: 2 * Evaluation.memberBytes, at: call.span)
      result[member.name] = member.value
    }
  }
  return .object(result)
}
