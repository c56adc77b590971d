// Functions that make texts of texts. Everything counts in code points.

internal import JSON

extension Function {
  static let textFunctions: [Function] = [
    Function(
      "join", [.string("glue"), .strings("texts")], gives: "string",
      "All texts in one, with the glue between them.",
      examples: [("join(', ', ['a', 'b'])", #""a, b""#)], body: join),
    Function(
      "lower", [.string("text")], gives: "string", "The text in lower case.",
      examples: [("lower('SHOP.Example.COM')", #""shop.example.com""#)], body: lower),
    Function(
      "upper", [.string("text")], gives: "string", "The text in upper case.",
      examples: [("upper('rsa')", #""RSA""#)], body: upper),
    Function(
      "pad_left", [.string("text"), .number("width"), .string("pad").optional], gives: "string",
      "The text, filled up on the left with spaces or another character.",
      errors: padErrors, examples: [("pad_left('7', `3`, '0')", #""007""#)], body: padLeft),
    Function(
      "pad_right", [.string("text"), .number("width"), .string("pad").optional], gives: "string",
      "The text, filled up on the right with spaces or another character.",
      errors: padErrors, examples: [("pad_right('a', `3`)", #""a  ""#)], body: padRight),
    Function(
      "replace",
      [.string("text"), .string("old"), .string("new"), .number("count").optional],
      gives: "string", "The text with one piece put in place of another, everywhere or so often.",
      errors: [countError],
      examples: [
        ("replace('a-b-c', '-', '.')", #""a.b.c""#),
        ("replace('a-b-c', '-', '.', `1`)", #""a.b-c""#),
      ], body: replace),
    Function(
      "split", [.string("text"), .string("separator"), .number("count").optional],
      gives: "array[string]",
      "The pieces between the separators; an empty separator takes every character apart.",
      errors: [countError],
      examples: [
        ("split('shop.example.com:443', ':')", #"["shop.example.com","443"]"#),
        ("split('a,b,c', ',', `1`)", #"["a","b,c"]"#),
      ], body: split),
    Function(
      "trim", [.string("text"), .string("characters").optional], gives: "string",
      "The text without white space, or without these characters, at both ends.",
      examples: [("trim(' a ')", #""a""#), ("trim('.a.', '.')", #""a""#)], body: trimBoth),
    Function(
      "trim_left", [.string("text"), .string("characters").optional], gives: "string",
      "The text without white space, or without these characters, at its beginning.",
      examples: [("trim_left('  a ')", #""a ""#)], body: trimLeft),
    Function(
      "trim_right", [.string("text"), .string("characters").optional], gives: "string",
      "The text without white space, or without these characters, at its end.",
      examples: [("trim_right('example.com.', '.')", #""example.com""#)], body: trimRight),
  ]
}

private let padErrors = [
  "invalid-value: $width is no whole number from 0 on, or $pad is not one character",
  "limit: $width is more than the work allowed",
]

private let countError = "invalid-value: $count is no whole number from 0 on"

private func join(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  let glue = call.text(0)
  let texts = call.array(1)
  var result = ""
  for (position, element) in texts.enumerated() {
    let text = element.string ?? ""
    try run.spend(bytes: text.utf8.count + glue.utf8.count, at: call.span)
    // The text is copied as it grows.
    try run.spend(memory: 2 * (text.utf8.count + glue.utf8.count), at: call.span)
    if position > 0 { result += glue }
    result += text
  }
  return .string(result)
}

private func lower(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try run.spend(characters: call.text(0), at: call.span)
  try run.spend(text: call.text(0).utf8.count, at: call.span)
  return .string(call.text(0).lowercased())
}

private func upper(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try run.spend(characters: call.text(0), at: call.span)
  try run.spend(text: call.text(0).utf8.count, at: call.span)
  return .string(call.text(0).uppercased())
}

// MARK: Padding

private func padLeft(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  .string(try padding(&run, call) + call.text(0))
}

private func padRight(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  .string(call.text(0) + (try padding(&run, call)))
}

private func padding(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> String {
  let width = try run.count(call, 1) ?? 0
  let pad = call.values.count > 2 ? call.text(2) : " "
  guard pad.unicodeScalars.prefix(2).count == 1 else {
    throw run.error(.invalidValue, "$pad has to be one character", at: call.span(2))
  }
  try run.spend(bytes: call.text(0).utf8.count, at: call.span)
  let missing = max(0, width - countCodePoints(call.text(0).utf8))
  try run.spend(missing, at: call.span)
  try run.spend(text: call.text(0).utf8.count + 2 * missing * pad.utf8.count, at: call.span)
  return String(repeating: pad, count: missing)
}

// MARK: Pieces

private func replace(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  let count = try run.count(call, 3)
  let pieces = try run.pieces(of: call.text(0), by: call.text(1), most: count, at: call.span)
  let new = call.text(2)
  guard pieces.count > 1 else { return call[0] }
  try run.spend(bytes: pieces.count * new.utf8.count, at: call.span)
  try run.spend(text: call.text(0).utf8.count + pieces.count * new.utf8.count, at: call.span)
  return .string(pieces.joined(separator: new))
}

private func split(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  let count = try run.count(call, 2)
  let text = call.text(0)
  guard call.text(1).isEmpty else {
    let pieces = try run.pieces(of: text, by: call.text(1), most: count, at: call.span)
    return .array(pieces.map { .string($0) })
  }
  let scalars = text.unicodeScalars
  try run.spend(scalars.count, at: call.span)
  try run.spend(elements: scalars.count, at: call.span)
  let head = scalars.prefix(count ?? .max)
  var pieces = head.map { JSONValue.string(String($0)) }
  if count != nil { pieces.append(.string(String(scalars.dropFirst(head.count)))) }
  return .array(pieces)
}

// MARK: Ends

private func trimBoth(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try trim(&run, call, left: true, right: true)
}

private func trimLeft(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try trim(&run, call, left: true, right: false)
}

private func trimRight(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  try trim(&run, call, left: false, right: true)
}

private func trim(
  _ run: inout Evaluation, _ call: Call, left: Bool, right: Bool
) throws(ExpressionError) -> JSONValue {
  let characters = TrimmedCharacters(call.text(1))
  func isTrimmed(_ scalar: Unicode.Scalar) -> Bool { characters.contain(scalar) }
  try run.spend(characters: call.text(0), at: call.span)
  try run.spend(characters: call.text(1), at: call.span)
  try run.spend(text: call.text(0).utf8.count, at: call.span)
  var rest = call.text(0).unicodeScalars[...]
  if left { rest = rest.drop(while: isTrimmed) }
  if right { while let last = rest.last, isTrimmed(last) { rest.removeLast() } }
  return .string(String(rest))
}

/// The characters that are cut off: those given, or white space if none are.
private struct TrimmedCharacters {
  /// Those of ASCII, by their number: a table is faster than a set, and texts are long.
  private var ascii = [Bool](repeating: false, count: 128)
  private var others: Set<Unicode.Scalar> = []
  private let isWhiteSpace: Bool

  init(_ text: String) {
    isWhiteSpace = text.isEmpty
    for scalar in text.unicodeScalars {
      if scalar.isASCII { ascii[Int(scalar.value)] = true } else { others.insert(scalar) }
    }
  }

  func contain(_ scalar: Unicode.Scalar) -> Bool {
    if isWhiteSpace { return scalar.properties.isWhitespace }
    return scalar.isASCII ? ascii[Int(scalar.value)] : others.contains(scalar)
  }
}
