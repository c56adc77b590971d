// Where calls go: the origin of the service, and the URL of a call of any API, checked before anything is signed.

package import Core
internal import HTTP

/// A URL that a signed call may go to: a host of NAVER Cloud with `https`, or this machine.
package struct CallAddress: Hashable, Sendable {
  /// The origin that is called.
  package let endpoint: Endpoint
  /// Path and query, exactly as they are signed and sent.
  package let target: String

  /// The domains of NAVER Cloud's API Gateway: of the public, the government and the finance zone.
  private static let domains = ["ntruss.com", "gov-ntruss.com", "fin-ntruss.com"]
  /// The longest URL in bytes: servers must support 8000 (RFC 9110 section 4.1).
  private static let maximumBytes = 8_000

  /// Checks a URL.
  ///
  /// - Throws: ``ReissueError`` with code `usage.url`, exit 64. The URL is not in the message: it may hold a password.
  package init(_ url: String) throws(ReissueError) {
    guard url.utf8.count <= Self.maximumBytes else {
      throw Self.problem("is longer than \(Self.maximumBytes) bytes")
    }
    let isSecure = url.utf8.starts(with: "https://".utf8)
    guard isSecure || url.utf8.starts(with: "http://".utf8) else {
      throw Self.problem("does not begin with https://")
    }
    let rest = url.utf8.dropFirst(isSecure ? 8 : 7)
    let authority = String(Substring(rest.prefix { !"/?#".utf8.contains($0) }))
    // Everything else than letters, digits, `-._:[]` is refused here: user information, escapes, other scripts.
    guard let host = Endpoint.host(of: authority)?.lowercased() else {
      throw Self.problem("has no usable host; it takes neither a user nor letters beyond ASCII")
    }
    let isLoopback = HTTP.isLoopback(host)
    guard isLoopback || Self.isOfNAVERCloud(host) else {
      throw Self.problem(
        "names a host that gets no signed calls",
        hint: "hosts under \(Self.domains.joined(separator: ", ")), or this machine's own addresses"
      )
    }
    guard isSecure || isLoopback else {
      throw Self.problem("would send a signed call in the clear", hint: "use https://")
    }
    endpoint = Endpoint(isSecure: isSecure, authority: authority.lowercased())
    target = try Self.target(String(Substring(rest.dropFirst(authority.utf8.count))))
  }

  /// Whole labels are compared, and none may be empty: `ntruss.com.` could be another host in a proxy's eyes.
  private static func isOfNAVERCloud(_ host: String) -> Bool {
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    return !labels.contains("") && domains.contains { host.hasSuffix(".\($0)") }
  }

  /// Path and query, only in forms that no proxy or server rewrites: the signature covers them unchanged.
  private static func target(_ rest: String) throws(ReissueError) -> String {
    let target = rest.utf8.first == UInt8(ascii: "/") ? rest : "/" + rest
    guard !target.utf8.contains(UInt8(ascii: "#")) else {
      throw problem("has a fragment, which is not sent")
    }
    guard hasValidCharacters(target) else {
      throw problem(
        "has characters that a URL cannot have",
        hint: "percent-encode blanks, quotes, brackets and letters beyond ASCII")
    }
    guard target.utf8.last != UInt8(ascii: "?") else { throw problem("ends in an empty query") }
    let path = target.prefix { $0 != "?" }.lowercased().replacing("%2e", with: ".")
    guard !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
      throw problem("has a path with . or .. in it")
    }
    return target
  }

  /// The characters of path and query (RFC 3986 sections 3.3 and 3.4), and whole escapes.
  private static func hasValidCharacters(_ target: String) -> Bool {
    var rest = target.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard rest.count >= 2,
          rest.prefix(2).allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit })
        else { return false }
        rest = rest.dropFirst(2)
      default:
        guard byte.isLetterOrDigit || "-._~!$&'()*+,;=:@/?".utf8.contains(byte) else {
          return false
        }
      }
    }
    return true
  }

  private static func problem(
    _ reason: String,
    hint: String = "for example https://globaldns.apigw.ntruss.com/dns/v1/ncpdns/domain"
  ) -> ReissueError {
    ReissueError("usage.url", "the URL \(reason)", hint: hint, exit: .usage)
  }
}

/// The origin that calls go to: scheme, host and port.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// Certificate Manager in the public zone (API guide, Certificate Manager overview). The guides of the other zones
  /// do not have version 2 of the API.
  package static let publicZone = Endpoint(
    isSecure: true, authority: "certificatemanager.apigw.ntruss.com")

  private let isSecure: Bool
  private let authority: String

  /// An origin whose authority was checked.
  init(isSecure: Bool, authority: String) {
    self.isSecure = isSecure
    self.authority = authority
  }

  /// Reads `https://HOST[:PORT]`, or `http://` with a loopback address.
  ///
  /// The paths `/` and `/api/v2` are dropped. With any other path, the gateway would compute another signature.
  ///
  /// - Throws: ``ReissueError`` with code `configuration.endpoint`, exit 78.
  package init(_ text: String) throws(ReissueError) {
    let isSecure = text.hasPrefix("https://")
    guard isSecure || text.hasPrefix("http://") else {
      throw Self.problem("does not begin with https://")
    }
    guard !text.contains("@") else {
      throw Self.problem("has a user or a password in it; the service takes neither")
    }
    guard !text.contains("?"), !text.contains("#") else {
      throw Self.problem("has a query or a fragment; scheme, host and port are enough")
    }
    let rest = text.utf8.dropFirst(isSecure ? 8 : 7)
    let authority = String(Substring(rest.prefix { $0 != UInt8(ascii: "/") }))
    let path = String(Substring(rest.dropFirst(authority.utf8.count)))
    guard ["", "/", ServicePath.base, ServicePath.base + "/"].contains(path) else {
      throw Self.problem("has a path; scheme, host and port are enough")
    }
    guard let host = Self.host(of: authority) else {
      throw Self.problem("has no usable host")
    }
    guard isSecure || isLoopback(host) else {
      throw ReissueError(
        "configuration.endpoint-insecure",
        "the endpoint http://\(authority) would send signed requests in the clear",
        hint: "use https://; http:// is for this machine's own addresses only", exit: .configuration
      )
    }
    self.init(isSecure: isSecure, authority: authority)
  }

  /// The message does not contain the text, which may hold a password.
  private static func problem(_ reason: String) -> ReissueError {
    ReissueError(
      "configuration.endpoint", "the endpoint \(reason)",
      hint: "for example https://certificatemanager.apigw.ntruss.com", exit: .configuration)
  }

  /// The host of an authority without user information; a port has 1 to 5 digits.
  static func host(of authority: String) -> String? {
    let allowed = authority.utf8.allSatisfy { $0.isLetterOrDigit || "-._:[]".utf8.contains($0) }
    guard allowed, !authority.isEmpty else { return nil }
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      let port = authority[authority.index(after: end)...]
      guard port.isEmpty || (port.hasPrefix(":") && isPort(port.dropFirst())) else { return nil }
      return String(authority[...end])
    }
    let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
    guard let host = parts.first, !host.isEmpty, parts.count <= 2,
      parts.count == 1 || isPort(parts[1])
    else { return nil }
    return String(host)
  }

  private static func isPort(_ text: Substring) -> Bool {
    guard text.utf8.count <= 5, text.isDigits, let port = Int(text) else { return false }
    return (1...65_535).contains(port)
  }

  /// The URL of a path and query.
  package func url(_ target: String) -> String { description + target }

  package var description: String { (isSecure ? "https://" : "http://") + authority }
}
