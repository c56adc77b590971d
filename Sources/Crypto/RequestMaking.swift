internal import CCrypto

extension PrivateKey {
  /// The most characters of a common name (RFC 5280 appendix A.1, ub-common-name).
  package static let maximumCommonNameLength = 64

  /// Makes a signing request (RFC 2986) for exactly these names, signed with SHA-256, for P-384 with SHA-384.
  ///
  /// - Parameters:
  ///   - country: The country of the subject (ISO 3166, two letters); `nil` for none.
  ///   - commonName: The last attribute of the subject, and the first of the subject alternative names.
  ///   - dnsNames: The other names; duplicates are removed.
  /// - Throws: ``CryptoError`` of code `commonNameTooLong`, `invalidName` (not ASCII, control
  ///   characters, empty), `weakKey`, `inconsistentKey`.
  package func makeRequest(
    country: String? = nil, commonName: String, dnsNames: [String]
  ) throws(CryptoError) -> CertificateSigningRequest {
    if let weakness = publicKey.weakness { throw CryptoError(.weakKey, weakness) }
    try checkCommonName(commonName)
    CryptoError.forgetEarlier()
    let request = try unsafe Handle(
      X509_REQ_new(), freedBy: X509_REQ_free, orThrow: .openSSL(.library, "no memory for a request")
    )
    // Borrowed from the request.
    let subject = unsafe X509_REQ_get_subject_name(request.pointer)
    if let country { try unsafe add(NID_countryName, country, to: subject) }
    try unsafe add(NID_commonName, commonName, to: subject)
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

  /// SHA-384 for P-384 (RFC 5480 section 4 pairs digests with curves), else SHA-256; a constant of OpenSSL.
  private var signatureDigest: OpaquePointer? {
    unsafe publicKey.name == "P-384" ? EVP_sha384() : EVP_sha256()
  }

  /// The signature over bytes: ECDSA, or RSA with PKCS #1 v1.5. The product signs requests only; trials sign
  /// certificates with this.
  package func sign(_ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
    let context = try unsafe Handle(
      EVP_MD_CTX_new(), freedBy: EVP_MD_CTX_free, orThrow: .openSSL(.library, "no memory"))
    try check(
      unsafe EVP_DigestSignInit(context.pointer, nil, signatureDigest, nil, handle.pointer),
      "preparing a signature")
    var length = Int(unsafe EVP_PKEY_get_size(handle.pointer))
    var signature = [UInt8](repeating: 0, count: length)
    // Sets the length to that of the signature, which is never longer.
    try check(
      unsafe EVP_DigestSign(context.pointer, &signature, &length, bytes, bytes.count), "signing")
    return Array(signature.prefix(length))
  }

  private func addNames(_ names: [String], to request: OpaquePointer) throws(CryptoError) {
    let stack = try unsafe Handle(
      OPENSSL_sk_new_null(), freedBy: freeExtensions, orThrow: .openSSL(.library, "no memory"))
    let names = try alternativeNames(names)
    // From here on, the stack owns the extension.
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

/// Adds an attribute to a distinguished name, borrowed.
private func add(
  _ attribute: Int32, _ text: String, to name: OpaquePointer?
) throws(CryptoError) {
  let bytes = Array(text.utf8)
  // Copies the text; -1 and 0 append the attribute in a set of its own (X509_NAME_add_entry(3)).
  try check(
    unsafe X509_NAME_add_entry_by_NID(
      name, attribute, MBSTRING_UTF8, bytes, Int32(clamping: bytes.count), -1, 0),
    "setting the subject of a request")
}

/// The extension with the DNS names (RFC 5280 section 4.2.1.6). It is not built from OpenSSL's configuration text, in
/// which a comma begins another name.
private func alternativeNames(_ names: [String]) throws(CryptoError) -> Handle {
  let stack = try unsafe Handle(
    OPENSSL_sk_new_null(), freedBy: GENERAL_NAMES_free, orThrow: .openSSL(.library, "no memory"))
  for name in names {
    try unsafe append(dnsName: name, to: stack.pointer)
  }
  return try unsafe Handle(
    X509V3_EXT_i2d(NID_subject_alt_name, 0, UnsafeMutableRawPointer(stack.pointer)),
    freedBy: X509_EXTENSION_free, orThrow: .openSSL(.library, "encoding names failed"))
}

private func append(dnsName name: String, to stack: OpaquePointer) throws(CryptoError) {
  let bytes = Array(name.utf8)
  guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
    throw CryptoError(
      .invalidName, "a name that is empty or not plain ASCII: internationalized names go in as xn--"
    )
  }
  let failure = CryptoError(.library, "no memory for a name")
  guard let string = unsafe ASN1_STRING_type_new(V_ASN1_IA5STRING) else { throw failure }
  guard unsafe ASN1_STRING_set(string, bytes, Int32(clamping: bytes.count)) == 1,
    let entry = unsafe GENERAL_NAME_new()
  else {
    unsafe ASN1_STRING_free(string)
    throw failure
  }
  // The entry owns the string, then the stack owns the entry.
  unsafe GENERAL_NAME_set0_value(entry, GEN_DNS, string)
  guard unsafe OPENSSL_sk_push(stack, entry) > 0 else {
    unsafe GENERAL_NAME_free(entry)
    throw failure
  }
}

/// The names in lower case without duplicates, in order.
private func distinct(_ names: [String]) -> [String] {
  var seen: Set<String> = []
  return names.map(asciiLowercased).filter { seen.insert($0).inserted }
}
