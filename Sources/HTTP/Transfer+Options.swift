internal import CCurl

extension Transfer {
  /// Tells libcurl what to do and, above all, what not to.
  func configure(_ configuration: HTTPClientConfiguration) throws(HTTPFailure) {
    let destination = try Destination(request.url)
    peer = destination.peer
    easy.set(CURLOPT_URL, request.url)
    easy.allowSchemes(isPlain: destination.isPlain)
    easy.set(CURLOPT_FOLLOWLOCATION, 0)
    // No signal for time limits; SIGPIPE is the program's to ignore.
    easy.set(CURLOPT_NOSIGNAL, 1)
    easy.set(CURLOPT_TIMEOUT_MS, max(1, request.timeoutMilliseconds))
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeoutMilliseconds))
    easy.set(CURLOPT_USERAGENT, configuration.userAgent)
    // Sent, so that nothing compresses the reply; set, so that libcurl decodes it where somebody does all the same.
    easy.set(CURLOPT_ACCEPT_ENCODING, "identity")
    easy.leaveResolver()
    // What may go unencrypted may go no further than this machine.
    easy.setProxy(destination.isPlain ? nil : configuration.proxy, configuration)
    if destination.isPlain {
      easy.prefer(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    } else {
      easy.prefer(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
      // Rather share a connection that is coming about than open another.
      easy.prefer(CURLOPT_PIPEWAIT, 1)
      setTrust(configuration)
    }
    if request.method == .post {
      easy.set(CURLOPT_POST, 1)
      easy.setBodySize(request.body.count)
    }
    guard easy.setHeaders(try headerLines()) else {
      throw HTTPFailure(.library, stage: .notStarted, reason: "out of memory")
    }
    connectCallbacks()
    guard easy.problem == CURLE_OK else {
      throw HTTPFailure(
        .library, stage: .notStarted, code: Int(easy.problem.rawValue),
        reason: "libcurl does not take an option: \(easy.reason(easy.problem))")
    }
  }

  private func setTrust(_ configuration: HTTPClientConfiguration) {
    if let file = configuration.clientCertificateFile {
      easy.set(CURLOPT_SSLCERT, file)
      easy.set(CURLOPT_SSLKEY, configuration.clientKeyFile ?? file)
      // Nobody is there to be asked: OpenSSL would read a passphrase from the terminal, or from standard input.
      easy.set(CURLOPT_KEYPASSWD, "")
    }
    easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    easy.set(CURLOPT_SSL_VERIFYPEER, 1)
    // 2: the certificate has to name the host.
    easy.set(CURLOPT_SSL_VERIFYHOST, 2)
    easy.setAuthorities(configuration.caFile, file: CURLOPT_CAINFO, folder: CURLOPT_CAPATH)
  }

  /// The lines for libcurl: `Name: value`, `Name;` for an empty value, `Name:` to leave a default out.
  private func headerLines() throws(HTTPFailure) -> [String] {
    // Never wait for "100 Continue": half of a request sent is worse than a whole one.
    var lines = ["Expect:"]
    if request.method == .post, !request.headers.contains(where: { $0.isNamed("content-type") }) {
      lines.append("Content-Type:")
    }
    for header in request.headers {
      guard header.isValid else {
        throw HTTPFailure(
          .invalidHeader, stage: .notStarted,
          reason:
            "header \(singleLine(header.name)) cannot be sent: HTTP does not allow its characters")
      }
      lines.append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    return lines
  }
}

extension EasyHandle {
  /// An empty text keeps libcurl from looking into the environment.
  func setProxy(_ proxy: Proxy?, _ configuration: HTTPClientConfiguration) {
    set(CURLOPT_PROXY, proxy?.url ?? "")
    set(CURLOPT_NOPROXY, configuration.noProxy)
    // A proxy's headers are not the server's.
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    guard let proxy else { return }
    // libcurl decodes the two halves of this one, and of no other option in every release.
    if let userInfo = proxy.userInfo { set(CURLOPT_PROXYUSERPWD, userInfo) }
    guard proxy.isEncrypted else { return }
    set(CURLOPT_PROXY_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    set(CURLOPT_PROXY_SSL_VERIFYPEER, 1)
    set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
    setAuthorities(
      configuration.caFile, file: CURLOPT_PROXY_CAINFO, folder: CURLOPT_PROXY_CAPATH)
  }

  /// The authorities of a file alone, or those of the system.
  func setAuthorities(_ caFile: String?, file: CURLoption, folder: CURLoption) {
    if let caFile {
      set(file, caFile)
      set(folder, nil)
    } else if TrustStore.hasHashLinks() {
      set(file, nil)
      set(folder, TrustStore.systemFolder)
    }
  }
}

extension HTTPHeader {
  func isNamed(_ lowercased: String) -> Bool { name.lowercased() == lowercased }

  /// A token (RFC 9110 section 5.6.2), and a value without control characters other than tab.
  var isValid: Bool {
    !name.isEmpty && name.utf8.allSatisfy(isTokenByte)
      && value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
  }
}

private func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "A")...UInt8(ascii: "Z"):
    true
  default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}
