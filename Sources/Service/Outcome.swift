// The meaning of a reply, or of a missing one, for a reissue: the table of replies in examples/schemas, row by row.

package import Core
package import HTTP

/// The outcome of one attempt to request a reissue.
package enum Outcome: Hashable, Sendable {
  /// The service accepted the request.
  case accepted(ServiceReply)
  /// The service refused the request.
  case refused(ReissueError, ServiceReply)
  /// Surely not carried out, for a reason outside the request.
  case failed(ReissueError, ServiceReply?, isRepeatable: Bool)
  /// It may have been carried out.
  case unknown(ReissueError, ServiceReply?)
}

extension Outcome {
  /// The least difference of clocks, in seconds, at which the gateway refuses a timestamp (API guide: 5 minutes).
  package static let maximumClockSkew = 300

  /// Reads a reply to ReissueCertificate. `clockSkew` is its `Date`, when it was generated (RFC 9110 section 6.6.1),
  /// minus the local time of its arrival, in seconds; `nil` without a usable `Date`.
  package init(of reply: ServiceReply, clockSkew: Int?) {
    switch reply.status {
    case 200..<300: self = Self.answered(reply)
    case 400 where reply.returnCode != nil: self = Self.answered(reply)
    case 300..<400:
      self = Self.open(
        "reply.redirect", "the service answered with a redirect (HTTP \(reply.status))",
        hint: "check the endpoint; redirects are never followed", reply)
    // A server did not handle the request and permits a repeat: it came too slowly (408, RFC 9110 section 15.5.9), to
    // the wrong server (421, section 15.5.20), or too early (425, RFC 8470 section 5.2).
    case 408, 421, 425:
      self = Self.unsent(
        "gateway.status-\(reply.status)", "HTTP \(reply.status): the request was not handled", reply
      )
    case 400..<500 where !reply.isSigned || reply.returnCode == "0": self = Self.unsigned(reply)
    case 401: self = Self.unauthenticated(reply, clockSkew: clockSkew)
    case 403: self = Self.forbidden(reply)
    case 429: self = Self.limited(reply)
    case 400..<500: self = .refused(Self.refusal(reply), reply)
    case 503 where reply.gatewayCode == "500" && reply.origin == "APIGW":
      self = Self.unsent("gateway.endpoint-down", "the gateway cannot reach the service", reply)
    default:
      self = Self.open(
        "reply.status-\(reply.status)",
        "HTTP \(reply.status) does not say whether the reissue was carried out",
        hint: "look into the console before asking again", reply)
    }
  }

  /// 2xx and 400: the return code of the service decides.
  private static func answered(_ reply: ServiceReply) -> Outcome {
    if let code = reply.returnCode {
      if code == "0" {
        return reply.status == 400 ? unreadable(reply) : .accepted(reply)
      }
      return .refused(
        ReissueError(
          "service.\(Self.safe(code))",
          "the service refused: \(reply.returnMessage.map(Text.quoted) ?? "code \(Text.quoted(code))")",
          exit: .refused), reply)
    }
    return unreadable(reply)
  }

  /// Surely not carried out, for a reason that may pass.
  private static func unsent(
    _ code: String, _ message: String, hint: String = "run again with the same event",
    _ reply: ServiceReply, isRepeatable: Bool = true
  ) -> Outcome {
    .failed(
      ReissueError(code, message, hint: hint, exit: .tryAgain), reply, isRepeatable: isRepeatable)
  }

  /// It may have been carried out.
  private static func open(
    _ code: String, _ message: String, hint: String, _ reply: ServiceReply
  ) -> Outcome {
    .unknown(ReissueError(code, message, hint: hint, exit: .unknown), reply)
  }

  /// A 4xx that came neither from the gateway nor from the service, or that contradicts itself. A proxy or a load
  /// balancer may send it after it forwarded the request.
  private static func unsigned(_ reply: ServiceReply) -> Outcome {
    open(
      "reply.status-\(reply.status)",
      reply.isSigned
        ? "HTTP \(reply.status) came with the returnCode of success"
        : "HTTP \(reply.status) did not come from the gateway or the service, which may have carried the reissue out",
      hint: "look into the console before asking again; check what stands before the endpoint",
      reply)
  }

  /// A code of the service as part of an error code: at most 32 characters, only letters, digits, `_` and `-`.
  private static func safe(_ code: String) -> String {
    String(
      code.unicodeScalars.prefix(32).map {
        $0.isASCII
          && ($0.properties.isAlphabetic || $0.properties.numericType != nil
            || "_-".unicodeScalars.contains($0))
          ? Character($0) : "_"
      })
  }

  private static func unreadable(_ reply: ServiceReply) -> Outcome {
    let what =
      !reply.hasBody ? "an empty body" : reply.document == nil ? "no JSON" : "no usable returnCode"
    return open(
      "reply.unreadable", "HTTP \(reply.status) came with \(what)",
      hint: "whether the reissue was taken is open; look into the console", reply)
  }

  private static func refusal(_ reply: ServiceReply) -> ReissueError {
    let (code, hint): (String, String) =
      switch (reply.status, reply.gatewayCode) {
      case (400, "100"): ("gateway.bad-request", "the gateway could not read the request")
      case (404, "300"): ("gateway.not-found", "check the endpoint: the gateway knows no such call")
      case (413, "430"): ("gateway.too-large", "name fewer domains")
      default: ("gateway.status-\(reply.status)", "check the endpoint and what stands before it")
      }
    let words = reply.gatewayMessage.map { ": " + Text.quoted($0) } ?? ""
    return ReissueError(
      code, "refused with HTTP \(reply.status)\(words)", hint: hint, exit: .refused)
  }

  private static func unauthenticated(_ reply: ServiceReply, clockSkew: Int?) -> Outcome {
    if reply.gatewayCode == "210" {
      return denied(
        "credentials.not-permitted", "the key may not call this service",
        hint: "give the account's user the permission for Certificate Manager", reply)
    }
    if let clockSkew, abs(clockSkew) >= maximumClockSkew {
      return .failed(.clockSkew(clockSkew, exit: .credentials), reply, isRepeatable: false)
    }
    return denied(
      "credentials.refused", "the gateway refused the key or the signature",
      hint: "check access key and secret key; is the key active?", reply)
  }

  private static func forbidden(_ reply: ServiceReply) -> Outcome {
    guard !reply.hasBody, reply.origin == "ENDPOINT" else {
      return denied(
        "credentials.forbidden", "the service refused this account (HTTP 403)",
        hint: "check the permissions of the key's user", reply)
    }
    return denied(
      "credentials.sub-account", "the service refused this account with an empty HTTP 403",
      hint:
        "version 2 of the API is known to refuse keys of sub accounts: use a key of the main account",
      reply)
  }

  private static func denied(
    _ code: String, _ message: String, hint: String, _ reply: ServiceReply
  ) -> Outcome {
    .failed(ReissueError(code, message, hint: hint, exit: .credentials), reply, isRepeatable: false)
  }

  private static func limited(_ reply: ServiceReply) -> Outcome {
    reply.gatewayCode == "400"
      ? unsent(
        "gateway.quota", "the quota of calls is used up",
        hint: "run again when the quota is renewed", reply, isRepeatable: false)
      : unsent("gateway.throttled", "the gateway takes no more calls for the moment", reply)
  }
}

// The meaning of a reply, or of a failure of the network, for a reissue.
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
  /// A clock of this machine that is wrong; `seconds` is the gateway's time minus that of this machine.
  package static func clockSkew(_ seconds: Int, exit: ExitStatus) -> ReissueError {
    ReissueError(
      "clock.skew",
      "this machine's clock is \(abs(seconds)) seconds \(seconds > 0 ? "behind" : "ahead of") the gateway's",
      hint: "set the clock; the gateway accepts less than 5 minutes", exit: exit)
  }

  /// A call that surely was not carried out; `peer` is the certificate of the peer, if that is the reason.
  package init(unsent failure: HTTPFailure, peer: PeerCertificate? = nil) {
    switch failure.kind {
    case .tlsUntrusted(let cause): self = .untrusted(cause, failure, peer: peer)
    case .proxyUntrusted(let cause): self = .untrustedProxy(cause, failure)
    case .missingLibrary:
      self.init(
        "network.library", "the HTTP library cannot be loaded: \(failure)",
        hint: HTTPFailure.missingLibraryHint, exit: .configuration)
    default: self = .unconnected(failure)
    }
  }

  private static func unconnected(_ failure: HTTPFailure) -> ReissueError {
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
    return ReissueError(
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

// Why the certificate of the service is not trusted, and how to fix it.
extension ReissueError {
  /// A peer whose certificate is not trusted, with the cause and the names or dates in the certificate.
  static func untrusted(
    _ cause: HTTPFailure.Distrust, _ failure: HTTPFailure, peer: PeerCertificate?
  ) -> ReissueError {
    ReissueError(
      "network.tls-untrusted",
      "the service's certificate is not trusted: \(text(cause, peer) ?? failure.reason)",
      hint: hint(cause), exit: .configuration)
  }

  /// A proxy that is reached over TLS and whose certificate is not trusted.
  static func untrustedProxy(
    _ cause: HTTPFailure.Distrust, _ failure: HTTPFailure
  ) -> ReissueError {
    ReissueError(
      "network.tls-untrusted",
      "the proxy's certificate is not trusted: \(text(cause, nil) ?? failure.reason)",
      hint: cause == .expired || cause == .notYetValid
        ? "check this machine's clock first, then the proxy's certificate"
        : "check HTTPS_PROXY, and name the proxy's authority with --ca-file, beside that of the service",
      exit: .configuration)
  }

  private static func text(_ cause: HTTPFailure.Distrust, _ peer: PeerCertificate?) -> String? {
    let shown = peer.map { Text.quoted($0.names.isEmpty ? $0.subject : $0.names) }
    let whose = shown.map { " (it is for \($0))" } ?? ""
    let issuer = peer.map { " \(Text.quoted($0.issuer))" } ?? ""
    return switch cause {
    case .expired: "it expired\(peer.map { " \($0.notAfter)" } ?? "")\(whose)"
    case .notYetValid: "it is not valid yet\(peer.map { ", from \($0.notBefore)" } ?? "")\(whose)"
    case .wrongName: "it is for other names than the endpoint's\(whose)"
    case .unknownIssuer: "its issuer\(issuer) is not known here\(whose)"
    case .selfSigned: "it is signed by itself\(whose)"
    case .other: nil
    }
  }

  private static func hint(_ cause: HTTPFailure.Distrust) -> String {
    switch cause {
    case .expired, .notYetValid:
      "check this machine's clock; if it is right, the server needs a new certificate"
    case .wrongName: "check --endpoint, and what answers under its name (DNS, proxy)"
    case .unknownIssuer, .selfSigned, .other:
      "name its authority with --ca-file if that is meant to be, for example a proxy that looks inside"
    }
  }
}
