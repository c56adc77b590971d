// The reply to a web server (RFC 3875 section 6): a status, a few header fields, and the result as body.

package import Core
internal import JSON

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
