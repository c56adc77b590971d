import Glibc
import Synchronization

/// A server on loopback that runs a script for each connection, byte by byte.
final class ScriptedServer: Sendable {
  /// The received requests, in order.
  struct Request: Hashable, Sendable {
    var connection: Int
    var head: String
    var body: String
    var line: String { head.split(separator: "\r\n").first.map(String.init) ?? "" }
  }

  let port: Int
  private let listener: Int32
  private let log = Log()

  private final class Log: Sendable {
    let requests = Mutex<[Request]>([])
  }

  /// The received requests so far.
  var requests: [Request] { log.requests.withLock { $0 } }

  /// - Parameter script: Runs on a separate thread for each connection.
  init(_ script: @escaping @Sendable (ServerConnection) -> Void) {
    signal(SIGPIPE, SIG_IGN)
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    port = unsafe withUnsafeMutableBytes(of: &address) { bytes in
      let raw = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
      guard let raw = unsafe raw, unsafe bind(listener, raw, length) == 0,
        listen(listener, 64) == 0, unsafe getsockname(listener, raw, &length) == 0
      else { return 0 }
      return Int(UInt16(bigEndian: unsafe bytes.load(fromByteOffset: 2, as: UInt16.self)))
    }
    inThread { [log] in
      var number = 0
      while true {
        let descriptor = uninterrupted { Int(accept(listener, nil, nil)) }
        guard descriptor >= 0 else {
          close(listener)
          return
        }
        let connection = ServerConnection(number: number, descriptor: Int32(descriptor)) {
          request in
          log.requests.withLock { $0.append(request) }
        }
        number += 1
        inThread {
          script(connection)
          connection.end()
        }
      }
    }
  }

  deinit {
    // Refuses new connections. The accepting thread closes the descriptor: closed here, its
    // number could belong to another server when that thread uses it again.
    shutdown(listener, Int32(SHUT_RDWR))
  }

  func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }
}

/// The server's side of one connection.
final class ServerConnection: Sendable {
  let number: Int
  private let descriptor: Int32
  private let record: @Sendable (ScriptedServer.Request) -> Void
  private let isOpen = Mutex(true)

  init(
    number: Int, descriptor: Int32, record: @escaping @Sendable (ScriptedServer.Request) -> Void
  ) {
    self.number = number
    self.descriptor = descriptor
    self.record = record
  }

  /// Reads a request with its body; `nil` if the client has disconnected.
  @discardableResult
  func readRequest(withBody: Bool = true) -> ScriptedServer.Request? {
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard let byte = readByte() else { return nil }
      head.append(byte)
    }
    let text = String(decoding: head, as: UTF8.self)
    var body: [UInt8] = []
    if withBody {
      let length =
        text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        .flatMap { Int($0.dropFirst(15).filter(\.isNumber)) } ?? 0
      while body.count < length, let byte = readByte() { body.append(byte) }
    }
    let request = ScriptedServer.Request(
      connection: number, head: text, body: String(decoding: body, as: UTF8.self))
    record(request)
    return request
  }

  private func readByte() -> UInt8? {
    var byte: UInt8 = 0
    return uninterrupted { unsafe read(descriptor, &byte, 1) } == 1 ? byte : nil
  }

  /// Sends a text; `false` if the client has disconnected.
  @discardableResult
  func send(_ text: String) -> Bool { send(bytes: Array(text.utf8)) }

  /// As `send`, for bytes.
  @discardableResult
  func send(bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { bytes in
        uninterrupted { unsafe write(descriptor, bytes.baseAddress, bytes.count) }
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Sends a whole reply; the connection stays open.
  @discardableResult
  func reply(_ status: String = "200 OK", _ body: String = "{}", headers: String = "") -> Bool {
    send("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  /// Ends the connection with RST.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    end()
  }

  /// Ends the connection with FIN, if it is still open.
  func end() {
    isOpen.withLock { isOpen in
      if isOpen { close(descriptor) }
      isOpen = false
    }
  }
}

/// Sleeps on the current thread.
func pause(milliseconds: Int) {
  // Sleeps again after signals: tests that start programs get SIGCHLD.
  let end = ContinuousClock.now + .milliseconds(milliseconds)
  while ContinuousClock.now < end { usleep(1000) }
}

/// Repeats a call that a signal interrupted.
private func uninterrupted(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// Runs the work on a new thread: scripts block, and Swift's own pool is small.
private func inThread(_ work: @escaping @Sendable () -> Void) {
  final class Box: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }
  var thread = pthread_t()
  // The thread takes over the passed reference.
  let box = unsafe Unmanaged.passRetained(Box(work)).toOpaque()
  unsafe pthread_create(
    &thread, nil,
    { context in
      if let context = unsafe context {
        unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().work()
      }
      return nil
    }, box)
  pthread_detach(thread)
}

/// Collects lines from several threads.
final class Lines: Sendable {
  private let lines = Mutex<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  func append(_ line: String) { lines.withLock { $0.append(line) } }
}
