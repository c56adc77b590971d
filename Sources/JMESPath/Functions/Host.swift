// The host in what monitoring systems call a target: a URL, host:port, or a host.

/// The host in a text, in lower case; `nil` if there is none.
///
/// RFC 3986 section 3.2 where there is a scheme or `//`; otherwise the text is read as an authority.
/// An IPv6 address comes without brackets, and may stand without them when there is no port.
func host(in text: String) -> String? {
  let (authority, isMarked) = authority(of: Array(text.utf8)[...])
  let afterUser = authority.lastIndex(of: UInt8(ascii: "@")).map { authority[($0 + 1)...] }
  return host(ofAuthority: afterUser ?? authority, mayPortBeEmpty: isMarked)
}

/// The part between `//` and the path, without blanks around the text, and whether the `//` is there.
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

/// A port has at most five digits. None at all is allowed by RFC 3986 section 3.2.3, but without `//`
/// what stands before the colon is a scheme as likely as a host: `http:/a.example`.
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

/// An IPv6 address, perhaps with a zone (RFC 6874); whether it can exist is for others to say.
private func address(_ bytes: ArraySlice<UInt8>) -> String? {
  let zone = bytes.drop { $0 != UInt8(ascii: "%") }
  let isZone = zone.allSatisfy { isDigit($0) || isLetter($0) || Array("-_.%".utf8).contains($0) }
  return isZone && isAddress(bytes[..<zone.startIndex]) ? lowered(bytes) : nil
}

/// Eight groups of hexadecimal digits, the last two perhaps as an IPv4 address, or fewer with `::`.
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

/// A name or an IPv4 address.
///
/// Wildcards and letters beyond ASCII are let through: certificates and people have them.
private func name(_ bytes: ArraySlice<UInt8>) -> String? {
  let bytes = bytes.last == UInt8(ascii: ".") ? bytes.dropLast() : bytes
  guard let first = bytes.first, first != UInt8(ascii: ".") else { return nil }
  let isName = bytes.allSatisfy {
    isLetter($0) || isDigit($0) || $0 >= 0x80 || Array("-._*".utf8).contains($0)
  }
  return isName ? lowered(bytes) : nil
}

/// In lower case: inventories are keyed so. A name beyond ASCII stays in its letters, since whether it has a form
/// for DNS is for others to say.
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
