// What a web server says of a request (RFC 3875, the Common Gateway Interface), and whether it is one
// that can carry an event.

package import Core
package import Platform
internal import Service
internal import Templates

/// A request as a web server hands it to a script: in variables, its body on standard input.
package struct GatewayRequest: Sendable {
  /// What CONTENT_LENGTH says of the body (RFC 3875 section 4.1.2).
  package enum Length: Hashable, Sendable {
    /// It is not set, or empty.
    case missing
    /// It is no number of bytes.
    case malformed
    /// So many bytes; `Int.max` stands for all that are more.
    case bytes(Int)
  }

  /// The one method that an event comes with.
  static let method = "POST"
  /// Variables that name settings of this program begin so.
  private static let settingPrefix = "NCLOUD_REISSUE_"
  /// The one of them that `cgi` knows: it leads to all others.
  private static let configurationVariable = "NCLOUD_REISSUE_CONFIG"

  private let variables: [String: String]

  /// A request in the variables of its process.
  package init(variables: [String: String]) { self.variables = variables }

  /// Whether it was a web server that started this process (RFC 3875 section 4.1.4).
  package var isFromGateway: Bool { variables["GATEWAY_INTERFACE"] != nil }

  /// Whether only the head of a reply is wanted (RFC 3875 section 4.3.3).
  package var isHead: Bool { variables["REQUEST_METHOD"] == "HEAD" }

  /// Who called, for the log.
  package var subject: String { "request of \(variables["REMOTE_ADDR"] ?? "nobody known")" }

  /// How long the body is.
  package var length: Length {
    guard let text = variables["CONTENT_LENGTH"], !text.isEmpty else { return .missing }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return .malformed }
    return .bytes(Int(text) ?? .max)
  }

  /// How many bytes a script has to read: not one more may come, as more of them may never come.
  package var bodyLength: Int {
    if case .bytes(let count) = length { count } else { 0 }
  }

  /// The value of a header (RFC 3875 section 4.1.18); an empty one counts as none.
  package func header(_ name: String) -> String? {
    let variable = "HTTP_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    return variables[variable].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether it is a request for this program: method, length, type.
  ///
  /// - Parameters:
  ///   - body: What was read of it, at most what was announced; of a body over the limit nothing.
  ///   - limit: The most bytes that an event may have.
  package func check(body: [UInt8], limit: Int) throws(GatewayRefusal) {
    guard variables["REQUEST_METHOD"] == Self.method else {
      throw GatewayRefusal(
        .methodNotAllowed, "cgi.method", "an event comes with POST",
        fields: [("Allow", Self.method)])
    }
    let announced: Int
    switch length {
    case .missing:
      throw GatewayRefusal(.lengthRequired, "cgi.no-length", "the request has no Content-Length")
    case .malformed:
      throw GatewayRefusal(.badRequest, "cgi.length", "the Content-Length is no number of bytes")
    case .bytes(let count): announced = count
    }
    guard announced <= limit else {
      var error = ReissueError.eventTooLarge(limit: limit)
      error.hint = "raise maxEventBytes in the configuration if such events are expected"
      throw GatewayRefusal(.contentTooLarge, error)
    }
    try checkType()
    guard body.count == announced else {
      throw GatewayRefusal(
        .badRequest, "cgi.short-body",
        "the body ended after \(body.count) of \(announced) bytes")
    }
  }

  /// JSON, or a kind of JSON (RFC 6839 section 3.1), not packed.
  private func checkType() throws(GatewayRefusal) {
    guard Self.isJSON(variables["CONTENT_TYPE"] ?? "") else {
      throw GatewayRefusal(
        .unsupportedMediaType, "cgi.content-type", "an event is application/json",
        fields: [("Accept", "application/json")])
    }
    // RFC 9110 section 15.5.16: the same status for a coding that is not understood.
    let coding = header("Content-Encoding")?.lowercased() ?? "identity"
    guard coding == "identity" else {
      throw GatewayRefusal(
        .unsupportedMediaType, "cgi.content-encoding", "an event comes without Content-Encoding",
        fields: [("Accept-Encoding", "identity")])
    }
  }

  /// `application/json` or `…/…+json`, in any case, whatever parameters follow.
  static func isJSON(_ contentType: String) -> Bool {
    let name = contentType.prefix { $0 != ";" }.lowercased()
    let type = Credentials.trimmed(name)
    let parts = type.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }) else {
      return false
    }
    return type == "application/json" || parts[1].hasSuffix("+json")
  }

  /// Refuses settings in the environment, but for the one that names the configuration: here they are
  /// the web server's, and what is ignored in silence would be taken for in force.
  package func refuseSettings() throws(ReissueError) {
    let found = variables.keys.filter {
      $0.hasPrefix(Self.settingPrefix) && $0 != Self.configurationVariable
    }
    guard let name = found.min() else { return }
    throw ReissueError(
      "configuration.setting",
      "\(Text.quoted(name)) is set, but cgi takes its settings from the configuration alone",
      hint: "write it into the configuration; \(Self.configurationVariable) may name the file",
      exit: .configuration)
  }
}

extension GatewayRequest {
  /// The largest piece that is read at once, in bytes: the usual size of a pipe.
  private static let pieceBytes = 65_536

  /// Reads the body, and not one byte more.
  ///
  /// All of it is read even if nothing is kept: some web servers drop the answer of a script that leaves
  /// a part of its input unread.
  ///
  /// - Parameters:
  ///   - limit: A longer body is read and thrown away.
  ///   - next: Reads at least one byte and at most so many; nothing at the end.
  package func readBody(
    keeping limit: Int, next: (Int) -> Result<[UInt8], FileError>
  ) -> Result<[UInt8], FileError> {
    var body: [UInt8] = []
    var missing = bodyLength
    let isKept = missing <= limit
    while missing > 0 {
      switch next(min(missing, Self.pieceBytes)) {
      case .failure(let error): return .failure(error)
      case .success(let piece):
        guard !piece.isEmpty else { return .success(body) }
        missing -= piece.count
        if isKept { body += piece }
      }
    }
    return .success(body)
  }
}
