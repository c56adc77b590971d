/// The progress of a batch of calls: now and then, how many are done and how many per second.
package struct Progress {
  /// A batch that ends sooner reports no progress, in milliseconds.
  static let firstAfter = 500
  /// The shortest time between two reports, in milliseconds: a line that changes more often cannot be read.
  static let pause = 200

  private let title: String
  private let total: Int
  private let startedAt: Int
  private var nextAt: Int
  /// Whether anything was reported.
  package private(set) var isShown = false

  /// The progress of `total` calls, started at `startedAt` by the monotonic clock, in milliseconds.
  package init(_ title: String, total: Int, since startedAt: Int) {
    self.title = title
    self.total = total
    self.startedAt = startedAt
    nextAt = startedAt + Self.firstAfter
  }

  /// The text to show now; `nil` if the last one may stay. A single call has no progress.
  package mutating func update(remaining: Int, now: Int) -> String? {
    guard total > 1, now >= nextAt else { return nil }
    nextAt = now + Self.pause
    isShown = true
    let done = total - remaining
    let rate = done * 1_000 / max(1, now - startedAt)
    return "\(title): \(done)/\(total), \(rate)/s"
  }
}
