internal import CCurl
internal import Glibc

extension Transfer {
  /// What came of it, once libcurl is done.
  func result(_ code: CURLcode, proxy: Proxy?) -> Result<HTTPResponse, HTTPFailure> {
    // libcurl is content with a reply that ends in the middle of its headers.
    if code == CURLE_OK, hasWholeHead, let response = response() { return .success(response) }
    let kind = code == CURLE_OK ? .lost : kind(code, proxy)
    return .failure(
      HTTPFailure(kind, stage: stage, code: Int(code.rawValue), reason: reason(kind, code)))
  }

  /// The failure of a transfer that is given up before libcurl is done.
  func failure(_ kind: HTTPFailure.Kind, reason: String) -> HTTPFailure {
    HTTPFailure(kind, stage: stage, reason: reason)
  }

  /// How far it came: `sent` from the moment that a connection was handed the request, whether or not the
  /// first write succeeded.
  var stage: HTTPFailure.Stage {
    if sendings > 0 { return .sent }
    return easy.microseconds(CURLINFO_NAMELOOKUP_TIME_T) > 0 ? .connecting : .resolving
  }

  private func reason(_ kind: HTTPFailure.Kind, _ code: CURLcode) -> String {
    switch kind {
    case .bodyTooLarge: "the reply's body is larger than \(bodyLimit) bytes"
    case .headersTooLarge: "the reply's headers are larger than \(headerLimit) bytes"
    case .proxy where isStuck: "its answer to CONNECT does not end"
    case .exhausted: "too many open files, or no memory (\(easy.reason(code)))"
    case .lost where code == CURLE_OK: "the reply ends in the middle of its headers"
    case .lost where code == CURLE_ABORTED_BY_CALLBACK:
      "the connection ended without an answer; the request is not sent again"
    default: easy.reason(code)
    }
  }

  private func kind(_ code: CURLcode, _ proxy: Proxy?) -> HTTPFailure.Kind {
    if let excess { return excess }
    if isStuck { return .proxy(status: easy.number(CURLINFO_HTTP_CONNECTCODE)) }
    // The number of the last error of the system tells why no socket could be made.
    if sendings == 0, Self.exhaustion.contains(easy.number(CURLINFO_OS_ERRNO)) { return .exhausted }
    switch code {
    case CURLE_OPERATION_TIMEDOUT:
      // While it waits for the name: only the words tell.
      return easy.reason(code).hasPrefix("Resolving") ? .resolve : .timeout
    case CURLE_COULDNT_RESOLVE_HOST: return .resolve
    case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy(status: 0)
    case CURLE_COULDNT_CONNECT:
      // There may be a proxy and an exception from it: libcurl's words say where it went.
      let isDirect = proxy == nil || easy.reason(code).contains(" \(peer) ")
      return isDirect ? .connect : .proxy(status: 0)
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM: return .tlsHandshake
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return distrust(easy.reason(code), proxy)
    case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE: return .trustStore
    case CURLE_BAD_CONTENT_ENCODING: return .contentCoding
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
      return sendings > 0 ? .protocolViolation : .connect
    case CURLE_URL_MALFORMAT: return .invalidURL
    case _ where isLineTooLong(code): return .headersTooLarge
    case CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY, CURLE_BAD_FUNCTION_ARGUMENT,
      CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN:
      return .library
    default: return endOfConnection(isProxied: proxy != nil)
    }
  }

  /// No more descriptors in the process, or in the system; no more memory, or buffers.
  private static let exhaustion: Set = [Int(EMFILE), Int(ENFILE), Int(ENOMEM), Int(ENOBUFS)]

  /// libcurl itself takes no header line of more than 100 KiB (CURL_MAX_HTTP_HEADER), and says of a longer one
  /// that there is no memory for it, since 8.6 that it is too large.
  private func isLineTooLong(_ code: CURLcode) -> Bool {
    let tooLarge: UInt32 = 100
    return sendings > 0 && !hasWholeHead
      && (code == CURLE_OUT_OF_MEMORY || code.rawValue == tooLarge)
  }

  /// The connection ended; before the request was put on it, that is the proxy's doing or the server's no.
  private func endOfConnection(isProxied: Bool) -> HTTPFailure.Kind {
    guard sendings == 0 else { return .lost }
    let status = easy.number(CURLINFO_HTTP_CONNECTCODE)
    return isProxied ? .proxy(status: status < 300 ? 0 : status) : .connect
  }

  /// Whose certificate it is: a proxy that is reached by TLS shows its own first.
  private func distrust(_ reason: String, _ proxy: Proxy?) -> HTTPFailure.Kind {
    let verdict = easy.number(CURLINFO_SSL_VERIFYRESULT)
    guard let proxy, proxy.isEncrypted, easy.number(CURLINFO_HTTP_CONNECTCODE) == 0, verdict == 0
    else { return .tlsUntrusted(distrust(verdict, reason)) }
    let proxyVerdict = easy.number(CURLINFO_PROXY_SSL_VERIFYRESULT)
    // libcurl's own check of the name leaves no verdict; its words have the name that was looked for.
    guard proxyVerdict != 0 || reason.contains("'\(proxy.host)'") else {
      return .tlsUntrusted(distrust(verdict, reason))
    }
    return .proxyUntrusted(distrust(proxyVerdict, reason))
  }

  /// OpenSSL's verdict (x509_vfy.h), and libcurl's own check of the name, which comes before it.
  private func distrust(_ verdict: Int, _ reason: String) -> HTTPFailure.Distrust {
    switch verdict {
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
