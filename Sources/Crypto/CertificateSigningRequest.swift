// A PKCS #10 request as a value: what it asks for, for whom, and whether it proves its key.

internal import CCrypto

/// A certificate signing request (RFC 2986), read whole; nothing of it is judged yet.
///
/// ``findings(commonName:names:)`` tells what speaks against sending it. Reading and judging one costs 0.15 to
/// 0.25 ms of CPU; for P-384 it is 0.85 ms, of which OpenSSL 3.0's own ECDSA takes 0.64 (`openssl speed
/// ecdsap384`): it has no fast code for that curve.
package struct CertificateSigningRequest: Hashable, Sendable {
  /// The request as it was signed.
  package let der: [UInt8]
  /// The number in the version field: 0 stands for version 1, the only one there is (RFC 2986 section 4.1).
  package let version: Int
  /// Whether it carries a password for a later revocation (PKCS #9, RFC 2985 section 5.4.1).
  package let hasChallengePassword: Bool
  /// The common names of the subject in their order; usually one.
  package let commonNames: [String]
  /// The DNS names of the subject alternative names, in the order and spelling of the request.
  package let dnsNames: [String]
  /// The subject alternative names of other types, each with its type, for people.
  package let otherNames: [String]
  /// The key that the certificate is asked for.
  package let publicKey: PublicKey
  /// The name of the signature algorithm, for example `sha256WithRSAEncryption`.
  package let signatureAlgorithm: String
  /// The name of the digest that was signed, for example `SHA256`; `nil` if there is none of its own.
  package let digest: String?
  /// Whether the signature is that of the key in the request (RFC 2986 section 3, proof of possession).
  package let hasValidSignature: Bool

  /// The first common name.
  package var commonName: String? { commonNames.first }

  /// The request as it is sent.
  package var encoded: EncodedSigningRequest { EncodedSigningRequest(der: der) }

  /// The canonical text: 64 columns, line feeds, one at the end.
  package var pem: String { encoded.pem }

  /// The SHA-256 of ``der`` in hexadecimal.
  package var sha256: String { encoded.sha256 }
}

extension CertificateSigningRequest {
  /// Reads a request from a text with one PEM block, whatever is around it, or from DER.
  ///
  /// - Throws: ``CryptoError``: a private key or a certificate in its place, several requests, and
  ///   each damage have a code of their own.
  package init(parsing bytes: [UInt8]) throws(CryptoError) {
    try self.init(EncodedSigningRequest(parsing: bytes))
  }

  /// Reads a request out of its encoding.
  package init(_ encoded: EncodedSigningRequest) throws(CryptoError) {
    let der = encoded.der
    let request = try unsafe ContentKind.request.object(
      from: der.span, with: d2i_X509_REQ, freedBy: X509_REQ_free)
    try self.init(request, der: der)
    // Whatever failed in here was no failure of the reading.
    CryptoError.forgetEarlier()
  }

  private init(_ request: borrowing Handle, der: [UInt8]) throws(CryptoError) {
    // All of these are borrowed from the request, or `nil`.
    let key = unsafe X509_REQ_get0_pubkey(request.pointer)
    guard let info = unsafe X509_REQ_get_X509_PUBKEY(request.pointer) else {
      throw CryptoError(.notRequest, "a signing request without a key")
    }
    let names = try Self.alternativeNames(of: request)
    let signature = unsafe SignatureAlgorithm(of: request.pointer)
    self.der = der
    version = unsafe X509_REQ_get_version(request.pointer)
    hasChallengePassword =
      unsafe X509_REQ_get_attr_by_NID(request.pointer, NID_pkcs9_challengePassword, -1) >= 0
    commonNames = unsafe Crypto.commonNames(of: X509_REQ_get_subject_name(request.pointer))
    dnsNames = names.dnsNames
    otherNames = names.otherNames
    publicKey = try unsafe PublicKey(info: info, key: key)
    signatureAlgorithm = signature.name
    digest = signature.digest
    hasValidSignature = unsafe key != nil && X509_REQ_verify(request.pointer, key) == 1
  }

  private static func alternativeNames(
    of request: borrowing Handle
  ) throws(CryptoError) -> SubjectAlternativeNames {
    let wishes = unsafe extensionRequests(in: request.pointer)
    guard wishes <= 1 else {
      throw CryptoError(.malformedExtension, "the signing request asks for extensions twice")
    }
    // A new stack with new extensions, freed here; `nil` if the request asks for none.
    guard let stack = unsafe X509_REQ_get_extensions(request.pointer) else {
      guard wishes == 0 else {
        throw .openSSL(.malformedExtension, "the extensions of the signing request cannot be read")
      }
      return SubjectAlternativeNames()
    }
    let extensions = try unsafe Handle(
      stack, freedBy: freeExtensions, orThrow: .openSSL(.library, "no memory"))
    return try unsafe SubjectAlternativeNames(extensions: extensions.pointer)
  }
}

/// How many sets of extensions a request asks for: OpenSSL reads one, the first value of the first attribute, and an
/// authority may read another (PKCS #9, RFC 2985 section 5.4.2, and Microsoft's own attribute).
///
/// The request is only looked at.
@unsafe
private func extensionRequests(in request: OpaquePointer) -> Int {
  var count = 0
  for name in [NID_ext_req, NID_ms_ext_req] {
    var place: Int32 = -1
    while true {
      place = unsafe X509_REQ_get_attr_by_NID(request, name, place)
      guard place >= 0, let attribute = unsafe X509_REQ_get_attr(request, place) else { break }
      count += max(1, unsafe Int(X509_ATTRIBUTE_count(attribute)))
    }
  }
  return count
}

/// Frees a stack of extensions and what it holds (`sk_X509_EXTENSION_pop_free` is a macro).
func freeExtensions(_ stack: OpaquePointer?) {
  unsafe OPENSSL_sk_pop_free(stack) { unsafe X509_EXTENSION_free($0.map { OpaquePointer($0) }) }
}
