// Whether a caller knows a key that was agreed upon: a token in a header, or a signature of the body.

package import Core
package import Crypto
package import Platform

/// A way to prove a caller, with its keys.
package struct CallerProof: Sendable {
  /// What a caller sends.
  package enum Form: Hashable, Sendable {
    /// `Authorization: Bearer KEY` (RFC 6750 section 2.1).
    case bearer
    /// A header that holds the HMAC-SHA256 of the body (RFC 2104).
    case signature(SignatureForm)
  }

  /// How a signature is sent: behind a prefix, in hexadecimal digits of either case.
  package struct SignatureForm: Hashable, Sendable {
    /// The name of the header, in any case of letters.
    package let header: String
    /// What stands before the digits, such as `sha256=`; may be empty.
    package let prefix: String
    /// Where a timestamp is signed too: the text that is signed is it, a colon, and the body.
    package var timestamp: SignedTimestamp?

    /// A form as the configuration describes it.
    package init(header: String, prefix: String = "", timestamp: SignedTimestamp? = nil) {
      self.header = header
      self.prefix = prefix
      self.timestamp = timestamp
    }
  }

  /// Seconds since 1970 in a header of their own, which keeps old requests from being sent again.
  package struct SignedTimestamp: Hashable, Sendable {
    /// The name of the header, in any case of letters.
    package let header: String
    /// How old it may be, and how far ahead.
    package let tolerance: TimeSpan

    /// A timestamp as the configuration describes it.
    package init(header: String, tolerance: TimeSpan) {
      self.header = header
      self.tolerance = tolerance
    }
  }

  /// What callers have to send.
  package let form: Form
  private let keys: [SecretBytes]

  /// A proof by any one of the keys, none of which may be empty.
  package init(_ form: Form, keys: [SecretBytes]) {
    self.form = form
    self.keys = keys
  }

  /// Looks whether a request is proved.
  ///
  /// - Returns: Why it is not, for the log: it names headers, and holds nothing of keys or request.
  package func failure(of request: GatewayRequest, body: [UInt8], now: Timestamp) -> String? {
    switch form {
    case .bearer: bearerFailure(request)
    case .signature(let form): signatureFailure(form, request, body, now)
    }
  }

  private func bearerFailure(_ request: GatewayRequest) -> String? {
    guard let value = request.header("Authorization") else { return "no Authorization header came" }
    let scheme = "bearer "
    guard value.prefix(scheme.count).lowercased() == scheme else {
      return "the Authorization header holds no bearer token"
    }
    let token = value.dropFirst(scheme.count).drop { $0 == " " }
    // Digests are compared: they have one length, whatever the length of a token.
    let digest = SHA256.digest(Array(token.utf8))
    let isKnown = isAny { isEqualInConstantTime(digest, SHA256.digest($0)) }
    return isKnown ? nil : "the bearer token is none of those that are configured"
  }

  private func signatureFailure(
    _ form: SignatureForm, _ request: GatewayRequest, _ body: [UInt8], _ now: Timestamp
  ) -> String? {
    guard let value = request.header(form.header) else { return "no \(form.header) header came" }
    guard value.hasPrefix(form.prefix),
      let code = Hexadecimal.decode(String(value.dropFirst(form.prefix.count)))
    else { return "the \(form.header) header is not \(form.prefix)HEXADECIMAL" }
    var message = body
    var sent: String?
    if let timestamp = form.timestamp {
      guard let text = request.header(timestamp.header) else {
        return "no \(timestamp.header) header came"
      }
      message = Array("\(text):".utf8) + body
      sent = text
    }
    let isSigned = isAny { isEqualInConstantTime(code, HMACSHA256.authenticate(message, key: $0)) }
    guard isSigned else { return "the signature in \(form.header) fits none of the keys" }
    guard let timestamp = form.timestamp, let sent else { return nil }
    return Self.staleness(of: sent, timestamp, now)
  }

  /// Whether any key fits; all are tried, so that the time does not tell which.
  private func isAny(_ fits: (SecretBytes) -> Bool) -> Bool {
    var isFound = false
    for key in keys where fits(key) { isFound = true }
    return isFound
  }

  /// The longest number of seconds that is read, in digits; today's have ten.
  private static let maximumDigits = 12

  private static func staleness(
    of text: String, _ timestamp: SignedTimestamp, _ now: Timestamp
  ) -> String? {
    guard text.utf8.count <= maximumDigits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let seconds = Int(text)
    else { return "the \(timestamp.header) header is no time in seconds since 1970" }
    let age = now.seconds - seconds
    guard abs(age) > timestamp.tolerance.seconds else { return nil }
    return "the signed time of \(timestamp.header) is \(abs(age)) s "
      + "\(age > 0 ? "old" : "ahead"), and \(timestamp.tolerance.seconds) s are allowed"
  }
}
