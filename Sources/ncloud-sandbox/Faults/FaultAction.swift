internal import JSON

/// What a fault puts in the place of the answer, or does to its delivery.
struct FaultAction: Hashable, Sendable {
  private let kind: FaultKind
  private let status: Int
  private let code: String
  private let message: String
  private let location: String
  private let origin: Answer.Origin?
  private let retryAfter: String?
  private let retryAfterDateSeconds: Int?
  private let delayMilliseconds: Int
  private let delivery: Delivery

  /// One byte more than the client's limit of 1 MiB for an answer.
  private static let oversizeBytes = (1 << 20) + 1
  private static let floodHeaders = 10_000
  private static let dripPauseMilliseconds = 1000

  init(kind: FaultKind, options: FaultOptions) throws(SandboxError) {
    self.kind = kind
    let code = options.text("code") ?? (kind == .responseError ? "1300" : "")
    self.code = code
    let known = GatewayError.all.first { $0.code == code }
    if kind == .gateway || kind == .service, code.isEmpty {
      throw SandboxError("fault '\(kind.rawValue)' needs code=…")
    }
    guard let status = try options.number("status") ?? Self.status(of: kind, known),
      (200...599).contains(status)
    else {
      throw SandboxError("fault '\(kind.rawValue)' needs status=… between 200 and 599")
    }
    self.status = status
    message =
      options.text("message") ?? (kind == .gateway ? known?.message : nil) ?? "sandbox fault"
    location = options.text("location") ?? ""
    if kind == .redirect, location.isEmpty {
      throw SandboxError("fault 'redirect' needs location=…")
    }
    guard let origin = Self.origin(options.text("origin"), of: kind) else {
      throw SandboxError("fault option 'origin' must be APIGW, ENDPOINT or none")
    }
    self.origin = origin
    retryAfter = options.text("retry-after")
    retryAfterDateSeconds = try options.number("retry-after-date")
    let milliseconds = try options.number("milliseconds")
    delivery = try Self.delivery(of: kind, options, milliseconds)
    delayMilliseconds = kind == .drip ? 0 : milliseconds ?? 0
    if kind == .delay, milliseconds == nil {
      throw SandboxError("fault 'delay' needs milliseconds=…")
    }
  }

  private static func status(of kind: FaultKind, _ known: GatewayError?) -> Int? {
    switch kind {
    case .gateway: known?.status
    case .forbidden: 403
    case .spring: 404
    case .responseError: 400
    case .html: 502
    case .redirect: 302
    default: 200
    }
  }

  /// Outer `nil` is a mistake, inner `nil` stands for "without that header".
  private static func origin(_ text: String?, of kind: FaultKind) -> Answer.Origin?? {
    switch text {
    case "none": .some(nil)
    case let text?: Answer.Origin(rawValue: text).map { .some($0) }
    case nil:
      switch kind {
      case .gateway: .some(.gateway)
      case .html, .redirect: .some(nil)
      default: .some(.endpoint)
      }
    }
  }

  private static func delivery(
    of kind: FaultKind, _ options: FaultOptions, _ milliseconds: Int?
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

  /// Changes the exchange; `nowSeconds` is the gateway's clock, for dates.
  func apply(to exchange: inout Exchange, nowSeconds: Int) {
    if kind.effect == .replaces { exchange.answer = madeUpAnswer(nowSeconds: nowSeconds) }
    exchange.delivery = delivery
    exchange.delayMilliseconds += delayMilliseconds
    exchange.fault = kind.rawValue
    if let retryAfter { exchange.answer.extraHeaders.append(("Retry-After", retryAfter)) }
    if let retryAfterDateSeconds {
      let date = TimeText.http(nowSeconds + retryAfterDateSeconds)
      exchange.answer.extraHeaders.append(("Retry-After", date))
    }
  }

  private func madeUpAnswer(nowSeconds: Int) -> Answer {
    var answer = madeUpContent(nowSeconds: nowSeconds)
    answer.status = status
    answer.origin = origin
    return answer
  }

  private func madeUpContent(nowSeconds: Int) -> Answer {
    switch kind {
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
      Answer(status: status, origin: origin, extraHeaders: [("Location", location)])
    default: Answer(status: status, origin: origin, contentType: nil)
    }
  }
}
