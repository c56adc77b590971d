// When a certificate is due, and how long one reissue prevents the next: pure rules, which must fit lives that become
// shorter.

package import Core
package import Platform

/// How long before its end a certificate is due: `renewBefore` of a template.
package enum RenewBefore: Hashable, Sendable {
  /// The default: 30 days, but at most a third of the certificate's life.
  case standard
  /// The same time before the end of every certificate.
  case span(TimeSpan)
  /// A part of the certificate's life, such as 1 of 3.
  case part(Int, of: Int)

  /// What monitoring systems and other clients use: time to repair a failed validation by hand.
  private static let longestStandard = TimeSpan(seconds: 30 * 86_400)
  /// Larger numbers are mistakes, and their products with a life could overflow.
  private static let maximumWhole = 1_000

  /// Reads a duration such as `30d`, or a fraction such as `1/3`, above 0 and below 1.
  init?(_ text: String) {
    if let span = TimeSpan(text) {
      self = .span(span)
      return
    }
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false)
    guard numbers.count == 2, numbers.allSatisfy(\.isDigits), let part = Int(numbers[0]),
      let whole = Int(numbers[1]), 0 < part, part < whole, whole <= Self.maximumWhole
    else { return nil }
    self = .part(part, of: whole)
  }

  /// How long before its end a certificate with this life is due.
  package func span(of life: TimeSpan) -> TimeSpan {
    switch self {
    case .standard: min(Self.longestStandard, life.third)
    case .span(let span): span
    case .part(let part, let whole): TimeSpan(seconds: life.seconds * part / whole)
    }
  }
}

/// The longest life of a public certificate, by the day of its issue (CA/Browser Forum, Baseline Requirements 6.3.2,
/// ballot SC-081v3).
package enum LongestLife {
  /// The newest first.
  private static let steps: [(from: Timestamp, days: Int)] = [
    (Timestamp(milliseconds: 1_868_227_200_000), 47),  // 2029-03-15
    (Timestamp(milliseconds: 1_805_068_800_000), 100),  // 2027-03-15
    (Timestamp(milliseconds: 1_773_532_800_000), 200),  // 2026-03-15
  ]
  private static let daysBefore = 398

  /// The longest life of a certificate that is issued at this time.
  package static func at(_ now: Timestamp) -> TimeSpan {
    TimeSpan(seconds: (steps.first { now >= $0.from }?.days ?? daysBefore) * 86_400)
  }
}

extension Policy {
  /// From when on a certificate is due.
  ///
  /// - Parameters:
  ///   - end: The end of its validity.
  ///   - life: The length of its validity; `nil` if the service does not say.
  ///   - now: The time of the run.
  package func dueFrom(end: Timestamp, life: TimeSpan?, now: Timestamp) -> Timestamp {
    let before = renewBefore.span(of: life ?? LongestLife.at(now))
    return end.adding(milliseconds: -before.milliseconds)
  }

  /// How long an accepted request prevents another one: `cooldown`, but at most a third of the life that the coming
  /// certificate can have, so that it is over before the certificate is due.
  package func cooldown(at now: Timestamp) -> TimeSpan { min(cooldown, LongestLife.at(now).third) }

  /// Whether the rules may not fit some life: the defaults fit every life of more than three weeks.
  package var dependsOnLife: Bool { cooldown != Policy().cooldown || renewBefore != .standard }

  /// The rules that do not fit certificates of this life: the member, what follows, and the repair.
  package func misfits(of life: TimeSpan) -> [(member: String, text: String, hint: String)] {
    var misfits: [(member: String, text: String, hint: String)] = []
    let before = renewBefore.span(of: life)
    if before.seconds > life.seconds / 2 {
      let rest = max(0, life.days - before.days)
      misfits.append(
        (
          "renewBefore",
          "renewBefore is \(before.days) of the \(life.days) days of a certificate: each is due again after \(rest)",
          "leave it out (30d, but at most a third of the life), or write a fraction such as \"1/3\""
        ))
    }
    if cooldown > life.third {
      misfits.append(
        (
          "cooldown",
          "cooldown is more than a third of the \(life.days) days of a certificate",
          "write at most \(life.third.days)d; 7d fits every life"
        ))
    }
    return misfits
  }
}

extension TimeSpan {
  fileprivate var third: TimeSpan { TimeSpan(seconds: seconds / 3) }

  /// Whole days, rounded down.
  fileprivate var days: Int { seconds / 86_400 }
}
