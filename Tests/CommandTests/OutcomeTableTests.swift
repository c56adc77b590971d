import JSON
import TestSupport
import Testing

/// What came back from the service, through a real network, and what the program makes of it: the
/// table of the README, row by row.
struct OutcomeTableTests {
  /// One fault of the sandbox and what must come of it.
  struct Row: Sendable, CustomTestStringConvertible {
    let fault: String
    let status: String
    let code: String
    let exit: Int32
    /// How often the call is sent when the fault stays.
    let attempts: Int
    let options: [String]

    var testDescription: String { fault }

    init(
      _ fault: String, _ status: String, _ code: String, _ exit: Int32, attempts: Int = 1,
      options: [String] = []
    ) {
      self.fault = fault
      self.status = status
      self.code = code
      self.exit = exit
      self.attempts = attempts
      self.options = options
    }

    static func refused(_ fault: String, _ code: String) -> Row { Row(fault, "failed", code, 69) }
    static func denied(_ fault: String, _ code: String) -> Row { Row(fault, "failed", code, 77) }
    static func unknown(_ fault: String, _ code: String, options: [String] = []) -> Row {
      Row(fault, "unknown", code, 76, options: options)
    }
  }

  private static let rows: [Row] = [
    // A definite no of the service.
    .refused("service,code=1300", "service.1300"),
    .refused("service,code=2000,status=400", "service.2000"),
    .refused("response-error", "service.1300"),
    .refused("response-error,status=200", "service.1300"),
    // The gateway's table.
    .refused("gateway,code=100", "gateway.bad-request"),
    .refused("gateway,code=300", "gateway.not-found"),
    .refused("gateway,code=430", "gateway.too-large"),
    .refused("spring", "gateway.status-404"),
    .refused("spring,status=405", "gateway.status-405"),
    .refused("html,status=404", "gateway.status-404"),
    .refused("empty,status=410", "gateway.status-410"),
    .denied("gateway,code=200", "credentials.refused"),
    .denied("gateway,code=210", "credentials.not-permitted"),
    .denied("forbidden", "credentials.sub-account"),
    .denied("html,status=403", "credentials.forbidden"),
    .denied("empty,status=401", "credentials.refused"),
    Row("gateway,code=400", "failed", "gateway.quota", 75),
    Row("gateway,code=410", "failed", "gateway.throttled", 75, attempts: 4),
    Row("gateway,code=420", "failed", "gateway.throttled", 75, attempts: 4),
    Row("empty,status=429", "failed", "gateway.throttled", 75, attempts: 4),
    Row("gateway,code=500", "failed", "gateway.endpoint-down", 75, attempts: 4),
    .unknown("gateway,code=500,origin=ENDPOINT", "reply.status-503"),
    .unknown("html,status=503", "reply.status-503"),
    .unknown("gateway,code=510", "reply.status-504"),
    .unknown("gateway,code=900", "reply.status-500"),
    .unknown("html", "reply.status-502"),
    .unknown("empty,status=599", "reply.status-599"),
    // 2xx that says nothing.
    .unknown("empty", "reply.unreadable"),
    .unknown("empty,status=204", "reply.unreadable"),
    .unknown("html,status=200", "reply.unreadable"),
    .unknown("not-json", "reply.unreadable"),
    .unknown("no-return-code", "reply.unreadable"),
    .unknown("oversize", "reply.unreadable"),
    .unknown("endless", "reply.unreadable"),
    .unknown("header-flood", "reply.unreadable"),
    .unknown("redirect,location=http://127.0.0.1:1/", "reply.redirect"),
    .unknown("redirect,location=/api/v2/x,status=307", "reply.redirect"),
    .unknown("redirect,location=/api/v2/x,status=308", "reply.redirect"),
    // No answer, or half of one.
    .unknown("cut", "network.lost-answer"),
    .unknown("close-before", "network.lost-answer"),
    .unknown("close-after", "network.lost-answer"),
    .unknown("reset-before", "network.lost-answer"),
    .unknown("reset-after", "network.lost-answer"),
    .unknown("silent", "network.lost-answer", options: ["--timeout", "1s"]),
    .unknown("drip,milliseconds=300", "network.lost-answer", options: ["--timeout", "1s"]),
    .unknown("delay,milliseconds=5000", "network.lost-answer", options: ["--timeout", "1s"]),
  ]

  @Test(arguments: rows)
  func everyFaultHasItsOutcome(_ row: Row) throws {
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
    // What counts: how often it left this machine, each time signed anew.
    let posts = try waitFor("the journal") {
      let posts = try bench.posts()
      return posts.count >= row.attempts ? posts : nil
    }
    #expect(posts.count == row.attempts)
    #expect(Set(posts.map { $0.header("x-ncp-apigw-signature-v2") }).count == posts.count)
    #expect(reply.controlCharactersOnStderr.isEmpty)
  }

  @Test(arguments: [
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

  /// RFC 9110 section 10.2.3: seconds or a date.
  @Test(arguments: ["retry-after=2", "retry-after-date=3"])
  func retryAfterIsHonoured(option: String) throws {
    let bench = try Workbench(["--fault", "gateway,code=410,count=1,\(option)"])
    let reply = try bench.run(on: Workbench.event(.api))
    #expect(reply.status == 0, "\(reply.stdout)")
    let times = try bench.posts().compactMap { $0["timeMs"]?.integer }
    try #require(times.count == 2)
    #expect(times[1] - times[0] >= 1_990, "\(times)")
    #expect(times[1] - times[0] < 10_000, "\(times)")
  }

  @Test func aPauseThatWouldPassTheDeadlineIsNotTaken() throws {
    let bench = try Workbench(["--fault", "gateway,code=410,retry-after=3600"])
    let reply = try bench.run(["--deadline", "5s"], on: Workbench.event(.api))
    try reply.expectFailure("gateway.throttled", exit: 75)
    let document = try reply.document()
    #expect(document["items"]?[0]?["attempts"] == 1)
    #expect(try #require(document["durationMs"]?.integer) < 4_000)
  }

  /// The sandbox's clock is off by what the gateway does not accept: the answer's Date tells.
  @Test(arguments: ["10m", "-10m"])
  func aClockThatIsOffIsTold(offset: String) throws {
    let bench = try Workbench(["--clock-offset", offset])
    let reply = try bench.run(on: Workbench.event(.api))
    try reply.expectFailure("clock.skew", exit: 77)
    let message = try #require(try reply.error()?["message"]?.string)
    #expect(message.contains(offset.hasPrefix("-") ? "ahead of" : "behind"), "\(message)")
    let twin = try Workbench(["--clock-offset", offset.replacing("10m", with: "4m")])
    #expect(try twin.run(on: Workbench.event(.api)).status == 0)
  }

  @Test func aSubAccountsKeyIsTold() throws {
    let bench = try Workbench(["--sub-account"])
    let reply = try bench.run(on: Workbench.event(.api))
    try reply.expectFailure("credentials.sub-account", exit: 77)
  }

  /// 307 and 308 would resend the POST elsewhere: nobody may follow them.
  @Test(arguments: [301, 302, 303, 307, 308])
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

  @Test func theGravestOutcomeOfSeveralDecides() throws {
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
