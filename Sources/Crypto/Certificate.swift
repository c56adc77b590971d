internal import CCrypto
internal import Glibc

/// An X.509 certificate (RFC 5280).
///
/// It is read, not trusted: no signature is checked here.
package struct Certificate: Hashable, Sendable {
  /// The certificate as it was signed.
  package let der: [UInt8]
  /// The subject as RFC 2253 writes it.
  package let subject: String
  /// The issuer as RFC 2253 writes it.
  package let issuer: String
  /// The common names of the subject in their order; usually one.
  package let commonNames: [String]
  /// The DNS names of the subject alternative names, in their order and spelling.
  package let dnsNames: [String]
  /// The subject alternative names of other types, each with its type, for people.
  package let otherNames: [String]
  /// The first second of its life, since 1970 (Unix time).
  package let notBefore: Int
  /// The last second of its life, since 1970 (Unix time).
  package let notAfter: Int
  /// The key that it is for.
  package let publicKey: PublicKey

  /// The canonical text: 64 columns, line feeds, one at the end.
  package var pem: String { PEM.encode(der, label: "CERTIFICATE") }

  /// The SHA-256 of ``der`` in hexadecimal, which people call the fingerprint.
  package var sha256: String { SHA256.hex(der) }
}

extension Certificate {
  /// Reads the certificates of a text in their order (the leaf comes first, RFC 8446 section 4.4.2), or
  /// one from DER.
  ///
  /// Text around the PEM blocks and blocks of other kinds are passed over.
  ///
  /// - Returns: One certificate or more.
  /// - Throws: ``CryptoError``; a private key or a request in its place, and each damage have codes of
  ///   their own.
  package static func chain(parsing bytes: [UInt8]) throws(CryptoError) -> [Certificate] {
    let text = bytes.span
    if ContentKind.isDER(text) { return [try Certificate(der: bytes)] }
    var chain: [Certificate] = []
    for block in try ContentKind.certificate.blocks(in: text) {
      chain.append(try Certificate(der: try PEM.decode(block, of: text)))
    }
    return chain
  }

  /// Reads one certificate that fills all the bytes.
  init(der: [UInt8]) throws(CryptoError) {
    let certificate = try unsafe ContentKind.certificate.object(
      from: der.span, with: d2i_X509, freedBy: X509_free)
    try self.init(certificate, der: der)
    // Whatever failed in here was no failure of the reading.
    CryptoError.forgetEarlier()
  }

  private init(_ certificate: borrowing Handle, der: [UInt8]) throws(CryptoError) {
    // All of these are borrowed from the certificate, or `nil`.
    let pointer = unsafe certificate.pointer
    guard let info = unsafe X509_get_X509_PUBKEY(pointer) else {
      throw CryptoError(.notCertificate, "a certificate without a key")
    }
    let subjectName = unsafe X509_get_subject_name(pointer)
    let names = try unsafe SubjectAlternativeNames(extensions: X509_get0_extensions(pointer))
    self.der = der
    subject = try unsafe distinguishedName(subjectName)
    issuer = try unsafe distinguishedName(X509_get_issuer_name(pointer))
    commonNames = unsafe Crypto.commonNames(of: subjectName)
    dnsNames = names.dnsNames
    otherNames = names.otherNames
    notBefore = try unsafe unixTime(of: X509_get0_notBefore(pointer))
    notAfter = try unsafe unixTime(of: X509_get0_notAfter(pointer))
    publicKey = try unsafe PublicKey(info: info, key: X509_get0_pubkey(pointer))
  }
}

/// The Unix time of a time in a certificate (RFC 5280 section 4.1.2.5), borrowed.
private func unixTime(of time: UnsafePointer<ASN1_TIME>?) throws(CryptoError) -> Int {
  var parts = unsafe tm()
  // Without a time, the call would give the current one.
  guard let time = unsafe time, unsafe ASN1_TIME_to_tm(time, &parts) == 1 else {
    throw .openSSL(.invalidTime, "a validity date of the certificate cannot be read")
  }
  return unsafe timegm(&parts)
}
