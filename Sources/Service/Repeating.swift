// When a call may be sent again, and after how long a pause.

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
    if let seconds = Int(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return min(seconds, TimeSpan.maximumSeconds) * 1_000
    }
    return Timestamp(rfc1123: text).map {
      max(0, min($0.seconds - nowSeconds, TimeSpan.maximumSeconds)) * 1_000
    }
  }
}
