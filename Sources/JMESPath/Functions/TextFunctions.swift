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
      gives: "string",
      "The text with one piece put in place of another, everywhere or a number of times.",
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
    // The text is copied while it grows.
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

/// The characters to trim: the given ones, or white space.
private struct TrimmedCharacters {
  /// ASCII characters by their number: a table is faster than a set for long texts.
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

extension Evaluation {
  /// Text and search as bytes; copying them is work, even if the first byte decides.
  mutating func bytes(
    of text: String, _ search: String, at span: Span
  ) throws(ExpressionError) -> (text: [UInt8], search: [UInt8]) {
    try spend(bytes: text.utf8.count + search.utf8.count, at: span)
    return (Array(text.utf8), Array(search.utf8))
  }

  /// The first position of some bytes in others, from an offset.
  mutating func firstOffset(
    of search: [UInt8], in text: [UInt8], from start: Int, at span: Span
  ) throws(ExpressionError) -> Int? {
    let end = text.count - search.count + 1
    guard start < end else { return nil }
    return try offset(of: search, in: text, among: start..<end, at: span)
  }

  /// The last position of some bytes in others, searched from the end.
  mutating func lastOffset(
    of search: [UInt8], in text: [UInt8], at span: Span
  ) throws(ExpressionError) -> Int? {
    let end = text.count - search.count + 1
    guard end > 0 else { return nil }
    return try offset(of: search, in: text, among: (0..<end).reversed(), at: span)
  }

  /// The first of the positions at which some bytes occur in others. Partial matches are counted as work: a text may
  /// have one at every position.
  private mutating func offset(
    of search: [UInt8], in text: [UInt8], among places: some Sequence<Int>, at span: Span
  ) throws(ExpressionError) -> Int? {
    var work = 0
    for offset in places {
      var matched = 0
      while matched < search.count, text[offset + matched] == search[matched] { matched += 1 }
      work += 1 + matched
      if matched == search.count {
        try spend(bytes: work, at: span)
        return offset
      }
      guard work > 4_096 else { continue }
      try spend(bytes: work, at: span)
      work = 0
    }
    try spend(bytes: work, at: span)
    return nil
  }

  /// The parts of a text between separators, at most `most` separators counted; an empty separator stands between all
  /// characters and at both ends.
  mutating func pieces(
    of text: String, by separator: String, most: Int?, at span: Span
  ) throws(ExpressionError) -> [String] {
    var left = most ?? .max
    guard !separator.isEmpty else {
      let scalars = text.unicodeScalars
      try spend(scalars.count, at: span)
      guard left > 0 else { return [text] }
      try spend(memory: 2 * Self.elementBytes * scalars.count + text.utf8.count, at: span)
      let head = scalars.prefix(left - 1)
      let tail = scalars.dropFirst(head.count)
      let whole = head.count == scalars.count && left > scalars.count
      return [""] + head.map { String($0) } + [whole ? "" : String(tail)]
    }
    let (bytes, search) = try bytes(of: text, separator, at: span)
    var pieces: [String] = []
    var begin = 0
    while left > 0, let offset = try firstOffset(of: search, in: bytes, from: begin, at: span) {
      pieces.append(String(decoding: bytes[begin..<offset], as: UTF8.self))
      begin = offset + search.count
      left -= 1
      try spend(1, at: span)
      try spend(memory: Self.stringBytes + offset - begin, at: span)
    }
    pieces.append(String(decoding: bytes[begin...], as: UTF8.self))
    return pieces
  }

  /// The size of a text without its bytes, and of its place in an array that grows.
  private static let stringBytes = 64

  /// An argument that must be a whole number; `nil` if it is missing.
  func whole(_ call: Call, _ position: Int) throws(ExpressionError) -> Int? {
    guard position < call.values.count else { return nil }
    if let number = Number(call[position]), let whole = number.whole { return whole }
    throw notWhole(call, position, "a whole number")
  }

  /// An argument that must be a whole number, 0 or more; `nil` if it is missing.
  func count(_ call: Call, _ position: Int) throws(ExpressionError) -> Int? {
    guard let whole = try whole(call, position) else { return nil }
    guard whole >= 0 else { throw notWhole(call, position, "a whole number from 0 on") }
    return whole
  }

  private func notWhole(_ call: Call, _ position: Int, _ wanted: String) -> ExpressionError {
    let parameter = call.function.parameter(at: position)
    return error(
      .invalidValue,
      "`\(call.function.name)` needs \(wanted) as $\(parameter.name)",
      hint: call.function.description.signature, at: call.span(position))
  }
}

extension Node.Slice {
  /// A bound as a position from 0 to `count`; a negative bound counts from the end.
  static func clamped(_ bound: Int, to count: Int) -> Int {
    min(max(bound < 0 ? bound + count : bound, 0), count)
  }
}
