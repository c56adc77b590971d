import JSON
import TestSupport
import Testing

/// Certificates that live 46 days: the life that authorities give from 2029-03-15 on, when 47 days are allowed.
@Suite(.waiting)
struct ShortLifeTests {
  private static func template(_ policy: JSONValue) -> JSONValue {
    [
      "version": 1, "items": "items", "reissue": Workbench.plainParameters,
      "policy": policy,
    ]
  }

  private static func bench(_ policy: JSONValue) throws -> Workbench {
    try Workbench(["--certificate-days", "46"], template: template(policy))
  }

  /// 20 and a half days are left of `api`. A third of 46 days are 15 and a third.
  @Test(
    "renewBefore decides whether a short certificate is due",
    arguments: [
      ([:], false), (["renewBefore": "1/3"], false), (["renewBefore": "20d"], false),
      (["renewBefore": "1/2"], true), (["renewBefore": "30d"], true),
    ] as [(JSONValue, Bool)])
  func isDue(policy: JSONValue, expected: Bool) throws {
    let bench = try Self.bench(policy)
    let reply = try bench.run(on: Workbench.event(.api))
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let item = try reply.document()["items"]?[0]
    #expect(item?["status"]?.string == (expected ? "reissued" : "skipped"), "\(reply.stdout)")
    #expect(item?["reason"]?.string == (expected ? nil : "not-due"))
    #expect((item?["until"] != nil) == !expected, "\(reply.stdout)")
    #expect(try bench.posts().count == (expected ? 1 : 0))
  }

  @Test("In its last third, a short certificate is reissued, and not before")
  func lastThird() throws {
    let bench = try Self.bench([:])
    #expect(
      try bench.run(on: Workbench.event(.api)).document()["items"]?[0]?["reason"] == "not-due")
    // It lives 46 days, and a third of that is more than the 12.5 that are left.
    try bench.sandbox.control("POST", "status", ["certificateNo": 55883, "daysLeft": 12])
    #expect(
      try bench.run(on: Workbench.event(.api)).document()["items"]?[0]?["status"] == "reissued")
  }

  @Test("doctor warns if the rules of a template do not fit the lives in the account")
  func doctor() throws {
    let bench = try Self.bench(["renewBefore": "30d", "cooldown": "20d"])
    let options = ["doctor", "--config", bench.folder.path("config.json"), "--ledger", "none"]
    let reply = try bench.command(options)
    #expect(reply.status == 0, "\(reply.stdout)")
    let wrong = reply.stdout.split(separator: "\n").filter { $0.hasPrefix("fix   templates ") }
    #expect(wrong.count == 2 && wrong.allSatisfy { $0.hasSuffix("[template.short-life]") })
    #expect(wrong.first?.contains("renewBefore is 30 of the 46 days") == true, "\(reply.stdout)")
    #expect(wrong.last?.contains("cooldown is more than a third of the 46 days") == true)
    try bench.write(template: Self.template(["renewBefore": "1/3"]), named: "plain")
    let good = try bench.command(options)
    #expect(!good.stdout.contains("fix "), "\(good.stdout)")
    #expect(try bench.posts().isEmpty)
  }

  @Test("A failed validation is asked for again at once, whatever the cooldown is")
  func failedValidation() throws {
    let bench = try Self.bench(["cooldown": "7d"])
    #expect(try bench.remembering(["run"], on: Workbench.event(.shop)).status == 0)
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "-4"])
    // The next event looks an hour after the last look.
    try bench.ageLedger(minutes: 61)
    let again = try bench.remembering(["run"], on: Workbench.event(.shop))
    let item = try again.document()["items"]?[0]
    #expect(item?["status"] == "reissued", "\(again.stdout)")
    #expect(try bench.posts().count == 2)
  }
}
