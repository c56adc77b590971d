internal import Crypto
internal import JSON

/// Checks a request as NAVER's API Gateway does, in its order: the route, then the headers, then the signature.
struct Gateway: Sendable {
  let accessKey: String
  let secretKey: String

  /// A timestamp this far from the gateway's clock, or farther, is refused (Certificate Manager
  /// overview, "Request headers": 5 minutes).
  private static let timestampWindowMilliseconds = 5 * 60 * 1000

  /// The route of a request that passes, or the gateway's own answer.
  func check(_ request: Request, nowMilliseconds: Int) -> Result<Route, Refusal> {
    guard let route = Route(method: request.method, path: request.path) else {
      return .failure(
        Refusal(error: .notFound, details: "no such operation: \(request.method) \(request.path)"))
    }
    if request.bodyLength > Request.maximumBodyLength {
      return .failure(Refusal(error: .tooLarge, details: "\(request.bodyLength) bytes of content"))
    }
    if let problem = problem(of: request, nowMilliseconds: nowMilliseconds) {
      return .failure(Refusal(error: .authenticationFailed, details: problem))
    }
    return .success(route)
  }

  /// What is wrong with the headers; `nil` if they are correct.
  private func problem(of request: Request, nowMilliseconds: Int) -> String? {
    guard let timestamp = request.header("x-ncp-apigw-timestamp") else {
      return "x-ncp-apigw-timestamp is missing"
    }
    guard let milliseconds = Int(timestamp), milliseconds >= 0 else {
      return "x-ncp-apigw-timestamp is not a number of milliseconds"
    }
    let distance = milliseconds.subtractingReportingOverflow(nowMilliseconds).partialValue
    guard distance.magnitude < Self.timestampWindowMilliseconds else {
      return "x-ncp-apigw-timestamp is \(distance) ms off the gateway's clock"
    }
    guard let key = request.header("x-ncp-iam-access-key") else {
      return "x-ncp-iam-access-key is missing"
    }
    guard key == accessKey else { return "x-ncp-iam-access-key is not known here" }
    guard let signature = request.header("x-ncp-apigw-signature-v2") else {
      return "x-ncp-apigw-signature-v2 is missing"
    }
    let text = Signature.stringToSign(
      method: request.method, target: request.target, timestamp: timestamp, accessKey: key)
    let expected = Signature.value(of: text, secretKey: secretKey)
    guard isEqualInConstantTime(Array(signature.utf8), Array(expected.utf8)) else {
      return
        "x-ncp-apigw-signature-v2 does not fit \(request.method) \(request.target) and its timestamp"
    }
    return nil
  }
}

extension Gateway {
  /// With the key pair of the command line.
  init(_ options: Options) {
    self.init(accessKey: options.accessKey, secretKey: options.secretKey)
  }
}

/// Signature v2, written independently of the client: a mistake in the string to sign must not be in both.
enum Signature {
  /// `METHOD SP target LF timestamp LF access-key`: no host, no body, no line feed at the end.
  ///
  /// Source: NAVER Cloud Platform API, "Ncloud API overview", "Create signature".
  static func stringToSign(
    method: String, target: String, timestamp: String, accessKey: String
  ) -> String {
    method + " " + target + "\n" + timestamp + "\n" + accessKey
  }

  /// Base64 of the HMAC-SHA256 of the string to sign; the secret is used as it is written.
  static func value(of stringToSign: String, secretKey: String) -> String {
    Base64.encode(
      HMACSHA256.authenticate(Array(stringToSign.utf8), key: Array(secretKey.utf8)))
  }
}

/// A request that the gateway refuses.
struct Refusal: Error, Hashable {
  let error: GatewayError
  /// The reason, in the sandbox's words.
  let details: String

  var answer: Answer { error.answer(details: details) }
}

/// The errors of NAVER's API Gateway itself ("Error handling" of the API call guide, "Common errors").
struct GatewayError: Hashable, Sendable {
  let status: Int
  let code: String
  let message: String

  static let badRequest = GatewayError(status: 400, code: "100", message: "Bad Request Exception")
  static let authenticationFailed = GatewayError(
    status: 401, code: "200", message: "Authentication Failed")
  static let notFound = GatewayError(status: 404, code: "300", message: "Not Found Exception")
  static let tooLarge = GatewayError(
    status: 413, code: "430", message: "Request Entity Too Large")
  static let unexpected = GatewayError(status: 500, code: "900", message: "Unexpected Error")

  /// The whole table; the codes are distinct.
  static let all = [
    badRequest,
    authenticationFailed,
    GatewayError(status: 401, code: "210", message: "Permission Denied"),
    notFound,
    tooLarge,
    GatewayError(status: 429, code: "400", message: "Quota Exceeded"),
    GatewayError(status: 429, code: "410", message: "Throttle Limited"),
    GatewayError(status: 429, code: "420", message: "Rate Limited"),
    GatewayError(status: 503, code: "500", message: "Endpoint Error"),
    GatewayError(status: 504, code: "510", message: "Endpoint Timeout"),
    unexpected,
  ]

  /// The answer with the documented body.
  ///
  /// - Parameter details: The reason. Bodies of other services were seen with such a member; its text here is the
  ///   sandbox's own.
  func answer(details: String? = nil) -> Answer {
    var error: [(String, JSONValue)] = [
      ("errorCode", .string(code)), ("message", .string(message)),
    ]
    if let details { error.append(("details", .string("sandbox: \(details)"))) }
    return .json(
      .object(JSONObject([("error", .object(JSONObject(error)))])), status: status,
      origin: .gateway, code: code)
  }
}

/// The operations of Certificate Manager API 2.0 that the sandbox has.
enum Route: Hashable, Sendable {
  case reissue(certificateNo: String)
  case registerPrivateKey
  case paidCertificates
  case orders
  case order(id: String)
  case verificationInfo(certificateNo: String)
  case chain(certificateNo: String)

  /// The operation of a method and a path; `nil` is the gateway's 404/300.
  ///
  /// Paths are compared as they are sent: no decoding, no merging of slashes, no dot segments.
  init?(method: String, path: String) {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard segments.starts(with: ["", "api", "v2", "certificate"]) else { return nil }
    let rest = Array(segments.dropFirst(4))
    guard rest.allSatisfy({ !$0.isEmpty }) else { return nil }
    switch (method, rest.count) {
    case ("POST", 2) where rest[1] == "reissue": self = .reissue(certificateNo: rest[0])
    case ("POST", 1) where rest[0] == "registPrivateKey": self = .registerPrivateKey
    case ("GET", 1) where rest[0] == "getPaidCertificates": self = .paidCertificates
    case ("GET", 1) where rest[0] == "orders": self = .orders
    case ("GET", 2) where rest[0] == "orders": self = .order(id: rest[1])
    case ("GET", 2) where rest[0] == "getVerificationInfo":
      self = .verificationInfo(certificateNo: rest[1])
    case ("GET", 3) where rest[0] == "exportCertificate" && rest[2] == "chain":
      self = .chain(certificateNo: rest[1])
    default: return nil
    }
  }

  /// The certificate number in the path, if the route has one.
  var certificateNo: String? {
    switch self {
    case .reissue(let number), .verificationInfo(let number), .chain(let number): number
    case .registerPrivateKey, .paidCertificates, .orders, .order: nil
    }
  }
}
