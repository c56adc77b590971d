import Foundation
import JSON
import TestSupport
import Testing

/// The ledger of the built program: a repeated event does not cause a second reissue.
@Suite(.waiting)
struct MemoryTests {
  private let bench: Workbench
  private let event = Workbench.event(.api)

  init() throws { bench = try Workbench() }

  /// `run` with its default ledger.
  private func run(
    _ options: [String] = [], on event: JSONValue? = nil, environment: [String: String?] = [:]
  ) throws -> Reply {
    try bench.command(
      arguments + options, stdin: JSONEncoder.encode(event ?? self.event),
      environment: environment)
  }

  private var arguments: [String] { ["run", "--config", bench.folder.path("config.json")] }

  private func addFault(_ fault: JSONValue) throws {
    try bench.sandbox.control("POST", "faults", fault)
  }

  @Test("A repeated event is skipped")
  func aRepeatedEventIsSkipped() throws {
    #expect(try run().status == 0)
    let reply = try run(["--detailed-exitcode"])
    #expect(reply.status == 0, "\(reply.stderr)")
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["status"] == "skipped")
    #expect(item["reason"] == "cooldown")
    #expect(item["certificateNo"] == "55883")
    #expect(item["until"]?.string?.hasSuffix("Z") == true)
    #expect(item["previous"]?["at"]?.string?.hasSuffix("Z") == true)
    #expect(try bench.posts().count == 1)
    // Another certificate has a record of its own.
    #expect(try run(on: Workbench.event(.shop)).status == 0)
    #expect(try bench.posts().count == 2)
  }

  @Test("Only the owner can read the ledger")
  func theLedgerIsItsOwnersAlone() throws {
    #expect(try run().status == 0)
    let file = bench.folder.path("home/.local/state/ncloud-reissue/ledger.sqlite3")
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
  }

  @Test(
    "The ledger is where the environment says",
    arguments: [
      (["STATE_DIRECTORY": "state"], "state/ledger.sqlite3"),
      (["XDG_STATE_HOME": "xdg"], "xdg/ncloud-reissue/ledger.sqlite3"),
    ])
  func theLedgerLiesWhereTheEnvironmentSays(variables: [String: String], file: String) throws {
    try FileManager.default.createDirectory(
      atPath: bench.folder.path("state"), withIntermediateDirectories: true)
    let environment = variables.mapValues { String?.some(bench.folder.path($0)) }
    #expect(try run(environment: environment).status == 0)
    #expect(FileManager.default.fileExists(atPath: bench.folder.path(file)))
    #expect(try run(environment: environment).document()["items"]?[0]?["reason"] == "cooldown")
  }

  @Test(
    "Nothing is sent if the ledger cannot be used",
    arguments: ["sqlite:csr", "sqlite:config.json/ledger.sqlite3", "sqlite:config.json"])
  func aLedgerThatCannotBeUsedStopsTheSend(location: String) throws {
    let reply = try run(["--ledger", location])
    #expect(reply.status == 74, "\(reply.stdout)")
    let code = try #require(try reply.error()?["code"]?.string)
    #expect(code.hasPrefix("ledger."), "\(code)")
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("Nothing is sent if there is no place for a ledger")
  func noPlaceForALedgerStopsTheSend() throws {
    let reply = try run(environment: ["HOME": ""])
    try reply.expectFailure("ledger.location", exit: 74)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A refused request is not repeated immediately")
  func aRefusalIsNotRepeatedAtOnce() throws {
    try addFault(["kind": "service", "code": "1300"])
    try run().expectFailure("service.1300", exit: 69)
    let again = try run()
    #expect(try again.error()?["code"] == "limit.backing-off", "\(again.stdout)")
    #expect(try bench.posts().count == 1)
    // --force declares that the reason no longer exists.
    try bench.sandbox.control("DELETE", "faults")
    #expect(try run(["--force"]).status == 0)
    #expect(try bench.posts().count == 2)
  }

  /// A signing request with a P-256 key has a different signature each time, but it is the same request.
  @Test("A refused request with a generated signing request is not repeated immediately")
  func aRefusalOfARequestMadeHereIsNotRepeatedAtOnce() throws {
    var parameters = try #require(Workbench.plainParameters.object)
    parameters["csr"] = ["privateKey": "${cn}.pem"]
    try bench.write(
      template: [
        "version": 1, "items": "items", "reissue": .object(parameters),
        "policy": ["preflight": "off"],
      ], named: "plain")
    let key = try TestSupport.run(
      "/usr/bin/openssl",
      ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
    try bench.folder.write(key.stdout, to: "keys/api.example.com.pem")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: bench.folder.path("keys/api.example.com.pem"))
    try addFault(["kind": "service", "code": "1300"])
    try run().expectFailure("service.1300", exit: 69)
    try run().expectFailure("limit.backing-off", exit: 69)
    #expect(try bench.posts().count == 1)
  }

  /// For a repeated alert the ledger is queried before the signing request is read; a dry run reports its errors.
  @Test("The ledger is queried before the signing request is read")
  func theLedgerAnswersBeforeTheSigningRequestIsRead() throws {
    #expect(try run().status == 0)
    let other = try #require(bench.signingRequests["shop.example.com"])
    try bench.folder.write(other, to: "csr/api.example.com.csr")
    #expect(try run().document()["items"]?[0]?["reason"] == "cooldown")
    let dry = try run(["--dry-run"])
    #expect(dry.status == 65, "\(dry.stdout)")
    #expect(try dry.document()["items"]?[0]?["error"]?["code"]?.string?.hasPrefix("csr.") == true)
    #expect(try bench.posts().count == 1)
  }

  /// Requests beyond the daily bound fail as retryable, so that callers do not drop them.
  @Test("Items beyond the daily bound ask to be retried")
  func whatIsBeyondTheDaysBoundIsToBeTriedAgain() throws {
    try bench.configure(JSONObject([("maxPerDay", 1)]))
    let reply = try run(on: Workbench.event(.shop, .api))
    #expect(reply.status == 75, "\(reply.stdout)")
    let items = try #require(reply.document()["items"]?.array)
    #expect(items.map { $0["status"]?.string } == ["reissued", "failed"])
    #expect(items.last?["error"]?["code"] == "limit.daily-cap")
    #expect(items.last?["error"]?["retry"] == "safe")
    #expect(try bench.posts().count == 1)
  }

  @Test("--force works for one item only")
  func forceIsForOneItem() throws {
    let reply = try run(["--force"], on: Workbench.event(.shop, .api))
    #expect(reply.status != 0, "\(reply.stdout)")
    #expect(try bench.posts().isEmpty)
  }

  /// The service carried out the request and its reply is lost: the next run queries, and sends nothing.
  @Test("A lost reply is resolved by a query")
  func aLostAnswerIsLookedUp() throws {
    try addFault(["kind": "reset-after", "method": "POST"])
    let lost = try run()
    try lost.expectFailure("network.lost-answer", exit: 76)
    #expect(try lost.error()?["hint"]?.string?.hasPrefix("run again") == true, "\(lost.stdout)")
    let reply = try run()
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(try reply.document()["items"]?[0]?["status"] == "skipped")
    #expect(try bench.posts().count == 1)
  }

  /// A request was not carried out, which no query can show yet: it is held, also with --force.
  @Test("An unknown request is not sent again", arguments: [[], ["--force"]])
  func whatIsUnknownIsHeld(options: [String]) throws {
    try addFault(["kind": "reset-before", "method": "POST"])
    try run().expectFailure("network.lost-answer", exit: 76)
    let reply = try run(options)
    #expect(reply.status == 76, "\(reply.stdout)")
    #expect(try reply.document()["items"]?[0]?["status"] == "unknown")
    #expect(try bench.posts().count == 1)
  }

  @Test("Without a ledger the result points to the console")
  func withoutALedgerTheConsoleTells() throws {
    try addFault(["kind": "reset-after", "method": "POST"])
    let lost = try run(["--ledger", "none"])
    try lost.expectFailure("network.lost-answer", exit: 76)
    #expect(try lost.error()?["hint"]?.string?.contains("console") == true, "\(lost.stdout)")
  }

  /// No query works: an unknown request stays unknown, with and without preflight, and is not reported as surely not
  /// carried out.
  @Test(
    "An unknown request stays unknown if the service cannot be queried", arguments: ["on", "off"])
  func whatIsUnknownStaysSoWithoutALook(preflight: String) throws {
    let template: JSONValue = [
      "version": 1, "items": "items", "reissue": Workbench.plainParameters,
      "policy": ["preflight": .string(preflight)],
    ]
    try bench.write(template: template, named: "plain")
    try addFault(["kind": "reset-before", "method": "POST"])
    try run().expectFailure("network.lost-answer", exit: 76)
    let closed = "http://127.0.0.1:\(try LoopbackServer.freePort())"
    let reply = try run(["--endpoint", closed, "--deadline", "1s"])
    try reply.expectFailure("ledger.unknown", exit: 76)
    #expect(try reply.document()["items"]?[0]?["status"] == "unknown")
    #expect(try bench.posts().count == 1)
  }

  /// A process is killed while it waits for a reply: the next one finds the claim of a dead process.
  @Test("The claim of a killed process is found")
  func aProcessThatWasKilledIsNotForgotten() throws {
    try addFault(["kind": "delay", "milliseconds": 20_000, "count": 1])
    let process = try bench.start(arguments, stdin: JSONEncoder.encode(event))
    _ = try waitFor("the request") { try bench.posts().isEmpty ? nil : true }
    process.kill(SIGKILL)
    #expect(try process.wait().status == 128 + SIGKILL)
    let reply = try run()
    let item = try reply.document()["items"]?[0]
    #expect(["skipped", "unknown"].contains(item?["status"]), "\(reply.stdout)")
    #expect(try bench.posts().count == 1)
  }

  /// An event reaches several hooks at the same time.
  @Test("Of several concurrent runs one sends the request")
  func ofSeveralAtOnceOneAsks() throws {
    try addFault(["kind": "delay", "milliseconds": 500])
    let processes = try (0..<6).map { _ in
      try bench.start(arguments, stdin: JSONEncoder.encode(event))
    }
    let replies = try processes.map { Reply(try $0.wait()) }
    let statuses = try replies.map { try $0.document()["items"]?[0]?["status"]?.string ?? "" }
    #expect(statuses.count { $0 == "reissued" } == 1, "\(replies.map(\.stdout))")
    #expect(statuses.count { $0 == "skipped" } == 5, "\(replies.map(\.stdout))")
    #expect(replies.allSatisfy { $0.status == 0 })
    #expect(try bench.posts().count == 1)
  }

  /// The result was lost, but the ledger has the outcome.
  @Test("The ledger has the outcome of a result that was not read")
  func aResultThatNobodyReadIsRemembered() throws {
    let script = #""$1" run --config config.json >/dev/full"#
    #expect(try bench.shell(script, stdin: JSONEncoder.encode(event)).status == 74)
    #expect(try run().document()["items"]?[0]?["reason"] == "cooldown")
    #expect(try bench.posts().count == 1)
  }

  @Test("A dry run creates no file")
  func aDryRunLeavesNoTrace() throws {
    #expect(try run(["--dry-run"]).status == 0)
    // No file is created; it would belong to root if root tried the template.
    #expect(!FileManager.default.fileExists(atPath: bench.folder.path("home")))
    #expect(try run().document()["items"]?[0]?["status"] == "reissued")
  }
}
