import Foundation
import Glibc
import TestSupport

@testable import Ledger

/// Why a test has no cluster.
struct EtcdServerError: Error, CustomStringConvertible {
  let description: String
}

/// An etcd cluster on loopback; it ends with the last reference to it, or with the test process.
final class EtcdCluster: @unchecked Sendable {
  static let program = "/usr/bin/etcd"

  /// One member that all tests share; each test uses its own prefix.
  static let shared = Result { try EtcdCluster(members: 1) }

  /// The base URLs of the members.
  let endpoints: [String]
  private let processes: [RunningProcess]

  /// Starts a number of members.
  init(members count: Int, scheme: String = "http", options: [String] = []) throws {
    guard FileManager.default.isExecutableFile(atPath: Self.program) else {
      throw EtcdServerError(description: "no \(Self.program): install the package etcd-server")
    }
    let ports = try (0..<2 * count).map { _ in try Self.freePort() }
    let endpoints = (0..<count).map { "\(scheme)://127.0.0.1:\(ports[$0])" }
    self.endpoints = endpoints
    let peers = (0..<count).map { "http://127.0.0.1:\(ports[count + $0])" }
    let cluster = (0..<count).map { "m\($0)=\(peers[$0])" }.joined(separator: ",")
    // The shell ends its member and removes the data when it gets SIGTERM, or when the test process has ended.
    let script = """
      d=$(mktemp -d); "$@" --data-dir "$d" & p=$!
      trap 'kill -9 $p; wait $p; rm -rf "$d"; exit' TERM
      while kill -0 \(getpid()) && kill -0 $p; do sleep 0.5 & wait $!; done
      kill -9 $p; wait $p; rm -rf "$d"
      """
    processes = try (0..<count).map { index in
      try RunningProcess(
        "/bin/sh",
        [
          "-c", script, "sh", Self.program, "--name", "m\(index)",
          "--listen-client-urls", endpoints[index],
          "--advertise-client-urls", endpoints[index], "--listen-peer-urls", peers[index],
          "--initial-advertise-peer-urls", peers[index], "--initial-cluster", cluster,
          "--heartbeat-interval", "20", "--election-timeout", "200", "--logger", "zap",
          "--log-level", "panic",
        ] + options)
    }
  }

  deinit { for index in processes.indices { stop(index) } }

  /// Kills a member with SIGKILL.
  func stop(_ index: Int) { _ = try? processes[index].stop() }

  /// The configuration of a ledger with a prefix.
  func configuration(prefix: String = UUID().uuidString) -> EtcdConfiguration {
    EtcdConfiguration(endpoints: endpoints, prefix: prefix)
  }

  /// Waits until a ledger can be read.
  func waitUntilReady(_ configuration: EtcdConfiguration? = nil) throws {
    var configuration = configuration ?? self.configuration()
    configuration.deadline = 15_000
    _ = try EtcdLedger(configuration).records(in: [.claimed])
  }

  /// The index of the member that leads, by its own status.
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

  /// A call by curl(1), which is independent of the client under test.
  @discardableResult
  func post(_ url: String, _ body: String, _ options: [String] = []) throws -> [String: Any] {
    let answer = try run("/usr/bin/curl", ["-s", "-m", "3", "-d", body] + options + [url])
    return try JSONSerialization.jsonObject(with: Data(answer.stdout.utf8)) as? [String: Any] ?? [:]
  }

  /// A port that the kernel has just assigned and that is free again.
  static func freePort() throws -> Int {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(number) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The address is valid during each call and has the given size.
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(number, pointer, length) == 0 && getsockname(number, pointer, &length) == 0
      }
    }
    guard result else { throw EtcdServerError(description: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

/// A ledger with its own prefix on the shared member.
struct EtcdPlace: LedgerPlace {
  let cluster: EtcdCluster
  let prefix = UUID().uuidString

  init() throws {
    cluster = try EtcdCluster.shared.get()
    try cluster.waitUntilReady()
  }

  func open() throws -> any Ledger { try EtcdLedger(cluster.configuration(prefix: prefix)) }
}
