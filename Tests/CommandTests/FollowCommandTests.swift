import Foundation
import JSON
import TestSupport
import Testing

/// What became of accepted reissues: stage, DNS records, chain in the store, ledger moved on.
@Suite(.waiting)
struct FollowCommandTests {
  private static let template: JSONValue = [
    "version": 1, "items": "items",
    "reissue": [
      "certificateNo": "${no}", "certificateName": "${name}", "commonName": "${cn}",
      "dnsName": "${sans || `[]`}", "validationMethod": "D", "csr": ["generate": "ec-p256"],
    ],
    "store": "${cn}", "policy": ["cooldown": "1s"],
  ]

  /// A workbench whose template makes keys.
  static func bench(_ arguments: [String] = []) throws -> Workbench {
    try Workbench(arguments, template: template)
  }

  /// A workbench with an accepted reissue of `shop` that nobody has looked after.
  static func asked(_ arguments: [String] = []) throws -> Workbench {
    let bench = try bench(arguments)
    let reply = try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop))
    try #require(reply.status == 0, "\(reply.stderr)")
    return bench
  }

  @Test(
    "A certificate is followed by its domain, order, name, or any other domain",
    arguments: [
      "shop.example.com", "WWW.shop.example.com", "ORDER-1001", "shop", "55882", "56010",
    ])
  func byName(name: String) throws {
    let bench = try Workbench()
    try #require(
      try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop)).status == 0)
    let reply = try bench.remembering(["follow", name])
    #expect(reply.status == 0, "\(reply.stderr)")
    let items = try #require(try reply.document()["items"]?.array)
    #expect(items.count == 1 && items[0]["newCertificateNo"] == "56010", "\(reply.stdout)")
    let bare = try bench.command(bench.options(["follow", name, "--ledger", "none"]))
    #expect(try bare.document()["items"]?.array?.count == 1, "\(bare.stdout)")
  }

  @Test("Of a name with several certificates each is followed; a name without any is an error")
  func severalByName() throws {
    let bench = try Workbench()
    let orders = [1, 2].map { number -> JSONValue in
      [
        "orderId": .string("ORDER-\(number)"), "subscriptionYears": 1, "subscriptionDaysLeft": 200,
        "certificates": [
          [
            "certificateNo": .integer(number), "certificateName": "shop",
            "commonName": "shop.example.com", "statusCode": "2", "daysLeft": 20,
          ]
        ],
      ]
    }
    try bench.sandbox.control("POST", "seed", ["orders": .array(orders)])
    let reply = try bench.remembering(["follow", "shop.example.com"])
    let numbers = try reply.document()["items"]?.array?.compactMap { $0["certificateNo"]?.string }
    #expect(numbers == ["1", "2"], "\(reply.stdout)")
    let missing = try bench.remembering(["follow", "other.example.com"])
    try missing.expectFailure("certificate.not-found", exit: 69)
  }

  /// The terminal is created by script(1).
  @Test("On a terminal the result is a table, with --json the document")
  func aTable() throws {
    let bench = try Workbench()
    try #require(
      try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop)).status == 0)
    func shown(_ options: [String]) throws -> String {
      let command = try ([Workbench.program] + bench.rememberingOptions(["follow"] + options))
        .map { "'\($0)'" }.joined(separator: " ")
      return try TestSupport.run(
        "/usr/bin/script", ["-qec", command, "/dev/null"], environment: bench.environment
      ).stdout.replacingOccurrences(of: "\r", with: "")
    }
    let table = try shown([])
    #expect(table.contains("NUMBER    NEW  NAME"), "\(table)")
    #expect(table.contains(" 56010  shop.example.com  pending  waiting-for-dns"), "\(table)")
    #expect(table.contains("\nDNS RECORD") && table.contains("_dnsauth.www.shop.example.com  TXT"))
    #expect(try shown(["--json"]).hasPrefix("{\"version\":1,"))
  }

  @Test("--follow issued waits for the certificate and stores its chain")
  func theWholeCircleInOneCommand() throws {
    let bench = try Self.bench(["--issue-after", "3s"])
    let reply = try bench.remembering(
      ["run", "--follow", "issued", "--follow-deadline", "25s"], on: Workbench.event(.shop))
    #expect(reply.status == 0, "\(reply.stderr)")
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["status"] == "reissued")
    #expect(item["stage"] == "issued")
    #expect(item["newCertificateNo"] == "56010")
    #expect(item["store"] == "shop.example.com/1")
    #expect(item["dns"] == nil, "nothing is left to set")
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
    let link = bench.folder.path("certificates/shop.example.com/current")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "1")
    #expect(try bench.posts().count == 1)
    #expect(try bench.remembering(["follow"]).document()["reason"] == "no-items")
  }

  @Test("The end of --follow-deadline is no failure")
  func patienceEndsWithoutFailure() throws {
    let bench = try Self.bench()
    let reply = try bench.remembering(
      ["run", "--follow", "issued", "--follow-deadline", "1s"], on: Workbench.event(.shop))
    #expect(reply.status == 0, "\(reply.stderr)")
    let document = try reply.document()
    #expect(document["items"]?[0]?["stage"] == "waiting-for-dns")
    #expect(document["items"]?[0]?["dns"]?.array?.count == 2)
    let duration = try #require(document["durationMs"]?.integer)
    #expect((1_000..<10_000).contains(duration))
  }

  @Test("A failed validation ends --follow issued with 69")
  func aFailedValidationIsToldWhileFollowing() throws {
    let bench = try Self.bench()
    let running = try bench.start(
      bench.rememberingOptions(["run", "--follow", "issued", "--follow-deadline", "25s"]),
      stdin: JSONEncoder.encode(Workbench.event(.shop)))
    _ = try waitFor("the request") { try bench.posts().first }
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "-4"])
    let reply = Reply(try running.wait())
    try reply.expectFailure("validation.failed", exit: 69)
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["status"] == "reissued")
    #expect(item["stage"] == "validation-failed")
  }

  @Test("A signal ends the waiting")
  func aSignalEndsTheWaiting() throws {
    let bench = try Self.bench()
    let running = try bench.start(
      bench.rememberingOptions(["run", "--follow", "issued", "--log-level", "debug"]),
      stdin: JSONEncoder.encode(Workbench.event(.shop)))
    _ = try waitFor("the waiting") { running.stderr.contains("looking again") ? true : nil }
    running.kill(SIGTERM)
    let reply = Reply(try running.wait(timeLimit: 5))
    #expect(reply.status == 0)
    #expect(try reply.document()["items"]?[0]?["stage"] == "waiting-for-dns")
  }

  @Test("A pending request is no failure", arguments: [[], ["55882"], ["56010"]] as [[String]])
  func pendingIsNoFailure(numbers: [String]) throws {
    let bench = try Self.asked()
    let reply = try bench.remembering(["follow"] + numbers)
    #expect(reply.status == 0, "\(reply.stderr)")
    let document = try reply.document()
    #expect(document["command"] == "follow")
    #expect(document["status"] == "pending")
    #expect(
      document["counts"]
        == ["items": 1, "pending": 1, "issued": 0, "skipped": 0, "failed": 0, "unknown": 0])
    let item = try #require(document["items"]?[0])
    #expect(item["status"] == "pending" && item["notAfter"] == nil)
    #expect(item["stage"] == "waiting-for-dns")
    #expect(item["certificateNo"] == "55882")
    #expect(item["newCertificateNo"] == "56010")
    #expect(item["commonName"] == "shop.example.com")
    #expect(
      item["dns"]?.array?.compactMap { $0["domain"]?.string }
        == ["shop.example.com", "www.shop.example.com"])
    #expect(try bench.remembering(["follow", "--detailed-exitcode"] + numbers).status == 2)
  }

  @Test("After a failed validation the next event sends a request")
  func aFailedValidationFreesTheRecord() throws {
    let bench = try Self.asked()
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "-4"])
    let reply = try bench.remembering(["follow"])
    try reply.expectFailure("validation.failed", exit: 69)
    let document = try reply.document()
    #expect(document["status"] == "failed" && document["counts"]?["failed"] == 1)
    #expect(document["items"]?[0]?["status"] == "failed")
    let records = try bench.remembering(["ledger", "list", "--json"]).document()
    #expect(records["records"]?[0]?["state"] == "validation-failed")
    let again = try bench.remembering(["run"], on: Workbench.event(.shop))
    #expect(again.status == 0, "\(again.stdout)")
    #expect(try bench.posts().count == 2)
  }

  @Test("--wait waits for the certificate")
  func patienceWaitsForTheIssue() throws {
    let bench = try Self.asked(["--issue-after", "3s"])
    let reply = try bench.remembering(["follow", "--wait", "--follow-deadline", "25s"])
    #expect(try reply.document()["items"]?[0]?["stage"] == "issued", "\(reply.stderr)")
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
  }

  @Test("A number is followed without a ledger")
  func aNumberIsFollowedWithoutLedger() throws {
    let bench = try Self.asked()
    let folder = try bench.folder.names()
    let reply = try bench.command(bench.options(["follow", "55882", "--ledger", "none"]))
    #expect(try reply.document()["items"]?[0]?["newCertificateNo"] == "56010", "\(reply.stderr)")
    #expect(try bench.folder.names() == folder)
  }

  @Test(
    "What cannot be followed is an error, and nothing is sent",
    arguments: [
      (["0"], "usage.number", 64), (["55882x"], "certificate.not-found", 69),
      (["99999"], "certificate.not-found", 69), (["55889"], "certificate.not-found", 69),
      (["--ledger", "none"], "usage.number", 64),
    ] as [([String], String, Int32)])
  func whatCannotBeFollowed(arguments: [String], code: String, exit: Int32) throws {
    let bench = try Self.bench()
    let reply = try bench.command(bench.options(["follow"] + arguments))
    try reply.expectFailure(code, exit: exit)
    #expect(try bench.posts().isEmpty)
  }

  @Test("Each line of a result file tells which command wrote it, also for wrong usage")
  func linesOfAResultFileNameTheirCommand() throws {
    let bench = try Self.asked()
    let file = ["--result-file", bench.folder.path("results.ndjson")]
    #expect(try bench.remembering(["run"] + file, on: Workbench.event(.shop)).status == 0)
    #expect(try bench.remembering(["follow"] + file).status == 0)
    let lines = try bench.folder.read("results.ndjson").split(separator: "\n")
    let commands = try lines.map { try JSONDecoder.decode(String($0))["command"] }
    #expect(commands == ["run", "follow"])
    for command in ["run", "follow"] {
      let reply = try bench.command([command, "--bogus"])
      try reply.expectFailure("usage.option", exit: 64)
      #expect(try reply.document()["command"] == .string(command))
    }
  }

  @Test("A number whose newest certificate has ended is neither pending nor issued")
  func aCertificateThatHasEndedIsReported() throws {
    let bench = try Self.bench()
    try bench.sandbox.control("POST", "status", ["certificateNo": 55882, "statusCode": "-2"])
    let reply = try bench.command(bench.options(["follow", "55882", "--ledger", "none"]))
    try reply.expectFailure("certificate.ended", exit: 69)
    #expect(try reply.document()["items"]?[0]?["status"] == "failed")
  }

  @Test("Without a ledger file nothing is created and nothing is asked")
  func withoutALedgerFileNothingIsMade() throws {
    let bench = try Self.bench()
    let reply = try bench.remembering(["follow"])
    #expect(reply.status == 0)
    #expect(try reply.document()["reason"] == "no-items")
    #expect(try !bench.folder.names().contains("ledger.sqlite3"))
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("The next reissue uses the newest certificate of the order")
  func theSecondYearGoesOnWithTheRepresentative() throws {
    let bench = try Self.asked()
    try bench.sandbox.control("POST", "issue", [:])
    #expect(try bench.remembering(["follow"]).status == 0)
    Thread.sleep(forTimeInterval: 1.1)  // past the template's cooldown

    let fresh = try bench.remembering(["run"], on: Workbench.event(.shop))
    let item = try #require(try fresh.document()["items"]?[0])
    #expect(item["reason"] == "not-due", "\(fresh.stdout)")
    #expect(item["certificateNo"] == "56010")
    #expect(try bench.posts().count == 1)

    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "daysLeft": 10])
    let due = try bench.remembering(["run"], on: Workbench.event(.shop))
    let sent = try #require(try due.document()["items"]?[0])
    #expect(sent["status"] == "reissued", "\(due.stdout)")
    #expect(sent["askedNo"] == "55882")
    #expect(sent["certificateNo"] == "56010")
    #expect(sent["newCertificateNo"] == "56011")
    #expect(sent["store"] == "shop.example.com/2")
    #expect(try bench.posts().last?["target"] == "/api/v2/certificate/56010/reissue")

    try bench.sandbox.control("POST", "issue", [:])
    #expect(try bench.remembering(["follow"]).status == 0)
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
    let link = bench.folder.path("certificates/shop.example.com/current")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "2")
    let records = try bench.remembering(["ledger", "list", "--json"]).document()
    #expect(records["records"]?.array?.count == 1, "one record for the order")
  }
}
