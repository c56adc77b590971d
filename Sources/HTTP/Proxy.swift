internal import Glibc

/// A proxy as an environment variable gives it: `[scheme://][user:password@]host[:port]`.
///
/// It is parsed here, so that libcurl gets a URL without user and password, and no text of libcurl can contain them.
package struct Proxy: Hashable, Sendable {
  /// Scheme, host and port; for `socks…://localhost/PATH` also the path of a socket.
  let url: String
  /// `user:password`, with everything but letters and digits percent-encoded; `nil` for none.
  let userInfo: String?
  /// The host, an IPv6 address without its brackets.
  let host: String
  /// Whether the connection to the proxy uses TLS.
  let isEncrypted: Bool

  /// Reads the forms of curl (curl(1), `--proxy`), and refuses what curl would guess or misread, such as a password
  /// with an unencoded `@`. Errors name the variable, and never repeat its value.
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

  /// The proxy schemes of libcurl.
  private static let schemes: Set = [
    "http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h",
  ]

  /// The scheme, by default `http`, and the rest.
  private static func scheme(
    of text: String, _ problem: (String) -> ProxyProblem
  ) throws(ProxyProblem) -> (scheme: String, rest: Substring) {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
      return ("http", text[...])
    }
    let scheme = text[..<colon].lowercased()
    guard schemes.contains(scheme) else { throw problem("its scheme is not one of a proxy") }
    return (scheme, text[colon...].dropFirst(3))
  }

  /// The host of `host[:port]`; `nil` if host or port is invalid.
  private static func host(of text: Substring) -> String? {
    let end: Substring.Index?
    if text.hasPrefix("[") {
      end = text.firstIndex(of: "]").map { text.index(after: $0) }
    } else {
      end = text.firstIndex(of: ":") ?? text.endIndex
    }
    guard let end, isPort(text[end...]) else { return nil }
    let host = text[..<end]
    guard host.hasPrefix("[") else {
      return host.isEmpty || host.contains { noHostCharacters.contains($0) } ? nil : String(host)
    }
    let address = host.dropFirst().dropLast()
    let digits = address.prefix { $0 != "%" }
    // A zone may follow.
    guard digits.endIndex == address.endIndex || address.last != "%" else { return nil }
    var number = in6_addr()
    return unsafe inet_pton(AF_INET6, String(digits), &number) == 1 ? String(address) : nil
  }

  /// What libcurl refuses in a host. Its own parser is not asked: a run that makes no call does not load it.
  private static let noHostCharacters: Set<Character> = Set("%/:#?!@{}[]\\$'\"^`*<>=;,+&()|")

  /// Empty, or a colon and a number from 1 to 65535.
  private static func isPort(_ text: Substring) -> Bool {
    guard !text.isEmpty else { return true }
    let digits = text.dropFirst()
    guard text.hasPrefix(":"), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = Int(digits)
    else { return false }
    return (1...65_535).contains(port)
  }

  /// User and password in one spelling.
  private static func userInfo(
    _ text: Substring, _ problem: (String) -> ProxyProblem
  ) throws(ProxyProblem) -> String {
    let sides = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    var encoded: [String] = []
    for side in sides {
      guard let bytes = percentDecoded(side) else {
        throw problem("the percent-encoding of user or password is broken")
      }
      // libcurl refuses control characters there too.
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

/// The reason why a variable does not name a proxy; its value, which may contain a password, is not in it.
package struct ProxyProblem: Error, Hashable, Sendable {
  /// The variable.
  package let variable: String
  /// The problem with its value.
  package let reason: String

  init(_ variable: String, _ reason: String) {
    self.variable = variable
    self.reason = reason
  }
}

extension HTTPClientConfiguration {
  /// Reads proxy and exceptions from variables as curl does for `https`: lower-case names first, `https_proxy` before
  /// `all_proxy`; an empty value counts as unset.
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
    // A URL is refused as a whole: it may hold a password.
    guard value.unicodeScalars.allSatisfy(isOfHostList), !value.contains("//") else {
      throw ProxyProblem(name, "it is not a list of host names with commas between them")
    }
    noProxy = value
  }
}

/// The characters of names, addresses with brackets and mask, `*`, and separators.
private func isOfHostList(_ scalar: Unicode.Scalar) -> Bool {
  scalar.isASCII
    ? scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      || "-._:/[]%*, ".unicodeScalars.contains(scalar)
    : isVisible(scalar)
}

/// Neither white space nor a control or format character.
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
