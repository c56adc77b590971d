internal import CCurl

/// The fields of a server's certificate, trusted or not; texts on one line each, as OpenSSL writes them.
package struct PeerCertificate: Hashable, Sendable {
  /// The subject.
  package let subject: String
  /// The issuer, as the certificate names it.
  package let issuer: String
  /// The names, as `DNS:shop.example.com, DNS:www.shop.example.com`; empty if there are none.
  package let names: String
  /// The first second of its validity, as `Nov 24 22:01:02 2026 GMT`.
  package let notBefore: String
  /// The last second of its validity, in the same form.
  package let notAfter: String
}

extension HTTPClientConfiguration {
  /// Fetches a server's certificate, to explain why it is not trusted: opens a separate connection without any check,
  /// sends no request, and closes it.
  ///
  /// - Parameters:
  ///   - url: As in a request.
  ///   - limit: The time limit in milliseconds; never more than three seconds.
  /// - Returns: The certificate; `nil` if none arrived in time or before an interruption.
  package func peerCertificate(of url: String, within limit: Int = .max) -> PeerCertificate? {
    guard let destination = try? Destination(url), !destination.isPlain, let easy = EasyHandle()
    else { return nil }
    easy.set(CURLOPT_URL, url)
    easy.allowSchemes(isPlain: false)
    easy.setProxy(proxy, self)
    easy.leaveResolver()
    easy.set(CURLOPT_NOSIGNAL, 1)
    let time = max(1, min(explanationMilliseconds, connectTimeoutMilliseconds, limit))
    easy.set(CURLOPT_TIMEOUT_MS, time)
    let watch = Watch(end: monotonicMilliseconds() + time, isInterrupted: isInterrupted)
    defer { withExtendedLifetime(watch) {} }
    // Lives until the handle is no longer used.
    unsafe easy.set(CURLOPT_XFERINFODATA, context: Unmanaged.passUnretained(watch).toOpaque())
    unsafe easy.set(progress: { context, _, _, _, _ in
      guard let context = unsafe context else { return 0 }
      return unsafe Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().isOver ? 1 : 0
    })
    // Nothing secret is sent on this connection, so no check is needed.
    easy.set(CURLOPT_SSL_VERIFYPEER, 0)
    easy.set(CURLOPT_SSL_VERIFYHOST, 0)
    easy.set(CURLOPT_CONNECT_ONLY, 1)
    easy.set(CURLOPT_CERTINFO, 1)
    guard easy.problem == CURLE_OK, unsafe curl_easy_perform(easy.pointer) == CURLE_OK else {
      return nil
    }
    let facts = easy.certificateFacts()
    guard let subject = facts["Subject"] else { return nil }
    return PeerCertificate(
      subject: subject, issuer: facts["Issuer"] ?? "",
      names: facts["X509v3 Subject Alternative Name"] ?? "", notBefore: facts["Start date"] ?? "",
      notAfter: facts["Expire date"] ?? "")
  }
}

/// Ends a transfer at its time limit or at an interruption.
private final class Watch {
  private let end: Int
  private let isInterrupted: @Sendable () -> Bool

  init(end: Int, isInterrupted: @escaping @Sendable () -> Bool) {
    self.end = end
    self.isInterrupted = isInterrupted
  }

  var isOver: Bool { monotonicMilliseconds() >= end || isInterrupted() }
}

/// The longest query of a certificate: other requests wait until it ends, and the certificate only explains an error.
private let explanationMilliseconds = 3_000

extension EasyHandle {
  /// The lines `NAME:VALUE` that libcurl has for the first certificate of the chain.
  fileprivate func certificateFacts() -> [String: String] {
    var information: UnsafeMutablePointer<curl_certinfo>?
    guard unsafe ccurl_get_certificates(pointer, &information) == CURLE_OK,
      let information = unsafe information, unsafe information.pointee.num_of_certs > 0,
      let lists = unsafe information.pointee.certinfo
    else { return [:] }
    var facts: [String: String] = [:]
    // The list belongs to the handle.
    var next = unsafe lists.pointee
    while let line = unsafe next {
      let text = unsafe String(cString: line.pointee.data)
      if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
        let value = String(text[text.utf8.index(after: colon)...])
        facts[String(text[..<colon])] = singleLine(value)
      }
      unsafe next = line.pointee.next
    }
    return facts
  }
}
