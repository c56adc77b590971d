internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Listens on loopback, on one event loop that owns all state.
enum Server {
  /// Connections that the kernel queues: a burst of clients must not be refused.
  private static let backlog: ChannelOptions.Types.BacklogOption.Value = 1024

  /// Binds the port, 0 for any free one.
  ///
  /// - Returns: The listening channel; its local address has the port.
  static func start(
    port: Int, sandbox: NIOLoopBound<SandboxService>, on eventLoop: any EventLoop
  ) -> EventLoopFuture<any Channel> {
    ServerBootstrap(group: eventLoop)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let sandbox = sandbox.value
          let pipeline = channel.pipeline.syncOperations
          try pipeline.configureHTTPServerPipeline(withErrorHandling: false)
          try pipeline.addHandler(Connection(sandbox: sandbox))
        }
      }
      .bind(host: "127.0.0.1", port: port)
  }
}

/// Serves the requests of one connection, one after the other.
final class Connection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let number: Int
  private let sandbox: SandboxService
  private var request: Request?
  private var isKeptAlive = true

  init(sandbox: SandboxService) {
    number = sandbox.countConnection()
    self.sandbox = sandbox
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): begin(head, context: context)
    case .body(let part): append(part)
    case .end:
      guard var request else { return }
      self.request = nil
      request.receivedMilliseconds = SandboxClock.machineMilliseconds
      finish(request, context: context)
    }
  }

  private func begin(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
    isKeptAlive = head.isKeepAlive
    request = Request(
      connection: number, method: head.method.rawValue, target: head.uri,
      headers: head.headers.map { (name: $0.name, value: $0.value) })
    // RFC 9110 section 10.1.1: the client waits for this before it sends the content.
    if head.headers[canonicalForm: "expect"].contains("100-continue") {
      let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
      context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
    }
  }

  private func append(_ part: ByteBuffer) {
    guard var request else { return }
    self.request = nil  // so that the body is not copied while it grows
    request.bodyLength += part.readableBytes
    let room = Request.maximumBodyLength - request.body.count
    request.body.append(contentsOf: part.readableBytesView.prefix(room))
    self.request = request
  }

  private func finish(_ request: Request, context: ChannelHandlerContext) {
    do throws(SandboxError) {
      let response = try sandbox.respond(to: request)
      DeliveryWriter(context: context, response: response, isKeptAlive: isKeptAlive).start()
    } catch {
      // Tests rely on the journal: without its line there is no answer.
      Console.note("error: the journal cannot be written: \(error)")
      context.close(promise: nil)
    }
  }

  /// A request that broke off is in the journal too: a test may want to know that it began.
  func channelInactive(context: ChannelHandlerContext) {
    if let request { sandbox.recordBroken(request) }
    request = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard error is HTTPParserError, context.channel.isActive else {
      context.close(promise: nil)
      return
    }
    request = nil
    let response = Response(
      exchange: Exchange(GatewayError.badRequest.answer(details: "not HTTP/1.1: \(error)")),
      date: sandbox.httpDate, traceId: sandbox.newTraceId())
    DeliveryWriter(context: context, response: response, isKeptAlive: false).start()
  }
}

/// An exchange with the values of the headers that every answer has.
struct Response: Sendable {
  let exchange: Exchange
  /// For the header `Date`.
  let date: String
  let traceId: String
}

/// Writes one response to a connection, in the way of its delivery.
final class DeliveryWriter {
  private let context: ChannelHandlerContext
  private let response: Response
  private let isKeptAlive: Bool

  /// The size of the pieces of an endless body, in bytes.
  private static let pieceLength = 16_384
  /// The size of a header of a flood, name and value, in bytes.
  private static let floodHeaderLength = 100

  init(context: ChannelHandlerContext, response: Response, isKeptAlive: Bool) {
    self.context = context
    self.response = response
    self.isKeptAlive = isKeptAlive
  }

  private var answer: Answer { response.exchange.answer }
  private var body: [UInt8] { response.exchange.answer.body }

  /// Begins after the delay.
  func start() {
    let delay = response.exchange.delayMilliseconds
    guard delay > 0 else { return deliver() }
    later(milliseconds: delay) { $0.deliver() }
  }

  private func deliver() {
    guard context.channel.isActive else { return }
    switch response.exchange.delivery {
    case .whole: deliverWhole(body)
    case .padded(let bytes):
      let spaces = max(0, bytes - body.count)
      deliverWhole(body + repeatElement(UInt8(ascii: " "), count: spaces))
    case .headerFlood(let count):
      let filler = String(repeating: "x", count: Self.floodHeaderLength - 20)
      deliverWhole(body, extra: (0..<count).map { ("x-sandbox-flood-\($0)", filler) })
    case .cut: deliverCut()
    case .endless:
      write(head(framing: ("Transfer-Encoding", "chunked"), isKeptAlive: false))
      write(body)
      deliverSpaces()
    case .drip(let bytes, let pause):
      write(head(framing: length(body.count), isKeptAlive: isKeptAlive))
      context.flush()
      drip(from: 0, bytes: bytes, pauseMilliseconds: pause)
    case .silent: break
    case .closed: context.close(promise: nil)
    case .reset: reset()
    }
  }

  private func deliverWhole(_ body: [UInt8], extra: [(String, String)] = []) {
    var head = head(framing: length(body.count), isKeptAlive: isKeptAlive)
    head.headers.add(contentsOf: extra)
    write(head)
    write(body)
    end()
  }

  /// Sends the whole head and half of the body, then closes the connection (curl: exit status 18).
  private func deliverCut() {
    write(head(framing: length(body.count), isKeptAlive: isKeptAlive))
    write(Array(body.prefix(body.count / 2)))
    flush { $0.context.close(promise: nil) }
  }

  private func deliverSpaces() {
    write([UInt8](repeating: UInt8(ascii: " "), count: Self.pieceLength))
    // The next piece waits for this one, so that a slow reader slows the stream down. The loop starts it, since writes
    // that succeed at once would otherwise nest without end.
    flush { writer in writer.later(milliseconds: 0) { $0.deliverSpaces() } }
  }

  private func drip(from start: Int, bytes: Int, pauseMilliseconds: Int) {
    guard context.channel.isActive else { return }
    guard start < body.count else { return end() }
    let stop = min(start + bytes, body.count)
    write(Array(body[start..<stop]))
    context.flush()
    later(milliseconds: pauseMilliseconds) {
      $0.drip(from: stop, bytes: bytes, pauseMilliseconds: pauseMilliseconds)
    }
  }

  /// SO_LINGER with 0 makes the kernel send RST in place of FIN (socket(7)).
  private func reset() {
    guard let options = context.channel as? any SocketOptionProvider else {
      context.close(promise: nil)
      return
    }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
      bound.value.close(promise: nil)
    }
  }

  private func length(_ count: Int) -> (String, String) { ("Content-Length", String(count)) }

  private func head(framing: (String, String), isKeptAlive: Bool) -> HTTPResponseHead {
    var headers = HTTPHeaders()
    headers.add(name: "Date", value: response.date)
    if let type = answer.contentType { headers.add(name: "Content-Type", value: type) }
    headers.add(name: framing.0, value: framing.1)
    if let origin = answer.origin {
      headers.add(name: "x-ncp-apigw-response-origin", value: origin.rawValue)
      headers.add(name: "x-ncp-trace-id", value: response.traceId)
    }
    headers.add(contentsOf: answer.extraHeaders.map { ($0.name, $0.value) })
    if !isKeptAlive { headers.add(name: "Connection", value: "close") }
    return HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
  }

  private func write(_ head: HTTPResponseHead) {
    context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
  }

  private func write(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    let buffer = IOData.byteBuffer(ByteBuffer(bytes: bytes))
    context.write(NIOAny(HTTPServerResponsePart.body(buffer)), promise: nil)
  }

  private func end() {
    let part = HTTPServerResponsePart.end(nil)
    if isKeptAlive { return context.writeAndFlush(NIOAny(part), promise: nil) }
    flush(part) { $0.context.close(promise: nil) }
  }

  /// Sends what was written and continues when the kernel has it; stops when the client has disconnected.
  private func flush(
    _ part: HTTPServerResponsePart = .body(.byteBuffer(ByteBuffer())),
    _ next: @escaping (DeliveryWriter) -> Void
  ) {
    let promise = context.eventLoop.makePromise(of: Void.self)
    context.writeAndFlush(NIOAny(part), promise: promise)
    promise.futureResult.assumeIsolated().whenSuccess { next(self) }
  }

  private func later(milliseconds: Int, _ next: @escaping (DeliveryWriter) -> Void) {
    context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(milliseconds))) {
      next(self)
    }
  }
}
