import JSON
import TestSupport
import Testing

/// Replies of the service over a real network, and their outcomes: the table of replies in examples/schemas/README.md,
/// row by row.
@Suite(.waiting)
struct OutcomeTableTests {
  @Test("Every fault has its outcome", arguments: FaultRow.all)
  func everyFaultHasItsOutcome(_ row: FaultRow) throws {
    let bench = try Workbench(["--fault", row.fault + ",method=POST"])
    let reply = try bench.run(row.options, on: Workbench.event(.api))
    try reply.expectFailure(row.code, exit: row.exit)
    let document = try reply.document()
    let item = try #require(document["items"]?[0])
    #expect(document["status"] == .string(row.status))
    #expect(item["status"] == .string(row.status))
    #expect(item["attempts"] == .integer(row.attempts), "\(reply.stdout)")
    let retry: JSONValue = row.exit == 75 ? "safe" : row.exit == 76 ? "after-check" : "no"
    #expect(item["error"]?["retry"] == retry)
    // Each attempt left this machine once, with a new signature.
    let posts = try waitFor("the journal") {
      let posts = try bench.posts()
      return posts.count >= row.attempts ? posts : nil
    }
    #expect(posts.count == row.attempts)
    #expect(Set(posts.map { $0.header("x-ncp-apigw-signature-v2") }).count == posts.count)
    #expect(reply.controlCharactersOnStderr.isEmpty)
  }

  @Test(
    "A temporary fault is retried until it is over",
    arguments: [
      "gateway,code=410,count=2", "gateway,code=500,count=1", "empty,status=429,count=3",
    ])
  func aFaultThatPassesIsOutlasted(fault: String) throws {
    let bench = try Workbench(["--fault", fault])
    let reply = try bench.run(on: Workbench.event(.api))
    #expect(reply.status == 0, "\(reply.stdout)")
    let attempts = try #require(fault.last?.wholeNumberValue) + 1
    #expect(try reply.document()["items"]?[0]?["attempts"] == .integer(attempts))
    #expect(try bench.posts().count == attempts)
  }

  /// The header has seconds or a date (RFC 9110 section 10.2.3).
  @Test("Retry-After is respected", arguments: ["retry-after=2", "retry-after-date=3"])
  func retryAfterIsHonoured(option: String) throws {
    let bench = try Workbench(["--fault", "gateway,code=410,count=1,\(option)"])
    let reply = try bench.run(on: Workbench.event(.api))
    #expect(reply.status == 0, "\(reply.stdout)")
    let times = try bench.posts().compactMap { $0["timeMs"]?.integer }
    try #require(times.count == 2)
    #expect(times[1] - times[0] >= 1_990, "\(times)")
    #expect(times[1] - times[0] < 10_000, "\(times)")
  }

  @Test("A pause that would exceed the deadline ends the attempts")
  func aPauseThatWouldPassTheDeadlineIsNotTaken() throws {
    let bench = try Workbench(["--fault", "gateway,code=410,retry-after=3600"])
    let reply = try bench.run(["--deadline", "5s"], on: Workbench.event(.api))
    try reply.expectFailure("gateway.throttled", exit: 75)
    let document = try reply.document()
    #expect(document["items"]?[0]?["attempts"] == 1)
    #expect(try #require(document["durationMs"]?.integer) < 4_000)
  }

  /// The clock of the sandbox differs by more than the gateway accepts; `Date` of the reply shows it.
  @Test("A wrong clock is reported", arguments: ["10m", "-10m"])
  func aClockThatIsOffIsTold(offset: String) throws {
    let bench = try Workbench(["--clock-offset", offset])
    let reply = try bench.run(on: Workbench.event(.api))
    try reply.expectFailure("clock.skew", exit: 77)
    let message = try #require(try reply.error()?["message"]?.string)
    #expect(message.contains(offset.hasPrefix("-") ? "ahead of" : "behind"), "\(message)")
    let twin = try Workbench(["--clock-offset", offset.replacing("10m", with: "4m")])
    #expect(try twin.run(on: Workbench.event(.api)).status == 0)
  }

  @Test("A key of a sub account is reported")
  func aSubAccountsKeyIsTold() throws {
    let bench = try Workbench(["--sub-account"])
    let reply = try bench.run(on: Workbench.event(.api))
    try reply.expectFailure("credentials.sub-account", exit: 77)
  }

  /// 307 and 308 would send the POST to another place, so they must not be followed.
  @Test("A redirect is never followed", arguments: [301, 302, 303, 307, 308])
  func aRedirectIsNeverFollowed(status: Int) throws {
    let elsewhere = try Workbench()
    let bench = try Workbench([
      "--fault", "redirect,status=\(status),location=\(elsewhere.sandbox.endpoint)/api/v2/x",
    ])
    let reply = try bench.run(on: Workbench.event(.api))
    try reply.expectFailure("reply.redirect", exit: 76)
    #expect(try bench.sandbox.journal().count == 1)
    #expect(try elsewhere.sandbox.journal().isEmpty)
  }

  @Test("The gravest outcome decides the exit status")
  func theGravestOutcomeOfSeveralDecides() throws {
    let bench = try Workbench([
      "--fault", "reset-after,certificate=55882", "--fault", "service,code=1300,certificate=55883",
    ])
    let reply = try bench.run(on: Workbench.event(.shop, .api, .wildcard))
    #expect(reply.status == 76)
    let document = try reply.document()
    #expect(document["status"] == "unknown")
    #expect(
      document["counts"] == [
        "items": 3, "reissued": 1, "wouldReissue": 0, "skipped": 0, "failed": 1, "unknown": 1,
      ])
    #expect(
      (document["items"]?.array ?? []).map { $0["status"] } == ["unknown", "failed", "reissued"])
  }
}
