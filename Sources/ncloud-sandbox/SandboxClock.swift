internal import Platform

/// The clock of the gateway and of the service: the machine's, moved by a number of seconds.
struct SandboxClock: Sendable {
  /// How far the sandbox is ahead of the machine; negative when it is behind.
  var offsetSeconds = 0

  /// Milliseconds since 1970, offset included.
  var milliseconds: Int { Self.machineMilliseconds + offsetSeconds * 1000 }

  /// Seconds since 1970, offset included.
  var seconds: Int { milliseconds / 1000 }

  /// The time of the machine.
  static var machineMilliseconds: Int { SystemClock.now().milliseconds }
}

/// The length of a day in seconds.
let secondsPerDay = CivilDate.secondsPerDay

/// The texts of times that the service and HTTP use.
enum TimeText {
  /// `2026-11-24T22:01:02Z`.
  static func internet(_ seconds: Int) -> String {
    Timestamp(milliseconds: seconds * 1000).rfc3339Seconds
  }

  /// `2026-11-24 22:01:02`, the form of the order dates in NAVER's documents.
  static func documented(_ seconds: Int) -> String {
    internet(seconds).dropLast().split(separator: "T").joined(separator: " ")
  }

  /// `Tue, 24 Nov 2026 22:01:02 GMT` (RFC 9110 section 5.6.7, IMF-fixdate).
  static func http(_ seconds: Int) -> String {
    let date = Timestamp(milliseconds: seconds * 1000).dateAndSecond.date
    // 1970-01-01 was a Thursday.
    let weekday = weekdays[((date.days % 7) + 7) % 7]
    let text = internet(seconds)
    return "\(weekday), \(text.dropFirst(8).prefix(2)) \(months[date.month - 1]) "
      + "\(text.prefix(4)) \(text.suffix(9).prefix(8)) GMT"
  }

  /// Seconds since 1970 of `2026-11-24 22:01:02` or `2026-11-24T22:01:02Z`; `nil` for anything else.
  static func seconds(from text: String) -> Int? {
    Timestamp(rfc3339: text.hasSuffix("Z") ? text : text + "Z")?.seconds
  }

  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
