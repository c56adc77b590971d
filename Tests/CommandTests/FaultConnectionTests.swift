import JSON
import TestSupport
import Testing

/// Every fault again where libcurl might repeat a request by itself: on a reused connection, and over HTTP/2.
@Suite(.waiting)
struct FaultConnectionTests {
  /// The first call succeeds, and the second one gets the fault.
  private func secondCallMeets(
    _ row: FaultRow, _ options: [String], through front: (Workbench) throws -> TLSFront?
  ) throws {
    let bench = try Workbench(["--fault", row.fault + ",method=POST,skip=1"])
    let front = try front(bench)
    let path = front.map { ["--endpoint", $0.endpoint, "--ca-file", $0.rootFile] } ?? []
    let reply = try bench.run(
      ["--parallel", "1"] + path + options + row.options, on: Workbench.event(.shop, .api))
    #expect(reply.status == row.exit, "\(reply.stdout)\(reply.stderr)")
    let items = try #require(try reply.document()["items"]?.array)
    #expect(items.first?["status"] == "reissued")
    row.expect(items.last, behindProxy: front != nil)
    #expect(items.last?["attempts"] == .integer(row.attempts), "\(reply.stdout)")

    let wanted = row.attempts + 1
    let posts = try waitFor("the journal") {
      let posts = try bench.posts()
      return posts.count >= wanted ? posts : nil
    }
    #expect(posts.count == wanted, "a call was sent more often than the result says")
    if front == nil {
      let connections = Set(posts.prefix(2).map { $0["connection"]?.integer })
      #expect(connections.count == 1, "the connection was not reused: the test shows nothing")
    }
  }

  @Test("A fault on a reused connection has the same outcome", arguments: FaultRow.all)
  func onAReusedConnection(_ row: FaultRow) throws {
    try secondCallMeets(row, []) { _ in nil }
  }

  @Test("A fault over HTTP/2 has the same outcome", arguments: FaultRow.all)
  func overHTTP2(_ row: FaultRow) throws {
    try secondCallMeets(row, ["--log-level", "trace"]) { try TLSFront($0.sandbox) }
  }

  @Test("The outcome is unknown if the server dies during the call", arguments: [true, false])
  func theServerDies(isHTTP2: Bool) throws {
    let bench = try Workbench(["--fault", "silent,method=POST,skip=1"])
    let front = try TLSFront(bench.sandbox, isHTTP2: isHTTP2)
    let options = ["--endpoint", front.endpoint, "--ca-file", front.rootFile, "--parallel", "1"]
    let process = try bench.start(
      bench.runOptions + options + ["--log-level", "trace"],
      stdin: JSONEncoder.encode(Workbench.event(.shop, .api)))
    _ = try waitFor("the second call") { try bench.posts().count == 2 ? true : nil }
    front.kill()
    let reply = Reply(try process.wait(timeLimit: 20))
    #expect(reply.status == 76, "\(reply.stdout)")
    #expect(reply.stderr.contains("HTTP/\(isHTTP2 ? "2" : "1.1") 200"), "\(reply.stderr)")
    let items = try #require(try reply.document()["items"]?.array)
    #expect(items.map { $0["status"] } == ["reissued", "unknown"])
    #expect(items.last?["error"]?["code"] == "network.lost-answer")
    #expect(try bench.posts().count == 2)
  }
}
