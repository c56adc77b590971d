// A PKCS #10 request taken out of what is around it, but not yet read.

/// The encoding of a signing request: enough to know it again, which is cheap, where reading it starts half of
/// OpenSSL.
package struct EncodedSigningRequest: Hashable, Sendable {
  /// What is said to be a request in DER; only ``CertificateSigningRequest`` knows whether it is one.
  package let der: [UInt8]

  init(der: [UInt8]) { self.der = der }

  /// Takes the one PEM block out of a text, whatever is around it, or DER as it is.
  ///
  /// - Throws: ``CryptoError``: a private key or a certificate in its place, several requests, no PEM.
  package init(parsing bytes: [UInt8]) throws(CryptoError) {
    der = ContentKind.isDER(bytes.span) ? bytes : try Self.onlyRequest(in: bytes.span)
  }

  /// The canonical text (RFC 7468 section 3): 64 columns, line feeds, one at the end.
  package var pem: String { PEM.encode(der, label: "CERTIFICATE REQUEST") }

  /// The SHA-256 of ``der`` in hexadecimal.
  package var sha256: String { SHA256.hex(der) }

  private static func onlyRequest(in text: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    // A key beside the request is as bad as one in its place: such files are not kept secret.
    if try PEM.blocks(in: text).contains(where: { ContentKind(label: $0.label) == .privateKey }) {
      throw ContentKind.request.mixUp(with: .privateKey)
    }
    let requests = try ContentKind.request.blocks(in: text)
    guard requests.count == 1, let request = requests.first else {
      throw CryptoError(
        .severalRequests,
        "\(requests.count) signing requests in one file: keep the one that is meant")
    }
    return try PEM.decode(request, of: text)
  }
}
