import Platform

extension LedgerRecord {
  /// One record of two that turned out to be about the same order.
  ///
  /// Whatever blocks a request in either record blocks it in both. The claims of both are kept: each owner settles
  /// its own. Of two outcomes the accepted one is kept, then the later one.
  func merged(with other: LedgerRecord) -> LedgerRecord {
    var result = self
    if case .order = other.key { result.key = other.key }
    result.add(numbers: other.numbers)
    if result.name.isEmpty { result.name = other.name }
    for claim in other.claims {
      // Of two copies of one claim the unknown one counts: nobody may take the other for a live one.
      let own = claims.first { $0.token == claim.token }
      if own?.doubt == nil { result.put(claim) }
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

extension LedgerOutcomeRecord {
  fileprivate var weight: (Int, Int) {
    switch state {
    case .accepted, .issued: (1, signedAt.milliseconds)
    case .refused, .validationFailed: (0, settledAt.milliseconds)
    }
  }
}
