internal import CCrypto

/// The OpenSSL that is loaded, for example `OpenSSL 3.0.19 27 Jan 2026`.
package var opensslVersion: String {
  // Text in the library, which stays as long as the process.
  unsafe String(cString: OpenSSL_version(OPENSSL_VERSION))
}
