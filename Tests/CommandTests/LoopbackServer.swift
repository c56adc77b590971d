import Foundation
import Glibc
import TestSupport

/// A server program of the system on a free loopback port. It ends with the last reference.
final class LoopbackServer {
  let port: Int
  let folder: TemporaryDirectory
  private let process: RunningProcess

  /// Starts the program and waits until it listens.
  ///
  /// - Parameters:
  ///   - program: The name of the program, searched in the folders for programs of Debian packages.
  ///   - prepare: Writes the files of the program and returns its arguments.
  init(
    _ program: String, package: String,
    prepare: (_ folder: TemporaryDirectory, _ port: Int) throws -> [String]
  ) throws {
    let candidates = ["/usr/sbin", "/usr/bin"].map { "\($0)/\(program)" }
    guard let path = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      throw TestSupportError("\(program) is missing: apt-get install \(package)")
    }
    let folder = try TemporaryDirectory()
    let port = try Self.freePort()
    let process = try RunningProcess(path, try prepare(folder, port))
    _ = try waitFor(program) { () throws -> Bool? in
      guard process.isRunning else {
        throw TestSupportError("\(program) does not start: \(process.stderr)\(process.stdout)")
      }
      return Self.isListening(port) ? true : nil
    }
    self.port = port
    self.folder = folder
    self.process = process
  }

  /// A free port. It may be taken before it is used, but the kernel gives out other free ports first.
  static func freePort() throws -> Int {
    try withSocket { descriptor, address in
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let port = unsafe withUnsafeMutableBytes(of: &address) { bytes -> Int? in
        guard let raw = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress,
          unsafe bind(descriptor, raw, length) == 0,
          unsafe getsockname(descriptor, raw, &length) == 0
        else { return nil }
        return unsafe Int(UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
      }
      guard let port else { throw TestSupportError("no free port") }
      return port
    }
  }

  private static func isListening(_ port: Int) -> Bool {
    let status = try? withSocket { descriptor, address in
      address.sin_port = in_port_t(port).bigEndian
      return unsafe withUnsafeBytes(of: &address) { bytes -> Int32 in
        guard let raw = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else {
          return -1
        }
        return unsafe connect(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return status == 0
  }

  /// A socket and the loopback address with port 0.
  private static func withSocket<Value>(
    _ body: (Int32, inout sockaddr_in) throws -> Value
  ) throws -> Value {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw TestSupportError("no socket") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return try body(descriptor, &address)
  }
}

extension LoopbackServer {
  /// A TLS server with a self-signed certificate.
  static func selfSigned() throws -> LoopbackServer {
    try LoopbackServer("openssl", package: "openssl") { folder, port in
      let made = try run(
        "/usr/bin/openssl",
        [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
          "-keyout", "key.pem", "-out", "cert.pem", "-days", "7", "-subj", "/CN=localhost",
          "-addext", "subjectAltName=DNS:localhost",
        ], workingDirectory: folder.path)
      guard made.status == 0 else { throw TestSupportError(made.stderr) }
      return [
        "s_server", "-accept", "127.0.0.1:\(port)", "-cert", folder.path("cert.pem"), "-key",
        folder.path("key.pem"), "-quiet",
      ]
    }
  }

  /// A proxy that opens tunnels only to one port.
  static func tinyproxy(allowing target: Int) throws -> LoopbackServer {
    try LoopbackServer("tinyproxy", package: "tinyproxy") { folder, port in
      let configuration = """
        Port \(port)
        Listen 127.0.0.1
        Allow 127.0.0.1
        LogFile "\(folder.path("log"))"
        LogLevel Connect
        MaxClients 20
        ConnectPort \(target)

        """
      return ["-d", "-c", try folder.write(configuration, to: "tinyproxy.conf")]
    }
  }
}
