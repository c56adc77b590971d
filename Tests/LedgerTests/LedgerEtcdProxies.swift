import Foundation
import Glibc

/// A server on loopback that gives the replies of a test, or closes the connection without one.
class LoopbackMember: @unchecked Sendable {
  let endpoint: String
  private let listener: Int32

  /// Listens, and handles one request after the other.
  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    let own = UInt16(try EtcdCluster.freePort())
    endpoint = "http://127.0.0.1:\(own)"
    guard unsafe Self.call(own, { unsafe bind(listener, $0, $1) }), listen(listener, 64) == 0 else {
      throw EtcdServerError(description: "the member cannot listen")
    }
    Thread.detachNewThread { [weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        if let self, let request = Self.readRequest(client),
          let answer = self.answer(to: String(decoding: request, as: UTF8.self))
        {
          Self.send(answer, to: client)
        }
        close(client)
      }
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  /// The complete reply; `nil` for none.
  func answer(to request: String) -> [UInt8]? { nil }

  /// The port of a URL.
  static func port(of url: String) throws -> UInt16 {
    guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      throw EtcdServerError(description: "no port in \(url)")
    }
    return port
  }

  /// Whether a request is a transaction that writes.
  static func isWrite(_ request: String) -> Bool {
    request.contains("/v3/kv/txn") && request.contains("request_put")
  }

  /// Passes a request on to a port, and returns the reply.
  static func forward(_ request: String, to target: UInt16) -> [UInt8]? {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(server) }
    guard unsafe Self.call(target, { unsafe connect(server, $0, $1) }) else { return nil }
    let text = request.replacingOccurrences(
      of: "\r\n\r\n", with: "\r\nConnection: close\r\n\r\n")
    Self.send(Array(text.utf8), to: server)
    var answer: [UInt8] = []
    while let part = Self.receive(server) { answer += part }
    return answer
  }

  /// The headers, and a body of the length in them.
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

  /// Calls with the address of a port of this machine; the address is valid during the call.
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

/// Passes requests on to one server, and drops the replies to some transactions that write.
final class LossyProxy: LoopbackMember, @unchecked Sendable {
  private let target: UInt16
  private let every: Int
  private let lock = NSLock()
  private var writes = 0
  private var losses = 0

  /// The number of dropped replies.
  var lost: Int { lock.withLock { losses } }

  /// Drops the first of `every` replies to transactions that write, three times at most.
  init(to url: String, losing every: Int) throws {
    target = try Self.port(of: url)
    self.every = every
    try super.init()
  }

  override func answer(to request: String) -> [UInt8]? {
    let answer = Self.forward(request, to: target)
    let isLost = lock.withLock {
      guard Self.isWrite(request) else { return false }
      writes += 1
      guard (writes - 1).isMultiple(of: every), writes <= 2 * every + 1 else { return false }
      losses += 1
      return true
    }
    return isLost ? nil : answer
  }
}

/// Passes requests on to one server, but keeps the first transaction that writes until the next one arrives: its reply
/// is lost, and it is carried out late.
final class LateProxy: LoopbackMember, @unchecked Sendable {
  private let target: UInt16
  private let lock = NSLock()
  private var held: String?
  private var isDone = false

  /// Whether the kept transaction has been carried out.
  var wasLate: Bool { lock.withLock { isDone } }

  init(to url: String) throws {
    target = try Self.port(of: url)
    try super.init()
  }

  override func answer(to request: String) -> [UInt8]? {
    lock.withLock {
      guard Self.isWrite(request), !isDone else { return Self.forward(request, to: target) }
      guard let first = held else {
        held = request
        return nil
      }
      isDone = true
      _ = Self.forward(first, to: target)
      return Self.forward(request, to: target)
    }
  }
}

/// Passes requests on to one server, and each transaction that writes twice. Only the second reply comes back, as from a
/// proxy that repeats a request without a reply.
final class RepeatingProxy: LoopbackMember, @unchecked Sendable {
  private let target: UInt16

  init(to url: String) throws {
    target = try Self.port(of: url)
    try super.init()
  }

  override func answer(to request: String) -> [UInt8]? {
    if Self.isWrite(request) { _ = Self.forward(request, to: target) }
    return Self.forward(request, to: target)
  }
}

/// A member that replies to every request with an empty object.
final class HollowMember: LoopbackMember, @unchecked Sendable {
  override func answer(to request: String) -> [UInt8]? {
    Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".utf8)
  }
}

/// A member that issues tokens and refuses all of them.
final class ForgetfulMember: LoopbackMember, @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0

  /// The number of requests so far.
  var requests: Int { lock.withLock { count } }

  override func answer(to request: String) -> [UInt8]? {
    lock.withLock { count += 1 }
    let isLogin = request.contains("/v3/auth/authenticate")
    let body = isLogin ? #"{"token":"t"}"# : #"{"error":"invalid auth token","code":16}"#
    let status = isLogin ? "200 OK" : "401 Unauthorized"
    return Array(
      "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        .utf8)
  }
}
