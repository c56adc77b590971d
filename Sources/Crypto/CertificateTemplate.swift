// Putting a certificate together (RFC 5280 section 4) and signing it.

internal import CCrypto

/// What a certificate is to say.
struct CertificateTemplate {
  /// What it may be used for.
  enum Kind {
    case root
    case intermediate
    case server([String])
  }

  let subject: String?
  let publicKey: PublicKey
  let serial: UInt64
  let validity: ClosedRange<Int>
  let kind: Kind

  /// The certificate, signed.
  ///
  /// - Parameters:
  ///   - issuer: The certificate of the key; `nil` for one that signs itself.
  ///   - key: The key that the certificate is for.
  func signed(
    by key: borrowing PrivateKey, issuer: Certificate?
  ) throws(CryptoError) -> Certificate {
    CryptoError.forgetEarlier()
    let certificate = try unsafe Handle(
      X509_new(), freedBy: X509_free, orThrow: .openSSL(.library, "no memory for a certificate"))
    try unsafe fill(certificate.pointer)
    if let issuer {
      let parent = try unsafe Handle(
        readDER(issuer.der.span, with: d2i_X509).object, freedBy: X509_free,
        orThrow: .openSSL(.notCertificate, "the issuer's certificate cannot be read"))
      try unsafe addIssuer(parent.pointer, to: certificate.pointer)
    } else {
      try unsafe addIssuer(certificate.pointer, to: certificate.pointer)
    }
    try check(
      unsafe X509_sign(certificate.pointer, key.handle.pointer, key.signatureDigest),
      "signing a certificate")
    let der = try unsafe writeDER(certificate.pointer, with: i2d_X509)
    return try Certificate(der: der)
  }

  private func fill(_ certificate: OpaquePointer) throws(CryptoError) {
    try check(unsafe X509_set_version(certificate, Int(X509_VERSION_3)), "setting a version")
    // Borrowed from the certificate.
    let number = unsafe X509_get_serialNumber(certificate)
    try check(unsafe ASN1_INTEGER_set_uint64(number, serial), "setting a serial number")
    let first = try CertificateTime(validity.lowerBound)
    let last = try CertificateTime(validity.upperBound)
    // Both are copied.
    try check(unsafe X509_set1_notBefore(certificate, first.pointer), "setting a time")
    try check(unsafe X509_set1_notAfter(certificate, last.pointer), "setting a time")
    if let subject {
      try unsafe addCommonName(subject, to: X509_get_subject_name(certificate))
    }
    let key = try unsafe Handle(
      readDER(publicKey.der.span, with: d2i_PUBKEY).object, freedBy: EVP_PKEY_free,
      orThrow: .openSSL(.weakKey, "a certificate for a key that cannot be read"))
    // Counts a reference of its own.
    try check(unsafe X509_set_pubkey(certificate, key.pointer), "setting a key")
  }

  /// Sets the issuer's name and the extensions, one of which holds the identifier of his key.
  private func addIssuer(
    _ issuer: OpaquePointer, to certificate: OpaquePointer
  ) throws(CryptoError) {
    try check(
      unsafe X509_set_issuer_name(certificate, X509_get_subject_name(issuer)), "setting an issuer")
    // Only points to the two certificates, which outlive it.
    var context = unsafe X509V3_CTX()
    unsafe X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
    for (identifier, value) in extensions {
      let made = try unsafe Handle(
        X509V3_EXT_conf_nid(nil, &context, identifier, value), freedBy: X509_EXTENSION_free,
        orThrow: .openSSL(.library, "making an extension failed"))
      try unsafe add(made, to: certificate)
    }
    if case .server(let names) = kind {
      // Without a subject the names are all there is (RFC 5280 section 4.1.2.6).
      try unsafe add(alternativeNames(names, isCritical: subject == nil), to: certificate)
    }
  }

  /// Copies an extension to the end of the list.
  private func add(
    _ made: borrowing Handle, to certificate: OpaquePointer
  ) throws(CryptoError) {
    try check(unsafe X509_add_ext(certificate, made.pointer, -1), "adding an extension")
  }

  /// RFC 5280 sections 4.2.1.1 to 4.2.1.3, 4.2.1.9 and 4.2.1.12, in the words of x509v3_config(5).
  ///
  /// The key identifier of the subject stands first: a root's own is its issuer's too.
  private var extensions: [(identifier: Int32, value: String)] {
    let identifiers = [(NID_subject_key_identifier, "hash")]
    let issuer = (NID_authority_key_identifier, "keyid:always")
    return switch kind {
    case .root:
      identifiers + [
        (NID_basic_constraints, "critical,CA:TRUE"),
        (NID_key_usage, "critical,keyCertSign,cRLSign"),
      ]
    case .intermediate:
      identifiers + [
        issuer, (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
        (NID_key_usage, "critical,keyCertSign,cRLSign"),
      ]
    case .server:
      identifiers + [
        issuer, (NID_basic_constraints, "critical,CA:FALSE"),
        (
          NID_key_usage,
          publicKey.family == .rsa
            ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature"
        ),
        (NID_ext_key_usage, "serverAuth"),
      ]
    }
  }
}
