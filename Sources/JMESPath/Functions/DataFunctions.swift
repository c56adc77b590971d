// Extensions that open what other systems pack: JSON in a string, base64, tables.

internal import JSON

extension Function {
  static let dataFunctions: [Function] = [
    Function(
      "parse_json", [.string("text")], gives: "any", "The value of a JSON document in a text.",
      errors: ["invalid-value: the text is not JSON"],
      examples: [(#"parse_json('{"a": [1]}').a[0]"#, "1")], isExtension: true, body: parseJSON),
    Function(
      "base64_decode", [.string("text")], gives: "string",
      "The text behind its base64 form, plain or for URLs, with or without padding and line breaks.",
      errors: ["invalid-value: the text is not base64, or what is behind it is not UTF-8"],
      examples: [("base64_decode('c2hvcA==')", #""shop""#)], isExtension: true, body: decodeBase64),
    Function(
      "lookup", [.object("table"), .string("key")], gives: "any",
      "The member of that name; null if there is none. For names that are known only from the event.",
      examples: [
        (#"lookup(`{"a.example": 1}`, 'a.example')"#, "1"), ("lookup(`{}`, 'a')", "null"),
      ], isExtension: true, body: lookup),
    Function(
      "url_host", [.string("text")], gives: "string",
      "The host of a URL, of host:port, or of a bare host, in lower case, "
        + "without the brackets of an IPv6 address and without a dot at the end.",
      errors: ["invalid-value: there is no host in the text"],
      examples: [
        ("url_host('https://Shop.example.com:8443/a')", #""shop.example.com""#),
        ("url_host('[2001:db8::1]:443')", #""2001:db8::1""#),
      ], isExtension: true, body: urlHost),
  ]
}

private func parseJSON(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  // A short text can hold many values, and each takes more room than its text.
  try run.spend(call.text(0).utf8.count / 4, at: call.span)
  try run.spend(memory: JSONDecoder.weight(of: call.text(0)), at: call.span)
  do throws(JSONError) {
    return try JSONDecoder.decode(call.text(0))
  } catch {
    throw run.error(.invalidValue, "`parse_json`: \(error)", at: call.span(0))
  }
}

private func decodeBase64(
  _ run: inout Evaluation, _ call: Call
) throws(ExpressionError) -> JSONValue {
  try run.spend(characters: call.text(0), at: call.span)
  try run.spend(memory: 2 * call.text(0).utf8.count, at: call.span)
  guard let bytes = decodedBase64(call.text(0)) else {
    throw run.error(.invalidValue, "`base64_decode`: the text is not base64", at: call.span(0))
  }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw run.error(
      .invalidValue, "`base64_decode`: what is behind the base64 is not UTF-8 text",
      at: call.span(0))
  }
  return .string(text)
}

private func lookup(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try run.spend(name: call.text(1), among: call.object(0).count, at: call.span)
  return call.object(0)[call.text(1)] ?? .null
}

private func urlHost(_ run: inout Evaluation, _ call: Call) throws(ExpressionError) -> JSONValue {
  try run.spend(characters: call.text(0), at: call.span)
  if let host = host(in: call.text(0)) { return .string(host) }
  throw run.error(
    .invalidValue, "`url_host`: there is no host in the text",
    hint: "it takes a URL, host:port or a host", at: call.span(0))
}

/// The bytes behind base64 text (RFC 4648 sections 4 and 5); `nil` if it is not base64.
///
/// Line breaks and blanks are passed over (RFC 2045 section 6.8). Padding may be left out, but may
/// not be wrong, and the bits that no byte needs have to be 0 (section 3.5).
func decodedBase64(_ text: String) -> [UInt8]? {
  var bytes: [UInt8] = []
  var bits: UInt32 = 0
  var digits = 0
  var padding = 0
  for byte in text.utf8 {
    if Lexer.isWhiteSpace(byte) { continue }
    if byte == UInt8(ascii: "=") {
      padding += 1
      continue
    }
    guard padding == 0, let digit = base64Digit(byte) else { return nil }
    bits = bits << 6 | digit
    digits += 1
    if digits % 4 == 0 {
      bytes += [bits >> 16, bits >> 8, bits].map { UInt8(truncatingIfNeeded: $0) }
    }
  }
  guard padding == 0 || padding == [0, 9, 2, 1][digits % 4] else { return nil }
  switch digits % 4 {
  case 0: return bytes
  case 2 where bits & 0xF == 0: return bytes + [UInt8(truncatingIfNeeded: bits >> 4)]
  case 3 where bits & 0x3 == 0:
    return bytes + [bits >> 10, bits >> 2].map { UInt8(truncatingIfNeeded: $0) }
  default: return nil
  }
}

private func base64Digit(_ byte: UInt8) -> UInt32? {
  switch byte {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
  case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
  case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
  case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
  default: nil
  }
}
