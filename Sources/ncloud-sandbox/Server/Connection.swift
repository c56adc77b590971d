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
      Exchange(GatewayError.badRequest.answer(details: "not HTTP/1.1: \(error)")),
      date: sandbox.httpDate, traceId: sandbox.newTraceId())
    DeliveryWriter(context: context, response: response, isKeptAlive: false).start()
  }
}
