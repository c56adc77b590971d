import Foundation
import Glibc

/// Passes HTTP requests on to one server, and loses the answers of some transactions that write.
final class LossyProxy: @unchecked Sendable {
  let endpoint: String
  private let listener: Int32
  private let target: UInt16
  private let every: Int
  private let lock = NSLock()
  private var writes = 0
  private var losses = 0

  /// How many answers were lost.
  var lost: Int { lock.withLock { losses } }

  /// Loses the first of so many answers, and so on.
  init(to url: String, losing every: Int) throws {
    guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      throw EtcdServerError(description: "no port in \(url)")
    }
    target = port
    self.every = every
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    let own = UInt16(try EtcdCluster.freePort())
    endpoint = "http://127.0.0.1:\(own)"
    guard unsafe Self.call(own, { unsafe bind(listener, $0, $1) }), listen(listener, 64) == 0 else {
      throw EtcdServerError(description: "the proxy cannot listen")
    }
    Thread.detachNewThread { [weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        self?.serve(client)
        close(client)
      }
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  private func serve(_ client: Int32) {
    guard let request = Self.readRequest(client) else { return }
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(server) }
    guard unsafe Self.call(target, { unsafe connect(server, $0, $1) }) else { return }
    let text = String(decoding: request, as: UTF8.self)
      .replacingOccurrences(of: "\r\n\r\n", with: "\r\nConnection: close\r\n\r\n")
    Self.send(Array(text.utf8), to: server)
    var answer: [UInt8] = []
    while let part = Self.receive(server) { answer += part }
    let isWrite = text.contains("/v3/kv/txn") && text.contains("request_put")
    let isLost = lock.withLock {
      guard isWrite else { return false }
      writes += 1
      guard (writes - 1).isMultiple(of: every), writes <= 2 * every + 1 else { return false }
      losses += 1
      return true
    }
    if !isLost { Self.send(answer, to: client) }
  }

  /// Headers, and as much of a body as they promise.
  private static func readRequest(_ client: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    while let part = receive(client) {
      bytes += part
      let text = String(decoding: bytes, as: UTF8.self)
      guard let end = text.range(of: "\r\n\r\n") else { continue }
      let length = text[..<end.lowerBound].lowercased().split(separator: "\r\n")
        .first { $0.hasPrefix("content-length:") }
        .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
      if text[end.upperBound...].utf8.count >= length ?? 0 { return bytes }
    }
    return nil
  }

  private static func receive(_ socket: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe recv(socket, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer.prefix(count)) : nil
  }

  private static func send(_ bytes: [UInt8], to socket: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = Array(rest)
      let count = unsafe Glibc.send(socket, part, part.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Calls with the address of a port of this machine, which lives through the call.
  private static func call(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe body(pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
