// What can be wrong with a key, a request or a certificate, and OpenSSL's own words about it.

internal import CCrypto

/// Why a key, a signing request or a certificate cannot be used.
package struct CryptoError: Error, Hashable, Sendable {
  /// The kind of mistake; stable, made for programs.
  package enum Code: String, Sendable {
    /// Neither PEM (RFC 7468) nor DER.
    case notPEM = "not-pem"
    /// PEM with a boundary missing, a broken line or text that is not base 64.
    case damagedPEM = "damaged-pem"
    /// Longer than anything of its kind.
    case tooLarge = "too-large"
    /// DER with more bytes behind the structure.
    case trailingData = "trailing-data"
    /// Not a PKCS #10 signing request, or a damaged one.
    case notRequest = "not-a-request"
    /// More than one signing request in one text.
    case severalRequests = "several-requests"
    /// A private key where a request or a certificate belongs.
    case privateKeyInPlace = "private-key-in-place"
    /// A certificate where a request or a private key belongs.
    case certificateInPlace = "certificate-in-place"
    /// A signing request where a private key or a certificate belongs.
    case requestInPlace = "request-in-place"
    /// An extension of a request or a certificate is damaged or occurs twice.
    case malformedExtension = "malformed-extension"
    /// Not a private key, or a damaged one.
    case notPrivateKey = "not-a-private-key"
    /// More than one private key in one text.
    case severalPrivateKeys = "several-private-keys"
    /// The private key is protected by a passphrase.
    case encryptedKey = "encrypted-key"
    /// The private key is in a format that is not read here.
    case unsupportedKeyFormat = "unsupported-key-format"
    /// The key is too short or of a kind that public certificates do not allow.
    case weakKey = "weak-key"
    /// The private half does not belong to the public half.
    case inconsistentKey = "inconsistent-key"
    /// The common name is longer than X.509 allows.
    case commonNameTooLong = "common-name-too-long"
    /// A name that cannot be written into a certificate.
    case invalidName = "invalid-name"
    /// Not an X.509 certificate, or a damaged one.
    case notCertificate = "not-a-certificate"
    /// A point in time that X.509 cannot express.
    case invalidTime = "invalid-time"
    /// The caller ended the making of a key.
    case interrupted
    /// OpenSSL failed where it should not: out of memory, no randomness, a broken installation.
    case library
  }

  /// What kind of mistake it is.
  package let code: Code
  /// What was found and what to do about it; never a piece of what was read.
  package let text: String

  /// A mistake in our own words.
  init(_ code: Code, _ text: String) {
    self.code = code
    self.text = text
  }
}

extension CryptoError: CustomStringConvertible {
  package var description: String { text }
}

extension CryptoError {
  /// A mistake that OpenSSL found: its reasons are taken off this thread's error queue.
  static func openSSL(_ code: Code, _ text: String) -> CryptoError {
    let reasons = drainedReasons()
    return CryptoError(
      code, reasons.isEmpty ? text : "\(text) (\(reasons.joined(separator: ", ")))")
  }

  /// Empties this thread's error queue of what an earlier call left, so that nobody reads it as his own.
  static func forgetEarlier() {
    ERR_clear_error()
  }

  /// The reasons of the queue without repetitions.
  ///
  /// OpenSSL's fixed texts only: the data that go with them may quote the input.
  private static func drainedReasons() -> [String] {
    var reasons: [String] = []
    while true {
      let number = ERR_get_error()
      guard number != 0 else { return reasons }
      // The text is a constant of the library.
      let reason = unsafe ERR_reason_error_string(number).map { unsafe String(cString: $0) }
      let text = reason ?? "OpenSSL error \(String(number, radix: 16))"
      if !reasons.contains(text) { reasons.append(text) }
    }
  }
}
