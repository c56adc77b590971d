// Pauses between queries of a reissue that waits for its validation.

/// The pauses between two queries, in milliseconds: short at first, since domains that were validated recently need
/// no new record, then longer, since a person may have to set a record.
package struct FollowPauses {
  /// The first pause: if no record has to be set, a certificate is issued within seconds.
  static let first = 2_000
  /// The longest pause: authorities check for a new record every few minutes, so one query a minute is enough. Half an
  /// hour has about forty queries.
  static let longest = 60_000

  private var next = first

  /// Starts with the first pause.
  package init() {}

  /// The next pause: 1.5 times the one before.
  package mutating func take() -> Int {
    defer { next = min(next + next / 2, Self.longest) }
    return next
  }
}
