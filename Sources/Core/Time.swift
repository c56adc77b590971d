// Moments and spans of time. No sum overflows: a stored time may be any number.

package import JSON
package import Platform

/// A span of time, written `90s`, `15m`, `12h` or `7d`.
package struct TimeSpan: Hashable, Sendable, Comparable {
  /// The longest accepted span, ten years. Longer ones are mistakes, and sums of shorter ones cannot overflow.
  package static let maximumSeconds = 3_650 * 86_400

  /// The units and their length in seconds, from the longest to the shortest.
  fileprivate static let units: [(name: Character, seconds: Int)] = [
    ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
  ]

  /// Whole seconds, 0 to ``maximumSeconds``.
  package let seconds: Int

  /// A span of `seconds`; a value out of bounds becomes the nearest bound.
  package init(seconds: Int) { self.seconds = min(max(seconds, 0), Self.maximumSeconds) }

  /// Reads digits and one unit; `nil` for any other text, and for a span over ``maximumSeconds``.
  package init?(_ text: String) {
    let digits = text.dropLast()
    guard let unit = Self.units.first(where: { $0.name == text.last }), digits.isDigits,
      let count = Int(digits), count <= Self.maximumSeconds / unit.seconds
    else { return nil }
    seconds = count * unit.seconds
  }

  /// The span in milliseconds.
  package var milliseconds: Int { seconds * 1_000 }

  package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.seconds < right.seconds }
}

extension Timestamp {
  /// The moment as documents hold it: milliseconds since 1970.
  package var json: JSONValue { .integer(milliseconds) }

  /// Adds milliseconds (may be negative); saturates at the bounds of `Int`.
  package func adding(milliseconds more: Int) -> Timestamp {
    let (sum, overflow) = milliseconds.addingReportingOverflow(more)
    return Timestamp(milliseconds: overflow ? (more < 0 ? .min : .max) : sum)
  }

  /// Milliseconds from an earlier moment to this one; saturates at the bounds of `Int`.
  package func milliseconds(since earlier: Timestamp) -> Int {
    let (difference, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    return overflow ? (milliseconds < 0 ? .min : .max) : difference
  }

  /// The day in UTC, counted from 1970. Daily limits count by it.
  package var day: Int { Int((Double(milliseconds) / 86_400_000).rounded(.down)) }
}

/// How long ago a moment was, in the largest unit that fits: `3d ago`, `in 2h`.
package enum Age {
  /// The age of `time` at the moment `now`.
  package static func text(of time: Timestamp, at now: Timestamp) -> String {
    let seconds = now.milliseconds(since: time) / 1_000
    let length = Int(clamping: seconds.magnitude)
    let unit = TimeSpan.units.first { length >= $0.seconds } ?? ("s", 1)
    let span = "\(length / unit.seconds)\(unit.name)"
    return seconds < 0 ? "in \(span)" : "\(span) ago"
  }

  /// The moment in local time, followed by its age.
  package static func full(_ time: Timestamp, at now: Timestamp) -> String {
    "\(LocalTime.text(time)) (\(text(of: time, at: now)))"
  }
}
