// The meaning of a reply, or of a failure of the network, for a reissue.

internal import Core
package import HTTP

extension Outcome {
  /// Reads the result of one attempt, with advice whether the run may repeat it.
  ///
  /// Only a request that surely was not carried out is repeated: the API has no idempotency key, and a second reissue
  /// may cost money or revoke certificates in use.
  package static func read(_ answer: Answer, nowSeconds: Int) -> (Outcome, RepeatAdvice) {
    switch answer {
    case .notSent:
      return (.failed(.endedBeforeSending, nil, isRepeatable: false), .final)
    case .reply(let reply, let clockSkew, _):
      let outcome = Outcome(of: reply, clockSkew: clockSkew)
      guard case .failed(_, _, isRepeatable: true) = outcome else { return (outcome, .final) }
      let pause = Repeating.retryAfter(reply.retryAfter, nowSeconds: nowSeconds)
      return (outcome, .mayRepeat(retryAfterMilliseconds: pause))
    case .failure(let failure, let peer):
      guard !failure.mayHaveBeenSent else { return (.unknown(lost(failure), nil), .final) }
      let error = ReissueError(unsent: failure, peer: peer)
      let isRepeatable = error.exit == .tryAgain
      return (
        .failed(error, nil, isRepeatable: isRepeatable),
        isRepeatable ? .mayRepeat(retryAfterMilliseconds: nil) : .final
      )
    }
  }

  private static func lost(_ failure: HTTPFailure) -> ReissueError {
    switch failure.kind {
    case .bodyTooLarge, .headersTooLarge, .contentCoding:
      ReissueError(
        "reply.unreadable", "the reply cannot be used: \(failure)",
        hint: "whether the reissue was taken is open; look into the console", exit: .unknown)
    default:
      ReissueError(
        "network.lost-answer", "the request left, but no answer came back: \(failure)",
        hint: "whether the reissue was taken is open; look into the console", exit: .unknown)
    }
  }
}

extension ReissueError {
  /// A call that surely was not carried out.
  ///
  /// - Parameters:
  ///   - peer: The certificate of the peer, if it is the reason.
  ///   - failure: The failure that came instead of a reply.
  package init(unsent failure: HTTPFailure, peer: PeerCertificate? = nil) {
    switch failure.kind {
    case .tlsUntrusted(let cause):
      self = .untrusted(cause, failure, peer: peer)
      return
    case .proxyUntrusted(let cause):
      self = .untrustedProxy(cause, failure)
      return
    case .missingLibrary:
      self.init(
        "network.library", "the HTTP library cannot be loaded: \(failure)",
        hint: HTTPFailure.missingLibraryHint, exit: .configuration)
      return
    default: break
    }
    let (code, what, hint): (String, String, String) =
      switch failure.kind {
      case .resolve:
        ("network.dns", "the service's name cannot be resolved", "check DNS and the endpoint")
      case .interrupted where failure.stage == .resolving:
        ("network.dns", "the service's name was not resolved before the end", "check DNS")
      case .exhausted:
        (
          "network.exhausted", "this process cannot open a connection",
          "raise the limit of open files (ulimit -n), or run again when the machine is less busy"
        )
      case .tlsHandshake:
        (
          "network.tls", "no TLS connection can be made",
          "check what stands between here and the service"
        )
      case .trustStore:
        ("network.ca-file", "the certificate authorities cannot be read", "check --ca-file")
      case .proxy:
        ("network.proxy", "the proxy does not connect", "check HTTPS_PROXY and NO_PROXY")
      default:
        ("network.connect", "the service cannot be reached", "check network and endpoint")
      }
    self.init(
      code, "\(what): \(failure)", hint: hint,
      exit: failure.kind == .trustStore ? .configuration : .tryAgain)
  }
}

extension ReissueError {
  /// A variable that does not name a proxy. Its value may hold a password and is never shown.
  init(_ problem: ProxyProblem) {
    self.init(
      "configuration.proxy", "\(problem.variable) cannot be used: \(problem.reason)",
      hint: problem.variable.lowercased() == "no_proxy"
        ? "for example NO_PROXY=localhost,10.0.0.0/8,.example.com"
        : "write http://USER:PASSWORD@HOST:PORT, in USER and PASSWORD every other character than "
          + "letters and digits percent-encoded",
      exit: .configuration)
  }
}
