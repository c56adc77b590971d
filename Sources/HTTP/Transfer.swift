internal import CCurl

/// One request on its way: what libcurl's callbacks read and fill.
///
/// The handle's callbacks get this object as an unowned pointer, so it lives until the handle is out of the
/// multi handle; ``HTTPClient`` holds it that long.
final class Transfer {
  let token: Int
  let request: HTTPRequest
  let easy: EasyHandle
  /// How many times the request was put on a connection.
  private(set) var sendings = 0
  /// Which limit the reply passed.
  private(set) var excess: HTTPFailure.Kind?
  /// Whether libcurl did not come out of a loop of its own, and was stopped.
  private(set) var isStuck = false
  private let turn: Turn
  private var lastTurn = 0
  private var looks = 0
  /// Host and port of the URL, as libcurl names them when nobody answers.
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

  /// Whether the reply's headers have come to their end.
  var hasWholeHead: Bool { head.hasEnded }

  /// The reply as far as it has come; `nil` before its status line.
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

// What the callbacks do.
extension Transfer {
  /// A connection is there and the request is about to be put on it.
  ///
  /// - Returns: Whether it may. A POST may not once bytes of it have left: libcurl would send it a second
  ///   time when a reused connection dies, or when HTTP/2 refuses the stream.
  func mayBeSent() -> Bool {
    sendings += 1
    guard request.method == .post, sendings > 1 else { return true }
    return bodySent == 0 && !request.body.isEmpty && easy.number(CURLINFO_REQUEST_SIZE) == 0
  }

  /// Whether libcurl shall give the transfer up. It reads what a proxy says to CONNECT in a loop that it does not
  /// leave while more comes, whatever its own time limits are, and asks this for each byte.
  ///
  /// - Returns: `true` only before anything has been sent, and only in such a loop: a process that was stopped for
  ///   a while finds its time over as well.
  func isToBeGivenUp() -> Bool {
    if lastTurn != turn.number {
      lastTurn = turn.number
      looks = 0
    }
    looks += 1
    // An ordinary turn has a few looks; the clock need not be read at every one of a loop.
    guard sendings == 0, looks.isMultiple(of: 1_024), turn.isOver else { return false }
    isStuck = true
    return true
  }

  /// Fills the buffer with what comes next of the body.
  func readBody(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    let chunk = request.body.dropFirst(bodySent).prefix(buffer.count)
    unsafe buffer.copyBytes(from: chunk)
    bodySent += chunk.count
    return chunk.count
  }

  /// Takes a header line, `false` to give up.
  func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    guard unsafe head.take(line) else {
      excess = .headersTooLarge
      return false
    }
    return true
  }

  /// Takes a piece of the reply's body, `false` to give up.
  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= bodyLimit - body.count else {
      excess = .bodyTooLarge
      return false
    }
    unsafe body.append(contentsOf: bytes)
    return true
  }

  /// Hands the callbacks to the handle.
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
    guard request.method == .post else { return }
    // No CURLOPT_POSTFIELDS and no CURLOPT_SEEKFUNCTION: a body that cannot be rewound cannot be sent again.
    unsafe easy.set(CURLOPT_READDATA, context: context)
    unsafe easy.set(CURLOPT_READFUNCTION) { bytes, size, count, context in
      let room = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
      return unsafe transfer(context)?.readBody(room) ?? Int(CURL_READFUNC_ABORT)
    }
  }
}

/// The object behind a callback's context; it outlives the call, since ``HTTPClient`` holds it.
private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
  unsafe context.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

/// One call of libcurl in which all transfers are worked on. It should last microseconds.
final class Turn {
  /// The longest in milliseconds; signals and deadlines wait so long.
  private static let longest = 1_000

  private(set) var number = 0
  private var end = 0

  func begin() {
    number += 1
    end = monotonicMilliseconds() + Self.longest
  }

  var isOver: Bool { monotonicMilliseconds() >= end }
}
