import Platform

extension LedgerRecord {
  /// One record of two that turned out to be about the same order.
  ///
  /// Whatever keeps a request back in either keeps it back in both: of two claims the one that stays is
  /// unknown, since its owner will not settle it any more, and the absence of neither is sure before the time of both
  /// is over; of two outcomes it is the accepted and the later one.
  func merged(with other: LedgerRecord) -> LedgerRecord {
    var result = self
    if case .order = other.key { result.key = other.key }
    result.add(numbers: other.numbers)
    if result.name.isEmpty { result.name = other.name }
    let claims = [claim, other.claim].compactMap(\.self)
    result.claim = claims.max { $0.weight < $1.weight }
    if let last = claims.map(\.lastSigned).max(), let kept = result.claim, kept.lastSigned < last {
      result.claim?.signBy = last
      result.claim?.signedAt = nil
    }
    result.standing = [standing, other.standing].compactMap(\.self).max { $0.weight < $1.weight }
    result.refusal = [refusal, other.refusal].compactMap(\.self).max {
      $0.settledAt < $1.settledAt
    }
    result.refusals = max(refusals, other.refusals)
    result.lastLook = [lastLook, other.lastLook].compactMap(\.self).min()
    result.clockBehindSince =
      [clockBehindSince, other.clockBehindSince].compactMap(\.self).min()
    result.attempts = []
    for attempt in (attempts + other.attempts).sorted(by: { $0.at < $1.at }) { result.add(attempt) }
    return result
  }
}

extension LedgerClaim {
  fileprivate var weight: (Int, Int) { (doubt == nil ? 0 : 1, lastSigned.milliseconds) }
}

extension LedgerStanding {
  fileprivate var weight: (Int, Int) {
    switch state {
    case .accepted, .issued: (1, signedAt.milliseconds)
    case .refused, .validationFailed: (0, settledAt.milliseconds)
    }
  }
}
