internal import Platform

/// Where each of many calls is: waiting for its turn, under way, pausing, or at its end.
struct Queue<Meaning: Sendable> {
  private struct Entry {
    var attempts = 0
    var notBefore = 0
    var lastSigned: Timestamp?
    var startedAt: Int?
    /// What the last attempt came to, while another one is to follow.
    var lastMeaning: Meaning?
    var exchange: Exchange<Meaning>?
  }

  private var entries: [Entry]
  private var fresh: Range<Int>
  private var pausing: [Int] = []
  /// How many have not come to their end.
  private(set) var remaining: Int
  private(set) var running = 0

  init(count: Int) {
    entries = Array(repeating: Entry(), count: count)
    fresh = 0..<count
    remaining = count
  }

  var isDone: Bool { remaining == 0 }

  var exchanges: [Exchange<Meaning>] { entries.compactMap(\.exchange) }

  func attempts(_ token: Int) -> Int { entries[token].attempts }

  /// The next call whose turn it is: one whose pause is over, else a fresh one.
  mutating func takeReady(now: Int) -> Int? {
    if let place = pausing.firstIndex(where: { entries[$0].notBefore <= now }) {
      return pausing.remove(at: place)
    }
    return fresh.popFirst()
  }

  /// All calls that are not under way.
  mutating func takeWaiting() -> [Int] {
    defer {
      pausing = []
      fresh = fresh.upperBound..<fresh.upperBound
    }
    return pausing + Array(fresh)
  }

  mutating func didStart(_ token: Int, signed: Timestamp, now: Int) {
    running += 1
    entries[token].attempts += 1
    entries[token].lastSigned = signed
    if entries[token].startedAt == nil { entries[token].startedAt = now }
  }

  /// Lets a call that came to this pause, and then take another turn.
  mutating func again(_ token: Int, after meaning: Meaning, notBefore: Int) {
    running -= 1
    entries[token].lastMeaning = meaning
    entries[token].notBefore = notBefore
    pausing.append(token)
  }

  /// What became of the last attempt of a call that waits for another one; `nil` if it was never sent.
  func lastMeaning(_ token: Int) -> Meaning? { entries[token].lastMeaning }

  /// Forgets a call that was taken and that there is none to make of.
  mutating func leaveOut() { remaining -= 1 }

  /// Ends a call that is under way (`wasRunning`) or was never sent.
  mutating func end(
    _ token: Int, as meaning: Meaning, now: Int, wasRunning: Bool
  ) -> Exchange<Meaning> {
    if wasRunning { running -= 1 }
    remaining -= 1
    let exchange = Exchange(
      meaning: meaning, attempts: entries[token].attempts,
      durationMilliseconds: now - (entries[token].startedAt ?? now),
      lastSigned: entries[token].lastSigned)
    entries[token].exchange = exchange
    return exchange
  }

  /// How long to wait, for the network or for nothing: until the next pause is over, but never so long that a
  /// signal or the deadline would go unseen.
  func nap(now: Int, parallel: Int) -> Int {
    let next = running < parallel ? pausing.map { entries[$0].notBefore }.min() : nil
    let longest = ServiceClient.longestNap
    return max(0, min(next.map { $0 - now } ?? longest, longest))
  }
}
