import Foundation
import JSON
import TestSupport
import Testing

/// Places that a run writes to: what can be known before is found before anything is claimed or sent.
@Suite(.waiting)
struct WritingPlaceTests {
  private static let storing: JSONValue = [
    "version": 1, "items": "items", "store": "${cn}", "policy": ["preflight": "off"],
    "reissue": [
      "certificateNo": "${no}", "certificateName": "${name}", "commonName": "${cn}",
      "dnsName": "${sans || `[]`}", "validationMethod": "D", "csr": ["generate": "ec-p256"],
    ],
  ]

  private func records(_ bench: Workbench) throws -> Int? {
    try bench.remembering(["ledger", "list", "--since", "1h", "--json"]).document()["outcomes"]?
      .array?.count
  }

  /// Such as a volume that is not mounted: with a new ledger nothing is known of earlier requests.
  @Test("The folder of a ledger that was named must exist")
  func aNamedLedgerFolder() throws {
    let bench = try Workbench()
    let ledger = ["--ledger", "sqlite:volume/state/ledger.sqlite3"]
    let reply = try bench.run(ledger, on: Workbench.event(.api))
    try reply.expectFailure("ledger.inaccessible", exit: 74)
    #expect(try bench.posts().isEmpty)
    #expect(try !bench.folder.names().contains("volume"), "nothing is made")
    for command in [["ledger", "list"], ["ledger", "check"], ["follow"], ["certificates"]] {
      let look = try bench.command(bench.options(command) + ledger)
      #expect(look.status == 74 && look.stderr.contains("[ledger.inaccessible]"), "\(command)")
    }
    let doctor = try bench.command(bench.options(["doctor"]) + ledger)
    #expect(doctor.status == 74 && doctor.stdout.contains("mount its volume"), "\(doctor.stdout)")
    try FileManager.default.createDirectory(
      atPath: bench.folder.path("volume/state"), withIntermediateDirectories: true)
    #expect(try bench.run(ledger, on: Workbench.event(.api)).status == 0)
  }

  /// Such a pipe would block whoever reads it.
  @Test(
    "A named pipe in place of a file beside the ledger is refused",
    arguments: ["-wal", "-shm", "-journal"])
  func aPipeBesideTheLedger(suffix: String) throws {
    let bench = try Workbench()
    #expect(try bench.remembering(["run"], on: Workbench.event(.api)).status == 0)
    let path = try #require(bench.rememberingOptions(["run"]).last { $0.hasPrefix("sqlite:") })
      .dropFirst(7)
    let pipe = "\(path)\(suffix)"
    _ = try TestSupport.run(
      "/bin/sh", ["-c", "rm -f \(pipe); mkfifo -m 600 \(pipe)"], workingDirectory: bench.folder.path
    )
    let reply = try bench.remembering(["run"], on: Workbench.event(.shop))
    try reply.expectFailure("ledger.inaccessible", exit: 74)
    #expect(reply.stderr.contains("\(suffix), which SQLite keeps beside the ledger, is not a file"))
    #expect(try bench.posts().count == 1)
  }

  @Test(
    "A result file that cannot be written is found before the request",
    arguments: ["nowhere/results.ndjson", "templates", "config.json/results"])
  func aResultFile(path: String) throws {
    let bench = try Workbench()
    let reply = try bench.remembering(["run", "--result-file", path], on: Workbench.event(.api))
    try reply.expectFailure("output.result-file", exit: 74)
    #expect(try bench.posts().isEmpty)
    #expect(try records(bench) == 0, "nothing was claimed")
    let rehearsal = try bench.run(["--dry-run", "--result-file", path], on: Workbench.event(.api))
    #expect(try rehearsal.document()["dryRun"] == true)
    let follow = try bench.remembering(["follow", "55882", "--result-file", path])
    #expect(follow.status == 74, "\(follow.stdout)")
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A new result file is made in a folder that exists")
  func aNewResultFile() throws {
    let bench = try Workbench()
    #expect(try bench.run(["--result-file", "results"], on: Workbench.event(.api)).status == 0)
    #expect(try bench.folder.read("results").hasSuffix("}\n"))
  }

  @Test(
    "A store that cannot be used is found before the claim",
    arguments: ["volume/state/certificates", "config.json/certificates"])
  func aStore(path: String) throws {
    let bench = try Workbench(
      configuration: JSONObject([("storeDirectory", .string(path))]), template: Self.storing)
    let reply = try bench.remembering(["run"], on: Workbench.event(.api))
    try reply.expectFailure("store.unusable", exit: 74)
    #expect(try bench.posts().isEmpty)
    #expect(try records(bench) == 0, "nothing was claimed")
    #expect(try !bench.folder.names().contains("volume"), "nothing is made")
  }

  @Test("A dry run fails where the run would")
  func aRehearsedStore() throws {
    let bench = try Workbench(
      configuration: JSONObject([("storeDirectory", "volume/state/certificates")]),
      template: Self.storing)
    let reply = try bench.run(["--dry-run"], on: Workbench.event(.api))
    #expect(reply.status == 74, "\(reply.stdout)")
    #expect(try reply.document()["items"]?[0]?["error"]?["code"] == "store.unusable")
  }

  @Test(
    "What a dry run cannot find out is a warning of its items",
    arguments: [
      (["--ledger", "sqlite:volume/ledger.sqlite3"], [:], "does not exist"),
      (["--ledger", "sqlite:config.json/ledger.sqlite3"], [:], "config.json"),
      ([], ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil], "no credentials were found"),
    ] as [([String], [String: String?], String)])
  func anIncompleteRehearsal(options: [String], environment: [String: String?], reason: String)
    throws
  {
    let bench = try Workbench()
    let reply = try bench.run(
      ["--dry-run"] + options, on: Workbench.event(.api), environment: environment)
    #expect(reply.status == 0, "\(reply.stderr)")
    let item = try reply.document()["items"]?[0]
    #expect(item?["status"] == "would-reissue")
    let warning = item?["warnings"]?[0]?.string ?? ""
    #expect(warning.hasPrefix("the dry run is incomplete: "), "\(reply.stdout)")
    #expect(warning.contains(reason), "\(warning)")
  }

  @Test("Keys go to the folder for data of the user by default")
  func theDefaultStore() throws {
    let bench = try Workbench(
      configuration: JSONObject([("storeDirectory", .null)]), template: Self.storing)
    #expect(try bench.run(on: Workbench.event(.api)).status == 0)
    let folder = ".local/share/ncloud-reissue/certificates/api.example.com/1"
    #expect(try bench.folder.names(in: "home/\(folder)") == ["csr.pem", "privkey.pem"])
    bench.environment["STATE_DIRECTORY"] = bench.folder.path("state")
    #expect(try bench.run(on: Workbench.event(.shop)).status == 0)
    #expect(try bench.folder.names(in: "state/certificates") == ["shop.example.com"])
  }

  // MARK: Readers that go away

  /// The ledger has the outcome of the run whose result nobody reads.
  @Test("A reader that went away ends a command silently, with the status of a shell's own tools")
  func aReaderThatWentAway() throws {
    let bench = try Workbench()
    func ended(_ words: [String], stdin: [UInt8] = []) throws -> String {
      // The reader has ended before the first write.
      let slow = #"{ sleep 0.3; "$@"; echo "$?" >&2; } | :"#
      return try TestSupport.run(
        "/bin/sh", ["-c", slow, "sh", try Workbench.program] + words,
        environment: bench.environment, stdin: String(decoding: stdin, as: UTF8.self),
        workingDirectory: bench.folder.path
      ).stderr
    }
    let event = JSONEncoder.encode(Workbench.event(.api))
    #expect(try ended(bench.rememberingOptions(["run"]), stdin: event) == "141\n")
    #expect(try bench.posts().count == 1)
    let again = try bench.remembering(["run"], on: Workbench.event(.api))
    #expect(try again.document()["items"]?[0]?["reason"] == "cooldown")
    for command in [["ledger", "list"], ["certificates"], ["doctor"], ["follow"]] {
      #expect(try ended(bench.rememberingOptions(command)) == "141\n", "\(command)")
    }
    #expect(try ended(["--help"]) == "141\n")
    #expect(try ended(["eval", "a"], stdin: Array("{}".utf8)).hasSuffix("141\n"))
    let failed = try ended(bench.rememberingOptions(["run"]), stdin: Array("[".utf8))
    #expect(failed.hasSuffix("65\n"), "the outcome of the run is graver: \(failed)")
  }
}
