internal import JSON

/// One fault: its effect, the requests that it strikes, and how often.
struct Fault: Sendable {
  let kind: FaultKind
  private let options: FaultOptions
  /// How many matching requests pass before it strikes.
  private(set) var skip: Int
  /// How many more requests it strikes; `nil` is no limit.
  private(set) var remaining: Int?
  /// Whether the request is carried out all the same.
  let carriesOut: Bool
  private let status: Int
  private let code: String
  private let origin: Answer.Origin?
  private let retryAfterDateSeconds: Int?
  private let delayMilliseconds: Int
  private let delivery: Delivery

  /// One byte more than the client's limit of 1 MiB for an answer.
  private static let oversizeBytes = (1 << 20) + 1
  private static let floodHeaders = 10_000
  private static let dripPauseMilliseconds = 1000

  /// Reads `KIND[,name=value]…`, the value of `--fault`.
  init(specification: String) throws(SandboxError) {
    let parts = specification.split(separator: ",", omittingEmptySubsequences: false)
    var options = FaultOptions()
    for part in parts.dropFirst() {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2 else { throw SandboxError("fault option '\(part)' is not name=value") }
      try options.add(String(sides[0]), String(sides[1]))
    }
    try self.init(kind: parts.first.map(String.init) ?? "", options)
  }

  /// Reads `{"kind": …, name: value, …}` of a control request.
  init(_ value: JSONValue) throws(SandboxError) {
    guard case .object(let members) = value, let kind = members["kind"]?.string else {
      throw SandboxError("a fault must be an object with a member \"kind\"")
    }
    var options = FaultOptions()
    for (name, value) in members where name != "kind" {
      switch value {
      case .string(let text): try options.add(name, text)
      case .integer(let number): try options.add(name, String(number))
      case .boolean(let flag): try options.add(name, flag ? "yes" : "no")
      default: throw SandboxError("fault option '\(name)' must be text, a number or a truth value")
      }
    }
    try self.init(kind: kind, options)
  }

  private init(kind name: String, _ options: FaultOptions) throws(SandboxError) {
    guard let kind = FaultKind(rawValue: name) else {
      throw SandboxError("unknown fault '\(name)', see --help for the kinds")
    }
    self.kind = kind
    try options.check(kind)
    self.options = options
    skip = try options.number("skip") ?? 0
    remaining = try options.number("count")
    carriesOut = try options.flag("carried-out") ?? kind.carriesOutByDefault
    code = options.text("code") ?? (kind == .responseError ? "1300" : "")
    status = try options.status(kind, code)
    origin = try options.origin(kind)
    retryAfterDateSeconds = try options.number("retry-after-date")
    let milliseconds = try options.number("milliseconds")
    delivery = try Self.delivery(kind, options, milliseconds)
    delayMilliseconds = kind == .drip ? 0 : milliseconds ?? 0
  }

  private static func delivery(
    _ kind: FaultKind, _ options: FaultOptions, _ milliseconds: Int?
  ) throws(SandboxError) -> Delivery {
    switch kind {
    case .cut: return .cut
    case .oversize: return .padded(bytes: try options.number("bytes") ?? oversizeBytes)
    case .endless: return .endless
    case .drip:
      return .drip(
        bytes: max(1, try options.number("bytes") ?? 1),
        pauseMilliseconds: milliseconds ?? dripPauseMilliseconds)
    case .headerFlood:
      return .headerFlood(count: try options.number("headers") ?? floodHeaders)
    case .silent: return .silent
    case .closeBefore, .closeAfter: return .closed
    case .resetBefore, .resetAfter: return .reset
    default: return .whole
    }
  }

  private func matches(_ request: Request, _ route: Route) -> Bool {
    guard options.text("method") ?? request.method == request.method,
      options.text("certificate") ?? route.certificateNo == route.certificateNo
    else { return false }
    guard let path = options.text("path") else { return true }
    return path.hasSuffix("*")
      ? request.path.hasPrefix(path.dropLast()) : request.path == path
  }

  /// Whether it strikes this request; counts the request.
  mutating func strikes(_ request: Request, _ route: Route) -> Bool {
    guard remaining != 0, matches(request, route) else { return false }
    guard skip == 0 else {
      skip -= 1
      return false
    }
    remaining = remaining.map { $0 - 1 }
    return true
  }

  /// What remains of it.
  var state: JSONValue {
    [
      "kind": .string(kind.rawValue), "skip": .integer(skip),
      "remaining": remaining.map(JSONValue.integer) ?? .null,
    ]
  }
}

extension [Fault] {
  /// The first fault that strikes this request. A later fault counts only requests that no earlier one strikes.
  mutating func first(striking request: Request, _ route: Route) -> Fault? {
    for index in indices where self[index].strikes(request, route) { return self[index] }
    return nil
  }
}

extension Fault {
  /// Changes the exchange; `nowSeconds` is the gateway's clock, for dates.
  func apply(to exchange: inout Exchange, nowSeconds: Int) {
    if kind.replacesAnswer {
      exchange.answer = answer(nowSeconds: nowSeconds)
      exchange.answer.status = status
      exchange.answer.origin = origin
    }
    exchange.delivery = delivery
    exchange.delayMilliseconds += delayMilliseconds
    exchange.fault = kind.rawValue
    if let retryAfter = options.text("retry-after") {
      exchange.answer.extraHeaders.append(("Retry-After", retryAfter))
    }
    if let retryAfterDateSeconds {
      let date = TimeText.http(nowSeconds + retryAfterDateSeconds)
      exchange.answer.extraHeaders.append(("Retry-After", date))
    }
  }

  private func answer(nowSeconds: Int) -> Answer {
    let known = kind == .gateway ? GatewayError.all.first { $0.code == code } : nil
    let message = options.text("message") ?? known?.message ?? "sandbox fault"
    return switch kind {
    case .gateway: GatewayError(status: status, code: code, message: message).answer()
    case .service: .service(code: code, message: message)
    case .responseError:
      .json(["responseError": ["returnCode": .string(code), "returnMessage": .string(message)]])
    case .spring: .spring(status, "Not Found", path: "/", nowSeconds: nowSeconds)
    case .html:
      .text(
        "<!DOCTYPE html>\n<html><head><title>\(status)</title></head>"
          + "<body><h1>\(status)</h1></body></html>\n", type: "text/html")
    case .notJSON: .text("upstream connect error", type: Answer.jsonType)
    case .noReturnCode: .json(["returnMessage": .string(message)])
    case .redirect:
      Answer(
        status: status, origin: origin, extraHeaders: [("Location", options.text("location") ?? "")]
      )
    default: Answer(status: status, origin: origin, contentType: nil)
    }
  }
}

/// The `name=value` pairs of a fault, from the command line or from a control request.
private struct FaultOptions {
  private var values: [String: String] = [:]

  /// Options of every kind of fault.
  private static let common: Set<String> = [
    "method", "path", "certificate", "count", "skip", "carried-out", "origin", "retry-after",
    "retry-after-date", "milliseconds",
  ]

  mutating func add(_ name: String, _ value: String) throws(SandboxError) {
    guard values.updateValue(value, forKey: name) == nil else {
      throw SandboxError("fault option '\(name)' occurs twice")
    }
  }

  /// Refuses options that the kind does not have, and missing ones.
  func check(_ kind: FaultKind) throws(SandboxError) {
    if let other = Set(values.keys).subtracting(Self.common).subtracting(kind.options).min() {
      throw SandboxError("fault '\(kind.rawValue)' has no option '\(other)'")
    }
    if values["carried-out"] != nil, !kind.mayChooseCarryingOut {
      throw SandboxError(
        "fault '\(kind.rawValue)' has no option 'carried-out': the kind decides it")
    }
    let required: [FaultKind: String] = [
      .gateway: "code", .service: "code", .redirect: "location", .delay: "milliseconds",
    ]
    if let name = required[kind], values[name, default: ""].isEmpty {
      throw SandboxError("fault '\(kind.rawValue)' needs \(name)=…")
    }
  }

  func text(_ name: String) -> String? { values[name] }

  /// The number of an option, 0 or more.
  func number(_ name: String) throws(SandboxError) -> Int? {
    guard let text = values[name] else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw SandboxError("fault option '\(name)' must be a number, 0 or more, not '\(text)'")
    }
    return number
  }

  /// The truth value of an option: `yes` or `no`.
  func flag(_ name: String) throws(SandboxError) -> Bool? {
    switch values[name] {
    case nil: return nil
    case "yes": return true
    case "no": return false
    case let other?: throw SandboxError("fault option '\(name)' must be yes or no, not '\(other)'")
    }
  }

  /// The status that is given, or that of the kind; a gateway error takes it from the gateway's table.
  func status(_ kind: FaultKind, _ code: String) throws(SandboxError) -> Int {
    let known =
      kind == .gateway ? GatewayError.all.first { $0.code == code }?.status : kind.status
    guard let status = try number("status") ?? known, (200...599).contains(status) else {
      throw SandboxError("fault '\(kind.rawValue)' needs status=… between 200 and 599")
    }
    return status
  }

  /// The origin header of the answer; `nil` leaves it out.
  func origin(_ kind: FaultKind) throws(SandboxError) -> Answer.Origin? {
    switch values["origin"] {
    case "none": return nil
    case let text?:
      guard let origin = Answer.Origin(rawValue: text) else {
        throw SandboxError("fault option 'origin' must be APIGW, ENDPOINT or none")
      }
      return origin
    case nil:
      switch kind {
      case .gateway: return .gateway
      case .html, .redirect: return nil
      default: return .endpoint
      }
    }
  }
}

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
