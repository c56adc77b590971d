internal import CCurl

/// The checked destination of a URL.
struct Destination: Hashable {
  /// Whether it is `http`, without TLS.
  let isPlain: Bool
  /// Host and port, as in libcurl's errors.
  let peer: String

  /// Checks a URL with libcurl's own parser, so that both understand it in the same way.
  init(_ url: String) throws(HTTPFailure) {
    func refusal(_ reason: String) -> HTTPFailure {
      HTTPFailure(.invalidURL, stage: .notStarted, reason: reason)
    }
    // libcurl reads only up to the first NUL.
    guard !url.utf8.contains(0), let parts = URLParts(url) else {
      throw refusal("not a URL")
    }
    guard parts.text(CURLUPART_USER) == nil, parts.text(CURLUPART_PASSWORD) == nil else {
      throw refusal("a URL must not hold a user name or password")
    }
    let host = parts.text(CURLUPART_HOST) ?? ""
    peer = "\(host) port \(parts.text(CURLUPART_PORT, flags: CURLU_DEFAULT_PORT) ?? "")"
    switch parts.text(CURLUPART_SCHEME) {
    case "https": isPlain = false
    case "http":
      isPlain = true
      guard isLoopback(host.lowercased()) else {
        throw refusal("http:// is for loopback addresses only, use https://")
      }
    default: throw refusal("only https:// is possible")
    }
  }
}

/// Whether a host is this machine: 127.0.0.0/8 and ::1 (RFC 6890), or localhost (RFC 6761).
///
/// An address with leading zeros does not count: other programs read such numbers as octal, so that 0127.0.0.1 is
/// 87.0.0.1.
package func isLoopback(_ host: String) -> Bool {
  if host == "localhost" || host == "[::1]" { return true }
  let parts = host.split(separator: ".", omittingEmptySubsequences: false)
  return parts.count == 4 && parts[0] == "127"
    && parts.allSatisfy { part in UInt8(part).map { String($0) == part } == true }
}

/// Owns a URL parsed by libcurl.
@safe
private struct URLParts: ~Copyable {
  private let handle: OpaquePointer

  init?(_ url: String) {
    guard libraryProblem == nil, let handle = unsafe curl_url() else { return nil }
    guard unsafe curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK else {
      unsafe curl_url_cleanup(handle)
      return nil
    }
    unsafe self.handle = unsafe handle
  }

  deinit { unsafe curl_url_cleanup(handle) }

  borrowing func text(_ part: CURLUPart, flags: Int32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard unsafe ccurl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK,
      let text = unsafe text
    else {
      return nil
    }
    // The caller owns the text.
    defer { unsafe curl_free(text) }
    return unsafe String(cString: text)
  }
}
