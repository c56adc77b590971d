// A key pair: made here or read from a file, and only ever shown as a secret.

internal import CCrypto

/// The keys that can be made, by the names that templates use.
package enum KeyKind: String, CaseIterable, Sendable {
  /// RSA with a modulus of 2048 bits, the shortest that public authorities sign.
  case rsa2048 = "rsa-2048"
  /// RSA with a modulus of 3072 bits.
  case rsa3072 = "rsa-3072"
  /// RSA with a modulus of 4096 bits: seconds to make, and slower at each handshake.
  case rsa4096 = "rsa-4096"
  /// ECDSA over P-256 (FIPS 186-4).
  case p256 = "ec-p256"
  /// ECDSA over P-384 (FIPS 186-4).
  case p384 = "ec-p384"
}

/// Owns a private key; OpenSSL wipes it when it is freed.
@safe
package struct PrivateKey: ~Copyable, Sendable {
  /// The public half.
  package let publicKey: PublicKey
  let handle: Handle

  /// Takes over a key that a call just made, or throws what made the call fail.
  init(
    _ pointer: OpaquePointer?, orThrow failure: @autoclosure () -> CryptoError
  ) throws(CryptoError) {
    let handle = try unsafe Handle(pointer, freedBy: EVP_PKEY_free, orThrow: failure())
    publicKey = try unsafe PublicKey(key: handle.pointer)
    self.handle = handle
  }

  /// Makes a new key.
  ///
  /// RSA takes from a fifth of a second to some seconds, the others no time.
  ///
  /// - Parameters:
  ///   - kind: The algorithm and the length.
  ///   - goOn: Asked many times a second while an RSA key is made; `false` ends the work.
  /// - Throws: ``CryptoError/Code/interrupted`` if `goOn` said no; else ``CryptoError/Code/library`` only: no
  ///   randomness, no memory.
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
      // The pointer is valid until the key is made, and the context forgets it then.
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

  /// The key as PEM text (PKCS #8, RFC 5958, not encrypted) for a file that only its owner may read.
  package func pkcs8PEM() throws(CryptoError) -> SecretBytes {
    let output = try MemoryOutput()
    // No cipher, so no passphrase is asked for.
    try check(
      unsafe PEM_write_bio_PrivateKey(
        output.handle.pointer, handle.pointer, nil, nil, 0, nil, nil),
      "writing a private key")
    return output.secretBytes()
  }

  /// Whether this is the private half of a key, for instance of a request's or a certificate's.
  package func matches(_ other: PublicKey) -> Bool {
    guard other.der != publicKey.der else { return true }
    // The same point of a curve may be written in two ways, so the keys are compared as such.
    CryptoError.forgetEarlier()
    let (object, _) = unsafe readDER(other.der.span, with: d2i_PUBKEY)
    defer { unsafe EVP_PKEY_free(object) }
    let isEqual = unsafe EVP_PKEY_eq(handle.pointer, object) == 1
    CryptoError.forgetEarlier()
    return isEqual
  }
}

/// What OpenSSL asks while it makes a key (EVP_PKEY_CTX_set_cb(3)).
private struct GenerationWatch {
  let goOn: () -> Bool
  /// Whether the answer was no.
  private(set) var isStopped = false

  init(goOn: @escaping () -> Bool) { self.goOn = goOn }

  /// 1 to go on, 0 to end.
  ///
  /// - Parameter context: That of the key, with the watch as its data.
  static func ask(_ context: OpaquePointer?) -> Int32 {
    let data = unsafe EVP_PKEY_CTX_get_app_data(context)
    guard let watch = unsafe data?.assumingMemoryBound(to: GenerationWatch.self) else { return 1 }
    if unsafe watch.pointee.goOn() { return 1 }
    unsafe watch.pointee.isStopped = true
    return 0
  }
}
