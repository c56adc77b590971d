internal import NIOCore
internal import NIOPosix

/// `--validate-dns`: a certificate is issued when all name servers return the records of all its domains, as an
/// authority that looks from several places would see them.
extension SandboxService {
  /// The pause between two rounds of queries, in milliseconds. A real authority takes minutes.
  private static let pause: Int64 = 500

  /// Begins to ask the name servers of the options, again and again; does nothing without any.
  func startValidating(on eventLoop: any EventLoop) {
    guard !options.nameServers.isEmpty else { return }
    let sandbox = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleRepeatedTask(
      initialDelay: .zero, delay: .milliseconds(Self.pause)
    ) { _ in
      sandbox.value.validate(on: eventLoop)
    }
  }

  private func validate(on eventLoop: any EventLoop) {
    passTime()
    for certificate in account.certificates where certificate.isBeingValidated {
      let age = clock.milliseconds - certificate.requestedMilliseconds
      if let limit = options.giveUpAfterMilliseconds, age >= limit {
        account[certificate.number]?.status = .validationExpired
        continue
      }
      for domain in certificate.missingDomains {
        guard let verification = Verification(certificate, domain, options.shapes) else { continue }
        look(for: verification.record, of: domain, certificate.number, on: eventLoop)
      }
      if certificate.missingDomains.isEmpty, age >= options.issueAfterMilliseconds ?? 0 {
        account.issue(certificate.number, at: clock.seconds)
      }
    }
  }

  private func look(
    for record: DomainRecord, of domain: String, _ number: Int, on eventLoop: any EventLoop
  ) {
    // A name server that does not answer is asked one question at a time.
    guard openQueries.insert(record).inserted else { return }
    let sandbox = NIOLoopBound(self, eventLoop: eventLoop)
    let answers = options.nameServers.map {
      NameServerQuery.isVisible(record, at: $0, on: eventLoop)
    }
    EventLoopFuture.whenAllSucceed(answers, on: eventLoop).whenComplete { result in
      sandbox.value.openQueries.remove(record)
      guard case .success(let answers) = result, answers.allSatisfy(\.self) else { return }
      sandbox.value.account[number]?.provedDomains.insert(domain)
    }
  }
}

extension AccountCertificate {
  fileprivate var isBeingValidated: Bool { status == .ongoing && isReissued }

  /// The domains without a proof.
  fileprivate var missingDomains: [String] {
    domainsInOrder.filter { !validatedDomains.contains($0) && !provedDomains.contains($0) }
  }
}

/// Asks a name server over TCP (RFC 7766): no answer is too long, and each server has to answer there.
final class NameServerQuery: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// How long a name server may take, in milliseconds.
  private static let limit: Int64 = 2_000
  /// The most aliases that are followed, as resolvers do.
  private static let maximumAliases = 8

  private let query: [UInt8]
  private let promise: EventLoopPromise<[UInt8]>
  private var received: [UInt8] = []

  private init(_ query: [UInt8], _ promise: EventLoopPromise<[UInt8]>) {
    self.query = query
    self.promise = promise
  }

  /// Whether a name server returns a record; `false` if it does not answer.
  static func isVisible(
    _ record: DomainRecord, at server: SocketAddress, on eventLoop: any EventLoop,
    aliases: Int = maximumAliases
  ) -> EventLoopFuture<Bool> {
    let id = UInt16.random(in: .min ... .max)
    guard let query = DNSMessage.query(id: id, name: record.name, type: record.type) else {
      return eventLoop.makeSucceededFuture(false)
    }
    return reply(to: query, from: server, on: eventLoop).flatMap { bytes in
      guard let reply = DNSReply(bytes), reply.id == id else {
        return eventLoop.makeSucceededFuture(false)
      }
      let (values, end) = reply.values(of: record.name, type: record.type)
      if values.contains(record.value) { return eventLoop.makeSucceededFuture(true) }
      guard end != record.name.lowercased(), values.isEmpty, aliases > 0 else {
        return eventLoop.makeSucceededFuture(false)
      }
      let next = DomainRecord(name: end, type: record.type, value: record.value)
      return isVisible(next, at: server, on: eventLoop, aliases: aliases - 1)
    }.recover { _ in false }
  }

  private static func reply(
    to query: [UInt8], from server: SocketAddress, on eventLoop: any EventLoop
  ) -> EventLoopFuture<[UInt8]> {
    let promise = eventLoop.makePromise(of: [UInt8].self)
    let connected = ClientBootstrap(group: eventLoop)
      .connectTimeout(.milliseconds(limit))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NameServerQuery(query, promise))
        }
      }
      .connect(to: server)
    connected.whenFailure { promise.fail($0) }
    let timer = eventLoop.scheduleTask(in: .milliseconds(limit)) {
      promise.fail(ChannelError.connectTimeout(.milliseconds(limit)))
    }
    promise.futureResult.whenComplete { _ in
      timer.cancel()
      connected.whenSuccess { $0.close(promise: nil) }
    }
    return promise.futureResult
  }

  func channelActive(context: ChannelHandlerContext) {
    var buffer = context.channel.allocator.buffer(capacity: query.count + 2)
    buffer.writeInteger(UInt16(query.count))
    buffer.writeBytes(query)
    context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += unwrapInboundIn(data).readableBytesView
    guard received.count >= 2 else { return }
    let length = Int(received[0]) << 8 | Int(received[1])
    if received.count >= length + 2 { promise.succeed(Array(received[2..<(length + 2)])) }
  }

  func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
}

/// A record that a validation looks for.
struct DomainRecord: Hashable, Sendable {
  /// Without the final dot.
  let name: String
  let type: RecordType
  /// The text, or the target without the final dot.
  let value: String
}
