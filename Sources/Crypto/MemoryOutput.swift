internal import CCrypto

/// Where OpenSSL writes texts to: memory that is wiped when it is freed.
struct MemoryOutput: ~Copyable {
  let handle: Handle

  init() throws(CryptoError) {
    handle = try unsafe Handle(
      BIO_new(BIO_s_mem()), freedBy: { unsafe BIO_free_all($0) },
      orThrow: .openSSL(.library, "no memory for an output"))
  }

  /// What was written, taken out of it.
  func bytes() -> [UInt8] {
    let count = unsafe BIO_ctrl_pending(handle.pointer)
    var bytes = [UInt8](repeating: 0, count: count)
    // Reads no more than is there, and all of it.
    _ = unsafe BIO_read(handle.pointer, &bytes, Int32(clamping: count))
    return bytes
  }

  /// What was written, as a secret.
  func secretBytes() -> SecretBytes {
    unsafe SecretBytes(count: BIO_ctrl_pending(handle.pointer)) { buffer in
      _ = unsafe BIO_read(handle.pointer, buffer.baseAddress, Int32(clamping: buffer.count))
    }
  }
}
