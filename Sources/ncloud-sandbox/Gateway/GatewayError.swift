internal import JSON

/// The errors that NAVER's API Gateway itself makes, as its table of common errors lists them.
///
/// Source: "Error handling" of the NAVER Cloud API call guide, "Common errors".
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
  /// - Parameter details: Why, for the people at the trial. Bodies of other services were seen with
  ///   such a member; its text here is the sandbox's own.
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
