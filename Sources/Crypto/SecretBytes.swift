internal import CCrypto

/// A secret, for example a key. The last reference wipes it, and printing it in any way gives `<redacted>`.
@safe
package final class SecretBytes: Sendable {
  /// The number of bytes, which is not secret.
  package let count: Int

  // Freed in `deinit`; written only in `init`, so that sharing is safe.
  private nonisolated(unsafe) let storage: UnsafeMutableBufferPointer<UInt8>

  /// Takes over the bytes: the array is wiped and becomes empty. The caller wipes earlier copies of the array.
  package convenience init(taking bytes: inout [UInt8]) {
    let all = bytes.indices
    self.init(taking: &bytes, all)
  }

  /// Takes a part of the bytes over: the whole array is wiped and left empty.
  package init(taking bytes: inout [UInt8], _ part: Range<Int>) {
    count = part.count
    unsafe storage = .allocate(capacity: part.count)
    _ = unsafe storage.initialize(fromContentsOf: bytes[part])
    cleanse(&bytes)
    bytes = []
  }

  /// Whether the bytes occur in a text; `false` if there are none.
  package func occurs(in text: String) -> Bool {
    guard count > 0 else { return false }
    let bytes = Array(text.utf8)
    return withSpan { secret in
      bytes.indices.contains { start in
        start + count <= bytes.count
          && secret.indices.allSatisfy { bytes[start + $0] == secret[$0] }
      }
    }
  }

  /// Whether a text has `count` consecutive bytes of the secret, which may be a longer text.
  package func sharesRun(of count: Int, with text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard count > 0, count <= self.count, count <= bytes.count else { return false }
    return withSpan { secret in
      (0...(secret.count - count)).contains { start in
        (0...(bytes.count - count)).contains { place in
          (0..<count).allSatisfy { secret[start + $0] == bytes[place + $0] }
        }
      }
    }
  }

  /// Copies a secret text; the text itself is not wiped.
  package convenience init(copying text: String) {
    var bytes = Array(text.utf8)
    self.init(taking: &bytes)
  }

  /// Allocates zeros that a call overwrites.
  init(count: Int, writing body: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
    self.count = count
    unsafe storage = .allocate(capacity: count)
    unsafe storage.initialize(repeating: 0)
    unsafe body(storage)
  }

  deinit {
    unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
    unsafe storage.deallocate()
  }

  /// Passes the bytes to a call.
  package func withSpan<Result, Failure>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // `self` keeps the memory alive until the call returns.
    defer { extendLifetime(self) }
    return try body(unsafe storage.span)
  }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "<redacted>" }
  package var debugDescription: String { "<redacted>" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Whether two byte sequences are equal, in a time that depends only on their lengths.
package func isEqualInConstantTime(_ first: [UInt8], _ second: [UInt8]) -> Bool {
  guard first.count == second.count else { return false }
  return unsafe CRYPTO_memcmp(first, second, first.count) == 0
}

/// Overwrites bytes; the compiler cannot remove it. A shared array would be copied first: wipe only unshared ones.
func cleanse(_ bytes: inout [UInt8]) {
  unsafe bytes.withUnsafeMutableBytes { buffer in
    unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
  }
}
