internal import CCrypto

/// The hash function of FIPS 180-4 section 6.2, with libcrypto's low-level functions: they need no provider and start
/// at once.
package enum SHA256 {
  /// The length of a digest, in bytes.
  static let digestLength = 32

  /// The length of a block, in bytes (B in RFC 2104).
  static let blockLength = 64

  /// The digest of a message, 32 bytes.
  package static func digest(_ bytes: [UInt8]) -> [UInt8] {
    digest(bytes.span, Span())
  }

  /// The digest of secret bytes, which are not copied.
  package static func digest(_ bytes: SecretBytes) -> [UInt8] {
    bytes.withSpan { digest($0, Span()) }
  }

  /// The digest of a message as 64 lower-case hexadecimal digits.
  package static func hex(_ bytes: [UInt8]) -> String {
    Hexadecimal.encode(digest(bytes))
  }

  /// The digest of a message in two pieces.
  static func digest(_ first: Span<UInt8>, _ second: Span<UInt8>) -> [UInt8] {
    // The three functions always return 1 and only read the message during the call; the context has no pointers.
    var context = SHA256_CTX()
    _ = unsafe SHA256_Init(&context)
    unsafe first.withUnsafeBytes { _ = unsafe SHA256_Update(&context, $0.baseAddress, $0.count) }
    unsafe second.withUnsafeBytes { _ = unsafe SHA256_Update(&context, $0.baseAddress, $0.count) }
    var digest = [UInt8](repeating: 0, count: digestLength)
    _ = unsafe SHA256_Final(&digest, &context)
    // The message may have been a key.
    unsafe OPENSSL_cleanse(&context, MemoryLayout<SHA256_CTX>.size)
    return digest
  }
}

/// The keyed message code of RFC 2104 with SHA-256, written over ``SHA256`` since libcrypto's own
/// needs a provider and half a millisecond to start.
package enum HMACSHA256 {
  /// The code of a message, ``SHA256/digestLength`` bytes.
  ///
  /// Compare codes with ``isEqualInConstantTime(_:_:)``. Any length of key is fine (RFC 2104 section 3).
  package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    authenticate(message, key: key.span)
  }

  /// The code of a message under a key that stays where it is.
  package static func authenticate(_ message: [UInt8], key: SecretBytes) -> [UInt8] {
    key.withSpan { authenticate(message, key: $0) }
  }

  private static func authenticate(_ message: [UInt8], key: Span<UInt8>) -> [UInt8] {
    var inner = pad(key, with: 0x36)
    var outer = pad(key, with: 0x5C)
    defer {
      cleanse(&inner)
      cleanse(&outer)
    }
    let digest = SHA256.digest(inner.span, message.span)
    return SHA256.digest(outer.span, digest.span)
  }

  /// The key, hashed if it is longer than a block, filled up with zeros, each byte mixed with one value.
  private static func pad(_ key: Span<UInt8>, with value: UInt8) -> [UInt8] {
    var block = [UInt8](repeating: value, count: SHA256.blockLength)
    guard key.count > SHA256.blockLength else {
      for index in key.indices { block[index] ^= key[index] }
      return block
    }
    var hashed = SHA256.digest(key, Span())
    for index in hashed.indices { block[index] ^= hashed[index] }
    cleanse(&hashed)
    return block
  }
}
