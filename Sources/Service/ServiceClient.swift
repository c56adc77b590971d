// Many calls through one HTTP client: signed anew for every attempt, repeated where that is surely
// safe, none held up by another.

package import Core
package import HTTP
internal import JSON
package import Platform

/// A call of the service, not yet signed.
package struct ServiceCall: Sendable {
  let method: HTTPRequest.Method
  /// Path and query as they are sent and signed.
  let target: String
  /// The body; empty for `GET`.
  let body: any HTTPBody
  /// The latest timestamp that it may be signed with, as the ledger was promised; `nil` if any will do.
  let signBy: Timestamp?

  /// A call; `body` is empty for `GET`.
  package init(
    method: HTTPRequest.Method, target: String, body: any HTTPBody = [UInt8](),
    signBy: Timestamp? = nil
  ) {
    self.method = method
    self.target = target
    self.body = body
    self.signBy = signBy
  }
}

/// What came back, or why nothing did.
package enum Answer: Sendable {
  /// A reply, read and as it came; `clockSkew` is its `Date` minus the local time of its arrival, in seconds.
  case reply(ServiceReply, clockSkew: Int?, HTTPResponse)
  /// No usable reply came. The certificate of the peer is given if it is not trusted.
  case failure(HTTPFailure, PeerCertificate? = nil)
  /// The run ended before the call was sent.
  case notSent
}

/// The result of a call, after all its attempts.
package struct Exchange<Meaning: Sendable>: Sendable {
  /// What the last answer means.
  package let meaning: Meaning
  /// How many times the call was sent.
  package let attempts: Int
  /// From the first attempt to the last answer.
  package let durationMilliseconds: Int
  /// The timestamp that the last attempt was signed with; `nil` if the call was not sent.
  package let lastSigned: Timestamp?
}

/// Whether a call may be sent again, as its answer says.
package enum RepeatAdvice: Sendable {
  /// The answer is the result.
  case final
  /// Surely not carried out; sent again after a pause of at least `Retry-After`, in milliseconds.
  case mayRepeat(retryAfterMilliseconds: Int?)
}

/// Calls the service.
package struct ServiceClient: ~Copyable {
  /// With less time than this, in milliseconds, nothing is sent: the reply would come after the deadline, and the
  /// outcome would be unknown.
  private static let leastTime = 200

  /// How long calls on their way may take after a signal, in milliseconds. Service managers kill after 10 s or more,
  /// and the result must be written before.
  private static let grace = 5_000

  /// The longest wait in which a signal or the deadline is not noticed, in milliseconds.
  package static let longestWait = 250

  /// How often the calls on their way are driven while another call is prepared, in milliseconds. Preparing a call
  /// may take seconds, and libcurl would then report a reply that came in time as too late.
  private static let drivingInterval = 20

  private let configuration: ServiceConfiguration
  /// Clock, randomness and signals.
  package let context: Context
  /// Gets a line for each attempt.
  package let log: Log
  /// Whether calls are repeated; a dry run reports a fault at once.
  package var isPatient = true
  private var http: HTTPClient
  /// When the calls on their way were last driven while another one was prepared, in monotonic milliseconds.
  private var drivenAt = 0
  /// The certificate of a peer that is not trusted; it is read once.
  private var distrusted: PeerCertificate??

  /// A client for this configuration; it opens no connection yet.
  ///
  /// - Throws: ``ReissueError``: 75 if the process has no free descriptor, 78 if libcurl is missing, 70 if it cannot be
  ///   used.
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
      guard error.kind == .library else { throw ReissueError(unsent: error) }
      throw ReissueError(
        "network.unavailable", "the HTTP library cannot be used: \(error)", exit: .fault)
    }
  }

  /// The service's certificate, trusted or not; `nil` without TLS, or without an answer before the deadline.
  package func peer(until deadline: Int) -> PeerCertificate? {
    let remaining = deadline - context.monotonicMilliseconds()
    return remaining > 0
      ? configuration.http.peerCertificate(of: configuration.endpoint.url("/"), within: remaining)
      : nil
  }

  /// Sends calls, and returns their results in the same order.
  ///
  /// - Parameters:
  ///   - count: How many calls there are.
  ///   - title: What is sent, for the line of progress.
  ///   - parallel: The most calls on their way at once.
  ///   - deadline: When the run ends, in monotonic milliseconds.
  ///   - call: Prepares a call, shortly before its turn while others are on their way; `nil` leaves it out. If
  ///     preparing takes long it asks `mayGoOn` repeatedly, and stops once that is `false`.
  ///   - meaning: What an answer means, and whether the call may be repeated.
  ///   - ended: Called with the calls that have ended at the same time, in any order.
  package mutating func send<Meaning: Sendable>(
    _ count: Int, as title: String, parallel: Int, deadline: Int,
    call: (_ token: Int, _ mayGoOn: () -> Bool) -> ServiceCall?,
    meaning: (Answer) -> (Meaning, RepeatAdvice),
    ended: ([(token: Int, exchange: Exchange<Meaning>)]) -> Void = { _ in }
  ) -> [Exchange<Meaning>] {
    var queue = CallQueue<Meaning>(count: count, lead: 2 * parallel)
    var progress = Progress(title, total: count, since: context.monotonicMilliseconds())
    var graceEnd: Int?
    func endUnsent(_ tokens: [Int]) {
      guard !tokens.isEmpty else { return }
      let now = context.monotonicMilliseconds()
      ended(
        tokens.map { token in
          let last = queue.lastMeaning(token) ?? meaning(.notSent).0
          return (token, queue.end(token, as: last, now: now))
        })
    }
    while !queue.isDone {
      let now = context.monotonicMilliseconds()
      if graceEnd == nil, context.isEnding() { graceEnd = now + Self.grace }
      let mayStart = hasTime(now, until: deadline)
      if !mayStart { endUnsent(queue.takeWaiting()) }
      let (unsent, isLate) =
        mayStart ? startCalls(&queue, parallel, until: deadline, call) : ([], false)
      endUnsent(unsent)
      let mayPrepare = mayStart && queue.running > 0 && queue.hasRoom
      let wait = mayPrepare || isLate ? 0 : queue.wait(now: now, parallel: parallel)
      let completions = completions(queue, graceEnd: graceEnd, now: now, wait: wait)
      // Only while no answer waits is there time to prepare a call before its turn.
      if mayPrepare, completions.isEmpty {
        queue.prepareNext { prepare($0, until: deadline, call) }
      }
      queue.didAnswer(completions.count)
      // Calls that are prepared leave before the answers are read and kept.
      if mayStart, !completions.isEmpty, queue.isNextPrepared {
        endUnsent(startCalls(&queue, parallel, until: deadline, onlyPrepared: true, call).unsent)
        http.keepMoving()
      }
      let endings = endings(of: completions, &queue, until: deadline, meaning)
      if !endings.isEmpty { ended(endings) }
      log.show(progress.update(remaining: queue.remaining, now: context.monotonicMilliseconds()))
    }
    if progress.isShown { log.endProgress() }
    return queue.exchanges
  }

  /// Whether a call that is sent now can be answered in time.
  private func hasTime(_ now: Int, until deadline: Int) -> Bool {
    now < deadline - Self.leastTime && !context.isEnding()
  }

  /// Prepares a call, and drives the calls on their way if that takes long.
  private mutating func prepare(
    _ token: Int, until deadline: Int,
    _ call: (_ token: Int, _ mayGoOn: () -> Bool) -> ServiceCall?
  ) -> ServiceCall? {
    call(token) {
      let now = context.monotonicMilliseconds()
      if now - drivenAt >= Self.drivingInterval {
        drivenAt = now
        http.keepMoving()
      }
      return hasTime(now, until: deadline)
    }
  }

  /// Starts calls while there is room; with `onlyPrepared`, none has to be prepared for that.
  ///
  /// - Returns: The calls that may not be sent any more, and whether preparing a call took so long that those on
  ///   their way have to be driven first.
  private mutating func startCalls<Meaning>(
    _ queue: inout CallQueue<Meaning>, _ parallel: Int, until deadline: Int,
    onlyPrepared: Bool = false, _ call: (_ token: Int, _ mayGoOn: () -> Bool) -> ServiceCall?
  ) -> (unsent: [Int], isLate: Bool) {
    var unsent: [Int] = []
    var now = context.monotonicMilliseconds()
    while queue.running < parallel, !onlyPrepared || queue.isNextPrepared,
      let token = queue.next(now: now)
    {
      guard let call = queue.call(token, preparing: { prepare($0, until: deadline, call) }) else {
        queue.drop()
        continue
      }
      let begun = now
      now = context.monotonicMilliseconds()
      // After a suspension of the machine the wall clock is ahead, and the monotonic deadline still to come: another
      // process may have judged the request absent and sent another one. The moment that is compared with the
      // promise is the one that is signed, since a suspension may also come between two readings.
      let moment = context.now()
      if hasTime(now, until: deadline), call.signBy.map({ moment <= $0 }) ?? true {
        start(call, token: token, signedAt: moment, remaining: deadline - now)
        queue.didStart(token, signed: moment, now: now)
      } else {
        unsent.append(token)
      }
      if now - begun >= Self.drivingInterval { return (unsent, true) }
    }
    return (unsent, false)
  }

  /// Waits for answers. After a signal only calls that may be carried out keep their connection, until the grace
  /// ends.
  private mutating func completions<Meaning>(
    _ queue: CallQueue<Meaning>, graceEnd: Int?, now: Int, wait: Int
  ) -> [HTTPCompletion] {
    if let graceEnd {
      let canceled = http.cancelHarmless()
      guard canceled.isEmpty else { return canceled }
      if queue.running > 0, now >= graceEnd { return http.cancelAll() }
    }
    if queue.running == 0, !queue.isDone {
      // All calls pause: there is nothing on the network to wait for.
      context.sleep(wait)
      return []
    }
    return http.wait(upToMilliseconds: wait)
  }

  /// The results of the calls that these answers end; the other calls are sent again.
  private mutating func endings<Meaning>(
    of completions: [HTTPCompletion], _ queue: inout CallQueue<Meaning>, until deadline: Int,
    _ meaning: (Answer) -> (Meaning, RepeatAdvice)
  ) -> [(token: Int, exchange: Exchange<Meaning>)] {
    completions.compactMap { completion in
      let isSecret = queue.isSecret(completion.token)
      let (meaning, advice) = meaning(answer(completion.result, isSecret, until: deadline))
      return finish(completion.token, meaning, advice, &queue, until: deadline)
        .map { (completion.token, $0) }
    }
  }

  /// Ends a call with its answer, or schedules another attempt.
  ///
  /// - Returns: The result; `nil` if the call is sent again.
  private func finish<Meaning>(
    _ token: Int, _ meaning: Meaning, _ advice: RepeatAdvice, _ queue: inout CallQueue<Meaning>,
    until deadline: Int
  ) -> Exchange<Meaning>? {
    let now = context.monotonicMilliseconds()
    if let pause = pause(advice, attempts: queue.attempts(token), remaining: deadline - now) {
      log.log(.debug, "\(queue.target(token)): sending again in \(pause) ms")
      queue.retry(token, after: meaning, notBefore: now + pause)
      return nil
    }
    return queue.end(token, as: meaning, now: now)
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
    var request = HTTPRequest(
      call.method, configuration.endpoint.url(call.target),
      headers: headers.map { HTTPHeader($0.name, $0.value) },
      timeoutMilliseconds: max(1, min(configuration.timeout.milliseconds, remaining)))
    request.body = call.body
    http.start(request, token: token)
    log.log(.debug, "\(call.method.rawValue) \(configuration.endpoint.url(call.target))")
  }

  /// - Parameter isSecret: Whether the reply may repeat a secret, and is not logged.
  private mutating func answer(
    _ result: Result<HTTPResponse, HTTPFailure>, _ isSecret: Bool, until deadline: Int
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
      let content = isSecret ? "not shown" : JSONEncoder.text(reply.json)
      log.log(.debug, "HTTP \(reply.status): \(content)")
      // `Date` is when the reply was generated; its arrival is the closest local time to compare with.
      let skew = reply.date.flatMap { Timestamp(rfc1123: $0) }.map {
        $0.seconds - context.now().seconds
      }
      return .reply(reply, clockSkew: skew, response)
    }
  }
}
