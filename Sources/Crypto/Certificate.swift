internal import CCrypto

/// An X.509 certificate (RFC 5280), read but not trusted: no signature is checked here.
package struct Certificate: Hashable, Sendable {
  /// The signed bytes.
  package let der: [UInt8]
  /// The key that the certificate binds to its names.
  package let publicKey: PublicKey

  /// The canonical text: 64 columns, line feeds, one at the end.
  package var pem: String { PEM.encode(der, label: "CERTIFICATE") }
}

extension Certificate {
  /// Reads one certificate from DER, or all certificates of a text in order, the leaf first (RFC 8446 section 4.4.2).
  /// Other text and PEM blocks of other kinds are ignored.
  ///
  /// - Returns: At least one certificate.
  /// - Throws: ``CryptoError``, with different codes for a private key, a request and damage.
  package static func chain(parsing bytes: [UInt8]) throws(CryptoError) -> [Certificate] {
    let text = bytes.span
    if ContentKind.isDER(text) { return [try Certificate(der: bytes)] }
    var chain: [Certificate] = []
    for block in try ContentKind.certificate.blocks(in: text) {
      chain.append(try Certificate(der: try PEM.decode(block, of: text)))
    }
    return chain
  }

  /// Reads one certificate that takes all the bytes.
  init(der: [UInt8]) throws(CryptoError) {
    let certificate = try unsafe ContentKind.certificate.object(
      from: der.span, with: d2i_X509, freedBy: X509_free)
    try self.init(certificate, der: der)
    // Errors of optional parts are not errors of the reading.
    CryptoError.forgetEarlier()
  }

  private init(_ certificate: borrowing Handle, der: [UInt8]) throws(CryptoError) {
    // All of these are borrowed from the certificate; any may be `nil`.
    let pointer = unsafe certificate.pointer
    guard let info = unsafe X509_get_X509_PUBKEY(pointer) else {
      throw CryptoError(.notCertificate, "a certificate without a key")
    }
    self.der = der
    var algorithm: OpaquePointer?
    _ = unsafe X509_PUBKEY_get0_param(&algorithm, nil, nil, nil, info)
    publicKey = try unsafe PublicKey(
      der: writeDER(info, with: i2d_X509_PUBKEY), key: X509_get0_pubkey(pointer),
      algorithm: algorithm)
  }
}
