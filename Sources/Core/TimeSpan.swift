/// A span of time, written `90s`, `15m`, `12h` or `7d`.
package struct TimeSpan: Hashable, Sendable {
  /// The longest that is accepted, ten years: longer ones are slips, and sums must not overflow.
  package static let maximumSeconds = 3_650 * 86_400

  /// Whole seconds, 0 to ``maximumSeconds``.
  package let seconds: Int

  /// A span that is known to be in bounds.
  package init(seconds: Int) { self.seconds = min(max(seconds, 0), Self.maximumSeconds) }

  /// Reads digits and one unit; `nil` for anything else, or beyond ``maximumSeconds``.
  package init?(_ text: String) {
    guard let unit = text.utf8.last, let factor = Self.factor(of: unit) else { return nil }
    let digits = text.utf8.dropLast()
    guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      let count = Int(String(Substring(digits))), count <= Self.maximumSeconds / factor
    else { return nil }
    seconds = count * factor
  }

  private static func factor(of unit: UInt8) -> Int? {
    switch unit {
    case UInt8(ascii: "s"): 1
    case UInt8(ascii: "m"): 60
    case UInt8(ascii: "h"): 3_600
    case UInt8(ascii: "d"): 86_400
    default: nil
    }
  }

  /// The span in milliseconds.
  package var milliseconds: Int { seconds * 1_000 }
}
