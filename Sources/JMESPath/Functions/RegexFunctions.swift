internal import JSON
internal import PCRE

extension Function {
  static let regexFunctions: [Function] = [
    Function(
      "regex_match", [.pattern("pattern"), .string("text")], gives: "boolean",
      "Whether the pattern is found anywhere in the text; ^ and $ tie it to the ends.",
      errors: regexErrors,
      examples: [
        (#"regex_match('^shop\d+$', 'shop12')"#, "true"), ("regex_match('b', 'abc')", "true"),
      ], isExtension: true, body: regexMatch),
    Function(
      "regex_capture", [.pattern("pattern"), .string("text")], gives: "object|array|null",
      "What the named groups found, as an object; without names an array, "
        + "[0] the whole match. Null when the pattern is not found.",
      errors: regexErrors,
      examples: [
        (
          #"regex_capture('(?<host>[^:]+):(?<port>\d+)', 'a.example:443')"#,
          #"{"host":"a.example","port":"443"}"#
        ),
        (#"regex_capture('(\d+)-(\d+)', 'cert 12-34')[2]"#, #""34""#),
        ("regex_capture('x', 'abc')", "null"),
      ], isExtension: true, body: regexCapture),
    Function(
      "regex_replace_all", [.pattern("pattern"), .string("text"), .string("with")],
      gives: "string",
      "The text with every match replaced; $1 or ${name} stands for a group, $$ for a dollar sign.",
      errors: regexErrors + ["invalid-value: $with names a group that the pattern does not have"],
      examples: [
        (#"regex_replace_all('\s+', 'a  b c', '-')"#, #""a-b-c""#),
        (#"regex_replace_all('(\w+)@(\w+)', 'a@b', '$2 $1')"#, #""b a""#),
      ], isExtension: true, body: regexReplaceAll),
  ]
}

private let regexErrors = [
  "invalid-value: the pattern is not a regular expression, or the search fails",
  "limit: the search needs more work than allowed",
]

private func regexMatch(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  let pattern = try run.pattern(of: call)
  return .boolean(try run.firstMatch(of: pattern, in: call.text(1), from: 0, call) != nil)
}

private func regexCapture(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  let pattern = try run.pattern(of: call)
  let text = call.text(1)
  guard let match = try run.firstMatch(of: pattern, in: text, from: 0, call) else { return .null }
  let bytes = Array(text.utf8)
  try run.spend(bytes: bytes.count * match.groups.count, at: call.span)
  try run.spend(match.groups.count, at: call.span)
  try run.spend(
    memory: match.groups.reduce(0) { $0 + Evaluation.memberBytes + ($1?.count ?? 0) },
    at: call.span)
  let groups = match.groups.map { group -> JSONValue in
    group.map { .string(String(decoding: bytes[$0], as: UTF8.self)) } ?? .null
  }
  guard !pattern.names.isEmpty else { return .array(groups) }
  return .object(
    JSONObject(pattern.names.map { ($0.name, $0.group < groups.count ? groups[$0.group] : .null) }))
}

private func regexReplaceAll(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  let pattern = try run.pattern(of: call)
  try run.spend(characters: call.text(2), at: call.span)
  // Each `$` may need a search among the names.
  let groups = call.text(2).utf8.count { $0 == UInt8(ascii: "$") }
  try run.spend(groups * (1 + pattern.names.count / Limits.comparedNames), at: call.span)
  guard let replacement = Replacement(call.text(2), for: pattern) else {
    throw run.error(
      .invalidValue, "`regex_replace_all`: $with names a group that the pattern does not have",
      hint: "a group is $1 or ${name}, a dollar sign $$", at: call.span(2))
  }
  let text = call.text(1)
  try run.spend(bytes: text.utf8.count, at: call.span)
  let bytes = Array(text.utf8)
  var result: [UInt8] = []
  var copied = 0
  var next = 0
  while next <= bytes.count,
    let match = try run.firstMatch(of: pattern, in: text, from: next, call)
  {
    // A lookbehind with \K can match before the last match; nothing is written twice.
    guard match.whole.lowerBound >= copied else { break }
    let written = result.count
    result += bytes[copied..<match.whole.lowerBound]
    // Groups without a match write nothing, but are checked.
    try run.spend(characters: replacement.count, at: call.span)
    replacement.write(match, of: bytes, into: &result)
    try run.spend(bytes: result.count - written, at: call.span)
    // The text is copied while it grows, and once at the end.
    try run.spend(text: 3 * (result.count - written), at: call.span)
    copied = match.whole.upperBound
    next = match.whole.isEmpty ? characterEnd(copied, bytes) : copied
  }
  result += bytes[copied...]
  return .string(String(decoding: result, as: UTF8.self))
}

/// The end of the character at an offset; one more than the length at the end of the text.
private func characterEnd(_ offset: Int, _ bytes: [UInt8]) -> Int {
  var end = offset + 1
  while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
  return end
}

extension Evaluation {
  /// The pattern of a call; a constant one is already compiled.
  fileprivate mutating func pattern(
    of call: Call
  ) throws(ExpressionError) -> RegularExpression {
    if case .pattern(let pattern, _) = call.arguments.first?.kind { return pattern }
    let text = call.text(0)
    try spend(characters: text, at: call.span(0))
    if let known = patterns[text] { return known }
    // About the cost of compiling.
    try spend(100 + text.utf8.count, at: call.span(0))
    do throws(RegularExpressionError) {
      let pattern = try RegularExpression(text)
      patterns[text] = pattern
      return pattern
    } catch {
      throw self.error(
        .invalidValue, "the pattern is not a regular expression: \(error.message)",
        at: call.span(0))
    }
  }

  private static let groupsPerStep = 16
  /// How many of PCRE's units of work count as one step.
  private static let unitsPerStep = 4

  /// A search, counted as work.
  fileprivate mutating func firstMatch(
    of pattern: RegularExpression, in text: String, from offset: Int, _ call: Call
  ) throws(ExpressionError) -> RegularExpression.Match? {
    // Each search allocates space for every group.
    try spend(pattern.groupCount / Self.groupsPerStep, at: call.span)
    var work = remaining * Self.unitsPerStep
    defer { remaining = work / Self.unitsPerStep - 1 }
    do throws(RegularExpressionError) {
      return try pattern.firstMatch(in: text, from: offset, work: &work)
    } catch {
      guard error.code == .limit else {
        throw self.error(
          .invalidValue, "the search for the pattern failed: \(error.message)", at: call.span(0))
      }
      throw self.error(
        .limit, "the search for the pattern needs too much work: \(error.message)",
        hint: "tie the pattern to ^ and $, and avoid repetitions inside repetitions",
        at: call.span(0))
    }
  }
}

/// The replacement of a match: text, and groups as `$1`, `${1}`, `$name` or `${name}`.
///
/// The syntax is that of pcre2_substitute(3); `$$` is a dollar sign.
struct Replacement {
  private enum Piece {
    case text([UInt8])
    case group(Int)
  }

  private var pieces: [Piece] = []

  /// The number of parts that are written for each match.
  var count: Int { pieces.count }

  /// Parses a replacement; `nil` if it names an unknown group.
  init?(_ text: String, for pattern: RegularExpression) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let plain = rest.prefix { $0 != UInt8(ascii: "$") }
      if !plain.isEmpty { pieces.append(.text(Array(plain))) }
      rest = rest[plain.endIndex...]
      guard rest.popFirst() != nil else { break }
      if rest.first == UInt8(ascii: "$") {
        rest.removeFirst()
        pieces.append(.text([UInt8(ascii: "$")]))
      } else {
        guard let group = Self.group(&rest, of: pattern) else { return nil }
        pieces.append(.group(group))
      }
    }
  }

  /// Writes the replacement of one match; a group without a match is empty.
  func write(_ match: RegularExpression.Match, of text: [UInt8], into result: inout [UInt8]) {
    for piece in pieces {
      switch piece {
      case .text(let bytes): result += bytes
      case .group(let group):
        if let range = match.groups[group] { result += text[range] }
      }
    }
  }

  private static func group(
    _ rest: inout ArraySlice<UInt8>, of pattern: RegularExpression
  ) -> Int? {
    let isBraced = rest.first == UInt8(ascii: "{")
    if isBraced { rest.removeFirst() }
    let startsWithDigit = isDigit(rest.first)
    let word = rest.prefix { startsWithDigit ? isDigit($0) : isWordByte($0) }
    rest = rest[word.endIndex...]
    if isBraced, rest.popFirst() != UInt8(ascii: "}") { return nil }
    let name = String(decoding: word, as: UTF8.self)
    guard startsWithDigit else { return pattern.names.first { $0.name == name }?.group }
    return Int(name).flatMap { $0 <= pattern.groupCount ? $0 : nil }
  }
}

private func isWordByte(_ byte: UInt8) -> Bool {
  isDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}
