import JSON
import TestSupport
import Testing

/// A fault of the sandbox and its outcome for a reissue: a row of the table of replies in
/// examples/schemas/README.md.
struct FaultRow: Sendable, CustomTestStringConvertible {
  let fault: String
  let status: String
  let code: String
  let exit: Int32
  /// How many times the call is sent if the fault stays.
  let attempts: Int
  let options: [String]
  /// The outcome behind a proxy that replies in place of the service; `nil` if it is the same.
  let codeBehindProxy: String?

  var testDescription: String { fault }

  init(
    _ fault: String, _ status: String, _ code: String, _ exit: Int32, attempts: Int = 1,
    options: [String] = [], behindProxy: String? = nil
  ) {
    self.fault = fault
    self.status = status
    self.code = code
    self.exit = exit
    self.attempts = attempts
    self.options = options
    codeBehindProxy = behindProxy
  }

  static func refused(_ fault: String, _ code: String) -> FaultRow {
    FaultRow(fault, "failed", code, 69)
  }

  static func denied(_ fault: String, _ code: String) -> FaultRow {
    FaultRow(fault, "failed", code, 77)
  }

  static func unknown(
    _ fault: String, _ code: String, options: [String] = [], behindProxy: String? = nil
  ) -> FaultRow {
    FaultRow(fault, "unknown", code, 76, options: options, behindProxy: behindProxy)
  }

  static func passing(_ fault: String, _ code: String) -> FaultRow {
    FaultRow(fault, "failed", code, 75, attempts: 4)
  }

  /// The reply of a gateway that cannot reach the service behind it.
  private static let badGateway = "reply.status-502"

  static let all: [FaultRow] = [
    // Refused by the service.
    .refused("service,code=1300", "service.1300"),
    .refused("service,code=2000,status=400", "service.2000"),
    .refused("response-error", "service.1300"),
    .refused("response-error,status=200", "service.1300"),
    // Errors in the table of the gateway.
    .refused("gateway,code=100", "gateway.bad-request"),
    .refused("gateway,code=300", "gateway.not-found"),
    .refused("gateway,code=430", "gateway.too-large"),
    .refused("spring", "gateway.status-404"),
    .refused("spring,status=405", "gateway.status-405"),
    .refused("html,status=404,origin=APIGW", "gateway.status-404"),
    .refused("empty,status=410", "gateway.status-410"),
    .denied("gateway,code=200", "credentials.refused"),
    .denied("gateway,code=210", "credentials.not-permitted"),
    .denied("forbidden", "credentials.sub-account"),
    .denied("html,status=403,origin=ENDPOINT", "credentials.forbidden"),
    .denied("empty,status=401", "credentials.refused"),
    FaultRow("gateway,code=400", "failed", "gateway.quota", 75),
    .passing("gateway,code=410", "gateway.throttled"),
    .passing("gateway,code=420", "gateway.throttled"),
    .passing("empty,status=429", "gateway.throttled"),
    .passing("gateway,code=500", "gateway.endpoint-down"),
    .passing("html,status=408", "gateway.status-408"),
    // Sent by a server in between, which may have forwarded the request.
    .unknown("html,status=401", "reply.status-401"),
    .unknown("html,status=404", "reply.status-404"),
    .unknown("html,status=429", "reply.status-429"),
    .unknown("empty,status=499,origin=none", "reply.status-499"),
    .unknown("gateway,code=500,origin=ENDPOINT", "reply.status-503"),
    .unknown("html,status=503", "reply.status-503"),
    .unknown("gateway,code=510", "reply.status-504"),
    .unknown("gateway,code=900", "reply.status-500"),
    .unknown("html", "reply.status-502"),
    .unknown("empty,status=599", "reply.status-599"),
    // 2xx without a usable body.
    .unknown("empty", "reply.unreadable"),
    .unknown("empty,status=204", "reply.unreadable"),
    .unknown("html,status=200", "reply.unreadable"),
    .unknown("not-json", "reply.unreadable"),
    .unknown("no-return-code", "reply.unreadable"),
    .unknown("oversize", "reply.unreadable"),
    .unknown("endless", "reply.unreadable"),
    .unknown("header-flood", "reply.unreadable", behindProxy: badGateway),
    .unknown("redirect,location=http://127.0.0.1:1/", "reply.redirect"),
    .unknown("redirect,location=/api/v2/x,status=307", "reply.redirect"),
    .unknown("redirect,location=/api/v2/x,status=308", "reply.redirect"),
    // No reply, or a part of one.
    .unknown("cut", "network.lost-answer"),
    .unknown("close-before", "network.lost-answer", behindProxy: badGateway),
    .unknown("close-after", "network.lost-answer", behindProxy: badGateway),
    .unknown("reset-before", "network.lost-answer", behindProxy: badGateway),
    .unknown("reset-after", "network.lost-answer", behindProxy: badGateway),
    .unknown("silent", "network.lost-answer", options: ["--timeout", "1s"]),
    .unknown("drip,milliseconds=300", "network.lost-answer", options: ["--timeout", "1s"]),
    .unknown("delay,milliseconds=5000", "network.lost-answer", options: ["--timeout", "1s"]),
  ]

  /// The outcome of the same fault for a query: nothing can have been carried out, so an outcome that is unknown for a
  /// reissue only has to be retried.
  var asLook: FaultRow {
    guard status == "unknown" else { return self }
    return FaultRow(
      fault, "failed", code, 75, attempts: 4, options: options, behindProxy: codeBehindProxy)
  }
}

extension FaultRow {
  /// Checks the item of a result that got the fault.
  func expect(
    _ item: JSONValue?, behindProxy isBehindProxy: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let wanted = isBehindProxy ? codeBehindProxy ?? code : code
    let retry: JSONValue = exit == 75 ? "safe" : exit == 76 ? "after-check" : "no"
    #expect(item?["status"] == .string(status), sourceLocation: sourceLocation)
    #expect(item?["error"]?["code"] == .string(wanted), sourceLocation: sourceLocation)
    #expect(item?["error"]?["retry"] == retry, sourceLocation: sourceLocation)
  }
}
