internal import Glibc

/// How a connection waits for the locks of others.
///
/// SQLite's own timeout does the same, but nothing ends it before its time.
final class LockWait {
  /// The longest pause between two tries, in milliseconds; the pauses are random, so that processes do not retry in step.
  private static let longestPause = 20

  /// How long a statement waits, in milliseconds.
  private let limit: Int
  private let mayWait: () -> Bool
  /// The pauses of the present wait, in milliseconds.
  private var waited = 0

  init(limit: Int, while mayWait: @escaping () -> Bool) {
    self.limit = limit
    self.mayWait = mayWait
  }

  /// Pauses before the next try; a signal ends the pause.
  ///
  /// - Parameter tries: How often it was called in this wait.
  /// - Returns: `false` if the wait is over.
  func pause(afterTries tries: Int32) -> Bool {
    if tries == 0 { waited = 0 }
    guard waited < limit, mayWait() else { return false }
    let pause = min(Int.random(in: 1...Self.longestPause), limit - waited)
    _ = usleep(UInt32(pause) * 1_000)
    waited += pause
    return true
  }
}
