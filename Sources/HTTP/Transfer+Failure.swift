internal import CCurl

extension Transfer {
  /// What came of it, once libcurl is done.
  func result(_ code: CURLcode, proxied: Bool) -> Result<HTTPResponse, HTTPFailure> {
    // libcurl is content with a reply that ends in the middle of its headers.
    if code == CURLE_OK, hasWholeHead, let response = response() { return .success(response) }
    let kind = code == CURLE_OK ? .lost : kind(code, proxied: proxied)
    return .failure(
      HTTPFailure(
        kind, stage: stage, code: Int(code.rawValue), reason: reason(kind, code),
        partial: response()))
  }

  /// The failure of a transfer that is given up before libcurl is done.
  func failure(_ kind: HTTPFailure.Kind, reason: String) -> HTTPFailure {
    HTTPFailure(kind, stage: stage, reason: reason, partial: response())
  }

  /// How far it came: `sent` from the moment that a connection was handed the request, whether or not the
  /// first write succeeded.
  private var stage: HTTPFailure.Stage {
    if sendings > 0 { return .sent }
    return easy.microseconds(CURLINFO_NAMELOOKUP_TIME_T) > 0 ? .connecting : .resolving
  }

  private func reason(_ kind: HTTPFailure.Kind, _ code: CURLcode) -> String {
    switch kind {
    case .bodyTooLarge: "the reply's body is larger than \(bodyLimit) bytes"
    case .headersTooLarge: "the reply's headers are larger than \(headerLimit) bytes"
    case .lost where code == CURLE_OK: "the reply ends in the middle of its headers"
    case .lost where code == CURLE_ABORTED_BY_CALLBACK:
      "the connection ended without an answer; the request is not sent again"
    default: easy.reason(code)
    }
  }

  private func kind(_ code: CURLcode, proxied: Bool) -> HTTPFailure.Kind {
    if let excess { return excess }
    switch code {
    case CURLE_OPERATION_TIMEDOUT: return .timeout
    case CURLE_COULDNT_RESOLVE_HOST: return .resolve
    case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy(status: 0)
    case CURLE_COULDNT_CONNECT:
      // There may be a proxy and an exception from it: libcurl's words say where it went.
      let isDirect = !proxied || easy.reason(code).contains(" \(peer) ")
      return isDirect ? .connect : .proxy(status: 0)
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM: return .tlsHandshake
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return .tlsUntrusted(distrust(easy.reason(code)))
    case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE: return .trustStore
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
      return sendings > 0 ? .protocolViolation : .connect
    case CURLE_URL_MALFORMAT: return .invalidURL
    case _ where isLineTooLong(code): return .headersTooLarge
    case CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY, CURLE_BAD_FUNCTION_ARGUMENT,
      CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN:
      return .library
    default: return endOfConnection(proxied: proxied)
    }
  }

  /// libcurl itself takes no header line of more than 100 KiB (CURL_MAX_HTTP_HEADER), and says of a longer one
  /// that there is no memory for it, since 8.6 that it is too large.
  private func isLineTooLong(_ code: CURLcode) -> Bool {
    let tooLarge: UInt32 = 100
    return sendings > 0 && !hasWholeHead
      && (code == CURLE_OUT_OF_MEMORY || code.rawValue == tooLarge)
  }

  /// The connection ended; before the request was put on it, that is the proxy's doing or the server's no.
  private func endOfConnection(proxied: Bool) -> HTTPFailure.Kind {
    guard sendings == 0 else { return .lost }
    let status = easy.number(CURLINFO_HTTP_CONNECTCODE)
    return proxied ? .proxy(status: status < 300 ? 0 : status) : .connect
  }

  /// OpenSSL's verdict (x509_vfy.h), and libcurl's own check of the name, which comes before it.
  private func distrust(_ reason: String) -> HTTPFailure.Distrust {
    switch easy.number(CURLINFO_SSL_VERIFYRESULT) {
    case 9: .notYetValid
    case 10: .expired
    case 18: .selfSigned
    // No issuer, no local issuer, an unknown authority at the end of the chain, a leaf alone.
    case 2, 19, 20, 21: .unknownIssuer
    case 62, 63, 64: .wrongName
    // Not set, or "unspecified".
    case 0, 1: reason.contains("subject name") ? .wrongName : .other
    default: .other
    }
  }
}
