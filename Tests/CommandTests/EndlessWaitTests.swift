import Foundation
import Glibc
import JSON
import TestSupport
import Testing

/// Nobody answers, at any of the places where a run waits for the network: the deadline and a signal end it.
@Suite(.waiting)
struct EndlessWaitTests {
  enum Silence: String, CaseIterable, Sendable {
    case resolver, proxy, encryptedProxy, socks, handshake, service, cluster
  }

  /// Long before what the silence would last, and more than a busy machine adds.
  private static let latest = 9.0

  private let bench: Workbench
  private let silent: SilentPort

  init() throws {
    bench = try Workbench()
    silent = try SilentPort()
  }

  /// The environment in which nobody answers at that place.
  private func environment(_ silence: Silence) throws -> [String: String?] {
    let address = "127.0.0.1:\(silent.number)"
    var environment: [String: String?] = [
      "NCLOUD_REISSUE_CONFIG": bench.folder.path("config.json"), "NCLOUD_REISSUE_FOLLOW": "none",
      "NCLOUD_REISSUE_LEDGER": "sqlite:" + bench.folder.path("ledger.sqlite3"),
      "NCLOUD_REISSUE_ENDPOINT": "https://service.invalid",
    ]
    switch silence {
    case .resolver: environment["LD_PRELOAD"] = try silentResolver()
    case .proxy: environment["HTTPS_PROXY"] = "http://" + address
    case .encryptedProxy: environment["HTTPS_PROXY"] = "https://" + address
    case .socks: environment["HTTPS_PROXY"] = "socks5h://" + address
    case .handshake: environment["NCLOUD_REISSUE_ENDPOINT"] = "https://" + address
    case .service: environment["NCLOUD_REISSUE_ENDPOINT"] = "http://" + address
    case .cluster: environment["NCLOUD_REISSUE_LEDGER"] = "etcd://\(address)/p"
    }
    return environment
  }

  /// A library in whose `getaddrinfo` an answer never comes, as with a name server behind a wall.
  private func silentResolver() throws -> String {
    let source = try bench.folder.write(
      """
      #include <netdb.h>
      #include <unistd.h>
      int getaddrinfo(const char *n, const char *s, const struct addrinfo *h, struct addrinfo **r) {
        sleep(120);
        return EAI_AGAIN;
      }
      """, to: "resolver.c")
    let library = bench.folder.path("resolver.so")
    let made = try run("/usr/bin/env", ["clang", "-shared", "-fPIC", "-o", library, source])
    guard made.status == 0 else { throw TestSupportError(made.stderr) }
    return library
  }

  private func status(_ silence: Silence, of command: String) -> Int32 {
    switch silence {
    case .cluster: 74
    case .service where command == "run": 76
    default: 75
    }
  }

  @Test("The deadline ends every wait for the network", arguments: Silence.allCases)
  func theDeadlineEndsIt(_ silence: Silence) throws {
    var environment = try environment(silence)
    environment["NCLOUD_REISSUE_DEADLINE"] = "2s"
    for words in [["run"], ["certificates"], ["doctor"], ["follow", "55882"]] {
      // `certificates` asks no ledger, `follow` asks it last.
      if silence == .cluster, words[0] == "certificates" || words[0] == "follow" { continue }
      let began = Date()
      let reply = try bench.command(
        words, stdin: JSONEncoder.encode(Workbench.event(.api)), environment: environment)
      #expect(Date().timeIntervalSince(began) < Self.latest, "\(words)")
      #expect(reply.status == status(silence, of: words[0]), "\(words) \(reply)")
      if silence == .resolver {
        #expect((reply.stdout + reply.stderr).contains("network.dns"), "\(words) \(reply)")
      }
    }
  }

  @Test("A signal ends every wait for the network", arguments: Silence.allCases)
  func aSignalEndsIt(_ silence: Silence) throws {
    let environment = try environment(silence)
    let process = try bench.start(
      ["run"], stdin: JSONEncoder.encode(Workbench.event(.api)), environment: environment)
    Thread.sleep(forTimeInterval: 0.7)
    #expect(process.isRunning, "\(process.stdout)")
    let began = Date()
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 20))
    #expect(Date().timeIntervalSince(began) < Self.latest)
    #expect(reply.status == status(silence, of: "run"), "\(reply)")
    if silence == .resolver { try reply.expectFailure("network.dns", exit: 75) }
  }
}

/// A port on which connections come about, since the kernel takes them, and nobody ever reads or writes.
final class SilentPort {
  let number: Int
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    number = unsafe withUnsafeMutableBytes(of: &address) { bytes in
      let raw = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
      guard let raw = unsafe raw, unsafe bind(descriptor, raw, length) == 0,
        listen(descriptor, 64) == 0, unsafe getsockname(descriptor, raw, &length) == 0
      else { return 0 }
      return Int(UInt16(bigEndian: unsafe bytes.load(fromByteOffset: 2, as: UInt16.self)))
    }
    guard number > 0 else { throw TestSupportError("no free port") }
  }

  deinit { close(descriptor) }
}
