import Foundation
import JSON
import TestSupport
import Testing

/// A password in the URL of a proxy, the service or the ledger appears in no output.
@Suite(.waiting)
struct ConnectionSecretTests {
  /// The password and its encoded forms.
  private static let password = "MARKER"
  private static let spellings =
    [password, "marker"]
    + ["svc:", "svc:pa", "svc:MARKER", "svc:MARKER@", ":MARKER", "svc:\u{20}MARKER"].flatMap {
      [Data($0.utf8).base64EncodedString().replacing("=", with: "").dropLast(1).description]
    }.filter { $0.count > 5 }

  /// The commands that may open a connection, with their input.
  private static let commands: [(words: [String], needsEvent: Bool)] = [
    (["run", "--follow", "none", "--result-file", "results.ndjson"], true),
    (["certificates"], false), (["follow", "55882"], false),
    (["doctor"], false), (["doctor", "--json"], false), (["cgi"], true),
  ]

  private static let event = JSONEncoder.encode(Workbench.event(.api))

  /// Checks that no command shows the password of a setting.
  private func expectNoSecret(
    _ bench: Workbench, _ options: [String] = [], environment: [String: String?] = [:],
    status: Int32, says: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (words, needsEvent) in Self.commands {
      let isGateway = words == ["cgi"]
      // `cgi` has no options, so a setting on the command line does not apply.
      if isGateway, !options.isEmpty { continue }
      var environment = environment
      environment["NCLOUD_REISSUE_CONFIG"] = bench.folder.path("config.json")
      environment["NCLOUD_REISSUE_LOG_LEVEL"] = "trace"
      environment["NCLOUD_REISSUE_DEADLINE"] = "1s"
      for (name, value) in [
        ("GATEWAY_INTERFACE", "CGI/1.1"), ("REQUEST_METHOD", "POST"),
        ("CONTENT_TYPE", "application/json"), ("CONTENT_LENGTH", String(Self.event.count)),
      ] where isGateway {
        environment[name] = value
      }
      let reply = try bench.command(
        words + options, stdin: needsEvent ? Self.event : [], environment: environment)
      let place = Comment(rawValue: "\(words) \(options) \(environment): \(reply)")
      if isGateway {
        #expect(reply.stdout.hasPrefix("Status: 50"), place, sourceLocation: sourceLocation)
      } else {
        #expect(reply.status == status, place, sourceLocation: sourceLocation)
      }
      // A remote caller learns nothing about the settings.
      #expect(
        isGateway || (reply.stdout + reply.stderr).contains(says), place,
        sourceLocation: sourceLocation)
      let written = try bench.folder.names()
        .filter { $0.hasPrefix("results") || $0.hasPrefix("ledger") }
        .map {
          String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: bench.folder.path($0))),
            as: UTF8.self)
        }
      for text in written + [reply.stdout, reply.stderr] {
        for spelling in Self.spellings {
          #expect(!text.contains(spelling), place, sourceLocation: sourceLocation)
        }
      }
    }
    #expect(try bench.sandbox.journal().isEmpty, sourceLocation: sourceLocation)
  }

  private func bench(endpoint: String?) throws -> Workbench {
    let bench = try Workbench()
    var members = JSONObject([("callerCheck", "none")])
    members["ledger"] = .string("sqlite:\(bench.folder.path("ledger.sqlite3"))")
    if let endpoint { members["endpoint"] = .string(endpoint) }
    try bench.configure(members)
    return bench
  }

  @Test(
    "An invalid proxy is named by its variable only",
    arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
  func aProxyThatIsNoneIsNamedByItsVariable(variable: String) throws {
    let bench = try bench(endpoint: "https://localhost:1")
    for value in [
      "http://svc:pa@MARKER@127.0.0.1:9", "http://svc:MARKER#x@127.0.0.1:9",
      "http://svc:MARKER/x@127.0.0.1:9", "http://svc:MARKER?x@127.0.0.1:9",
      "http://svc:MARKER x@127.0.0.1:9", "http://svc:MARKER@127.0.0.1:9\r",
      "\"http://svc:MARKER@127.0.0.1:9\"", "'http://svc:MARKER@127.0.0.1:9'",
      "socks9://svc:MARKER@127.0.0.1:9", "http://svc:MARKER@127.0.0.1:nine",
      "http://svc:MARKER@127.0.0.1:99999", "http://svc:MARKER%zz@127.0.0.1:9",
    ] {
      try expectNoSecret(bench, environment: [variable: value], status: 78, says: variable)
    }
  }

  /// No proxy listens, or it refuses the connection: the password is still not shown.
  @Test(
    "The password of a valid proxy is not shown",
    arguments: ["http", "https", "socks5h", "socks4a"])
  func aProxyThatIsOneKeepsItsPassword(scheme: String) throws {
    let bench = try bench(endpoint: "https://localhost:1")
    let port = try LoopbackServer.freePort()
    for password in ["MARKER", "pa%40MARKER", "pa%3AMARKER%0b".dropLast(3).description] {
      try expectNoSecret(
        bench, environment: ["HTTPS_PROXY": "\(scheme)://svc:\(password)@127.0.0.1:\(port)"],
        status: 75, says: "network.")
    }
  }

  static let endpoints = [
    "https://svc:MARKER@localhost:1", "http://svc:MARKER@localhost:1", "https://MARKER@localhost:1",
    "http://svc:MAR@KER:MARKER@localhost:1", "https://localhost:1/?token=MARKER",
    "https://localhost:1?MARKER", "https://localhost:1/#MARKER", "https://localhost:1/MARKER",
    "https://svc:MARKER/x@localhost:1", "svc:MARKER@localhost:1", "ftp://svc:MARKER@localhost:1",
    "https://svc:MARKER", "\"https://svc:MARKER@localhost:1\"", "https://svc:MARKER@localhost:1\r",
    "https:// MARKER", "http://svc%3AMARKER%40localhost:1",
  ]

  @Test("An endpoint with a password is refused without showing it", arguments: endpoints)
  func anEndpointWithAPasswordIsRefused(endpoint: String) throws {
    let bench = try bench(endpoint: nil)
    try expectNoSecret(
      bench, environment: ["NCLOUD_REISSUE_ENDPOINT": endpoint], status: 78,
      says: "NCLOUD_REISSUE_ENDPOINT")
    try expectNoSecret(bench, ["--endpoint", endpoint], status: 78, says: "--endpoint")
    let other = try self.bench(endpoint: endpoint)
    try expectNoSecret(other, status: 78, says: "endpoint")
  }

  @Test(
    "A ledger with a password is refused without showing it",
    arguments: [
      "etcd://svc:MARKER@127.0.0.1:1/p", "etcd://127.0.0.1:1/p?token=MARKER",
      "etcd://127.0.0.1:1/p#MARKER", "https://svc:MARKER@127.0.0.1:1/p",
      "etcd://svc:MARKER/x@h:1/p",
      "etcd://127.0.0.1:1,svc:MARKER@127.0.0.1:2/p", "etcd://svc%3AMARKER%40127.0.0.1:1/p",
    ])
  func aLedgerWithAPasswordIsRefused(ledger: String) throws {
    let bench = try bench(endpoint: "http://127.0.0.1:1")
    for words in [["run"], ["doctor"], ["ledger", "list"], ["follow"]] {
      let options = words == ["run"] ? ["--follow", "none"] : []
      let reply = try bench.command(
        words + ["--config", bench.folder.path("config.json"), "--ledger", ledger] + options,
        stdin: Self.event, environment: ["NCLOUD_REISSUE_LOG_LEVEL": "trace"])
      #expect(reply.status == 78, "\(words) \(reply)")
      for text in [reply.stdout, reply.stderr] { #expect(!text.contains("MARKER"), "\(text)") }
    }
  }

  /// libcurl and OpenSSL write the keys of all TLS connections to the file that SSLKEYLOGFILE names.
  @Test("No keys of TLS connections are written to a file")
  func noKeysOfConnectionsAreWritten() throws {
    let bench = try Workbench()
    let front = try TLSFront(bench.sandbox)
    let log = bench.folder.path("keys.log")
    let reply = try bench.run(
      ["--endpoint", front.endpoint, "--ca-file", front.rootFile], on: Workbench.event(.api),
      environment: ["SSLKEYLOGFILE": log])
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(!FileManager.default.fileExists(atPath: log))
  }
}
