// When a call may be sent again, and after which pause.

internal import Core
internal import Platform

/// The rules of repeating a call within a run.
enum Repeating {
  /// A call is sent at most so often; more would only add load to a service in trouble.
  static let maximumAttempts = 4
  /// The first pause is up to so long, in milliseconds; each further one up to twice as long.
  static let firstPause = 1_000

  /// The pause before the next attempt, in milliseconds, or `nil` if there is to be none.
  ///
  /// Full jitter (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/):
  /// a random share of a growing bound, so that many hosts hit by one fault do not come back as one.
  /// `Retry-After` (RFC 9110 section 10.2.3) is the least.
  ///
  /// - Parameters:
  ///   - attempts: How often the call was sent already.
  ///   - retryAfter: What the service asked for, in milliseconds.
  ///   - remaining: What is left of the deadline, in milliseconds.
  ///   - randomBelow: A number from 0 to below its argument.
  static func pause(
    afterAttempts attempts: Int, retryAfter: Int?, remaining: Int, randomBelow: (Int) -> Int
  ) -> Int? {
    guard attempts < maximumAttempts else { return nil }
    let bound = firstPause << max(0, attempts - 1)
    let pause = max(retryAfter ?? 0, randomBelow(bound + 1))
    return pause < remaining ? pause : nil
  }

  /// What `Retry-After` asks for, in milliseconds: seconds, or an HTTP date.
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
