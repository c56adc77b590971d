// How far a batch is, for the person who waits for it.

/// Counts calls and says now and then how many are done, and how many a second.
package struct Progress {
  /// A batch that is done sooner needs no words, in milliseconds.
  static let firstAfter = 500
  /// A line that changes more often cannot be read, in milliseconds.
  static let pause = 200

  private let title: String
  private let total: Int
  private let startedAt: Int
  private var nextAt: Int
  /// Whether anything was said.
  package private(set) var isShown = false

  /// Progress of so many calls since a moment of the monotonic clock.
  package init(_ title: String, total: Int, since startedAt: Int) {
    self.title = title
    self.total = total
    self.startedAt = startedAt
    nextAt = startedAt + Self.firstAfter
  }

  /// What to show now; `nil` if what was shown may stay. A single call has no progress.
  package mutating func update(remaining: Int, now: Int) -> String? {
    guard total > 1, now >= nextAt else { return nil }
    nextAt = now + Self.pause
    isShown = true
    let done = total - remaining
    let rate = done * 1_000 / max(1, now - startedAt)
    return "\(title): \(done)/\(total), \(rate)/s"
  }
}
