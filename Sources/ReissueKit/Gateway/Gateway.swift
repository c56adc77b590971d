// The request of a web server (RFC 3875, the Common Gateway Interface), and whether it can hold an event.

internal import CommandOptions
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
  /// The largest part that is read at once, in bytes: the usual size of a pipe.
  private static let pieceBytes = 65_536

  private let variables: [String: String]

  /// A request with the variables of its process.
  package init(variables: [String: String]) { self.variables = variables }

  /// The variable that every web server sets for the scripts that it starts (RFC 3875 section 4.1.4).
  package static let interface = "GATEWAY_INTERFACE"

  /// Whether a web server started this process.
  package var isFromGateway: Bool { variables[Self.interface] != nil }

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

  /// Checks method, length and type of a request. The body is empty if it is over the limit of an event, in bytes.
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
    let configuration = CommandOption.config.environmentName
    let found = variables.keys.filter {
      $0.hasPrefix(CommandOption.environmentPrefix) && $0 != configuration
    }
    guard let name = found.min() else { return }
    throw ReissueError(
      "configuration.setting",
      "\(Text.quoted(name)) is set, but cgi takes its settings from the configuration alone",
      hint: "write it into the configuration; \(configuration) may name the file",
      exit: .configuration)
  }

  /// Reads the body up to its announced length; a read beyond it might wait without end. `next` reads at least one byte
  /// and at most its argument, or nothing at the end.
  ///
  /// A body over the limit is read too, and dropped: some web servers drop the reply of a script that leaves a part of
  /// its input unread.
  package func readBody(
    keeping limit: Int, next: (Int) throws(FileError) -> [UInt8]
  ) throws(FileError) -> [UInt8] {
    var body: [UInt8] = []
    var remaining = if case .bytes(let count) = length { count } else { 0 }
    let isKept = remaining <= limit
    while remaining > 0 {
      let piece = try next(min(remaining, Self.pieceBytes))
      guard !piece.isEmpty else { break }
      remaining -= piece.count
      if isKept { body += piece }
    }
    return body
  }
}

// The reply to a web server (RFC 3875 section 6): a status, a few header fields, and the result as body.
/// The reply to a request.
package struct GatewayReply: Sendable {
  /// The statuses that this program sends (RFC 9110 section 15).
  package enum Status: Int, Hashable, Sendable, CaseIterable {
    /// The event was handled; items may have been skipped.
    case ok = 200
    /// The event cannot be used. The sender should not send it again.
    case badRequest = 400
    /// The caller is not proved.
    case unauthorized = 401
    /// The method is not POST.
    case methodNotAllowed = 405
    /// A request may have been carried out; the service must be examined first.
    case conflict = 409
    /// The request has no Content-Length.
    case lengthRequired = 411
    /// The body is larger than an event may be.
    case contentTooLarge = 413
    /// The body is not JSON, or it is compressed.
    case unsupportedMediaType = 415
    /// Refused permanently, by the service or by a rule.
    case unprocessableContent = 422
    /// A fault in the program, the ledger or the store.
    case internalServerError = 500
    /// Credentials, configuration or a template are wrong.
    case badGateway = 502
    /// Nothing was carried out: the same event may be sent again.
    case serviceUnavailable = 503

    /// The status for the exit status of a run.
    package init(_ exit: ExitStatus) {
      self =
        switch exit {
        case .done, .changed, .attention, .readerGone: .ok
        case .event, .usage: .badRequest
        // The request may have been carried out: senders repeat a request after some other statuses.
        case .unknown: .conflict
        case .refused: .unprocessableContent
        case .credentials, .configuration: .badGateway
        case .tryAgain: .serviceUnavailable
        case .fault, .inputOutput: .internalServerError
        }
    }

    /// The reason phrase of RFC 9110.
    var phrase: String {
      switch self {
      case .ok: "OK"
      case .badRequest: "Bad Request"
      case .unauthorized: "Unauthorized"
      case .methodNotAllowed: "Method Not Allowed"
      case .conflict: "Conflict"
      case .lengthRequired: "Length Required"
      case .contentTooLarge: "Content Too Large"
      case .unsupportedMediaType: "Unsupported Media Type"
      case .unprocessableContent: "Unprocessable Content"
      case .internalServerError: "Internal Server Error"
      case .badGateway: "Bad Gateway"
      case .serviceUnavailable: "Service Unavailable"
      }
    }
  }

  /// Retry-After of a 503, in seconds: the gateway's limits are per minute.
  private static let retryAfterSeconds = 60

  /// The status.
  package let status: Status
  private let fields: [(name: String, value: String)]
  private let body: [UInt8]

  /// A reply with the header fields that its status needs.
  package init(
    _ status: Status, fields: [(name: String, value: String)] = [], body: [UInt8]
  ) {
    self.status = status
    self.fields =
      status == .serviceUnavailable
      ? fields + [("Retry-After", String(Self.retryAfterSeconds))] : fields
    self.body = body
  }

  /// The reply as a script writes it; lines end in LF (RFC 3875 section 7.2).
  ///
  /// - Parameter isHead: Whether the request is a HEAD request, whose reply has no body (RFC 3875 section 4.3.3).
  package func bytes(isHead: Bool = false) -> [UInt8] {
    var head = "Status: \(status.rawValue) \(status.phrase)\n"
    for field in fields { head += "\(field.name): \(field.value)\n" }
    // The reply is for this caller at this moment only.
    head += "Cache-Control: no-store\nContent-Type: application/json\n"
    head += "Content-Length: \(body.count)\n\n"
    return Array(head.utf8) + (isHead ? [] : body)
  }
}

/// Why a request is answered without a run.
package struct GatewayRefusal: Error, Sendable {
  /// The status of the reply.
  package let status: GatewayReply.Status
  /// Header fields of the reply.
  package let fields: [(name: String, value: String)]
  /// The error in the log.
  package let error: ReissueError
  /// The error in the reply; it may say less.
  package let shown: ReissueError

  init(
    _ status: GatewayReply.Status, _ error: ReissueError,
    fields: [(name: String, value: String)] = [], shown: ReissueError? = nil
  ) {
    self.status = status
    self.fields = fields
    self.error = error
    self.shown = shown ?? error
  }

  /// A mistake in the request itself.
  init(
    _ status: GatewayReply.Status, _ code: String, _ message: String,
    fields: [(name: String, value: String)] = []
  ) {
    self.init(status, ReissueError(code, message, exit: .event), fields: fields)
  }

  /// Arguments from a web server (RFC 3875 section 4.4).
  package static let arguments = GatewayRefusal(
    .badRequest,
    ReissueError(
      "cgi.arguments", "a web server started this program with arguments, or not as cgi",
      hint: "a query string can become arguments, so only cgi runs where GATEWAY_INTERFACE is set; "
        + "a script of your own unsets it first", exit: .usage),
    shown: ReissueError("cgi.arguments", "this program takes no arguments here", exit: .usage))

  /// A mistake in the setup of this machine. The caller is not proved yet, so the reply has only the code.
  package init(ofSetup error: ReissueError) {
    self.init(
      GatewayReply.Status(error.exit), error,
      shown: ReissueError(
        error.code, "this machine is not set up; the web server's error log says why",
        exit: error.exit))
  }

  /// A body that could not be read.
  package init(ofReading error: ReissueError) {
    self.init(GatewayReply.Status(error.exit), error)
  }
}
