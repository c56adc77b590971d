internal import Glibc

/// The system's certificate authorities.
enum TrustStore {
  /// The folder in which Debian, Ubuntu, Alpine, SUSE and Arch have links named by hash.
  static let systemFolder = "/etc/ssl/certs"

  /// Whether OpenSSL can find an authority by its hash there, which takes microseconds; reading the bundle of all
  /// authorities takes 18 ms.
  static func hasHashLinks(_ folder: String = systemFolder) -> Bool {
    guard let stream = unsafe opendir(folder) else { return false }
    // Closed here; an entry is valid until the next readdir.
    defer { unsafe closedir(stream) }
    while let entry = unsafe readdir(stream) {
      let isLink = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { field in
        unsafe isHashLink(field.prefix { $0 != 0 })
      }
      if isLink { return true }
    }
    return false
  }

  /// `XXXXXXXX.0`, eight hexadecimal digits (openssl-rehash(1)).
  private static func isHashLink(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard unsafe name.count == 10, unsafe name.suffix(2).elementsEqual(".0".utf8) else {
      return false
    }
    return unsafe name.prefix(8).allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
  }
}
