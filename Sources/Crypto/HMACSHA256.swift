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
