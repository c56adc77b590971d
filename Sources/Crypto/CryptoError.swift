internal import CCrypto

/// The reason why a key, a signing request or a certificate cannot be used.
package struct CryptoError: Error, Hashable, Sendable {
  /// The kind of mistake; stable, for programs.
  package enum Code: String, Sendable {
    /// Neither PEM (RFC 7468) nor DER.
    case notPEM = "not-pem"
    /// PEM with a missing boundary, a broken line, or text that is not base 64.
    case damagedPEM = "damaged-pem"
    /// Longer than any content of its kind.
    case tooLarge = "too-large"
    /// DER with more bytes after the structure.
    case trailingData = "trailing-data"
    /// Not a PKCS #10 signing request, or a damaged one.
    case notRequest = "not-a-request"
    /// More than one signing request in one text.
    case severalRequests = "several-requests"
    /// A private key instead of a request or a certificate.
    case privateKeyInPlace = "private-key-in-place"
    /// A certificate instead of a request or a private key.
    case certificateInPlace = "certificate-in-place"
    /// A signing request instead of a private key or a certificate.
    case requestInPlace = "request-in-place"
    /// An extension of a request or a certificate is damaged or occurs twice.
    case malformedExtension = "malformed-extension"
    /// Not a private key, or a damaged one.
    case notPrivateKey = "not-a-private-key"
    /// More than one private key in one text.
    case severalPrivateKeys = "several-private-keys"
    /// The private key is protected by a passphrase.
    case encryptedKey = "encrypted-key"
    /// The private key is in a format that cannot be read here.
    case unsupportedKeyFormat = "unsupported-key-format"
    /// The key is too short, or of a kind that public certificates do not allow.
    case weakKey = "weak-key"
    /// The private half does not belong to the public half.
    case inconsistentKey = "inconsistent-key"
    /// The common name is longer than X.509 allows.
    case commonNameTooLong = "common-name-too-long"
    /// A name that cannot be written into a certificate.
    case invalidName = "invalid-name"
    /// Not an X.509 certificate, or a damaged one.
    case notCertificate = "not-a-certificate"
    /// The caller stopped the generation of a key.
    case interrupted
    /// OpenSSL failed for another reason: no memory, no randomness, a broken installation.
    case library
  }

  /// The kind of error; stable, for programs.
  package let code: Code
  /// What was found and how to fix it; never a part of the content.
  package let text: String

  init(_ code: Code, _ text: String) {
    self.code = code
    self.text = text
  }
}

extension CryptoError: CustomStringConvertible {
  package var description: String { text }
}

extension CryptoError {
  /// A mistake that OpenSSL found; takes its reasons from this thread's error queue.
  static func openSSL(_ code: Code, _ text: String) -> CryptoError {
    let reasons = drainedReasons()
    return CryptoError(
      code, reasons.isEmpty ? text : "\(text) (\(reasons.joined(separator: ", ")))")
  }

  /// Empties this thread's error queue, so that errors of earlier calls are not reported by later ones.
  static func forgetEarlier() {
    ERR_clear_error()
  }

  /// The reasons in the queue, each once: only OpenSSL's fixed texts, since the data of an error may quote the input.
  private static func drainedReasons() -> [String] {
    var reasons: [String] = []
    while true {
      let number = ERR_get_error()
      guard number != 0 else { return reasons }
      // A constant of the library.
      let reason = unsafe ERR_reason_error_string(number).map { unsafe String(cString: $0) }
      let text = reason ?? "OpenSSL error \(String(number, radix: 16))"
      if !reasons.contains(text) { reasons.append(text) }
    }
  }
}

/// The loaded OpenSSL, for example `OpenSSL 3.0.19 27 Jan 2026`.
package var opensslVersion: String {
  // A constant of the library.
  unsafe String(cString: OpenSSL_version(OPENSSL_VERSION))
}
