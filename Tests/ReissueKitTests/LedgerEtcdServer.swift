import Foundation
import Glibc
import Synchronization
import TestSupport

@testable import ReissueKit

/// Why a test cannot have its cluster.
struct EtcdServerError: Error, CustomStringConvertible {
  let description: String
}

/// An etcd cluster on loopback, gone with the last reference to it, or with the test process.
final class EtcdCluster: @unchecked Sendable {
  static let program = "/usr/bin/etcd"

  /// One member that all tests may share: each takes a prefix of its own.
  static let shared = Result { try EtcdCluster(members: 1) }

  /// The base URLs of the members.
  let endpoints: [String]
  private let processes: [Process]
  private let lifelines: [Pipe]

  /// Starts that many members and waits until they answer.
  init(members count: Int, scheme: String = "http", options: [String] = []) throws {
    guard FileManager.default.isExecutableFile(atPath: Self.program) else {
      throw EtcdServerError(description: "no \(Self.program): install the package etcd-server")
    }
    let ports = try (0..<2 * count).map { _ in try Self.freePort() }
    endpoints = (0..<count).map { "\(scheme)://127.0.0.1:\(ports[$0])" }
    let peers = (0..<count).map { "http://127.0.0.1:\(ports[count + $0])" }
    let cluster = (0..<count).map { "m\($0)=\(peers[$0])" }.joined(separator: ",")
    var processes: [Process] = []
    var lifelines: [Pipe] = []
    for index in 0..<count {
      let process = Process()
      let lifeline = Pipe()
      // No child may hold the end that is ours, or the shells would keep each other alive.
      _ = fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
      process.executableURL = URL(filePath: "/bin/sh")
      // The shell ends its member, and removes what it wrote, when the pipe closes: with the test process at
      // the latest. It cannot wait for its child: SIGCHLD is blocked in what Foundation starts from a test.
      process.arguments =
        [
          "-c",
          """
          d=$(mktemp -d); "$@" --data-dir "$d" </dev/null & p=$!
          read -r line; kill -9 $p; sleep 0.05; rm -rf "$d"
          """,
          "sh", Self.program, "--name", "m\(index)", "--listen-client-urls", endpoints[index],
          "--advertise-client-urls", endpoints[index], "--listen-peer-urls", peers[index],
          "--initial-advertise-peer-urls", peers[index], "--initial-cluster", cluster,
          "--heartbeat-interval", "20", "--election-timeout", "200", "--logger", "zap",
          "--log-level", "panic",
        ] + options
      process.standardInput = lifeline
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try oneStartAtATime.withLock { _ in try process.run() }
      processes.append(process)
      lifelines.append(lifeline)
    }
    self.processes = processes
    self.lifelines = lifelines
  }

  deinit { for index in lifelines.indices { stop(index) } }

  /// Kills a member with signal 9.
  func stop(_ index: Int) {
    try? lifelines[index].fileHandleForWriting.close()
    processes[index].waitUntilExit()
  }

  /// The configuration for a ledger with these keys.
  func configuration(prefix: String = UUID().uuidString) -> EtcdConfiguration {
    EtcdConfiguration(endpoints: endpoints, prefix: prefix)
  }

  /// Waits until a ledger can be read.
  func waitUntilReady(_ configuration: EtcdConfiguration? = nil) throws {
    var configuration = configuration ?? self.configuration()
    configuration.deadline = 15_000
    _ = try EtcdLedger(configuration).records(in: [.claimed])
  }

  /// Which member leads, as it says itself.
  func leader() throws -> Int {
    for _ in 0..<100 {
      for (index, endpoint) in endpoints.enumerated() {
        let status = try? post("\(endpoint)/v3/maintenance/status", "{}")
        guard let header = status?["header"] as? [String: Any],
          let own = header["member_id"] as? String
        else { continue }
        if status?["leader"] as? String == own { return index }
      }
      usleep(50_000)
    }
    throw EtcdServerError(description: "no member leads")
  }

  /// A call by curl(1), so that the client under test is not its own witness.
  @discardableResult
  func post(_ url: String, _ body: String, _ options: [String] = []) throws -> [String: Any] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/curl")
    process.arguments = ["-s", "-m", "3", "-d", body] + options + [url]
    process.standardOutput = output
    try oneStartAtATime.withLock { _ in try process.run() }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  /// A port that the kernel just gave, and nobody has.
  static func freePort() throws -> Int {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(number) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The address lives through each call and has the size that is told.
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(number, pointer, length) == 0 && getsockname(number, pointer, &length) == 0
      }
    }
    guard result else { throw EtcdServerError(description: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

/// A prefix of its own on the shared member.
struct EtcdPlace: LedgerPlace {
  let cluster: EtcdCluster
  let prefix = UUID().uuidString

  init() throws {
    cluster = try EtcdCluster.shared.get()
    try cluster.waitUntilReady()
  }

  func open() throws -> any Ledger { try EtcdLedger(cluster.configuration(prefix: prefix)) }
}
