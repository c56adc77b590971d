/// The kinds of faults.
enum FaultKind: String, Hashable, Sendable, CaseIterable {
  // Answers that the sandbox sends in place of the real one.
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
  var summary: String { facts.summary }

  /// The options of this kind, besides those of every fault.
  var options: Set<String> { facts.options }

  /// Whether another answer takes the place of the real one.
  var replacesAnswer: Bool { facts.status != nil }

  /// The status of the answer that takes the place of the real one, unless the fault sets another one.
  var status: Int { facts.status ?? 200 }

  /// Whether the request is carried out, unless `carried-out` sets it.
  var carriesOutByDefault: Bool {
    !replacesAnswer && self != .closeBefore && self != .resetBefore
  }

  /// Whether `carried-out` may set it.
  var mayChooseCarryingOut: Bool { replacesAnswer || self == .silent }

  private typealias Facts = (summary: String, options: Set<String>, status: Int?)

  private var facts: Facts {
    switch self {
    case .gateway:
      (
        "an error of the gateway's table: code=… [status=…] [message=…]",
        ["code", "status", "message"], 200
      )
    case .forbidden:
      (
        "403 with an empty body from ENDPOINT, as sub-account keys get it: [status=…]", ["status"],
        403
      )
    case .service:
      (
        "a returnCode of the service: code=… [status=200|400] [message=…]",
        ["code", "status", "message"], 200
      )
    case .spring: ("a Spring Boot body whose error is a string: [status=404]", ["status"], 404)
    case .responseError:
      (
        "the responseError envelope of other NCP services: [status=400] [code=…]",
        ["code", "status", "message"], 400
      )
    case .empty: ("an empty body: [status=200]", ["status"], 200)
    case .html: ("an HTML page, as a proxy sends it: [status=502]", ["status"], 502)
    case .notJSON: ("text that is not JSON, announced as JSON: [status=200]", ["status"], 200)
    case .noReturnCode: ("JSON without returnCode: [status=200]", ["status"], 200)
    case .redirect: ("a redirect: location=URL [status=302]", ["location", "status"], 302)
    case .delay: ("the real answer, late: milliseconds=…", ["milliseconds"], nil)
    case .cut: ("the real answer; the connection closes in the middle of its body", [], nil)
    case .oversize: ("the real answer, padded with spaces: [bytes=1048577]", ["bytes"], nil)
    case .endless: ("the real answer, then spaces without end (chunked)", [], nil)
    case .drip:
      (
        "the real answer in small pieces: [milliseconds=1000] [bytes=1]",
        ["milliseconds", "bytes"], nil
      )
    case .headerFlood:
      ("the real answer with that many more header lines: [headers=10000]", ["headers"], nil)
    case .silent: ("no answer, the connection stays open", [], nil)
    case .closeBefore: ("closed before the request is carried out", [], nil)
    case .closeAfter: ("carried out, then closed", [], nil)
    case .resetBefore: ("reset before the request is carried out", [], nil)
    case .resetAfter: ("carried out, then reset", [], nil)
    }
  }
}
