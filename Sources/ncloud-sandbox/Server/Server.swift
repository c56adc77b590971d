internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Listens on loopback, on one event loop: all state belongs to that loop.
enum Server {
  /// Waiting connections that the kernel keeps; a burst of clients must not see refusals.
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
