// The one owner of secret bytes, and the two functions that secrets need.

internal import CCrypto

/// Bytes that nobody should see: a key, or the text of one.
///
/// They are wiped when the last reference goes, and printing them in any way gives `<redacted>`.
@safe
package final class SecretBytes: Sendable {
  /// How many bytes there are; this is not taken for a secret.
  package let count: Int

  // Allocated here and freed in `deinit`; written only before `init` returns, so sharing is safe.
  private nonisolated(unsafe) let storage: UnsafeMutableBufferPointer<UInt8>

  /// Takes the bytes over: the array is wiped and left empty.
  ///
  /// Copies that were made of the array before are the caller's to find.
  package init(taking bytes: inout [UInt8]) {
    count = bytes.count
    unsafe storage = .allocate(capacity: bytes.count)
    _ = unsafe storage.initialize(from: bytes)
    cleanse(&bytes)
    bytes = []
  }

  /// Copies text that is a secret; the text itself stays the caller's to forget.
  package convenience init(copying text: String) {
    var bytes = Array(text.utf8)
    self.init(taking: &bytes)
  }

  /// Makes room for bytes that a call then writes; what it leaves out is zero.
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

  /// Shows the bytes for the length of a call.
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

/// Whether two byte sequences are the same, in a time that tells only their lengths.
package func isEqualInConstantTime(_ first: [UInt8], _ second: [UInt8]) -> Bool {
  guard first.count == second.count else { return false }
  // Both are only read during the call.
  return unsafe CRYPTO_memcmp(first, second, first.count) == 0
}

/// Overwrites bytes in a way that the compiler may not leave out.
///
/// An array that is shared is copied first, so wipe only what is referenced once.
func cleanse(_ bytes: inout [UInt8]) {
  unsafe bytes.withUnsafeMutableBytes { buffer in
    unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
  }
}
