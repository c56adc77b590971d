// The meaning of a reply, or of a missing one, for a reissue: the table of replies in examples/schemas, row by row.

package import Core

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

  /// Reads a reply to ReissueCertificate.
  ///
  /// - Parameters:
  ///   - clockSkew: The `Date` of the reply minus the local time of its arrival, in seconds; `nil` without a usable
  ///     `Date`. `Date` is when the reply was generated (RFC 9110 section 6.6.1).
  ///   - reply: Status, headers and body as received.
  package init(of reply: ServiceReply, clockSkew: Int?) {
    switch reply.status {
    case 200..<300: self = Self.answered(reply)
    case 400 where reply.returnCode != nil: self = Self.answered(reply)
    case 300..<400:
      self = .unknown(
        ReissueError(
          "reply.redirect", "the service answered with a redirect (HTTP \(reply.status))",
          hint: "check the endpoint; redirects are never followed", exit: .unknown), reply)
    case 408, 421, 425: self = Self.untouched(reply)
    case 400..<500 where !reply.isSigned || reply.returnCode == "0": self = Self.unsigned(reply)
    case 401: self = Self.unauthenticated(reply, clockSkew: clockSkew)
    case 403: self = Self.forbidden(reply)
    case 429: self = Self.limited(reply)
    case 400..<500: self = .refused(Self.refusal(reply), reply)
    case 503 where reply.gatewayCode == "500" && reply.origin == "APIGW":
      self = .failed(
        ReissueError(
          "gateway.endpoint-down", "the gateway cannot reach the service",
          hint: "run again with the same event", exit: .tryAgain), reply, isRepeatable: true)
    default: self = Self.unclear(reply)
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

  /// Statuses of a server that did not handle the request and permits a repeat: the request came too slowly (408,
  /// RFC 9110 section 15.5.9), to the wrong server (421, section 15.5.20), or too early (425, RFC 8470 section 5.2).
  private static func untouched(_ reply: ServiceReply) -> Outcome {
    .failed(
      ReissueError(
        "gateway.status-\(reply.status)", "HTTP \(reply.status): the request was not handled",
        hint: "run again with the same event", exit: .tryAgain), reply, isRepeatable: true)
  }

  /// A 4xx that came neither from the gateway nor from the service, or that contradicts itself. A proxy or a load
  /// balancer may send it after it forwarded the request.
  private static func unsigned(_ reply: ServiceReply) -> Outcome {
    .unknown(
      ReissueError(
        "reply.status-\(reply.status)",
        reply.isSigned
          ? "HTTP \(reply.status) came with the returnCode of success"
          : "HTTP \(reply.status) did not come from the gateway or the service, which may have carried the reissue out",
        hint: "look into the console before asking again; check what stands before the endpoint",
        exit: .unknown), reply)
  }

  /// A code of the service as part of an error code: at most 32 characters, only letters, digits, `.`, `_` and `-`.
  private static func safe(_ code: String) -> String {
    String(
      code.unicodeScalars.prefix(32).map {
        $0.isASCII
          && ($0.properties.isAlphabetic || $0.properties.numericType != nil
            || "._-".unicodeScalars.contains($0))
          ? Character($0) : "_"
      })
  }

  private static func unreadable(_ reply: ServiceReply) -> Outcome {
    let what =
      !reply.hasBody ? "an empty body" : reply.document == nil ? "no JSON" : "no usable returnCode"
    return .unknown(
      ReissueError(
        "reply.unreadable", "HTTP \(reply.status) came with \(what)",
        hint: "whether the reissue was taken is open; look into the console", exit: .unknown), reply
    )
  }

  private static func unclear(_ reply: ServiceReply) -> Outcome {
    .unknown(
      ReissueError(
        "reply.status-\(reply.status)",
        "HTTP \(reply.status) does not say whether the reissue was carried out",
        hint: "look into the console before asking again", exit: .unknown), reply)
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
      return denied(
        "clock.skew",
        "this machine's clock is \(abs(clockSkew)) seconds "
          + (clockSkew > 0 ? "behind" : "ahead of") + " the gateway's",
        hint: "set the clock; the gateway accepts less than 5 minutes", reply)
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
    if reply.gatewayCode == "400" {
      return .failed(
        ReissueError(
          "gateway.quota", "the quota of calls is used up",
          hint: "run again when the quota is renewed", exit: .tryAgain), reply, isRepeatable: false)
    }
    return .failed(
      ReissueError(
        "gateway.throttled", "the gateway takes no more calls for the moment",
        hint: "run again with the same event", exit: .tryAgain), reply, isRepeatable: true)
  }
}
