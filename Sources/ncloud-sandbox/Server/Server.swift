import NIOCore
import NIOHTTP1
import NIOPosix

/// Listens on loopback, on one event loop: all state belongs to that loop.
enum Server {
  /// Waiting connections that the kernel keeps; a burst of clients must not see refusals.
  private static let backlog: ChannelOptions.Types.BacklogOption.Value = 1024

  /// Binds the port, 0 for any free one.
  ///
  /// - Returns: The listening channel; its local address has the port.
  static func start(
    port: Int, sandbox: NIOLoopBound<Sandbox>, on eventLoop: any EventLoop
  ) -> EventLoopFuture<any Channel> {
    let counter = NIOLoopBound(ConnectionCounter(), eventLoop: eventLoop)
    return ServerBootstrap(group: eventLoop)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.configureHTTPServerPipeline(withErrorHandling: false)
          try pipeline.addHandler(Connection(number: counter.value.next(), sandbox: sandbox.value))
        }
      }
      .bind(host: "127.0.0.1", port: port)
  }
}

/// Counts connections from 1.
private final class ConnectionCounter {
  private var last = 0

  func next() -> Int {
    last += 1
    return last
  }
}
