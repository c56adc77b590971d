// Many calls through one HTTP client: signed anew for every attempt, repeated where that is surely
// safe, none held up by another.

package import Core
package import HTTP
internal import JSON
package import Platform

/// A call of the service, not yet signed.
package struct ServiceCall: Sendable {
  /// `GET` or `POST`.
  let method: HTTPRequest.Method
  /// Path and query as they are sent and signed.
  let target: String
  /// The body of a POST.
  let body: [UInt8]
  /// The latest timestamp that it may be signed with, as the ledger was promised; `nil` if any will do.
  let signBy: Timestamp?

  /// A call; `body` is empty for `GET`.
  package init(
    method: HTTPRequest.Method, target: String, body: [UInt8] = [], signBy: Timestamp? = nil
  ) {
    self.method = method
    self.target = target
    self.body = body
    self.signBy = signBy
  }
}

/// What came back, or why nothing did.
package enum Answer: Sendable {
  case reply(ServiceReply, clockSkew: Int?)
  /// With what the peer's certificate says of itself, if it is not trusted.
  case failure(HTTPFailure, PeerCertificate? = nil)
  /// The run ended before the call was sent.
  case notSent
}

/// A call's end.
package struct Exchange<Meaning: Sendable>: Sendable {
  package let meaning: Meaning
  package let attempts: Int
  package let durationMilliseconds: Int
  /// The timestamp that the last attempt was signed with.
  package let lastSigned: Timestamp?
}

/// Whether a call may be sent again, as its answer says.
package enum RepeatAdvice: Sendable {
  case final
  case mayRepeat(retryAfterMilliseconds: Int?)
}

/// Speaks with the service.
package struct ServiceClient: ~Copyable {
  /// With less time left than this, in milliseconds, nothing is sent any more: a request that cannot be
  /// answered in time would only end as unknown.
  private static let leastTime = 200

  /// After a signal, calls under way get so long, in milliseconds: service managers kill after 10 s
  /// at the earliest, and the result must be written by then.
  private static let grace = 5_000

  /// How long a signal or the deadline may go unseen, in milliseconds.
  package static let longestNap = 250

  /// While a call is made, which may take seconds, the calls that are on their way are looked after this
  /// often, in milliseconds: libcurl would take an answer that came in time for one that did not.
  private static let attention = 20

  private let configuration: ServiceConfiguration
  package let context: Context
  package let log: Log
  /// Whether calls are repeated at all; a dry run would rather know soon.
  package var isPatient = true
  private var http: HTTPClient
  /// What was found out of a peer that is not trusted; it is asked once.
  private var distrusted: PeerCertificate??

  /// A client for this configuration; it opens no connection yet.
  ///
  /// - Throws: ``ReissueError``: 75 if the process has no free descriptor, 70 if libcurl cannot be used.
  package init(
    _ configuration: ServiceConfiguration, context: Context, log: Log
  ) throws(ReissueError) {
    let http = try Self.client(configuration.http)
    self.configuration = configuration
    self.context = context
    self.log = log
    self.http = http
    guard let zone = configuration.credentials.zone, configuration.endpoint == .publicZone else {
      return
    }
    log.log(
      .warning, hint: "name the host of Certificate Manager in that zone with --endpoint",
      "the credentials are of the zone \(zone), but the endpoint is that of the public zone")
  }

  private static func client(
    _ configuration: HTTPClientConfiguration
  ) throws(ReissueError) -> HTTPClient {
    do throws(HTTPFailure) { return try HTTPClient(configuration) } catch {
      guard error.kind != .exhausted else { throw ReissueError(unsent: error) }
      throw ReissueError(
        "network.unavailable", "the HTTP library cannot be used: \(error)", exit: .fault)
    }
  }

  /// What the service's certificate says of itself, trusted or not; `nil` without TLS, or without an answer before
  /// the deadline.
  package func peer(until deadline: Int) -> PeerCertificate? {
    let left = deadline - context.monotonicMilliseconds()
    return left > 0
      ? configuration.http.peerCertificate(of: configuration.endpoint.url("/"), within: left) : nil
  }

  /// Sends so many calls, at most `parallel` at once, and gives their ends in the same order.
  ///
  /// - Parameters:
  ///   - title: What is sent, for who looks on.
  ///   - deadline: When the run ends, by the monotonic clock.
  ///   - call: Makes a call, shortly before its turn while others are on their way; `nil` if there is none to
  ///     make, which leaves it out. If that takes long it asks every now and then whether to go on.
  ///   - meaning: What an answer means, and whether it may be repeated.
  ///   - ended: Called as each call ends, in any order.
  ///   - count: How many calls there are.
  ///   - parallel: How many may be on their way at once.
  package mutating func send<Meaning: Sendable>(
    _ count: Int, as title: String, parallel: Int, deadline: Int,
    call: (_ token: Int, _ goOn: () -> Bool) -> ServiceCall?,
    meaning: (Answer) -> (Meaning, RepeatAdvice),
    ended: (Int, Exchange<Meaning>) -> Void = { _, _ in }
  ) -> [Exchange<Meaning>] {
    var queue = Queue<Meaning>(count: count)
    var stock = CallStock(count: count, ahead: 2 * parallel)
    var progress = Progress(title, total: count, since: context.monotonicMilliseconds())
    var graceEnd: Int?
    var lookedAfter = context.monotonicMilliseconds()
    func hasTime(_ now: Int) -> Bool { now < deadline - Self.leastTime && !context.isEnding() }
    func make(_ token: Int) -> ServiceCall? {
      call(token) {
        let now = context.monotonicMilliseconds()
        if now - lookedAfter >= Self.attention {
          lookedAfter = now
          http.keepMoving()
        }
        return hasTime(now)
      }
    }
    while !queue.isDone {
      let now = context.monotonicMilliseconds()
      let mayStart = hasTime(now)
      if graceEnd == nil, context.isEnding() { graceEnd = now + Self.grace }
      if !mayStart {
        for token in queue.takeWaiting() {
          let last = queue.lastMeaning(token) ?? meaning(.notSent).0
          ended(token, queue.end(token, as: last, now: now, wasRunning: false))
        }
      }
      var isLate = false
      while mayStart, !isLate, queue.running < parallel, let token = queue.takeReady(now: now) {
        guard let call = stock.take(token, making: make) else {
          queue.leaveOut()
          continue
        }
        let begun = now
        let now = context.monotonicMilliseconds()
        // Those that are on their way come first again.
        isLate = now - begun >= Self.attention
        guard hasTime(now) else {
          let last = queue.lastMeaning(token) ?? meaning(.notSent).0
          ended(token, queue.end(token, as: last, now: now, wasRunning: false))
          continue
        }
        // A machine that was suspended finds the wall clock ahead and the deadline still to come: whoever shares
        // the ledger may have taken the request for absent meanwhile, and sent another. The moment that is checked
        // is the one that is signed, since the machine may be suspended between two looks as well.
        let moment = context.now()
        if let limit = call.signBy, moment > limit {
          let last = queue.lastMeaning(token) ?? meaning(.notSent).0
          ended(token, queue.end(token, as: last, now: now, wasRunning: false))
          continue
        }
        start(call, token: token, signedAt: moment, remaining: deadline - now)
        queue.didStart(token, signed: moment, now: now)
      }
      let hasWork = mayStart && queue.running > 0 && stock.hasRoom
      let nap = hasWork || isLate ? 0 : queue.nap(now: now, parallel: parallel)
      // Only what may be carried out is worth a grace.
      var completions = graceEnd == nil ? [] : http.cancelHarmless()
      if !completions.isEmpty {
        // Each is brought to its end below.
      } else if queue.running == 0, !queue.isDone {
        // While every call pauses there is nothing on the network to wait for.
        context.sleep(nap)
      } else if let graceEnd, now >= graceEnd {
        completions = http.cancelAll()
      } else {
        completions = http.wait(upToMilliseconds: nap)
      }
      // Only when no answer waits is there time to make what comes next.
      if hasWork, completions.isEmpty { stock.makeNext(make) }
      for completion in completions {
        let token = completion.token
        let now = context.monotonicMilliseconds()
        let (meaning, advice) = meaning(answer(completion.result, until: deadline))
        if let pause = pause(advice, attempts: queue.attempts(token), remaining: deadline - now) {
          log.log(.info, "\(stock.target(token)): sending again in \(pause) ms")
          queue.again(token, after: meaning, notBefore: now + pause)
        } else {
          stock.drop(token)
          ended(token, queue.end(token, as: meaning, now: now, wasRunning: true))
        }
      }
      log.show(progress.update(remaining: queue.remaining, now: context.monotonicMilliseconds()))
    }
    if progress.isShown { log.endProgress() }
    return queue.exchanges
  }

  private func pause(_ advice: RepeatAdvice, attempts: Int, remaining: Int) -> Int? {
    guard isPatient, case .mayRepeat(let retryAfter) = advice, !context.isEnding() else {
      return nil
    }
    return Repeating.pause(
      afterAttempts: attempts, retryAfter: retryAfter, remaining: remaining - Self.leastTime,
      randomBelow: context.randomBelow)
  }

  /// Signs with a timestamp and hands the call to the network.
  private mutating func start(_ call: ServiceCall, token: Int, signedAt: Timestamp, remaining: Int)
  {
    var headers = Signature.headers(
      method: call.method.rawValue, target: call.target, timestamp: signedAt.milliseconds,
      credentials: configuration.credentials)
    headers.append(("Accept", "application/json"))
    headers.append(("Content-Type", "application/json"))
    http.start(
      HTTPRequest(
        call.method, configuration.endpoint.url(call.target),
        headers: headers.map { HTTPHeader($0.name, $0.value) }, body: call.body,
        timeoutMilliseconds: max(1, min(configuration.timeout.milliseconds, remaining))),
      token: token)
    log.log(.debug, "\(call.method.rawValue) \(configuration.endpoint.url(call.target))")
  }

  private mutating func answer(
    _ result: Result<HTTPResponse, HTTPFailure>, until deadline: Int
  ) -> Answer {
    switch result {
    case .failure(let failure):
      log.log(.debug, "no answer: \(failure)")
      guard case .tlsUntrusted = failure.kind else { return .failure(failure) }
      if distrusted == nil { distrusted = .some(peer(until: deadline)) }
      return .failure(failure, distrusted ?? nil)
    case .success(let response):
      let reply = ServiceReply(
        status: response.status, headers: response.headers.map { ($0.name, $0.value) },
        body: response.body)
      log.log(.debug, "HTTP \(reply.status): \(JSONEncoder.text(reply.json))")
      // `Date` is when the reply was generated; its arrival is the closest local time to compare with.
      let skew = reply.date.flatMap { Timestamp(rfc1123: $0) }.map {
        $0.seconds - context.now().seconds
      }
      return .reply(reply, clockSkew: skew)
    }
  }
}
