// When to look again at a reissue that waits for its validation.

/// The pauses between two looks, in milliseconds: short at first, since domains that were validated
/// lately need no new record, then longer and longer, since a person may have to set one.
package struct FollowPauses {
  /// Where no record has to be set, a certificate is there within seconds.
  static let first = 2_000
  /// Authorities look for a new record every few minutes; a look a minute is soon enough, and half an
  /// hour has about forty of them.
  static let longest = 60_000

  private var next = first

  /// The first pause comes next.
  package init() {}

  /// The next pause; each is half as long again as the one before.
  package mutating func take() -> Int {
    defer { next = min(next + next / 2, Self.longest) }
    return next
  }
}
