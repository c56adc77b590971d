import Foundation
import JSON
import SQLite
import TestSupport
import Testing

/// Problems of the ledger during a run are reported in the result, and the run does not exit with 0.
@Suite(.waiting)
struct LedgerTroubleTests {
  private static let list = "/api/v2/certificate/getPaidCertificates"

  private func start(_ bench: Workbench, _ event: JSONValue) throws -> RunningProcess {
    try bench.start(bench.rememberingOptions(["run"]), stdin: JSONEncoder.encode(event))
  }

  /// Both the exit status and the item report it.
  @Test("An outcome that the ledger cannot store is reported in the item")
  func anOutcomeThatTheLedgerCannotNoteIsToldInTheItem() throws {
    let bench = try Workbench()
    try bench.sandbox.control(
      "POST", "faults", ["kind": "delay", "milliseconds": 1_500, "method": "POST"])
    let running = try start(bench, Workbench.event(.api))
    _ = try waitFor("the request") { try bench.posts().first }
    try bench.withLedger { (connection) throws(SQLiteError) in
      try connection.execute("DROP TABLE number; DROP TABLE record")
    }
    let reply = Reply(try running.wait())
    #expect(reply.status == 74, "\(reply.stdout)\(reply.stderr)")
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["status"] == "reissued")
    let warnings = item["warnings"]?.array?.compactMap(\.string) ?? []
    #expect(warnings.contains { $0.hasPrefix("the ledger could not note") }, "\(reply.stdout)")
  }

  /// While the first item is queried, another process makes the request of the second one unknown.
  @Test("A request that becomes unknown during the run is not reported as done")
  func whatBecomesUnknownMeanwhileIsNotTakenForDone() throws {
    let bench = try Workbench()
    try bench.sandbox.control(
      "POST", "faults", ["kind": "reset-before", "method": "POST", "count": 2])
    let lost = try bench.remembering(["run"], on: Workbench.event(.shop))
    try lost.expectFailure("network.lost-answer", exit: 76)
    try bench.sandbox.control(
      "POST", "faults",
      ["kind": "delay", "milliseconds": 3_000, "method": "GET", "path": .string(Self.list + "*")])
    let running = try start(bench, Workbench.event(.shop, .api))
    _ = try waitFor("the look") { try bench.sandbox.journal("GET", Self.list).first }
    let meanwhile = try bench.remembering(["run"], on: Workbench.event(.api))
    try meanwhile.expectFailure("network.lost-answer", exit: 76)
    let reply = Reply(try running.wait())
    #expect(reply.status == 76, "\(reply.stdout)\(reply.stderr)")
    let items = try #require(try reply.document()["items"]?.array)
    #expect(items.map { $0["status"] } == ["unknown", "unknown"], "\(reply.stdout)")
    #expect(items.allSatisfy { $0["error"]?["code"] == "ledger.unknown" })
    #expect(try bench.posts().count == 2)
  }

  /// The query is best effort, but its failure is reported.
  @Test("A failed query after the reissue is reported")
  func aLookInVainAfterwardsIsTold() throws {
    let bench = try Workbench(["--fault", "reset-before,method=GET,path=\(Self.list)*"])
    let reply = try bench.remembering(
      ["run", "--deadline", "2s", "--log-level", "debug"], on: Workbench.event(.api))
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    #expect(reply.stderr.contains("the new numbers are not known yet"), "\(reply.stderr)")
  }
}
