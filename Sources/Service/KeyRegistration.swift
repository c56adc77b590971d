// RegisterPrivateKey: the only call that sends a secret to the service.

package import Core
package import Crypto
internal import HTTP
package import Parameters
internal import Platform

extension SecretBytes: HTTPBody {
  /// Sent over a connection of its own.
  package var isSecret: Bool { true }

  /// Passes the bytes to a call.
  package func read<Result>(_ body: (Span<UInt8>) -> Result) -> Result { withSpan(body) }
}

extension ServiceClient {
  /// A message of the service is not shown if it repeats this many consecutive characters of the key: a quarter of a
  /// line of PEM.
  private static let longestRun = 16

  /// Hands the private key of an issued certificate, in PEM (PKCS #8), to the service. The deadline of all attempts is
  /// in milliseconds of the monotonic clock.
  ///
  /// - Throws: ``ReissueError`` if the service did not take the key; exit 76 says that this is open.
  package mutating func registerKey(
    _ key: SecretBytes, of number: CertificateNumber, deadline: Int
  ) throws(ReissueError) {
    let now = context.now
    let body = Self.body(key, number)
    let exchanges = send(
      1, as: "keys", parallel: 1, deadline: deadline,
      call: { _, _ in ServiceCall(method: .post, target: ServicePath.registerKey, body: body) },
      meaning: { answer -> (ReissueError?, RepeatAdvice) in
        let (outcome, advice) = Outcome.read(answer, nowSeconds: now().seconds)
        return (outcome.error, advice)
      })
    guard let exchange = exchanges.first, var error = exchange.meaning else { return }
    if key.sharesRun(of: Self.longestRun, with: error.message) {
      error.message = "the service refused, in words that repeat the key and are not shown"
    }
    throw error
  }

  /// The members of the API guide. PEM has no character to escape but the line feed.
  private static func body(_ key: SecretBytes, _ number: CertificateNumber) -> SecretBytes {
    let start = Array(#"{"certificateNo":\#(number.digits),"privateKey":""#.utf8)
    var bytes: [UInt8] = []
    // An array that grows would leave copies behind.
    bytes.reserveCapacity(start.count + 2 * key.count + 2)
    bytes += start
    key.withSpan { text in
      for index in text.indices {
        if text[index] == UInt8(ascii: "\n") {
          bytes += #"\n"#.utf8
        } else {
          bytes.append(text[index])
        }
      }
    }
    bytes += #""}"#.utf8
    return SecretBytes(taking: &bytes)
  }
}

extension Outcome {
  /// Why it is not a success.
  fileprivate var error: ReissueError? {
    switch self {
    case .accepted: nil
    case .refused(let error, _), .failed(let error, _, _), .unknown(let error, _): error
    }
  }
}
