internal import CCurl
internal import Glibc

/// The result of a request, and the request's token.
package struct HTTPCompletion: Hashable, Sendable {
  /// The token that was given to ``HTTPClient/start(_:token:)``.
  package let token: Int
  /// The whole reply with any status, or why there is none.
  package let result: Result<HTTPResponse, HTTPFailure>
}

/// Concurrent requests on one thread, over connections that are kept: libcurl's multi interface.
///
/// Network input and output happen only in calls of this type.
@safe
package struct HTTPClient: ~Copyable {
  private let multi: UnsafeMutableRawPointer
  /// Shares TLS sessions between the handles.
  private let share: UnsafeMutableRawPointer?
  private let configuration: HTTPClientConfiguration
  /// The transfers in the multi handle, in the order of their start; few enough for linear search.
  private var transfers: [Transfer] = []
  private var finished: [HTTPCompletion] = []
  private let turn = Turn()
  /// When libcurl last worked on the transfers, in monotonic milliseconds; `nil` if a request was added since.
  private var advancedAt: Int?

  /// Loads libcurl at the first use in the process; opens no connection.
  package init(_ configuration: HTTPClientConfiguration) throws(HTTPFailure) {
    guard hasDescriptors(HTTPClient.neededDescriptors) else {
      throw HTTPFailure(.exhausted, stage: .notStarted, reason: "too many open files")
    }
    if let libraryProblem { throw libraryProblem }
    guard let multi = unsafe curl_multi_init() else {
      throw HTTPFailure(.library, stage: .notStarted, reason: "out of memory")
    }
    let connections = max(1, configuration.maximumConnections)
    // These three only save time; errors do not matter.
    _ = unsafe ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections)
    _ = unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections)
    unsafe self.multi = unsafe multi
    unsafe share = curl_share_init()
    _ = unsafe ccurl_share_set(share, CURL_LOCK_DATA_SSL_SESSION)
    self.configuration = configuration
  }

  deinit {
    for transfer in transfers {
      _ = unsafe curl_multi_remove_handle(multi, transfer.easy.pointer)
      transfer.easy.close()
    }
    _ = unsafe curl_multi_cleanup(multi)
    _ = unsafe curl_share_cleanup(share)
  }

  /// Starts a request. Its result, also a refusal to send it, comes from ``wait(upToMilliseconds:)``.
  package mutating func start(_ request: HTTPRequest, token: Int) {
    do throws(HTTPFailure) {
      _ = try add(request, token: token)
    } catch {
      finish(token, .failure(error))
    }
  }

  /// Works on all requests until at least one is complete, or the time is over.
  ///
  /// - Returns: The completed requests, in order; empty at once if no request is in progress.
  package mutating func wait(upToMilliseconds limit: Int) -> [HTTPCompletion] {
    let start = monotonicMilliseconds()
    // libcurl asks each socket of its own: between two events, one question for all of them is enough.
    if limit <= 0, let advancedAt, start - advancedAt < HTTPClient.longestPause, finished.isEmpty,
      !poll(milliseconds: 0)
    {
      return []
    }
    while true {
      advance()
      if !finished.isEmpty || transfers.isEmpty { break }
      let left = limit - (monotonicMilliseconds() - start)
      if left <= 0 { break }
      poll(milliseconds: left)
    }
    defer { finished = [] }
    return finished
  }

  /// Works on all requests without waiting, while the caller does other work; results come from the next
  /// ``wait(upToMilliseconds:)``.
  package mutating func keepMoving() { advance() }

  /// Sends one request and waits for its result, while the other requests continue.
  package mutating func perform(_ request: HTTPRequest) -> Result<HTTPResponse, HTTPFailure> {
    let key: Int
    do throws(HTTPFailure) {
      key = try add(request, token: HTTPClient.ownToken)
    } catch {
      return .failure(error)
    }
    // The request's own time limit ends this loop.
    while true {
      advance()
      if let index = finished.firstIndex(where: { $0.token == HTTPClient.ownToken }) {
        return finished.remove(at: index).result
      }
      if configuration.isInterrupted(), let transfer = remove(key) {
        return .failure(transfer.failure(.interrupted, reason: "interrupted"))
      }
      poll(milliseconds: HTTPClient.longestPoll)
    }
  }

  /// Cancels all requests.
  ///
  /// - Returns: Requests that completed before, and a failure with its stage for each of the others.
  package mutating func cancelAll() -> [HTTPCompletion] { cancel { _ in true } }

  /// Cancels the requests that cannot change anything at the server: those that were not sent yet, and GETs.
  ///
  /// - Returns: As ``cancelAll()``.
  package mutating func cancelHarmless() -> [HTTPCompletion] {
    cancel { $0.stage < .sent || $0.request.method.isSafe }
  }

  private mutating func cancel(_ isMeant: (Transfer) -> Bool) -> [HTTPCompletion] {
    for transfer in transfers where isMeant(transfer) {
      _ = remove(transfer.key)
      finish(transfer.token, .failure(transfer.failure(.interrupted, reason: "interrupted")))
    }
    defer { finished = [] }
    return finished
  }

  /// The descriptors of a new connection: libcurl's two, the socket, and one each for the resolver's files, its socket,
  /// and the authorities. With fewer, libcurl reports misleading reasons.
  private static let neededDescriptors = 6
  /// The token of the request that ``perform(_:)`` waits for.
  private static let ownToken = Int.min
  /// The longest sleep between two checks for interruption, in milliseconds.
  private static let longestPoll = 200
  /// The longest time without libcurl's timers while no socket is ready, in milliseconds.
  private static let longestPause = 20
}

extension HTTPClient {
  private mutating func add(_ request: HTTPRequest, token: Int) throws(HTTPFailure) -> Int {
    guard let easy = EasyHandle() else {
      throw HTTPFailure(.library, stage: .notStarted, reason: "out of memory")
    }
    let transfer = Transfer(
      token: token, request: request, easy: easy, turn: turn, configuration: configuration)
    try transfer.configure(configuration)
    // The share outlives every handle: see the deinit.
    if let share = unsafe share { unsafe easy.set(CURLOPT_SHARE, context: share) }
    transfer.traceRequest(configuration.trace)
    guard unsafe curl_multi_add_handle(multi, easy.pointer) == CURLM_OK else {
      throw HTTPFailure(.library, stage: .notStarted, reason: "libcurl takes no more requests")
    }
    transfers.append(transfer)
    advancedAt = nil
    return transfer.key
  }

  /// Does all work that does not need to wait.
  private mutating func advance() {
    var running: Int32 = 0
    turn.begin()
    advancedAt = monotonicMilliseconds()
    guard unsafe curl_multi_perform(multi, &running) == CURLM_OK else { return giveUp() }
    var left: Int32 = 0
    // A message belongs to libcurl and is valid until the handle is removed.
    while let message = unsafe curl_multi_info_read(multi, &left) {
      guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
      let code = unsafe ccurl_result(message)
      let key = unsafe Int(bitPattern: message.pointee.easy_handle)
      guard let transfer = transfers.first(where: { $0.key == key }) else { continue }
      // Read before the handle is removed, since the facts about the connection are lost then.
      let result = transfer.result(code, proxy: configuration.proxy)
      _ = remove(key)
      transfer.traceResult(result, configuration.trace)
      finish(transfer.token, result)
    }
  }

  /// libcurl itself has failed: no request would ever complete.
  private mutating func giveUp() {
    for transfer in transfers {
      _ = remove(transfer.key)
      finish(transfer.token, .failure(transfer.failure(.library, reason: "libcurl has failed")))
    }
  }

  /// Sleeps until there is work; a signal ends the sleep too.
  ///
  /// - Returns: Whether a socket is ready; `true` if that is not known.
  @discardableResult
  private func poll(milliseconds: Int) -> Bool {
    let slice = Int32(min(milliseconds, HTTPClient.longestPoll))
    var ready: Int32 = 0
    return unsafe curl_multi_poll(multi, nil, 0, slice, &ready) != CURLM_OK || ready > 0
  }

  private mutating func remove(_ key: Int) -> Transfer? {
    guard let place = transfers.firstIndex(where: { $0.key == key }) else { return nil }
    let transfer = transfers.remove(at: place)
    _ = unsafe curl_multi_remove_handle(multi, transfer.easy.pointer)
    return transfer
  }

  private mutating func finish(_ token: Int, _ result: Result<HTTPResponse, HTTPFailure>) {
    finished.append(HTTPCompletion(token: token, result: result))
  }
}

extension Transfer {
  /// The address of the easy handle, which identifies it in libcurl's messages.
  fileprivate var key: Int { unsafe Int(bitPattern: easy.pointer) }
}

/// Whether this process may open `count` more files.
private func hasDescriptors(_ count: Int) -> Bool {
  var descriptors: [Int32] = []
  defer { for descriptor in descriptors { close(descriptor) } }
  for _ in 0..<count {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return errno != EMFILE && errno != ENFILE }
    descriptors.append(descriptor)
  }
  return true
}

/// Milliseconds of a clock that never goes back.
func monotonicMilliseconds() -> Int {
  var time = timespec()
  // Cannot fail: every Linux has this clock.
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

/// How a client connects; nothing is read from the environment.
package struct HTTPClientConfiguration: Sendable {
  /// A PEM file with the only trusted authorities; `nil` for those of the system.
  package var caFile: String?
  /// A PEM file with the client's certificate and its intermediate certificates; `nil` for none.
  package var clientCertificateFile: String?
  /// A PEM file with the key of that certificate; `nil` if it is in the same file.
  package var clientKeyFile: String?
  /// The proxy for `https`; `nil` for none.
  package var proxy: Proxy?
  /// Hosts without proxy in curl's form: names separated by commas, or `*`.
  package var noProxy = ""
  /// The most connections to one host, and the most idle connections; at least 1.
  package var maximumConnections = 4
  /// The most bytes of a reply's body.
  package var bodyLimit = 1 << 20
  /// The most bytes of all header lines of a reply, interim replies included.
  package var headerLimit = 1 << 16
  /// The time limit for a new connection, TLS included.
  package var connectTimeoutMilliseconds = 10_000
  /// Gets a line for each event on the wire, never with the value of a header that may be secret.
  package var trace: (@Sendable (String) -> Void)?
  /// Called at least five times a second; `true` ends ``HTTPClient/perform(_:)`` and the query of a server's
  /// certificate.
  package var isInterrupted: @Sendable () -> Bool = { false }

  /// The defaults: the system's authorities, no proxy, no trace.
  package init() {}
}

/// libcurl and its main libraries, for example `libcurl/7.88.1 OpenSSL/3.0.19 …`.
///
/// Not `curl_version`, which calls each of its libraries: OpenLDAP resolves the name of this machine then, and a
/// resolver may not answer.
package var libcurlVersion: String {
  if let libraryProblem { return "libcurl: \(libraryProblem)" }
  // The structure and its texts belong to the library and stay as long as the process.
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
