// What a web server is told (RFC 3875 section 6): a status, a few header fields, the result as body.

package import Core
internal import JSON

/// The reply to a request.
package struct GatewayReply: Sendable {
  /// The statuses that this program knows (RFC 9110 section 15).
  package enum Status: Int, Hashable, Sendable, CaseIterable {
    /// The event was dealt with; skipped items count as such.
    case ok = 200
    /// The event or the way it was sent cannot be used: sending it again is in vain.
    case badRequest = 400
    /// The caller is not proved.
    case unauthorized = 401
    /// Anything but a POST.
    case methodNotAllowed = 405
    /// Something may have been carried out, and has to be looked at first.
    case conflict = 409
    /// A body of which nobody said how long it is.
    case lengthRequired = 411
    /// A body over the limit for events.
    case contentTooLarge = 413
    /// A body that does not claim to be JSON as it is.
    case unsupportedMediaType = 415
    /// Refused for good, by the service or by a rule that it would break.
    case unprocessableContent = 422
    /// A fault here: in the program, the ledger or the store.
    case internalServerError = 500
    /// The setup here is wrong: credentials, configuration or a template.
    case badGateway = 502
    /// Surely not carried out: the same event may be sent again.
    case serviceUnavailable = 503

    /// The status for what a run came to.
    package init(_ exit: ExitStatus) {
      self =
        switch exit {
        case .done, .changed, .attention: .ok
        case .event, .usage: .badRequest
        // It may have been carried out: no status that a sender takes for "send again at once".
        case .unknown: .conflict
        case .refused: .unprocessableContent
        case .credentials, .configuration: .badGateway
        case .tryAgain: .serviceUnavailable
        case .fault, .inputOutput: .internalServerError
        }
    }

    /// The phrase of RFC 9110.
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

  /// When to come again after a 503, in seconds: the gateway's limits count by the minute.
  static let retryAfterSeconds = 60

  /// The status.
  package let status: Status
  /// Header fields that belong to the status.
  let fields: [(name: String, value: String)]
  /// The result, encoded.
  private let body: [UInt8]

  /// A reply with the fields that its status asks for.
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
  /// - Parameter isHead: Leaves out the body, which then must not be there (RFC 3875 section 4.3.3).
  package func bytes(isHead: Bool = false) -> [UInt8] {
    var head = "Status: \(status.rawValue) \(status.phrase)\n"
    for field in fields { head += "\(field.name): \(field.value)\n" }
    // What is told here is of this moment and for this caller.
    head += "Cache-Control: no-store\nContent-Type: application/json\n"
    head += "Content-Length: \(body.count)\n\n"
    return Array(head.utf8) + (isHead ? [] : body)
  }
}

/// Why a request is answered without a run.
package struct GatewayRefusal: Error, Sendable {
  /// The status of the reply.
  package let status: GatewayReply.Status
  /// Header fields that belong to the status.
  package let fields: [(name: String, value: String)]
  /// What the log says.
  package let error: ReissueError
  /// What the caller is told.
  package let shown: ReissueError

  /// A refusal that both may know.
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

  /// Arguments that a web server passed on (RFC 3875 section 4.4).
  package static let arguments = GatewayRefusal(
    .badRequest,
    ReissueError(
      "cgi.arguments", "a web server started this program with arguments, or not as cgi",
      hint: "a query string can become arguments, so only cgi runs where GATEWAY_INTERFACE is set; "
        + "a script of your own unsets it first", exit: .usage),
    shown: ReissueError("cgi.arguments", "this program takes no arguments here", exit: .usage))

  /// What is wrong with this machine: a caller who is not proved is told the code alone.
  package init(ofSetup error: ReissueError) {
    self.init(
      GatewayReply.Status(error.exit), error,
      shown: ReissueError(
        error.code, "this machine is not set up; the web server's error log says why",
        exit: error.exit))
  }

  /// A body that did not come.
  package init(ofReading error: ReissueError) {
    self.init(GatewayReply.Status(error.exit), error)
  }
}
