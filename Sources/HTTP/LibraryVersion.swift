internal import CCurl

/// The libcurl that is loaded and what it was built with, for example `libcurl/7.88.1 OpenSSL/3.0.19 …`.
package var libcurlVersion: String {
  // Text in the library, which stays as long as the process.
  unsafe String(cString: curl_version())
}
