// Calls are made shortly before their turn: what that costs is then hidden behind the network, and the
// bodies of a large batch are never all there at once.

/// The calls that are made and not yet at their end.
struct CallStock {
  private var made: [Int: ServiceCall] = [:]
  /// Calls are made in their order: those below this are.
  private var next = 0
  /// Calls have their first turns in their order: those below this had it.
  private var begun = 0
  private let count: Int
  private let ahead: Int

  /// A stock that makes at most `ahead` calls before their turn.
  init(count: Int, ahead: Int) {
    self.count = count
    self.ahead = ahead
  }

  /// The call whose turn it is, made before or now; `nil` if there is none to make.
  ///
  /// It stays here until it is dropped, since it may have to be sent again.
  mutating func take(_ token: Int, making make: (Int) -> ServiceCall?) -> ServiceCall? {
    if token >= next {
      next = token + 1
      made[token] = make(token)
    }
    begun = max(begun, token + 1)
    return made[token]
  }

  /// Whether another call may be made ahead.
  var hasRoom: Bool { next < count && next - begun < ahead }

  /// Makes the next one, if there is room for it.
  mutating func makeNext(_ make: (Int) -> ServiceCall?) {
    guard hasRoom else { return }
    made[next] = make(next)
    next += 1
  }

  /// Forgets a call that has come to its end.
  mutating func drop(_ token: Int) { made[token] = nil }

  /// Where a call goes.
  func target(_ token: Int) -> String { made[token]?.target ?? "" }
}
