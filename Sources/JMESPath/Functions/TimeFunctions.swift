internal import JSON
internal import Platform

extension Function {
  static let timeFunctions: [Function] = [
    Function(
      "parse_time", [Parameter(name: "time", types: [.string, .number])], gives: "number",
      "The time in whole seconds since 1970. Texts: RFC 3339 (also with a blank for the T), "
        + "RFC 1123, OpenSSL's notAfter. Numbers, also as text: seconds, milliseconds, "
        + "microseconds or nanoseconds, chosen by their size.",
      errors: ["invalid-value: the text has another form, or no offset"],
      examples: [
        ("parse_time('2026-12-05T23:59:59Z')", "1796515199"),
        ("parse_time('2026-12-06 08:59:59.5+09:00')", "1796515199"),
        ("parse_time('Sat, 05 Dec 2026 23:59:59 GMT')", "1796515199"),
        ("parse_time('Dec  5 23:59:59 2026 GMT')", "1796515199"),
        ("parse_time(`1796515199000`)", "1796515199"), ("parse_time('1796515199')", "1796515199"),
      ], isExtension: true, body: parseTime),
    Function(
      "days_until", [.number("time")], gives: "number",
      "Whole days from now until that time in seconds since 1970, rounded down; "
        + "negative when it is past.",
      errors: ["not-a-number: the difference is beyond the range of numbers"],
      examples: [("days_until($now + `86400` * `7`)", "7"), ("days_until($now - `1`)", "-1")],
      isExtension: true, body: daysUntil),
  ]
}

private func parseTime(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  if let number = Number(call[0]), let seconds = epochSeconds(number) { return .integer(seconds) }
  if case .string(let text) = call[0] {
    try run.spend(bytes: text.utf8.count, at: call.span)
    if let seconds = epochSeconds(of: text) { return .integer(seconds) }
    if epochSeconds(of: text + "Z") != nil {
      throw run.error(
        .invalidValue, "`parse_time`: the time has no offset",
        hint:
          "if it is UTC, add it: parse_time(join('', [\(run.text(at: call.arguments[0].span)), 'Z']))",
        at: call.span(0))
    }
  }
  throw run.error(
    .invalidValue, "`parse_time`: not a time in a known form",
    hint: "2026-12-05T23:59:59Z, Sat, 05 Dec 2026 23:59:59 GMT, Dec  5 23:59:59 2026 GMT, "
      + "or a number since 1970", at: call.span(0))
}

private func daysUntil(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  guard let time = Number(call[0]),
    let left = Number.calculate(.subtract, time, .integer(run.scope.now)),
    let days = Number.calculate(.floorDivide, left, .integer(CivilDate.secondsPerDay))?.whole
  else {
    throw run.error(
      .notANumber, "the result of `days_until` is beyond the range of numbers", at: call.span)
  }
  return .integer(days)
}

/// A number since 1970 in seconds; its size decides the unit. `nil` if the result is too large. Seconds reach to the
/// year 5138, and milliseconds begin in March 1973.
func epochSeconds(_ number: Number) -> Int? {
  let perSecond: Int =
    switch number.double.magnitude {
    case ..<1e11: 1
    case ..<1e14: 1_000
    case ..<1e17: 1_000_000
    default: 1_000_000_000
    }
  return Number.calculate(.floorDivide, number, .integer(perSecond))?.whole
}

/// The time that a text says, in whole seconds since 1970; `nil` if the text is no time, or has no offset.
func epochSeconds(of text: String) -> Int? {
  let trimmed = Array(text.utf8.drop(while: Lexer.isWhiteSpace))
  let end = trimmed.lastIndex { !Lexer.isWhiteSpace($0) }.map { $0 + 1 } ?? 0
  // The longest form in use has some 40 characters.
  guard end > 0, end <= 64 else { return nil }
  let bytes = trimmed[..<end]
  if let number = Number(number(spelledBy: String(decoding: bytes, as: UTF8.self))) {
    return epochSeconds(number)
  }
  let time = Timestamp(rfc3339: bytes) ?? Timestamp(openSSL: bytes) ?? Timestamp(rfc1123: bytes)
  return time?.seconds
}
