package import Core

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
    guard isSecure || Self.isLoopback(host) else {
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
    let allowed = authority.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || "-._:[]".utf8.contains($0)
    }
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
    guard text.utf8.count <= 5, let port = Int(text) else { return false }
    return (1...65_535).contains(port) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// RFC 6890: 127.0.0.0/8 and ::1; RFC 6761: localhost.
  ///
  /// A number with leading zeros is none of them: others read it as octal, so that 0127.0.0.1 is 87.0.0.1.
  static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in UInt8(part).map { String($0) == part } == true }
  }

  /// The URL of a path and query.
  package func url(_ target: String) -> String { description + target }

  package var description: String { (isSecure ? "https://" : "http://") + authority }
}
