internal import CCurl
internal import Glibc

/// A transfer with the state of libcurl's callbacks.
///
/// The callbacks get this object as an unowned pointer: ``HTTPClient`` keeps it until the handle is removed from the
/// multi handle.
final class Transfer {
  let token: Int
  let request: HTTPRequest
  let easy: EasyHandle
  /// How many times the request was given to a connection.
  private(set) var sendings = 0
  /// The limit that the reply exceeded.
  private(set) var excess: HTTPFailure.Kind?
  /// Whether libcurl was stopped because it did not leave an internal loop.
  private(set) var isStuck = false
  private let turn: Turn
  private var lastTurn = 0
  private var looks = 0
  /// Host and port of the URL, as in libcurl's errors.
  var peer = ""
  private var bodySent = 0
  private var head: ReplyHead
  private var body: [UInt8] = []
  let bodyLimit: Int
  let headerLimit: Int

  init(
    token: Int, request: HTTPRequest, easy: EasyHandle, turn: Turn,
    configuration: HTTPClientConfiguration
  ) {
    self.turn = turn
    self.token = token
    self.request = request
    self.easy = easy
    bodyLimit = configuration.bodyLimit
    headerLimit = configuration.headerLimit
    head = ReplyHead(limit: configuration.headerLimit)
  }

  /// Whether the headers of the reply are complete.
  var hasWholeHead: Bool { head.hasEnded }

  /// The reply so far; `nil` before its status line.
  func response() -> HTTPResponse? {
    let status = easy.number(CURLINFO_RESPONSE_CODE)
    guard status >= 200 else { return nil }
    return HTTPResponse(
      status: status, headers: head.headers, body: body, transport: transport())
  }

  private func transport() -> HTTPTransport {
    var transport = HTTPTransport()
    switch easy.number(CURLINFO_HTTP_VERSION) {
    case Int(CURL_HTTP_VERSION_1_0): transport.version = "1.0"
    case Int(CURL_HTTP_VERSION_1_1): transport.version = "1.1"
    case Int(CURL_HTTP_VERSION_2_0): transport.version = "2"
    case Int(CURL_HTTP_VERSION_3): transport.version = "3"
    default: break
    }
    transport.isConnectionReused = sendings > 0 && easy.number(CURLINFO_NUM_CONNECTS) == 0
    transport.sendings = sendings
    transport.totalMicroseconds = easy.microseconds(CURLINFO_TOTAL_TIME_T)
    return transport
  }
}

// The callbacks.
extension Transfer {
  /// Whether the request may be sent on the connection.
  ///
  /// Only a GET may after bytes of it were sent: libcurl would send any other a second time when a reused connection is
  /// closed, or when HTTP/2 refuses the stream.
  func mayBeSent() -> Bool {
    sendings += 1
    guard !request.method.isSafe, sendings > 1 else { return true }
    return bodySent == 0 && request.body.count > 0 && easy.number(CURLINFO_REQUEST_SIZE) == 0
  }

  /// Whether to stop the transfer. libcurl reads a proxy's reply to CONNECT in a loop without time limit and calls this
  /// for each byte.
  ///
  /// - Returns: `true` only in such a loop, before anything was sent: a process that was stopped for a while exceeds
  ///   its time as well.
  func isToBeGivenUp() -> Bool {
    if lastTurn != turn.number {
      lastTurn = turn.number
      looks = 0
    }
    looks += 1
    // A normal turn has few calls; in a loop, the clock is not read every time.
    guard sendings == 0, looks.isMultiple(of: 1_024), turn.isOver else { return false }
    isStuck = true
    return true
  }

  /// Fills the buffer with the next part of the body.
  func readBody(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, request.body.count - bodySent)
    request.body.read { bytes in
      unsafe bytes.extracting(bodySent..<(bodySent + count)).withUnsafeBytes {
        unsafe buffer.copyMemory(from: $0)
      }
    }
    bodySent += count
    return count
  }

  /// Adds a header line; `false` to stop.
  func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    guard unsafe head.take(line) else {
      excess = .headersTooLarge
      return false
    }
    return true
  }

  /// Adds a part of the reply's body; `false` to stop.
  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= bodyLimit - body.count else {
      excess = .bodyTooLarge
      return false
    }
    unsafe body.append(contentsOf: bytes)
    return true
  }

  /// Sets the callbacks of the handle.
  func connectCallbacks() {
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe easy.set(CURLOPT_PREREQDATA, context: context)
    unsafe easy.set(CURLOPT_HEADERDATA, context: context)
    unsafe easy.set(CURLOPT_WRITEDATA, context: context)
    unsafe easy.set(CURLOPT_XFERINFODATA, context: context)
    unsafe easy.set(progress: { context, _, _, _, _ in
      unsafe transfer(context)?.isToBeGivenUp() == true ? 1 : 0
    })
    unsafe easy.set(beforeRequest: { context, _, _, _, _ in
      unsafe transfer(context)?.mayBeSent() == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    })
    unsafe easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
      return unsafe transfer(context)?.takeHeader(line) == true ? size * count : 0
    }
    unsafe easy.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      let chunk = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
      return unsafe transfer(context)?.takeBody(chunk) == true ? size * count : 0
    }
    guard request.method.hasBody else { return }
    // No CURLOPT_POSTFIELDS and no CURLOPT_SEEKFUNCTION: a body that cannot be rewound cannot be sent again.
    unsafe easy.set(CURLOPT_READDATA, context: context)
    unsafe easy.set(CURLOPT_READFUNCTION) { bytes, size, count, context in
      let room = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
      return unsafe transfer(context)?.readBody(room) ?? Int(CURL_READFUNC_ABORT)
    }
  }
}

/// The object of a callback's context, which ``HTTPClient`` keeps alive.
private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
  unsafe context.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

/// A call of libcurl that works on all transfers; normally it takes microseconds.
final class Turn {
  /// The longest turn in milliseconds: signals and deadlines wait that long.
  private static let longest = 1_000

  private(set) var number = 0
  private var end = 0

  func begin() {
    number += 1
    end = monotonicMilliseconds() + Self.longest
  }

  var isOver: Bool { monotonicMilliseconds() >= end }
}

extension Transfer {
  /// Sets all options of libcurl, most of which forbid something.
  func configure(_ configuration: HTTPClientConfiguration) throws(HTTPFailure) {
    let destination = try Destination(request.url)
    peer = destination.peer
    easy.set(CURLOPT_URL, request.url)
    easy.allowSchemes(isPlain: destination.isPlain)
    easy.set(CURLOPT_FOLLOWLOCATION, 0)
    // No signals for time limits; the program ignores SIGPIPE itself.
    easy.set(CURLOPT_NOSIGNAL, 1)
    easy.set(CURLOPT_TIMEOUT_MS, max(1, request.timeoutMilliseconds))
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeoutMilliseconds))
    easy.set(CURLOPT_USERAGENT, "ncloud-reissue")
    // Sent, so that no server compresses the reply; also makes libcurl decode one that is compressed anyway.
    easy.set(CURLOPT_ACCEPT_ENCODING, "identity")
    easy.leaveResolver()
    // Unencrypted requests stay on this machine.
    easy.setProxy(destination.isPlain ? nil : configuration.proxy, configuration)
    if destination.isPlain {
      easy.prefer(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    } else {
      easy.prefer(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
      // Wait for a connection that is being set up instead of opening another one.
      easy.prefer(CURLOPT_PIPEWAIT, 1)
      setTrust(configuration)
    }
    setBody()
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

  private func setBody() {
    guard request.method.hasBody else { return }
    easy.set(CURLOPT_POST, 1)
    if request.method != .post { easy.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
    easy.setBodySize(request.body.count)
    guard request.body.isSecret else { return }
    // A connection of its own: the library of HTTP/2 keeps what it sent until the connection ends.
    easy.prefer(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    easy.set(CURLOPT_FRESH_CONNECT, 1)
    easy.set(CURLOPT_FORBID_REUSE, 1)
  }

  private func setTrust(_ configuration: HTTPClientConfiguration) {
    if let file = configuration.clientCertificateFile {
      easy.set(CURLOPT_SSLCERT, file)
      easy.set(CURLOPT_SSLKEY, configuration.clientKeyFile ?? file)
      // No passphrase: OpenSSL would read one from the terminal or from standard input.
      easy.set(CURLOPT_KEYPASSWD, "")
    }
    easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    easy.set(CURLOPT_SSL_VERIFYPEER, 1)
    // 2: the certificate must contain the host name.
    easy.set(CURLOPT_SSL_VERIFYHOST, 2)
    easy.setAuthorities(configuration.caFile, file: CURLOPT_CAINFO, folder: CURLOPT_CAPATH)
  }

  /// The lines for libcurl: `Name: value`, `Name;` for an empty value, `Name:` to omit a default.
  private func headerLines() throws(HTTPFailure) -> [String] {
    // Never wait for "100 Continue": half a request is worse than a whole one.
    var lines = ["Expect:"]
    if request.method.hasBody, !request.headers.contains(where: { $0.isNamed("content-type") }) {
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
  /// An empty text keeps libcurl from reading the environment.
  func setProxy(_ proxy: Proxy?, _ configuration: HTTPClientConfiguration) {
    set(CURLOPT_PROXY, proxy?.url ?? "")
    set(CURLOPT_NOPROXY, configuration.noProxy)
    // A proxy's headers do not belong to the server's reply.
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    guard let proxy else { return }
    // libcurl decodes both halves of this option, but not of others in every release.
    if let userInfo = proxy.userInfo { set(CURLOPT_PROXYUSERPWD, userInfo) }
    guard proxy.isEncrypted else { return }
    set(CURLOPT_PROXY_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    set(CURLOPT_PROXY_SSL_VERIFYPEER, 1)
    set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
    setAuthorities(
      configuration.caFile, file: CURLOPT_PROXY_CAINFO, folder: CURLOPT_PROXY_CAPATH)
  }

  /// The authorities of a file only, or those of the system.
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

  /// A token (RFC 9110 section 5.6.2), and a value without control characters except tab.
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

extension Transfer {
  /// The result, after libcurl has finished.
  func result(_ code: CURLcode, proxy: Proxy?) -> Result<HTTPResponse, HTTPFailure> {
    // libcurl accepts a reply that ends in the middle of its headers.
    if code == CURLE_OK, hasWholeHead, let response = response() { return .success(response) }
    let kind = code == CURLE_OK ? .lost : kind(code, proxy)
    return .failure(
      HTTPFailure(kind, stage: stage, code: Int(code.rawValue), reason: reason(kind, code)))
  }

  /// The failure of a transfer that ends before libcurl has finished.
  func failure(_ kind: HTTPFailure.Kind, reason: String) -> HTTPFailure {
    HTTPFailure(kind, stage: stage, reason: reason)
  }

  /// How far the request went: `sent` from the moment when a connection got it, even if the first write failed.
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
    // The system's error number shows why no socket could be created.
    if sendings == 0, Self.exhaustion.contains(easy.number(CURLINFO_OS_ERRNO)) { return .exhausted }
    switch code {
    case CURLE_OPERATION_TIMEDOUT:
      // Only the text shows that it was waiting for the name.
      return easy.reason(code).hasPrefix("Resolving") ? .resolve : .timeout
    case CURLE_COULDNT_RESOLVE_HOST: return .resolve
    case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy(status: 0)
    case CURLE_COULDNT_CONNECT:
      // With a proxy and exceptions, only libcurl's text shows the peer.
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

  /// No free descriptors in the process or the system; no free memory or buffers.
  private static let exhaustion: Set = [Int(EMFILE), Int(ENFILE), Int(ENOMEM), Int(ENOBUFS)]

  /// libcurl accepts header lines up to 100 KiB (CURL_MAX_HTTP_HEADER). It reports a longer one as "out of memory",
  /// since 8.6 as too large.
  private func isLineTooLong(_ code: CURLcode) -> Bool {
    let tooLarge: UInt32 = 100
    return sendings > 0 && !hasWholeHead
      && (code == CURLE_OUT_OF_MEMORY || code.rawValue == tooLarge)
  }

  /// The connection ended; before the request was sent, the proxy or the server refused it.
  private func endOfConnection(isProxied: Bool) -> HTTPFailure.Kind {
    guard sendings == 0 else { return .lost }
    let status = easy.number(CURLINFO_HTTP_CONNECTCODE)
    return isProxied ? .proxy(status: status < 300 ? 0 : status) : .connect
  }

  /// Which certificate is meant: a proxy with TLS presents its own first.
  private func distrust(_ reason: String, _ proxy: Proxy?) -> HTTPFailure.Kind {
    let verdict = easy.number(CURLINFO_SSL_VERIFYRESULT)
    guard let proxy, proxy.isEncrypted, easy.number(CURLINFO_HTTP_CONNECTCODE) == 0, verdict == 0
    else { return .tlsUntrusted(distrust(verdict, reason)) }
    let proxyVerdict = easy.number(CURLINFO_PROXY_SSL_VERIFYRESULT)
    // libcurl's own check of the name sets no verdict, but its text has the name.
    guard proxyVerdict != 0 || reason.contains("'\(proxy.host)'") else {
      return .tlsUntrusted(distrust(verdict, reason))
    }
    return .proxyUntrusted(distrust(proxyVerdict, reason))
  }

  /// OpenSSL's verdict (x509_vfy.h), after libcurl's own check of the name.
  private func distrust(_ verdict: Int, _ reason: String) -> HTTPFailure.Distrust {
    switch verdict {
    case 9: .notYetValid
    case 10: .expired
    case 18: .selfSigned
    // No issuer, no local issuer, an unknown authority at the end of the chain, a lone leaf.
    case 2, 19, 20, 21: .unknownIssuer
    case 62, 63, 64: .wrongName
    // Not set, or "unspecified".
    case 0, 1: reason.contains("subject name") ? .wrongName : .other
    default: .other
    }
  }
}

extension Transfer {
  func traceRequest(_ trace: ((String) -> Void)?) {
    guard let trace else { return }
    trace("> \(request.method.rawValue) \(singleLine(request.url)), \(request.body.count) bytes")
    for header in request.headers {
      let value = isHarmless(header) ? singleLine(header.value) : "(hidden)"
      trace("> \(header.name): \(value)")
    }
  }

  func traceResult(
    _ result: Result<HTTPResponse, HTTPFailure>, _ trace: ((String) -> Void)?
  ) {
    guard let trace else { return }
    switch result {
    case .success(let response):
      let transport = response.transport
      let connection = transport.isConnectionReused ? "reused" : "new"
      trace(
        "< HTTP/\(transport.version) \(response.status), \(response.headers.count) headers, "
          + "\(response.body.count) bytes, \(connection) connection, "
          + "\(transport.totalMicroseconds) microseconds")
    case .failure(let failure):
      let sent = failure.mayHaveBeenSent ? "may have been sent" : "not sent"
      trace("< no reply: \(failure.reason) (libcurl error \(failure.code), request \(sent))")
    }
  }

  /// Whether the value may be shown: only headers without secrets.
  private func isHarmless(_ header: HTTPHeader) -> Bool {
    ["accept", "content-type", "x-ncp-apigw-timestamp"].contains(header.name.lowercased())
  }
}

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
