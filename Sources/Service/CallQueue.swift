internal import HTTP
internal import Platform

/// The calls of a batch: which are prepared, on their way, pausing before another attempt, or ended.
///
/// Calls are prepared in their order, some of them before their turn: the network hides what that costs, and the
/// bodies of a large batch are never all in memory at once.
struct CallQueue<Meaning: Sendable> {
  private struct Entry {
    /// The call, from its preparation to its end; it may have to be sent again.
    var call: ServiceCall?
    var attempts = 0
    /// When a pausing call may be sent again, in monotonic milliseconds.
    var notBefore = 0
    var lastSigned: Timestamp?
    /// When the first attempt began, in monotonic milliseconds.
    var startedAt: Int?
    /// The meaning of the last attempt, while another one follows.
    var lastMeaning: Meaning?
    var exchange: Exchange<Meaning>?
  }

  private var entries: [Entry]
  /// The calls that had no turn yet.
  private var fresh: Range<Int>
  /// The index of the first call that is not prepared.
  private var prepared = 0
  private var pausing: [Int] = []
  /// How many calls may be prepared before their turn.
  private let lead: Int
  /// How many calls have not ended.
  private(set) var remaining: Int
  /// How many calls are on their way.
  private(set) var running = 0

  /// A queue that prepares at most `lead` calls before their turn.
  init(count: Int, lead: Int) {
    entries = Array(repeating: Entry(), count: count)
    fresh = 0..<count
    remaining = count
    self.lead = lead
  }

  var isDone: Bool { remaining == 0 }

  /// The results in the order of the calls; calls that could not be prepared have none.
  var exchanges: [Exchange<Meaning>] { entries.compactMap { $0.exchange } }

  func attempts(_ token: Int) -> Int { entries[token].attempts }

  /// Path and query of a call, for messages.
  func target(_ token: Int) -> String { entries[token].call?.target ?? "" }

  /// Whether a call has a secret body.
  func isSecret(_ token: Int) -> Bool { entries[token].call?.body.isSecret == true }

  /// The meaning of the last attempt of a call that pauses; `nil` if it was never sent.
  func lastMeaning(_ token: Int) -> Meaning? { entries[token].lastMeaning }

  /// The next call whose turn it is: one whose pause is over, otherwise one that had no turn yet.
  mutating func next(now: Int) -> Int? {
    if let index = pausing.firstIndex(where: { entries[$0].notBefore <= now }) {
      return pausing.remove(at: index)
    }
    return fresh.popFirst()
  }

  /// All calls that are not on their way.
  mutating func takeWaiting() -> [Int] {
    defer {
      pausing = []
      fresh = fresh.upperBound..<fresh.upperBound
    }
    return pausing + Array(fresh)
  }

  /// The call whose turn it is, prepared now if it was not before; `nil` if it cannot be prepared.
  mutating func call(_ token: Int, preparing prepare: (Int) -> ServiceCall?) -> ServiceCall? {
    if token >= prepared {
      prepared = token + 1
      entries[token].call = prepare(token)
    }
    return entries[token].call
  }

  /// Whether another call may be prepared before its turn.
  var hasRoom: Bool { prepared < entries.count && prepared - fresh.lowerBound < lead }

  /// Prepares the next call before its turn, if there is room.
  mutating func prepareNext(_ prepare: (Int) -> ServiceCall?) {
    guard hasRoom else { return }
    entries[prepared].call = prepare(prepared)
    prepared += 1
  }

  mutating func didStart(_ token: Int, signed: Timestamp, now: Int) {
    running += 1
    entries[token].attempts += 1
    entries[token].lastSigned = signed
    if entries[token].startedAt == nil { entries[token].startedAt = now }
  }

  /// Answers came: their calls are not on their way any more. What follows is ``retry(_:after:notBefore:)`` or
  /// ``end(_:as:now:)`` for each.
  mutating func didAnswer(_ count: Int) { running -= count }

  var isNextPrepared: Bool { fresh.lowerBound < prepared }

  /// Schedules another attempt of a call that ended with `meaning`, not before `notBefore` (monotonic milliseconds).
  mutating func retry(_ token: Int, after meaning: Meaning, notBefore: Int) {
    entries[token].lastMeaning = meaning
    entries[token].notBefore = notBefore
    pausing.append(token)
  }

  /// Drops a call that could not be prepared; it has no result.
  mutating func drop() { remaining -= 1 }

  /// Ends a call that was answered or not sent.
  mutating func end(_ token: Int, as meaning: Meaning, now: Int) -> Exchange<Meaning> {
    remaining -= 1
    entries[token].call = nil
    let exchange = Exchange(
      meaning: meaning, attempts: entries[token].attempts,
      durationMilliseconds: now - (entries[token].startedAt ?? now),
      lastSigned: entries[token].lastSigned)
    entries[token].exchange = exchange
    return exchange
  }

  /// How many milliseconds to wait for the network: until the next pause is over, but not so long that a signal or
  /// the deadline would go unnoticed.
  func wait(now: Int, parallel: Int) -> Int {
    let next = running < parallel ? pausing.map { entries[$0].notBefore }.min() : nil
    let longest = ServiceClient.longestWait
    return max(0, min(next.map { $0 - now } ?? longest, longest))
  }
}
