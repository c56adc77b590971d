// One connection: puts requests together, asks the sandbox, and hands the decision to the delivery.

internal import NIOCore
internal import NIOHTTP1

/// Serves the requests of a connection, one after the other.
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
    case .body(let part): take(part)
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
    // RFC 9110 section 10.1.1: who asks waits for this before it sends the content.
    if head.headers[canonicalForm: "expect"].contains("100-continue") {
      let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
      context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
    }
  }

  private func take(_ part: ByteBuffer) {
    guard var request else { return }
    self.request = nil  // so that the body is not copied while it grows
    request.bodyLength += part.readableBytes
    let room = Request.maximumBodyLength - request.body.count
    request.body.append(contentsOf: part.readableBytesView.prefix(room))
    self.request = request
  }

  private func finish(_ request: Request, context: ChannelHandlerContext) {
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    let isKeptAlive = isKeptAlive
    let files = sandbox.files
    sandbox.respond(to: request).assumeIsolated().whenComplete { result in
      let context = bound.value
      switch result {
      case .success(let response):
        DeliveryWriter(context: context, response: response, isKeptAlive: isKeptAlive).start()
      case .failure(let error):
        // The journal could not be written: an answer without a record would be a false witness.
        files.note("error: the journal cannot be written: \(error)")
        context.close(promise: nil)
      }
    }
  }

  /// A request that broke off is journalled too: a test may want to know that it began.
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
