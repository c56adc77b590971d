// The request of a web server (RFC 3875, the Common Gateway Interface), and whether it can hold an event.

package import Core
package import Platform
internal import Service
internal import Templates

/// A request as a web server passes it to a script: metadata in variables, the body on standard input.
package struct GatewayRequest: Sendable {
  /// The length of the body (RFC 3875 section 4.1.2).
  package enum Length: Hashable, Sendable {
    /// CONTENT_LENGTH is not set, or empty.
    case missing
    /// It is not a number of bytes.
    case malformed
    /// The number of bytes; `Int.max` stands for all larger ones.
    case bytes(Int)
  }

  /// The only method for events.
  private static let method = "POST"
  /// The prefix of the variables that hold settings of this program.
  private static let settingPrefix = "NCLOUD_REISSUE_"
  /// The only one of them that `cgi` reads: it names the file with all others.
  private static let configurationVariable = "NCLOUD_REISSUE_CONFIG"
  /// The largest part that is read at once, in bytes: the usual size of a pipe.
  private static let pieceBytes = 65_536

  private let variables: [String: String]

  /// A request with the variables of its process.
  package init(variables: [String: String]) { self.variables = variables }

  /// Whether a web server started this process (RFC 3875 section 4.1.4).
  package var isFromGateway: Bool { variables["GATEWAY_INTERFACE"] != nil }

  /// Whether the reply must not have a body (RFC 3875 section 4.3.3).
  package var isHead: Bool { variables["REQUEST_METHOD"] == "HEAD" }

  /// The caller, for the log.
  package var subject: String { "request of \(variables["REMOTE_ADDR"] ?? "nobody known")" }

  /// The length of the body.
  package var length: Length {
    guard let text = variables["CONTENT_LENGTH"], !text.isEmpty else { return .missing }
    return text.isDigits ? .bytes(Int(text) ?? .max) : .malformed
  }

  /// The value of a header (RFC 3875 section 4.1.18); `nil` if it is empty.
  package func header(_ name: String) -> String? {
    let variable = "HTTP_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    return variables[variable].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Checks method, length and type of a request.
  ///
  /// - Parameters:
  ///   - body: The body as far as it was read; empty if it is over the limit.
  ///   - limit: The largest event, in bytes.
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
      throw GatewayRefusal(
        .badRequest, "cgi.length", "the Content-Length is not a number of bytes")
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

  /// Accepts JSON without a content coding.
  private func checkType() throws(GatewayRefusal) {
    guard Self.isJSON(variables["CONTENT_TYPE"] ?? "") else {
      throw GatewayRefusal(
        .unsupportedMediaType, "cgi.content-type", "an event is application/json",
        fields: [("Accept", "application/json")])
    }
    // The same status for an unknown content coding (RFC 9110 section 15.5.16).
    let coding = header("Content-Encoding")?.lowercased() ?? "identity"
    guard coding == "identity" else {
      throw GatewayRefusal(
        .unsupportedMediaType, "cgi.content-encoding", "an event comes without Content-Encoding",
        fields: [("Accept-Encoding", "identity")])
    }
  }

  /// Whether a type is `application/json` or `…/…+json` (RFC 6839 section 3.1), in upper or lower case, with or without
  /// parameters.
  static func isJSON(_ contentType: String) -> Bool {
    let type = Credentials.trimmed(contentType.prefix { $0 != ";" }.lowercased())
    let parts = type.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }) else {
      return false
    }
    return type == "application/json" || parts[1].hasSuffix("+json")
  }

  /// Refuses settings in the environment, except for the name of the configuration. The environment belongs to the web
  /// server, and an administrator would expect that a setting there is used.
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

  /// Reads the body up to its announced length. A read beyond it might wait without end.
  ///
  /// The whole body is read even if it is not kept: some web servers drop the reply of a script that leaves a part of
  /// its input unread.
  ///
  /// - Parameters:
  ///   - limit: A longer body is read and dropped.
  ///   - next: Reads at least one byte and at most its argument; nothing at the end.
  package func readBody(
    keeping limit: Int, next: (Int) -> Result<[UInt8], FileError>
  ) -> Result<[UInt8], FileError> {
    var body: [UInt8] = []
    var remaining = if case .bytes(let count) = length { count } else { 0 }
    let isKept = remaining <= limit
    while remaining > 0 {
      switch next(min(remaining, Self.pieceBytes)) {
      case .failure(let error): return .failure(error)
      case .success(let piece):
        guard !piece.isEmpty else { return .success(body) }
        remaining -= piece.count
        if isKept { body += piece }
      }
    }
    return .success(body)
  }
}
