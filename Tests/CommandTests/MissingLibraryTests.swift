import JSON
import SQLite
import TestSupport
import Testing

/// libcurl is loaded when a call is made, so the program starts without it. Here an empty file is in its place.
@Suite(.waiting)
struct MissingLibraryTests {
  private let bench: Workbench
  private let without: [String: String?]

  init() throws {
    bench = try Workbench()
    try bench.folder.write("", to: "empty/libcurl.so.4")
    without = ["LD_LIBRARY_PATH": bench.folder.path("empty")]
  }

  @Test("A call without libcurl names the package, and nothing is sent")
  func missing() throws {
    let reply = try bench.run(on: Workbench.event(.api), environment: without)
    try reply.expectFailure("network.library", exit: 78)
    #expect(try reply.error()?["hint"]?.string?.contains("libcurl4") == true)
    #expect(try reply.error()?["message"]?.string?.contains("libcurl.so.4: file too short") == true)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A proxy is not blamed for it")
  func proxy() throws {
    let changes = without.merging(["https_proxy": "http://proxy.example:3128"]) { $1 }
    let options = ["--endpoint", "https://127.0.0.1:1"]
    try bench.run(options, on: Workbench.event(.api), environment: changes)
      .expectFailure("network.library", exit: 78)
  }

  @Test("A ledger of etcd needs it too")
  func cluster() throws {
    let reply = try bench.run(
      ["--ledger", "etcd://127.0.0.1:1/test"], on: Workbench.event(.api), environment: without)
    try reply.expectFailure("network.library", exit: 78)
    #expect(try reply.error()?["hint"]?.string?.contains("libcurl4") == true)
  }

  @Test("A repeated alert does not need it, and nothing is claimed without it")
  func repeated() throws {
    #expect(try run(.api, in: [:]).status == 0)
    let again = try run(.api, in: without)
    #expect(again.status == 0, "\(again.stderr)")
    #expect(try again.document()["items"]?[0]?["reason"] == "cooldown")

    try run(.shop, in: without).expectFailure("network.library", exit: 78)
    var records = 0
    try bench.withLedger { (connection) throws(SQLiteError) in
      let select = try connection.prepare("SELECT key FROM record")
      while try select.step() { records += 1 }
    }
    #expect(records == 1)
    #expect(try bench.posts().count == 1)
  }

  /// A run with a ledger.
  private func run(_ certificate: CertificateSample, in changes: [String: String?]) throws -> Reply
  {
    try bench.command(
      bench.rememberingOptions(["run"]), stdin: JSONEncoder.encode(Workbench.event(certificate)),
      environment: changes)
  }

  @Test("The version says why it cannot be loaded")
  func version() throws {
    let reply = try bench.command(["--version"], environment: without)
    #expect(reply.status == 0)
    let file = bench.folder.path("empty/libcurl.so.4")
    #expect(reply.stdout.contains("\nlibcurl: \(file): file too short\n"), "\(reply.stdout)")
  }
}
