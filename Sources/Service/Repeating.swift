// When a call may be sent again, and when a certificate that waits for its validation is looked at again.

internal import Core
internal import Platform

/// The rules of repeating a call within a run.
enum Repeating {
  /// How many times a call is sent at most; more attempts would only add load to a service in trouble.
  static let maximumAttempts = 4
  /// The upper bound of the first pause, in milliseconds; the bound doubles with each further pause.
  static let firstPause = 1_000

  /// The pause before the next attempt, in milliseconds; `nil` if there is no further attempt.
  ///
  /// Full jitter (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/):
  /// a random part of a growing bound, so that hosts affected by the same fault do not all retry at the same time. The
  /// pause is at least `Retry-After` (RFC 9110 section 10.2.3).
  ///
  /// - Parameters:
  ///   - attempts: How many times the call was sent.
  ///   - retryAfter: The pause that the service requested, in milliseconds.
  ///   - remaining: The time until the deadline, in milliseconds.
  ///   - randomBelow: Returns a random number from 0 to its argument minus 1.
  static func pause(
    afterAttempts attempts: Int, retryAfter: Int?, remaining: Int, randomBelow: (Int) -> Int
  ) -> Int? {
    guard attempts < maximumAttempts else { return nil }
    let bound = firstPause << max(0, attempts - 1)
    let pause = max(retryAfter ?? 0, randomBelow(bound + 1))
    return pause < remaining ? pause : nil
  }

  /// The pause of a `Retry-After` header, in milliseconds; the header has seconds or an HTTP date.
  static func retryAfter(_ text: String?, nowSeconds: Int) -> Int? {
    guard let text = text.map(Credentials.trimmed) else { return nil }
    if let seconds = Int(text), text.isDigits {
      return min(seconds, TimeSpan.maximumSeconds) * 1_000
    }
    return Timestamp(rfc1123: text).map {
      max(0, min($0.seconds - nowSeconds, TimeSpan.maximumSeconds)) * 1_000
    }
  }
}

/// The pauses between two queries, in milliseconds: short at first, since domains that were validated recently need
/// no new record, then longer, since a person may have to set a record.
package struct FollowPauses {
  /// The first pause: if no record has to be set, a certificate is issued within seconds.
  static let first = 2_000
  /// The longest pause: authorities check for a new record every few minutes, so one query a minute is enough. Half an
  /// hour has about forty queries.
  static let longest = 60_000

  private var next = first

  /// Starts with the first pause.
  package init() {}

  /// The next pause: 1.5 times the one before.
  package mutating func take() -> Int {
    defer { next = min(next + next / 2, Self.longest) }
    return next
  }
}
