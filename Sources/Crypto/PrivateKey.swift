internal import CCrypto

/// The kinds of keys that can be generated, by their names in templates.
package enum KeyKind: String, CaseIterable, Sendable {
  /// RSA with a modulus of 2048 bits, the shortest that public authorities accept.
  case rsa2048 = "rsa-2048"
  /// RSA with a modulus of 3072 bits.
  case rsa3072 = "rsa-3072"
  /// RSA with a modulus of 4096 bits: takes seconds to generate, and makes each handshake slower.
  case rsa4096 = "rsa-4096"
  /// ECDSA over P-256 (FIPS 186-4).
  case p256 = "ec-p256"
  /// ECDSA over P-384 (FIPS 186-4).
  case p384 = "ec-p384"
}

/// Owns a private key; OpenSSL wipes its memory when it is freed.
@safe
package struct PrivateKey: ~Copyable, Sendable {
  /// The public half.
  package let publicKey: PublicKey
  let handle: Handle

  /// Takes over the new key of a call, or throws the call's error.
  init(
    _ pointer: OpaquePointer?, orThrow failure: @autoclosure () -> CryptoError
  ) throws(CryptoError) {
    let handle = try unsafe Handle(pointer, freedBy: EVP_PKEY_free, orThrow: failure())
    publicKey = try unsafe PublicKey(key: handle.pointer)
    self.handle = handle
  }

  /// Generates a new key. RSA takes from 0.2 s to some seconds, elliptic curves less than 1 ms. `goOn` is called many
  /// times a second while an RSA key is generated; `false` stops it.
  ///
  /// - Throws: ``CryptoError/Code/interrupted`` if `goOn` returned false; else ``CryptoError/Code/library``.
  package static func generate(
    _ kind: KeyKind, while goOn: () -> Bool = { true }
  ) throws(CryptoError) -> PrivateKey {
    CryptoError.forgetEarlier()
    return switch kind {
    case .rsa2048: try generateRSA(bits: 2048, while: goOn)
    case .rsa3072: try generateRSA(bits: 3072, while: goOn)
    case .rsa4096: try generateRSA(bits: 4096, while: goOn)
    case .p256: try generateEllipticCurve("P-256")
    case .p384: try generateEllipticCurve("P-384")
    }
  }

  private static func generateRSA(
    bits: Int32, while goOn: () -> Bool
  ) throws(CryptoError) -> PrivateKey {
    let context = try keyContext(for: "RSA")
    try check(unsafe EVP_PKEY_keygen_init(context.pointer), "preparing a key")
    try check(
      unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context.pointer, bits), "choosing a key length")
    return try generate(in: context, while: goOn)
  }

  private static func generateEllipticCurve(_ name: String) throws(CryptoError) -> PrivateKey {
    let context = try keyContext(for: "EC")
    try check(unsafe EVP_PKEY_keygen_init(context.pointer), "preparing a key")
    try check(unsafe EVP_PKEY_CTX_set_group_name(context.pointer, name), "choosing a curve")
    return try generate(in: context, while: { true })
  }

  private static func keyContext(for algorithm: String) throws(CryptoError) -> Handle {
    try unsafe Handle(
      EVP_PKEY_CTX_new_from_name(nil, algorithm, nil), freedBy: EVP_PKEY_CTX_free,
      orThrow: .openSSL(.library, "OpenSSL does not offer \(algorithm)"))
  }

  private static func generate(
    in context: borrowing Handle, while goOn: () -> Bool
  ) throws(CryptoError) -> PrivateKey {
    var key: OpaquePointer?
    let (result, isStopped) = withoutActuallyEscaping(goOn) { goOn in
      var watch = GenerationWatch(goOn: goOn)
      // OpenSSL uses the pointer only while it generates the key.
      let result = unsafe withUnsafeMutablePointer(to: &watch) { pointer in
        unsafe EVP_PKEY_CTX_set_app_data(context.pointer, pointer)
        unsafe EVP_PKEY_CTX_set_cb(context.pointer) { unsafe GenerationWatch.ask($0) }
        let result = unsafe EVP_PKEY_generate(context.pointer, &key)
        unsafe EVP_PKEY_CTX_set_cb(context.pointer, nil)
        unsafe EVP_PKEY_CTX_set_app_data(context.pointer, nil)
        return result
      }
      return (result, watch.isStopped)
    }
    guard result > 0 || !isStopped else {
      CryptoError.forgetEarlier()
      throw CryptoError(.interrupted, "making the key was ended")
    }
    try check(result, "making a key")
    return try unsafe PrivateKey(key, orThrow: .openSSL(.library, "making a key failed"))
  }

  /// The key as PEM text (PKCS #8, RFC 5958, not encrypted), for a file that only its owner may read.
  package func pkcs8PEM() throws(CryptoError) -> SecretBytes {
    let output = try MemoryOutput()
    // No cipher, so no passphrase is needed.
    try check(
      unsafe PEM_write_bio_PrivateKey(
        output.handle.pointer, handle.pointer, nil, nil, 0, nil, nil),
      "writing a private key")
    return output.secretBytes()
  }

  /// Whether this is the private key of a public key, for example of a request or a certificate.
  package func matches(_ other: PublicKey) -> Bool {
    guard other.der != publicKey.der else { return true }
    // A point of a curve has several encodings, so the keys themselves are compared.
    CryptoError.forgetEarlier()
    let (object, _) = unsafe readDER(other.der.span, with: d2i_PUBKEY)
    defer { unsafe EVP_PKEY_free(object) }
    let isEqual = unsafe EVP_PKEY_eq(handle.pointer, object) == 1
    CryptoError.forgetEarlier()
    return isEqual
  }
}

/// The state of OpenSSL's progress callback (EVP_PKEY_CTX_set_cb(3)).
private struct GenerationWatch {
  let goOn: () -> Bool
  private(set) var isStopped = false

  /// Returns 1 to go on, 0 to stop. The data of the key's context is the watch.
  static func ask(_ context: OpaquePointer?) -> Int32 {
    let data = unsafe EVP_PKEY_CTX_get_app_data(context)
    guard let watch = unsafe data?.assumingMemoryBound(to: GenerationWatch.self) else { return 1 }
    if unsafe watch.pointee.goOn() { return 1 }
    unsafe watch.pointee.isStopped = true
    return 0
  }
}

extension PrivateKey {
  /// Reads the one private key of a text with any text around it (certificates, parameters), or DER: PKCS #1, PKCS #8
  /// or SEC 1. Nobody is asked for a passphrase: encrypted keys are refused.
  ///
  /// - Throws: ``CryptoError``, with different codes for encrypted keys, other formats, several keys, a certificate or
  ///   a request instead, and damage. No text contains a part of the key.
  package init(parsing text: SecretBytes) throws(CryptoError) {
    let pointer = try unsafe text.withSpan { (span) throws(CryptoError) -> OpaquePointer in
      if ContentKind.isDER(span) { return try unsafe Self.read(der: span) }
      var der = try Self.onlyKey(in: span)
      defer { cleanse(&der) }
      return try unsafe Self.read(der: der.span)
    }
    try unsafe self.init(pointer, orThrow: .openSSL(.notPrivateKey, "cannot be read"))
  }

  private static func onlyKey(in text: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    let keys = try ContentKind.privateKey.blocks(in: text)
    guard keys.count == 1, let key = keys.first else {
      throw CryptoError(
        .severalPrivateKeys, "\(keys.count) private keys in one file: keep only one")
    }
    guard key.label != "OPENSSH PRIVATE KEY" else {
      throw CryptoError(
        .unsupportedKeyFormat,
        "a private key in the format of OpenSSH: convert a copy with ssh-keygen -p -m PKCS8 -f FILE"
      )
    }
    guard key.label != "ENCRYPTED PRIVATE KEY", !PEM.isEncrypted(key, of: text) else {
      throw encrypted
    }
    return try PEM.decode(key, of: text)
  }

  private static var encrypted: CryptoError {
    CryptoError(
      .encryptedKey,
      "the private key is encrypted, and this program asks for no passphrase: decrypt it "
        + "with openssl pkey -in FILE -out NEWFILE")
  }

  /// - Returns: A new key, which the caller frees.
  private static func read(der: Span<UInt8>) throws(CryptoError) -> OpaquePointer {
    // Checked first: OpenSSL's own reader would ask for a passphrase.
    guard !isEncryptedPrivateKey(der) else { throw encrypted }
    return try unsafe ContentKind.privateKey.object(
      from: der, with: d2i_AutoPrivateKey, freedBy: EVP_PKEY_free
    ).released()
  }
}
