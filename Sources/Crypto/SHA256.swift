// SHA-256 through libcrypto's low-level functions, which need no provider and so start at once.

internal import CCrypto

/// The hash function of FIPS 180-4 section 6.2.
package enum SHA256 {
  /// The length of a digest, in bytes.
  static let digestLength = 32

  /// The length of the blocks that the function works through, in bytes (B in RFC 2104).
  static let blockLength = 64

  /// The digest of a message, ``digestLength`` bytes.
  package static func digest(_ bytes: [UInt8]) -> [UInt8] {
    digest(bytes.span, Span())
  }

  /// The digest of secret bytes, which stay where they are.
  package static func digest(_ bytes: SecretBytes) -> [UInt8] {
    bytes.withSpan { digest($0, Span()) }
  }

  /// The digest of a message as 64 lower-case hexadecimal digits.
  package static func hex(_ bytes: [UInt8]) -> String {
    Hexadecimal.encode(digest(bytes))
  }

  /// The digest of two pieces of a message, one behind the other.
  static func digest(_ first: Span<UInt8>, _ second: Span<UInt8>) -> [UInt8] {
    // The three functions return 1 whatever happens, and only read the message during the call; the
    // context is a plain value without pointers.
    var context = SHA256_CTX()
    _ = unsafe SHA256_Init(&context)
    unsafe first.withUnsafeBytes { _ = unsafe SHA256_Update(&context, $0.baseAddress, $0.count) }
    unsafe second.withUnsafeBytes { _ = unsafe SHA256_Update(&context, $0.baseAddress, $0.count) }
    var digest = [UInt8](repeating: 0, count: digestLength)
    _ = unsafe SHA256_Final(&digest, &context)
    // What it went through may have been a key.
    unsafe OPENSSL_cleanse(&context, MemoryLayout<SHA256_CTX>.size)
    return digest
  }
}
