internal import HTTP
internal import Platform

extension ServiceClient {
  /// Sends every open request and settles each with what came back.
  mutating func reissue(_ work: inout Work, parallel: Int, deadline: Int) {
    var places: [Int] = []
    var calls: [Call] = []
    for place in work.open {
      guard let request = work[place].request, let number = request.certificateNumber,
        let signingRequest = request.signingRequest
      else { continue }
      places.append(place)
      calls.append(
        Call(
          method: .post, target: ReissueRequest.path(for: number),
          body: request.body(with: signingRequest)))
    }
    let now = context.now
    let exchanges = send(
      calls, parallel: parallel, deadline: deadline,
      meaning: { Outcome.read($0, nowSeconds: now().seconds) })
    for (place, exchange) in zip(places, exchanges) { work[place].settle(exchange) }
  }
}

extension Job {
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
}
