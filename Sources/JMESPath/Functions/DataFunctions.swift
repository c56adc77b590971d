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
  // A short text can contain many values, and each needs more memory than its text.
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

/// The bytes of base64 text (RFC 4648 sections 4 and 5); `nil` for other text.
///
/// Line breaks and blanks are ignored (RFC 2045 section 6.8). Padding may be missing but not wrong, and unused bits
/// must be 0 (section 3.5).
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

/// The host in what monitoring systems call a target: a URL, host:port, or a host; lower case, `nil` if there is none.
///
/// RFC 3986 section 3.2 if there is a scheme or `//`; otherwise the text is an authority. An IPv6 address is returned
/// without brackets, and may lack them if there is no port.
func host(in text: String) -> String? {
  let (authority, isMarked) = authority(of: Array(text.utf8)[...])
  let afterUser = authority.lastIndex(of: UInt8(ascii: "@")).map { authority[($0 + 1)...] }
  return host(ofAuthority: afterUser ?? authority, mayPortBeEmpty: isMarked)
}

/// The part between `//` and the path, without surrounding blanks, and whether there is a `//`.
private func authority(of text: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, isMarked: Bool) {
  let slashes = Array("//".utf8)
  var rest = text.drop(while: Lexer.isWhiteSpace)
  while let last = rest.last, Lexer.isWhiteSpace(last) { rest.removeLast() }
  var isMarked = true
  if rest.starts(with: slashes) {
    rest = rest.dropFirst(2)
  } else if let colon = rest.firstIndex(of: UInt8(ascii: ":")),
    rest[(colon + 1)...].starts(with: slashes), isScheme(rest[..<colon])
  {
    rest = rest[(colon + 3)...]
  } else {
    isMarked = false
  }
  let ends = Array("/?#".utf8)
  return (rest.prefix { !ends.contains($0) }, isMarked)
}

private func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
  guard let first = bytes.first, isLetter(first) else { return false }
  return bytes.allSatisfy { isLetter($0) || isDigit($0) || Array("+-.".utf8).contains($0) }
}

/// A port has at most five digits. An empty port is allowed by RFC 3986 section 3.2.3, but without `//` the text before
/// the colon is as likely a scheme as a host: `http:/a.example`.
private func host(ofAuthority authority: ArraySlice<UInt8>, mayPortBeEmpty: Bool) -> String? {
  let colon = UInt8(ascii: ":")
  func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.count <= 5 && bytes.allSatisfy { isDigit($0) } && (mayPortBeEmpty || !bytes.isEmpty)
  }
  if authority.first == UInt8(ascii: "[") {
    guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
    let rest = authority[(end + 1)...]
    guard rest.isEmpty || rest.first == colon && isPort(rest.dropFirst()) else { return nil }
    return address(authority[..<end].dropFirst())
  }
  guard let first = authority.firstIndex(of: colon) else { return name(authority) }
  guard authority.lastIndex(of: colon) == first else { return address(authority) }
  return isPort(authority[(first + 1)...]) ? name(authority[..<first]) : nil
}

/// An IPv6 address with an optional zone (RFC 6874); it need not exist.
private func address(_ bytes: ArraySlice<UInt8>) -> String? {
  let zone = bytes.drop { $0 != UInt8(ascii: "%") }
  let isZone = zone.allSatisfy { isDigit($0) || isLetter($0) || Array("-_.%".utf8).contains($0) }
  return isZone && isAddress(bytes[..<zone.startIndex]) ? lowered(bytes) : nil
}

/// Eight groups of hexadecimal digits, the last two possibly as an IPv4 address, or fewer with `::`.
private func isAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
  let colon = UInt8(ascii: ":")
  let colons = bytes.count { $0 == colon }
  let isShortened = Swift.zip(bytes, bytes.dropFirst()).contains { $0 == colon && $1 == colon }
  guard isShortened || colons == (bytes.contains(UInt8(ascii: ".")) ? 6 : 7) else { return false }
  return bytes.allSatisfy {
    isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20)
      || $0 == colon || $0 == UInt8(ascii: ".")
  }
}

/// A name or an IPv4 address. Wildcards and letters beyond ASCII are allowed.
private func name(_ bytes: ArraySlice<UInt8>) -> String? {
  let bytes = bytes.last == UInt8(ascii: ".") ? bytes.dropLast() : bytes
  guard let first = bytes.first, first != UInt8(ascii: ".") else { return nil }
  let isName = bytes.allSatisfy {
    isLetter($0) || isDigit($0) || $0 >= 0x80 || Array("-._*".utf8).contains($0)
  }
  return isName ? lowered(bytes) : nil
}

/// In lower case, as the keys of inventories. A name beyond ASCII keeps its letters: it may have no form for DNS.
private func lowered(_ bytes: ArraySlice<UInt8>) -> String {
  guard bytes.allSatisfy({ $0 < 0x80 }) else {
    return String(decoding: bytes, as: UTF8.self).lowercased()
  }
  let lower = bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  return String(decoding: lower, as: UTF8.self)
}

private func isLetter(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}
