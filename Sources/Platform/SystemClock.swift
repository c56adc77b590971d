internal import Glibc

/// The clocks of the machine.
package enum SystemClock {
  /// The time of day (`CLOCK_REALTIME`).
  package static func now() -> Timestamp { Timestamp(milliseconds: read(CLOCK_REALTIME)) }

  /// Milliseconds since a fixed moment (`CLOCK_MONOTONIC`); never goes back.
  package static func monotonicMilliseconds() -> Int { read(CLOCK_MONOTONIC) }

  /// Sleeps until the time is over or a signal arrives; returns at once for zero and less.
  package static func sleep(milliseconds: Int) {
    guard milliseconds > 0 else { return }
    var request = timespec(
      tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    _ = unsafe nanosleep(&request, nil)
  }

  private static func read(_ clock: clockid_t) -> Int {
    var time = timespec()
    // Cannot fail: every Linux has both clocks, and the pointer is valid during the call.
    _ = unsafe clock_gettime(clock, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}

/// A moment in the time zone of the process (`TZ`, else /etc/localtime).
package enum LocalTime {
  /// For example `2026-11-25 07:01:02 +09:00`.
  package static func text(_ time: Timestamp) -> String {
    let offset = offset(at: time)
    let (sum, overflow) = time.milliseconds.addingReportingOverflow(offset * 1000)
    guard !overflow else { return time.rfc3339Seconds }
    let wall = Timestamp(milliseconds: sum).rfc3339Seconds.dropLast()
    let minutes = abs(offset) / 60
    return wall.split(separator: "T").joined(separator: " ")
      + " \(offset < 0 ? "-" : "+")\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
  }

  /// Seconds east of Greenwich at that moment; 0 where the zone is not known.
  static func offset(at time: Timestamp) -> Int {
    // Both are values of this call; localtime_r(3) fills the second one. Its zone name, which libc owns, is not read.
    var seconds = time_t(time.seconds)
    var parts = unsafe tm()
    guard unsafe localtime_r(&seconds, &parts) != nil else { return 0 }
    return unsafe parts.tm_gmtoff
  }
}
