/// A proxy as a variable of the environment names it: `[scheme://][user:password@]host[:port]`.
///
/// It is taken apart here, so that libcurl gets a URL without user and password, and no text of libcurl can hold them.
package struct Proxy: Hashable, Sendable {
  /// Scheme, host and port; for `socks…://localhost/PATH` the path of a socket too.
  let url: String
  /// `user:password`, every other character than a letter or a digit percent-encoded; `nil` for none.
  let userInfo: String?
  /// The host, an IPv6 address without its brackets.
  let host: String
  /// Whether the proxy itself is reached by TLS.
  let isEncrypted: Bool

  /// Reads what curl reads (curl(1), `--proxy`), and refuses what curl would guess at or read in another way than
  /// it was meant, such as a password with an `@` that is not encoded.
  ///
  /// - Parameters:
  ///   - text: The value of the variable.
  ///   - variable: The name of the variable, for the problem; its value is never in a message.
  package init(_ text: String, variable: String) throws(ProxyProblem) {
    func problem(_ reason: String) -> ProxyProblem { ProxyProblem(variable, reason) }
    guard text.unicodeScalars.allSatisfy(isVisible) else {
      throw problem("a blank or a control character is in it")
    }
    let (scheme, rest) = try Self.scheme(of: text, problem)
    let authority = rest.prefix { !["/", "?", "#"].contains($0) }
    let path = rest.dropFirst(authority.count)
    let parts = authority.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count <= 2, !path.contains("@") else {
      throw problem("user or password hold a character that has to be percent-encoded")
    }
    guard let hostAndPort = parts.last, let host = Self.host(of: hostAndPort) else {
      throw problem("host or port are not valid")
    }
    let isSocket = scheme.hasPrefix("socks") && host == "localhost" && path.hasPrefix("/")
    guard path.isEmpty || path == "/" || (isSocket && !path.contains { $0 == "?" || $0 == "#" })
    else {
      throw problem("something follows host and port")
    }
    self.host = host
    isEncrypted = scheme == "https"
    url = "\(scheme)://\(hostAndPort)" + (isSocket ? String(path) : "")
    userInfo = try parts.count == 2 ? Self.userInfo(parts[0], problem) : nil
  }

  /// The schemes that libcurl knows for proxies.
  private static let schemes: Set = [
    "http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h",
  ]

  /// The scheme, `http` unless there is one, and what follows it.
  private static func scheme(
    of text: String, _ problem: (String) -> ProxyProblem
  ) throws(ProxyProblem) -> (scheme: String, rest: Substring) {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
      return ("http", text[...])
    }
    let scheme = text[..<colon].lowercased()
    guard schemes.contains(scheme) else { throw problem("its scheme is none of a proxy") }
    return (scheme, text[colon...].dropFirst(3))
  }

  /// The host of `host[:port]`; `nil` if either of them is not valid.
  private static func host(of text: Substring) -> String? {
    let end: Substring.Index?
    if text.hasPrefix("[") {
      end = text.firstIndex(of: "]").map { text.index(after: $0) }
    } else {
      end = text.firstIndex(of: ":") ?? text.endIndex
    }
    guard let end, isPort(text[end...]) else { return nil }
    let host = text[..<end]
    // libcurl's own parser knows addresses in brackets, and which characters a name cannot have.
    guard !host.contains("%") || host.hasPrefix("["), isURL("http://\(host)/") else { return nil }
    return String(host.hasPrefix("[") ? host.dropFirst().dropLast() : host)
  }

  /// Nothing, or a colon and a number from 1 to 65535.
  private static func isPort(_ text: Substring) -> Bool {
    guard !text.isEmpty else { return true }
    let digits = text.dropFirst()
    guard text.hasPrefix(":"), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = Int(digits)
    else { return false }
    return (1...65_535).contains(port)
  }

  /// User and password, brought into one spelling.
  private static func userInfo(
    _ text: Substring, _ problem: (String) -> ProxyProblem
  ) throws(ProxyProblem) -> String {
    let sides = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    var encoded: [String] = []
    for side in sides {
      guard let bytes = percentDecoded(side) else {
        throw problem("the percent-encoding of user or password is broken")
      }
      // libcurl takes no control characters there either.
      guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        throw problem("user or password hold a control character")
      }
      encoded.append(bytes.map(percentEncoded).joined())
    }
    return encoded.joined(separator: ":")
  }
}

extension Proxy: CustomStringConvertible, CustomReflectable {
  /// The proxy without user and password.
  package var description: String { url }

  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a variable does not name a proxy; its value, which may hold a password, is not in it.
package struct ProxyProblem: Error, Hashable, Sendable {
  /// The variable.
  package let variable: String
  /// What is wrong with its value.
  package let reason: String

  init(_ variable: String, _ reason: String) {
    self.variable = variable
    self.reason = reason
  }
}

extension HTTPClientConfiguration {
  /// Takes proxy and exceptions from variables as curl does for `https`: the lower-case name first, `https_proxy`
  /// before `all_proxy`; an empty value counts as not set. Nothing else is called through a proxy.
  package mutating func readProxy(from environment: [String: String]) throws(ProxyProblem) {
    func first(_ names: [String]) -> (name: String, value: String)? {
      for name in names {
        if let value = environment[name], !value.isEmpty { return (name, value) }
      }
      return nil
    }
    guard let (name, value) = first(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) else {
      return
    }
    proxy = try Proxy(value, variable: name)
    guard let (name, value) = first(["no_proxy", "NO_PROXY"]) else { return }
    guard value.unicodeScalars.allSatisfy(isOfHostList) else {
      throw ProxyProblem(name, "it is not a list of host names with commas between them")
    }
    noProxy = value
  }
}

/// Names, addresses with or without brackets and mask, `*`, and what stands between them.
private func isOfHostList(_ scalar: Unicode.Scalar) -> Bool {
  scalar.isASCII
    ? scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      || "-._:/[]%*, ".unicodeScalars.contains(scalar)
    : isVisible(scalar)
}

/// Neither white space nor control or format character.
private func isVisible(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator: false
  default: true
  }
}

private func percentDecoded(_ text: Substring) -> [UInt8]? {
  var bytes: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "%") else {
      bytes.append(byte)
      continue
    }
    let digits = rest.prefix(2)
    guard digits.count == 2,
      digits.allSatisfy({ UInt8(ascii: "+") != $0 && $0 != UInt8(ascii: "-") }),
      let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    else { return nil }
    bytes.append(value)
    rest = rest.dropFirst(2)
  }
  return bytes
}

private func percentEncoded(_ byte: UInt8) -> String {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "A")...UInt8(ascii: "Z"):
    String(Unicode.Scalar(byte))
  default: (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
  }
}
