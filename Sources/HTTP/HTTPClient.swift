internal import CCurl
internal import Glibc

/// A reply or failure, and the number that its request was started under.
package struct HTTPCompletion: Hashable, Sendable {
  /// The number that ``HTTPClient/start(_:token:)`` was given.
  package let token: Int
  /// The whole reply, whatever its status, or why there is none.
  package let result: Result<HTTPResponse, HTTPFailure>
}

/// Many requests at once on one thread, over connections that are kept: libcurl's multi interface.
///
/// Nothing happens on the network but within ``wait(upToMilliseconds:)`` and ``perform(_:)``.
@safe
package struct HTTPClient: ~Copyable {
  private let multi: UnsafeMutableRawPointer
  /// Keeps TLS sessions across the handles.
  private let share: UnsafeMutableRawPointer?
  private let configuration: HTTPClientConfiguration
  /// Those in the multi handle, in the order in which they were started; never so many that a search is felt.
  private var transfers: [Transfer] = []
  private var finished: [HTTPCompletion] = []
  private let turn = Turn()

  /// Sets libcurl up, the first time in the process; opens nothing yet.
  package init(_ configuration: HTTPClientConfiguration) throws(HTTPFailure) {
    guard hasDescriptors(HTTPClient.neededDescriptors) else {
      throw HTTPFailure(.exhausted, stage: .notStarted, reason: "too many open files")
    }
    guard globalSetUp == CURLE_OK, let multi = unsafe curl_multi_init() else {
      throw HTTPFailure(.library, stage: .notStarted, reason: "libcurl cannot be set up")
    }
    let connections = max(1, configuration.maximumConnections)
    // These three only save time; without one of them everything is as right.
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

  /// Takes a request up.
  ///
  /// What comes of it, a refusal to send it too, is handed out by
  /// ``wait(upToMilliseconds:)`` with the token.
  package mutating func start(_ request: HTTPRequest, token: Int) {
    do throws(HTTPFailure) {
      _ = try add(request, token: token)
    } catch {
      finish(token, .failure(error))
    }
  }

  /// Works on all requests until at least one is done, or the time is over.
  ///
  /// - Returns: What is done by then, in the order it was done; empty at once if nothing is under way.
  package mutating func wait(upToMilliseconds limit: Int) -> [HTTPCompletion] {
    let start = monotonicMilliseconds()
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

  /// Works on all requests without waiting, for a caller that is busy with something else; what is done is
  /// handed out by the next ``wait(upToMilliseconds:)``.
  package mutating func keepMoving() { advance() }

  /// Sends one request and waits for what comes of it, while others that are under way go on.
  package mutating func perform(_ request: HTTPRequest) -> Result<HTTPResponse, HTTPFailure> {
    let key: Int
    do throws(HTTPFailure) {
      key = try add(request, token: HTTPClient.ownToken)
    } catch {
      return .failure(error)
    }
    // The request's own time limit ends this.
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

  /// Gives all requests up.
  ///
  /// - Returns: What was done before, and for each of the others a failure that tells how far it came.
  package mutating func cancelAll() -> [HTTPCompletion] { cancel { _ in true } }

  /// Gives those requests up that surely change nothing at the server: those of which nothing has left yet, and GETs.
  ///
  /// - Returns: As ``cancelAll()``.
  package mutating func cancelHarmless() -> [HTTPCompletion] {
    cancel { $0.stage < .sent || $0.request.method == .get }
  }

  private mutating func cancel(_ isMeant: (Transfer) -> Bool) -> [HTTPCompletion] {
    for transfer in transfers where isMeant(transfer) {
      _ = remove(transfer.key)
      finish(transfer.token, .failure(transfer.failure(.interrupted, reason: "interrupted")))
    }
    defer { finished = [] }
    return finished
  }

  /// The descriptors that a connection takes while it comes about: libcurl's own two, the socket, and one each for
  /// the files of the resolver, its socket, and the authorities. With fewer, libcurl gives other reasons.
  private static let neededDescriptors = 6
  /// The token of the request that ``perform(_:)`` waits for.
  private static let ownToken = Int.min
  /// The longest sleep between two looks at the interruption check, in milliseconds.
  private static let longestPoll = 200
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
    return transfer.key
  }

  /// Does what can be done without waiting.
  private mutating func advance() {
    var running: Int32 = 0
    turn.begin()
    guard unsafe curl_multi_perform(multi, &running) == CURLM_OK else { return giveUp() }
    var left: Int32 = 0
    // A message is libcurl's and lives until the handle leaves the multi handle.
    while let message = unsafe curl_multi_info_read(multi, &left) {
      guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
      let code = unsafe ccurl_result(message)
      let key = unsafe Int(bitPattern: message.pointee.easy_handle)
      guard let transfer = transfers.first(where: { $0.key == key }) else { continue }
      // The result is asked for before the handle is taken out, the connection's facts with it.
      let result = transfer.result(code, proxy: configuration.proxy)
      _ = remove(key)
      transfer.traceResult(result, configuration.trace)
      finish(transfer.token, result)
    }
  }

  /// libcurl itself has failed: nothing that is under way would ever end.
  private mutating func giveUp() {
    for transfer in transfers {
      _ = remove(transfer.key)
      finish(transfer.token, .failure(transfer.failure(.library, reason: "libcurl has failed")))
    }
  }

  /// Sleeps until something moves; a signal ends the sleep too.
  private func poll(milliseconds: Int) {
    let slice = Int32(min(milliseconds, HTTPClient.longestPoll))
    _ = unsafe curl_multi_poll(multi, nil, 0, slice, nil)
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
  /// The address of the easy handle, by which libcurl tells whose message it is.
  fileprivate var key: Int { unsafe Int(bitPattern: easy.pointer) }
}

/// Whether this process may open so many more files.
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

/// Milliseconds on a clock that never goes back.
func monotonicMilliseconds() -> Int {
  var time = timespec()
  // Cannot fail: every Linux has this clock.
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
