// Times of certificates (RFC 5280 section 4.1.2.5) as seconds since 1970.

internal import CCrypto

/// The Unix time of a time in a certificate, borrowed.
///
/// - Throws: ``CryptoError/Code/invalidTime`` for what is no time.
func unixTime(of time: UnsafePointer<ASN1_TIME>?) throws(CryptoError) -> Int {
  let epoch = try CertificateTime(0)
  var days: Int32 = 0
  var seconds: Int32 = 0
  guard let time = unsafe time,
    unsafe ASN1_TIME_diff(&days, &seconds, epoch.pointer, time) == 1
  else {
    throw .openSSL(.invalidTime, "a certificate with a time that is none")
  }
  return Int(days) * 86_400 + Int(seconds)
}

/// Owns a time in the form that certificates hold.
@safe
struct CertificateTime: ~Copyable {
  let pointer: UnsafeMutablePointer<ASN1_TIME>

  /// - Parameter seconds: Unix time, up to the end of the year 9999.
  init(_ seconds: Int) throws(CryptoError) {
    guard let pointer = unsafe ASN1_TIME_set(nil, seconds) else {
      throw .openSSL(.invalidTime, "a time that no certificate can hold: \(seconds)")
    }
    unsafe self.pointer = unsafe pointer
  }

  deinit { unsafe ASN1_STRING_free(pointer) }
}
