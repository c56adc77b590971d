package import Platform

/// A span of time in the largest unit that it fills, for people: `3d ago`, `in 2h`.
package enum Age {
  private static let units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)]

  /// From one moment as another one sees it.
  package static func text(of time: Timestamp, at now: Timestamp) -> String {
    let seconds = now.milliseconds(since: time) / 1_000
    let length = Int(clamping: seconds.magnitude)
    let unit = units.first { length >= $0.1 } ?? ("s", 1)
    let span = "\(length / unit.1)\(unit.0)"
    return seconds < 0 ? "in \(span)" : "\(span) ago"
  }

  /// The moment on the wall's clock, with its age.
  package static func full(_ time: Timestamp, at now: Timestamp) -> String {
    "\(LocalTime.text(time)) (\(text(of: time, at: now)))"
  }
}
