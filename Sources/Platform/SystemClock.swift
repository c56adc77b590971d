internal import Glibc

/// The clocks of the machine.
package enum SystemClock {
  /// The time of day (`CLOCK_REALTIME`).
  package static func now() -> Timestamp { Timestamp(milliseconds: read(CLOCK_REALTIME)) }

  /// Milliseconds since some fixed moment, never running backwards (`CLOCK_MONOTONIC`).
  package static func monotonicMilliseconds() -> Int { read(CLOCK_MONOTONIC) }

  /// Sleeps that long, or until a signal comes; at once for zero and less.
  package static func sleep(milliseconds: Int) {
    guard milliseconds > 0 else { return }
    var request = timespec(
      tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    _ = unsafe nanosleep(&request, nil)
  }

  private static func read(_ clock: clockid_t) -> Int {
    var time = timespec()
    // Cannot fail: both clocks exist on every Linux, and the pointer lives through the call.
    _ = unsafe clock_gettime(clock, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
