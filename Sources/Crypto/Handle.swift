// How objects of OpenSSL are owned, read from DER and written to it.

internal import CCrypto

/// Owns one object of OpenSSL and frees it in the end.
///
/// The pointer is valid as long as the owner lives; nothing that was borrowed from the object may be
/// kept longer.
@safe
struct Handle: ~Copyable {
  let pointer: OpaquePointer
  private let release: @convention(c) (OpaquePointer?) -> Void

  /// Takes over an object that a call just made, or throws what made the call fail.
  init(
    _ pointer: OpaquePointer?, freedBy release: @escaping @convention(c) (OpaquePointer?) -> Void,
    orThrow failure: @autoclosure () -> CryptoError
  ) throws(CryptoError) {
    guard let pointer = unsafe pointer else { throw failure() }
    unsafe self.pointer = unsafe pointer
    unsafe self.release = unsafe release
  }

  deinit { unsafe release(pointer) }

  /// Gives the object up to whoever frees it from now on.
  consuming func released() -> OpaquePointer {
    let pointer = unsafe pointer
    discard self
    return unsafe pointer
  }
}

// The objects kept here (keys and certificates) count their references atomically and lock their
// caches; we never change one after it is made.
extension Handle: @unchecked Sendable {}

/// A function of the `d2i` family: reads an object and moves the cursor behind it.
typealias DERReader = (
  UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, Int
) -> OpaquePointer?

/// A function of the `i2d` family: tells the length, or writes that many bytes at the cursor.
typealias DERWriter = (
  OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?
) -> Int32

/// Reads one object from the start of the bytes.
///
/// - Returns: The object, to be owned by the caller, or `nil`; and how many bytes it takes.
func readDER(_ bytes: Span<UInt8>, with read: DERReader) -> (object: OpaquePointer?, length: Int) {
  // The bytes are only read during the call; the object keeps copies.
  unsafe bytes.withUnsafeBufferPointer { buffer in
    var cursor = buffer.baseAddress
    let object = unsafe read(nil, &cursor, buffer.count)
    guard let object = unsafe object, let start = buffer.baseAddress, let end = unsafe cursor else {
      return (nil, 0)
    }
    return unsafe (object, end - start)
  }
}

/// Writes an object that the caller owns.
func writeDER(_ object: OpaquePointer, with write: DERWriter) throws(CryptoError) -> [UInt8] {
  let length = unsafe write(object, nil)
  guard length > 0 else { throw .openSSL(.library, "an object cannot be encoded") }
  var bytes = [UInt8](repeating: 0, count: Int(length))
  // Writes exactly the length that it told.
  unsafe bytes.withUnsafeMutableBufferPointer { buffer in
    var cursor = buffer.baseAddress
    _ = unsafe write(object, &cursor)
  }
  return bytes
}

/// Makes a report of failure out of the return value of a call: 1 (or more) is success throughout.
func check(_ result: Int32, _ step: @autoclosure () -> String) throws(CryptoError) {
  guard result > 0 else { throw .openSSL(.library, "\(step()) failed") }
}
