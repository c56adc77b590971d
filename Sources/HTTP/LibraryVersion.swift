internal import CCurl

/// The libcurl that is loaded and what it was built with, for example `libcurl/7.88.1 OpenSSL/3.0.19 …`.
///
/// Not `curl_version`, which asks each of its libraries: OpenLDAP resolves the name of this machine for an answer,
/// and a resolver may be silent.
package var libcurlVersion: String {
  // The structure and its texts are the library's, and stay as long as the process.
  guard let facts = unsafe curl_version_info(CURLVERSION_SIXTH) else { return "libcurl/unknown" }
  func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
  }
  let parts: [(String, String?)] = [
    ("libcurl/", unsafe text(facts.pointee.version)), ("", unsafe text(facts.pointee.ssl_version)),
    ("zlib/", unsafe text(facts.pointee.libz_version)),
    ("nghttp2/", unsafe text(facts.pointee.nghttp2_version)),
  ]
  return parts.compactMap { name, value in value.map { name + $0 } }.joined(separator: " ")
}
