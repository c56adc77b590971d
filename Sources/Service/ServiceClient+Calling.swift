// One call of any API of NAVER Cloud, and what its answer means for the caller's exit status.

package import Core
package import HTTP
internal import Platform

/// The result of a call.
package struct CallResult: Sendable {
  /// The reply with any status; `nil` without a whole reply.
  package let response: HTTPResponse?
  /// Why it was not a success; `nil` for every 2xx.
  package let error: ReissueError?

  /// Reads the answer to a call.
  ///
  /// The statuses mean what they mean for a reissue, but the content of a 2xx is the caller's business. Only a GET may
  /// be repeated: the caller decides about everything that could change something twice.
  package static func read(
    _ answer: Answer, to method: HTTPRequest.Method, nowSeconds: Int
  ) -> (CallResult, RepeatAdvice) {
    var response: HTTPResponse?
    if case .reply(_, _, let reply) = answer { response = reply }
    if let response, (200..<300).contains(response.status) {
      return (CallResult(response: response, error: nil), .final)
    }
    let (outcome, advice) = Outcome.read(answer, nowSeconds: nowSeconds)
    let error: ReissueError?
    var repeated = advice
    switch outcome {
    case .accepted: error = nil
    case .refused(let reason, _), .failed(let reason, _, _): error = reason.ofCall
    case .unknown(let reason, let reply):
      error = reason.openCall(answer, method)
      repeated = .mayRepeat(
        retryAfterMilliseconds: Repeating.retryAfter(reply?.retryAfter, nowSeconds: nowSeconds))
    }
    return (
      CallResult(response: response, error: error), method.isSafe ? repeated : .final
    )
  }
}

extension ServiceClient {
  /// Sends one call to the endpoint and waits for its result.
  ///
  /// - Parameters:
  ///   - method: Only `GET` may be sent more than once.
  ///   - target: Path and query.
  ///   - body: Empty for `GET`.
  ///   - deadline: The end of all attempts, by the monotonic clock in milliseconds.
  package mutating func call(
    _ method: HTTPRequest.Method, _ target: String, body: [UInt8], deadline: Int
  ) throws(ReissueError) -> CallResult {
    let now = context.now
    let exchanges = send(
      1, as: "calls", parallel: 1, deadline: deadline,
      call: { _, _ in ServiceCall(method: method, target: target, body: body) },
      meaning: { CallResult.read($0, to: method, nowSeconds: now().seconds) })
    guard let exchange = exchanges.first else {
      throw ReissueError("run.fault", "the call has no result", exit: .fault)
    }
    return exchange.meaning
  }
}

extension ReissueError {
  /// The error of a call that may have been carried out; a GET changes nothing, so it may be made again.
  fileprivate func openCall(_ answer: Answer, _ method: HTTPRequest.Method) -> ReissueError {
    let fact =
      switch answer {
      case .reply(let reply, _, _) where (300..<400).contains(reply.status):
        "HTTP \(reply.status) is a redirect, and redirects are not followed"
      case .reply(let reply, _, _):
        "HTTP \(reply.status) does not say whether the call was carried out"
      case .failure(let failure, _): "no usable answer came back: \(failure)"
      case .notSent: message
      }
    return method.isSafe
      ? ReissueError(code, fact, hint: "check the URL, or call again", exit: .tryAgain)
      : ReissueError(
        code, fact, hint: "look whether it was carried out before you call again", exit: .unknown)
  }

  /// The same error with a hint that fits any API.
  fileprivate var ofCall: ReissueError {
    var error = self
    switch code {
    case "credentials.not-permitted": error.hint = "give the key's user the permission for this API"
    case "credentials.sub-account":
      error.hint = "does this API refuse keys of sub accounts? Use a key of the main account"
    case "gateway.not-found": error.hint = "check the URL: the gateway knows no such call"
    case "gateway.too-large": error.hint = "send less at once"
    case "gateway.quota": break
    case _ where code.hasPrefix("gateway."):
      error.hint = exit == .tryAgain ? "call again" : "read the answer on standard output"
    default: break
    }
    return error
  }
}
