internal import Core
internal import HTTP
internal import Ledger
internal import Platform
internal import Service

extension ServiceClient {
  /// Makes the missing keys, sends every open request, and settles each with what came back as soon as it is
  /// known.
  mutating func reissue(
    _ work: inout Work, memory: Memory?, store: CertificateStore, parallel: Int, deadline: Int
  ) {
    // Where a ledger is kept, nothing leaves without a claim in it.
    let places = work.open.filter { memory == nil || work[$0].ticket != nil }
    let (now, log, isChecked) = (context.now, log, work.areSigningRequestsChecked)
    _ = send(
      places.count, as: "reissues", parallel: parallel, deadline: deadline,
      call: { token, goOn in
        if !isChecked { work[places[token]].checkSigningRequest() }
        work[places[token]].makeKey(in: store, memory, while: goOn)
        return work[places[token]].call
      },
      meaning: { Outcome.read($0, nowSeconds: now().seconds) },
      ended: { token, exchange in
        let place = places[token]
        work[place].settle(exchange)
        guard let memory else { return }
        work[place].adviseLooking()
        work[place].settle(
          in: memory, as: exchange.meaning.forLedger, signedAt: exchange.lastSigned, now: now(),
          log: log)
      })
  }
}

extension Job {
  /// The call, unless the job has come to its end.
  fileprivate var call: ServiceCall? {
    guard let request, let number = request.certificateNumber,
      let signingRequest = request.signingRequest
    else { return nil }
    return ServiceCall(
      method: .post, target: ReissueRequest.path(for: number),
      body: request.body(with: signingRequest), signBy: ticket?.claim.signBy)
  }

  /// Comes to its end with the outcome of its call.
  mutating func settle(_ exchange: Exchange<Outcome>) {
    result.attempts = exchange.attempts
    result.durationMilliseconds = exchange.durationMilliseconds
    switch exchange.meaning {
    case .accepted(let reply):
      result.reply = reply
      result.stage = .accepted
      end(.reissued)
    case .refused(let error, let reply):
      isRefused = true
      result.reply = reply
      end(.failed, error: error)
    case .failed(let error, let reply, _):
      isRefused = true
      result.reply = reply
      end(.failed, error: error)
    case .unknown(let error, let reply):
      result.reply = reply
      end(.unknown, error: error)
    }
  }

  /// With a ledger, whoever does not know may simply ask again.
  fileprivate mutating func adviseLooking() {
    guard result.status == .unknown else { return }
    result.error?.hint = "run again with the same event: the service is looked at first"
  }
}

extension Outcome {
  /// The outcome in the ledger's terms.
  fileprivate var forLedger: LedgerOutcome {
    switch self {
    case .accepted: .accepted(newNumber: nil, stage: .accepted)
    case .refused(let error, _): .refused(code: error.code)
    case .failed(let error, _, _): .notSent(code: error.code)
    case .unknown(let error, _): .unknown(code: error.code)
    }
  }
}
