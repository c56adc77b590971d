import Platform

extension LedgerRecord {
  /// One record of two that turned out to be about the same order.
  ///
  /// Whatever keeps a request back in either keeps it back in both: of two claims the one that may have been
  /// sent last stays, of two outcomes the accepted and the later one.
  func merged(with other: LedgerRecord) -> LedgerRecord {
    var result = self
    if case .order = other.key { result.key = other.key }
    result.add(numbers: other.numbers)
    if result.name.isEmpty { result.name = other.name }
    result.claim = [claim, other.claim].compactMap(\.self).max { $0.lastSigned < $1.lastSigned }
    result.standing = [standing, other.standing].compactMap(\.self).max { $0.weight < $1.weight }
    result.refusals = max(refusals, other.refusals)
    result.lastLook = [lastLook, other.lastLook].compactMap(\.self).min()
    result.clockBehindSince =
      [clockBehindSince, other.clockBehindSince].compactMap(\.self).min()
    result.attempts = []
    for attempt in (attempts + other.attempts).sorted(by: { $0.at < $1.at }) { result.add(attempt) }
    return result
  }
}

extension LedgerStanding {
  fileprivate var weight: (Int, Int) {
    switch state {
    case .accepted, .issued: (2, signedAt.milliseconds)
    case .refused: (1, settledAt.milliseconds)
    case .validationFailed: (0, settledAt.milliseconds)
    }
  }
}
