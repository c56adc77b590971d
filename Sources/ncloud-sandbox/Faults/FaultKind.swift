/// What can go wrong on purpose.
enum FaultKind: String, Hashable, Sendable, CaseIterable {
  // Answers that the sandbox makes up in place of the real one.
  case gateway
  case forbidden
  case service
  case spring
  case responseError = "response-error"
  case empty
  case html
  case notJSON = "not-json"
  case noReturnCode = "no-return-code"
  case redirect
  // The real answer, delivered badly.
  case delay
  case cut
  case oversize
  case endless
  case drip
  case headerFlood = "header-flood"
  // No answer at all.
  case silent
  case closeBefore = "close-before"
  case closeAfter = "close-after"
  case resetBefore = "reset-before"
  case resetAfter = "reset-after"

  /// One line for `--help`.
  var summary: String {
    switch self {
    case .gateway: "an error of the gateway's table: code=… [status=…] [message=…]"
    case .forbidden: "403 with an empty body from ENDPOINT, as sub-account keys get it: [status=…]"
    case .service: "a returnCode of the service: code=… [status=200|400] [message=…]"
    case .spring: "a Spring Boot body whose error is a string: [status=404]"
    case .responseError: "the responseError envelope of other NCP services: [status=400] [code=…]"
    case .empty: "an empty body: [status=200]"
    case .html: "an HTML page, as a proxy would send it: [status=502]"
    case .notJSON: "text that is no JSON, announced as JSON: [status=200]"
    case .noReturnCode: "JSON without returnCode: [status=200]"
    case .redirect: "a redirect: location=URL [status=302]"
    case .delay: "the real answer, late: milliseconds=…"
    case .cut: "the real answer, closed half-way through its body"
    case .oversize: "the real answer, filled up with spaces: [bytes=1048577]"
    case .endless: "the real answer, then spaces without end (chunked)"
    case .drip: "the real answer, a little at a time: [milliseconds=1000] [bytes=1]"
    case .headerFlood: "the real answer behind that many header lines: [headers=10000]"
    case .silent: "no answer, the connection stays open"
    case .closeBefore: "closed before the request is carried out"
    case .closeAfter: "carried out, then closed"
    case .resetBefore: "reset before the request is carried out"
    case .resetAfter: "carried out, then reset"
    }
  }

  /// What becomes of the real answer.
  enum Effect: Hashable, Sendable {
    /// Another answer takes its place; the request may be carried out or not.
    case replaces
    /// It is sent, so the request is carried out.
    case delivers
    /// Nothing is sent; the kind says whether the request is carried out.
    case drops
  }

  var effect: Effect {
    switch self {
    case .gateway, .forbidden, .service, .spring, .responseError, .empty, .html, .notJSON,
      .noReturnCode, .redirect:
      .replaces
    case .delay, .cut, .oversize, .endless, .drip, .headerFlood: .delivers
    case .silent, .closeBefore, .closeAfter, .resetBefore, .resetAfter: .drops
    }
  }

  /// Whether the request is carried out if the fault does not say.
  var carriesOutByDefault: Bool {
    switch self {
    case .closeBefore, .resetBefore: false
    case .silent, .closeAfter, .resetAfter: true
    default: effect == .delivers
    }
  }

  /// Whether `carried-out` may say otherwise.
  var mayChooseCarryingOut: Bool { effect == .replaces || self == .silent }

  /// The options of its own, besides those that every fault has.
  var options: Set<String> {
    switch self {
    case .gateway, .service: ["code", "status", "message"]
    case .responseError: ["code", "status", "message"]
    case .forbidden, .spring, .empty, .html, .notJSON, .noReturnCode: ["status"]
    case .redirect: ["location", "status"]
    case .delay: ["milliseconds"]
    case .oversize: ["bytes"]
    case .drip: ["milliseconds", "bytes"]
    case .headerFlood: ["headers"]
    case .cut, .endless, .silent, .closeBefore, .closeAfter, .resetBefore, .resetAfter: []
    }
  }
}
