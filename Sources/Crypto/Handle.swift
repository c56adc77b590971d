internal import CCrypto

/// Owns one object of OpenSSL and frees it.
///
/// The pointer is valid as long as the owner lives; the same holds for everything that is borrowed from the object.
@safe
struct Handle: ~Copyable {
  let pointer: OpaquePointer
  private let release: @convention(c) (OpaquePointer?) -> Void

  /// Takes over the new object of a call, or throws the call's error.
  init(
    _ pointer: OpaquePointer?, freedBy release: @escaping @convention(c) (OpaquePointer?) -> Void,
    orThrow failure: @autoclosure () -> CryptoError
  ) throws(CryptoError) {
    guard let pointer = unsafe pointer else { throw failure() }
    unsafe self.pointer = unsafe pointer
    unsafe self.release = unsafe release
  }

  deinit { unsafe release(pointer) }

  /// Gives up the object; the caller frees it.
  consuming func released() -> OpaquePointer {
    let pointer = unsafe pointer
    discard self
    return unsafe pointer
  }
}

// The objects kept here (keys and certificates) have atomic reference counts and lock their caches; they are never
// changed after they are made.
extension Handle: @unchecked Sendable {}

/// A function of the `d2i` family: reads an object and moves the cursor to its end.
typealias DERReader = (
  UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, Int
) -> OpaquePointer?

/// A function of the `i2d` family: returns the length, or writes that many bytes at the cursor.
typealias DERWriter = (
  OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?
) -> Int32

/// Reads one object from the start of the bytes.
///
/// - Returns: The object, which the caller frees, or `nil`; and its length in bytes.
func readDER(_ bytes: Span<UInt8>, with read: DERReader) -> (object: OpaquePointer?, length: Int) {
  // The bytes are only read during the call; the object has copies.
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
  // Writes exactly that many bytes.
  unsafe bytes.withUnsafeMutableBufferPointer { buffer in
    var cursor = buffer.baseAddress
    _ = unsafe write(object, &cursor)
  }
  return bytes
}

/// Throws if a call failed: 1 or more is success in all calls here.
func check(_ result: Int32, _ step: @autoclosure () -> String) throws(CryptoError) {
  guard result > 0 else { throw .openSSL(.library, "\(step()) failed") }
}

/// Memory for the texts that OpenSSL writes; it is wiped when it is freed.
struct MemoryOutput: ~Copyable {
  let handle: Handle

  init() throws(CryptoError) {
    handle = try unsafe Handle(
      BIO_new(BIO_s_mem()), freedBy: { unsafe BIO_free_all($0) },
      orThrow: .openSSL(.library, "no memory for an output"))
  }

  /// The written bytes as a secret.
  func secretBytes() -> SecretBytes {
    unsafe SecretBytes(count: BIO_ctrl_pending(handle.pointer)) { buffer in
      _ = unsafe BIO_read(handle.pointer, buffer.baseAddress, Int32(clamping: buffer.count))
    }
  }
}
