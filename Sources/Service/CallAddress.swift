// The URL of a call of any API of NAVER Cloud, checked before anything is signed.

package import Core

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
    let isLoopback = Endpoint.isLoopback(host)
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

  /// Path and query, only in forms that nothing on the way rewrites: the signature covers them as they are.
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
        guard rest.count >= 2, rest.prefix(2).allSatisfy(isHexadecimal) else { return false }
        rest = rest.dropFirst(2)
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: continue
      default: guard "-._~!$&'()*+,;=:@/?".utf8.contains(byte) else { return false }
      }
    }
    return true
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }

  private static func problem(
    _ reason: String,
    hint: String = "for example https://globaldns.apigw.ntruss.com/dns/v1/ncpdns/domain"
  ) -> ReissueError {
    ReissueError("usage.url", "the URL \(reason)", hint: hint, exit: .usage)
  }
}
