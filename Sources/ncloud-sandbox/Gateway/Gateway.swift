// What stands in front of the service: route first, then headers, then the signature.

internal import Crypto

/// Checks a request as NAVER's API Gateway does, in its order.
struct Gateway: Sendable {
  let accessKey: String
  let secretKey: String

  /// A timestamp this far from the gateway's clock, or farther, is refused (Certificate Manager
  /// overview, "Request headers": 5 minutes).
  static let timestampWindowMilliseconds = 5 * 60 * 1000

  /// The route of a request that may pass, or the gateway's own answer.
  func check(_ request: Request, nowMilliseconds: Int) -> Result<Route, Refusal> {
    guard let route = Route(method: request.method, path: request.path) else {
      return .failure(Refusal(.notFound, "no such operation: \(request.method) \(request.path)"))
    }
    if request.bodyLength > Request.maximumBodyLength {
      return .failure(Refusal(.tooLarge, "\(request.bodyLength) bytes of content"))
    }
    if let refusal = checkHeaders(request, nowMilliseconds: nowMilliseconds) {
      return .failure(refusal)
    }
    return .success(route)
  }

  private func checkHeaders(_ request: Request, nowMilliseconds: Int) -> Refusal? {
    guard let timestamp = request.header("x-ncp-apigw-timestamp") else {
      return Refusal(.authenticationFailed, "x-ncp-apigw-timestamp is missing")
    }
    guard let milliseconds = Int(timestamp), milliseconds >= 0 else {
      return Refusal(.authenticationFailed, "x-ncp-apigw-timestamp is no number of milliseconds")
    }
    let distance = milliseconds.subtractingReportingOverflow(nowMilliseconds).partialValue
    guard distance.magnitude < Self.timestampWindowMilliseconds else {
      return Refusal(
        .authenticationFailed, "x-ncp-apigw-timestamp is \(distance) ms off the gateway's clock")
    }
    guard let key = request.header("x-ncp-iam-access-key") else {
      return Refusal(.authenticationFailed, "x-ncp-iam-access-key is missing")
    }
    guard key == accessKey else {
      return Refusal(.authenticationFailed, "x-ncp-iam-access-key is not known here")
    }
    guard let signature = request.header("x-ncp-apigw-signature-v2") else {
      return Refusal(.authenticationFailed, "x-ncp-apigw-signature-v2 is missing")
    }
    let text = Signature.stringToSign(
      method: request.method, target: request.target, timestamp: timestamp, accessKey: key)
    let expected = Signature.value(of: text, secretKey: secretKey)
    guard isEqualInConstantTime(Array(signature.utf8), Array(expected.utf8)) else {
      return Refusal(
        .authenticationFailed,
        "x-ncp-apigw-signature-v2 does not fit \(request.method) \(request.target) and its timestamp"
      )
    }
    return nil
  }
}

/// A request that the gateway does not let pass.
struct Refusal: Error, Hashable {
  let error: GatewayError
  /// Why, in the sandbox's words.
  let details: String

  init(_ error: GatewayError, _ details: String) {
    self.error = error
    self.details = details
  }

  var answer: Answer { error.answer(details: details) }
}
