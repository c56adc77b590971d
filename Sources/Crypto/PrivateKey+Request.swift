// Making a signing request (RFC 2986) with a key.

internal import CCrypto

extension PrivateKey {
  /// How many characters a common name may have (RFC 5280 appendix A.1, ub-common-name).
  package static let maximumCommonNameLength = 64

  /// Makes a request for exactly these names, signed with SHA-256, for P-384 with SHA-384.
  ///
  /// - Parameters:
  ///   - commonName: The only attribute of the subject; it leads the subject alternative names too.
  ///   - dnsNames: The other names. Duplicates and the common name among them are folded.
  /// - Throws: ``CryptoError`` of code `commonNameTooLong`, `invalidName` (not ASCII, control
  ///   characters, empty), `weakKey`, `inconsistentKey`.
  package func makeRequest(
    commonName: String, dnsNames: [String]
  ) throws(CryptoError) -> CertificateSigningRequest {
    if let weakness = publicKey.weakness { throw CryptoError(.weakKey, weakness) }
    try checkCommonName(commonName)
    CryptoError.forgetEarlier()
    let request = try unsafe Handle(
      X509_REQ_new(), freedBy: X509_REQ_free, orThrow: .openSSL(.library, "no memory for a request")
    )
    // Borrowed from the request.
    let subject = unsafe X509_REQ_get_subject_name(request.pointer)
    try unsafe addCommonName(commonName, to: subject)
    try unsafe addNames(distinct([commonName] + dnsNames), to: request.pointer)
    try check(
      unsafe X509_REQ_set_pubkey(request.pointer, handle.pointer), "setting the key of a request")
    try check(
      unsafe X509_REQ_sign(request.pointer, handle.pointer, signatureDigest), "signing a request")
    let made = try CertificateSigningRequest(
      parsing: try unsafe writeDER(request.pointer, with: i2d_X509_REQ))
    guard made.hasValidSignature else {
      throw CryptoError(
        .inconsistentKey,
        "the private key does not belong to its own public half: the file is damaged")
    }
    return made
  }

  /// SHA-384 for P-384 (RFC 5480 section 4 pairs digests with curves), else SHA-256.
  ///
  /// A constant of OpenSSL.
  var signatureDigest: OpaquePointer? {
    unsafe publicKey.name == "P-384" ? EVP_sha384() : EVP_sha256()
  }

  private func addNames(_ names: [String], to request: OpaquePointer) throws(CryptoError) {
    let stack = try unsafe Handle(
      OPENSSL_sk_new_null(), freedBy: freeExtensions, orThrow: .openSSL(.library, "no memory"))
    let names = try alternativeNames(names, isCritical: false)
    // The stack owns the extension from here on.
    let pointer = unsafe names.released()
    guard unsafe OPENSSL_sk_push(stack.pointer, UnsafeRawPointer(pointer)) > 0 else {
      unsafe X509_EXTENSION_free(pointer)
      throw .openSSL(.library, "no memory")
    }
    try check(
      unsafe X509_REQ_add_extensions(request, stack.pointer), "adding names to a request")
  }
}

private func checkCommonName(_ name: String) throws(CryptoError) {
  let length = name.unicodeScalars.count
  guard length <= PrivateKey.maximumCommonNameLength else {
    throw CryptoError(
      .commonNameTooLong,
      "the common name has \(length) characters, and X.509 allows \(PrivateKey.maximumCommonNameLength): "
        + "use a shorter one and put this among the other names")
  }
}
