import Foundation
import JSON
import TestSupport
import Testing

/// What became of accepted reissues: stage, DNS records, chain in the store, ledger moved on.
struct FollowCommandTests {
  private static let template: JSONValue = [
    "version": 1, "items": "items",
    "reissue": [
      "certificateNo": "${no}", "certificateName": "${name}", "commonName": "${cn}",
      "dnsName": "${sans || `[]`}", "validationMethod": "D", "csr": ["generate": "ec-p256"],
    ],
    "store": "${cn}", "policy": ["cooldown": "1s"],
  ]

  private func bench(_ arguments: [String] = []) throws -> Workbench {
    try Workbench(arguments, template: Self.template)
  }

  // MARK: run --follow issued

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

  @Test func theWholeCircleInOneCommand() throws {
    let bench = try bench(["--issue-after", "3s"])
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

  /// A number that has no next one is no folder of ours.
  @Test func aFolderOfAForeignNumberIsPassedOver() throws {
    let bench = try bench()
    for name in ["9223372036854775807", "99999999999999999999", "7"] {
      try bench.folder.write("", to: "certificates/shop.example.com/\(name)/other")
    }
    let reply = try bench.run(on: Workbench.event(.shop))
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try reply.document()["items"]?[0]?["store"] == "shop.example.com/8")
  }

  @Test func patienceEndsWithoutFailure() throws {
    let bench = try bench()
    let reply = try bench.remembering(
      ["run", "--follow", "issued", "--follow-deadline", "1s"], on: Workbench.event(.shop))
    #expect(reply.status == 0, "\(reply.stderr)")
    let document = try reply.document()
    #expect(document["items"]?[0]?["stage"] == "waiting-for-dns")
    #expect(document["items"]?[0]?["dns"]?.array?.count == 2)
    let duration = try #require(document["durationMs"]?.integer)
    #expect((1_000..<10_000).contains(duration))
  }

  @Test func aFailedValidationIsToldWhileFollowing() throws {
    let bench = try bench()
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

  @Test func aSignalEndsTheWaiting() throws {
    let bench = try bench()
    let running = try bench.start(
      bench.rememberingOptions(["run", "--follow", "issued", "--log-level", "debug"]),
      stdin: JSONEncoder.encode(Workbench.event(.shop)))
    _ = try waitFor("the waiting") { running.stderr.contains("looking again") ? true : nil }
    running.kill(SIGTERM)
    let reply = Reply(try running.wait(timeLimit: 5))
    #expect(reply.status == 0)
    #expect(try reply.document()["items"]?[0]?["stage"] == "waiting-for-dns")
  }

  // MARK: follow

  @Test func aChainReachesTheStoreAlthoughTheLedgerForgotTheRequest() throws {
    let bench = try bench()
    #expect(try bench.remembering(["run"], on: Workbench.event(.shop)).status == 0)
    #expect(try bench.remembering(["ledger", "forget", "55882", "--yes"]).status == 0)
    #expect(try bench.remembering(["follow"]).document()["reason"] == "no-items", "not issued yet")
    try bench.sandbox.control("POST", "issue", ["certificateNo": 56010])
    let reply = try bench.remembering(["follow"])
    #expect(reply.status == 0, "\(reply.stderr)")
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["status"] == "issued")
    #expect(item["certificateNo"] == "56010")
    #expect(item["store"] == "shop.example.com/1")
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
    #expect(try bench.remembering(["follow"]).document()["reason"] == "no-items")
    #expect(try bench.posts().count == 1)
  }

  @Test func aForgottenRequestThatWasNotCarriedOutGetsNoChain() throws {
    let bench = try bench(["--fault", "reset-before,method=POST,count=1"])
    #expect(try bench.remembering(["run"], on: Workbench.event(.shop)).status == 76)
    #expect(try bench.remembering(["ledger", "forget", "55882", "--yes"]).status == 0)
    let reply = try bench.remembering(["follow"])
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try reply.document()["reason"] == "no-items")
    let link = bench.folder.path("certificates/shop.example.com/current")
    #expect(!FileManager.default.fileExists(atPath: link))
  }

  /// A workbench with an accepted reissue of `shop` that nobody has looked after.
  private func asked(_ arguments: [String] = []) throws -> Workbench {
    let bench = try bench(arguments)
    let reply = try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop))
    try #require(reply.status == 0, "\(reply.stderr)")
    return bench
  }

  @Test(arguments: [[], ["55882"], ["56010"]] as [[String]])
  func pendingIsNoFailure(numbers: [String]) throws {
    let bench = try asked()
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

  @Test(arguments: [[], ["55882"], ["56010"]] as [[String]])
  func theChainComesToTheStoreOnce(numbers: [String]) throws {
    let bench = try asked()
    try bench.sandbox.control("POST", "issue", ["certificateNo": 56010])
    let reply = try bench.remembering(["follow", "--detailed-exitcode"] + numbers)
    #expect(reply.status == 0, "\(reply.stderr)")
    let document = try reply.document()
    #expect(document["status"] == "issued" && document["counts"]?["issued"] == 1)
    let item = try #require(document["items"]?[0])
    #expect(item["status"] == "issued" && item["stage"] == "issued")
    #expect(item["store"] == "shop.example.com/1")
    #expect(item["notAfter"]?.string?.hasSuffix("Z") == true, "\(reply.stdout)")
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
    let again = try bench.remembering(["follow"]).document()
    #expect(again["status"] == "skipped" && again["counts"]?["items"] == 0)
    let records = try bench.remembering(["ledger", "list", "--json"]).document()
    #expect(records["records"]?[0]?["state"] == "issued")
  }

  /// A repeated alert moves the record on without the chain; `follow` still owes it.
  @Test func anIssuedRecordWithoutItsChainIsUnfinished() throws {
    let bench = try asked()
    try bench.sandbox.control("POST", "issue", [:])
    try FileManager.default.moveItem(
      atPath: bench.folder.path("certificates"), toPath: bench.folder.path("away"))
    let failed = try bench.remembering(["follow"])
    try failed.expectFailure("store.unusable", exit: 74)
    #expect(try failed.document()["items"]?[0]?["status"] == "failed")
    #expect(try failed.document()["items"]?[0]?["stage"] == "issued")
    try FileManager.default.moveItem(
      atPath: bench.folder.path("away"), toPath: bench.folder.path("certificates"))
    #expect(try bench.remembering(["follow"]).status == 0)
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
  }

  @Test("Files and links that a killed process has not renamed are removed")
  func temporaryFilesAreRemoved() throws {
    let bench = try asked()
    let folder = "certificates/shop.example.com"
    for name in ["1/.cert.pem.0123456789abcdef", ".current.fedcba9876543210", ".deployed.123"] {
      try bench.folder.write("", to: "\(folder)/\(name)")
    }
    try bench.sandbox.control("POST", "issue", ["certificateNo": 56010])
    #expect(try bench.remembering(["follow"]).status == 0)
    try bench.expectPair(in: "\(folder)/current", for: .shop)
    let left = try FileManager.default.subpathsOfDirectory(atPath: bench.folder.path(folder))
    // The last one is not of this program.
    #expect(left.filter { $0.contains("/.") || $0.hasPrefix(".") } == [".deployed.123"])
  }

  @Test("A signal ends the wait for another process at the store")
  func aSignalEndsTheWaitForTheStore() throws {
    let bench = try asked()
    try bench.sandbox.control("POST", "issue", ["certificateNo": 56010])
    let holder = try RunningProcess(
      "/usr/bin/flock", [bench.folder.path("certificates/shop.example.com"), "sleep", "30"])
    defer { holder.kill(SIGKILL) }
    // Until the lock is held.
    _ = try waitFor("the lock") {
      try TestSupport.run(
        "/usr/bin/flock", ["-n", bench.folder.path("certificates/shop.example.com"), "true"]
      ).status == 1 ? true : nil
    }
    let process = try bench.start(bench.rememberingOptions(["follow", "--log-level", "debug"]))
    _ = try waitFor("the chain") {
      try bench.sandbox.journal("GET").contains {
        $0["target"]?.string?.hasSuffix("/chain") == true
      } ? true : nil
    }
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 5))
    try reply.expectFailure("store.unusable", exit: 74)
  }

  @Test(
    "A folder that a killed process left with some files is completed, and no file is replaced",
    arguments: [[], ["fullchain.pem"], ["cert.pem", "fullchain.pem"]])
  func aPartOfTheFilesIsCompleted(present: [String]) throws {
    let bench = try asked()
    try bench.sandbox.control("POST", "issue", [:])
    try #require(try bench.remembering(["follow"]).status == 0)
    let folder = "certificates/shop.example.com"
    let manager = FileManager.default
    try manager.removeItem(atPath: bench.folder.path("\(folder)/current"))
    for file in ["cert.pem", "chain.pem", "fullchain.pem"] where !present.contains(file) {
      try manager.removeItem(atPath: bench.folder.path("\(folder)/1/\(file)"))
    }
    func identities() throws -> [UInt64?] {
      try present.map { file in
        try manager.attributesOfItem(atPath: bench.folder.path("\(folder)/1/\(file)"))[
          .systemFileNumber] as? UInt64
      }
    }
    let before = try identities()
    #expect(try bench.remembering(["follow"]).document()["counts"]?["items"] == 1)
    try bench.expectPair(in: "\(folder)/current", for: .shop)
    #expect(try identities() == before)
    #expect(try bench.remembering(["follow"]).document()["counts"]?["items"] == 0)
  }

  @Test("A folder of version 1.0.0 keeps its layout, and the next one has the new layout")
  func anEarlierLayoutIsCompleted() throws {
    let bench = try asked()
    let folder = "certificates/shop.example.com"
    try FileManager.default.moveItem(
      atPath: bench.folder.path("\(folder)/1/privkey.pem"),
      toPath: bench.folder.path("\(folder)/1/key.pem"))
    try bench.sandbox.control("POST", "issue", [:])
    try #require(try bench.remembering(["follow"]).status == 0)
    #expect(try bench.folder.names(in: "\(folder)/current") == ["chain.pem", "csr.pem", "key.pem"])
    try bench.expectPair(in: "\(folder)/current", key: "key.pem", chain: "chain.pem", for: .shop)
    #expect(try bench.remembering(["follow"]).document()["counts"]?["items"] == 0)

    Thread.sleep(forTimeInterval: 1.1)  // past the template's cooldown
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "daysLeft": 10])
    try #require(
      try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop)).status == 0)
    try bench.sandbox.control("POST", "issue", [:])
    try #require(try bench.remembering(["follow"]).status == 0)
    try bench.expectPair(in: "\(folder)/2", for: .shop)
    try bench.expectPair(in: "\(folder)/1", key: "key.pem", chain: "chain.pem", for: .shop)
  }

  @Test("The chain of version 1.0.0 for a signing request without a key is complete")
  func anEarlierChainWithoutAKeyIsComplete() throws {
    let bench = try asked()
    try bench.sandbox.control("POST", "issue", [:])
    try #require(try bench.remembering(["follow"]).status == 0)
    let folder = "certificates/shop.example.com/1"
    for file in ["cert.pem", "chain.pem", "privkey.pem"] {
      try FileManager.default.removeItem(atPath: bench.folder.path("\(folder)/\(file)"))
    }
    try FileManager.default.moveItem(
      atPath: bench.folder.path("\(folder)/fullchain.pem"),
      toPath: bench.folder.path("\(folder)/chain.pem"))
    #expect(try bench.remembering(["follow"]).document()["counts"]?["items"] == 0)
    #expect(try bench.folder.names(in: folder) == ["chain.pem", "csr.pem"])
  }

  @Test("A file of another certificate in the folder is not put into service")
  func anotherCertificateInTheFolderIsNotUsed() throws {
    let bench = try asked()
    let root = try TestSupport.run(
      "/usr/bin/curl", ["-sS", "\(bench.sandbox.endpoint)/sandbox/ca"])
    try bench.folder.write(root.stdout, to: "certificates/shop.example.com/1/fullchain.pem")
    try bench.sandbox.control("POST", "issue", [:])
    try bench.remembering(["follow"]).expectFailure("store.mismatch", exit: 74)
    #expect(
      try bench.folder.names(in: "certificates/shop.example.com/1")
        == ["csr.pem", "fullchain.pem", "privkey.pem"])
    #expect(try bench.folder.names(in: "certificates/shop.example.com") == ["1"])
  }

  @Test func aChainForAnotherKeyIsNotPutToUse() throws {
    let bench = try asked()
    try bench.folder.write(
      try #require(bench.signingRequests["shop.example.com"]),
      to: "certificates/shop.example.com/1/csr.pem")
    try bench.sandbox.control("POST", "issue", [:])
    try bench.remembering(["follow"]).expectFailure("store.mismatch", exit: 74)
    let names = try FileManager.default.contentsOfDirectory(
      atPath: bench.folder.path("certificates/shop.example.com"))
    #expect(names == ["1"], "no link was switched")
  }

  @Test func aFailedValidationFreesTheRecord() throws {
    let bench = try asked()
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

  @Test func patienceWaitsForTheIssue() throws {
    let bench = try asked(["--issue-after", "3s"])
    let reply = try bench.remembering(["follow", "--wait", "--follow-deadline", "25s"])
    #expect(try reply.document()["items"]?[0]?["stage"] == "issued", "\(reply.stderr)")
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
  }

  @Test func aNumberIsFollowedWithoutLedger() throws {
    let bench = try asked()
    let folder = try bench.folder.names()
    let reply = try bench.command(bench.options(["follow", "55882", "--ledger", "none"]))
    #expect(try reply.document()["items"]?[0]?["newCertificateNo"] == "56010", "\(reply.stderr)")
    #expect(try bench.folder.names() == folder)
  }

  @Test(
    arguments: [
      (["0"], "usage.number", 64), (["55882x"], "certificate.not-found", 69),
      (["99999"], "certificate.not-found", 69), (["55889"], "certificate.not-found", 69),
      (["--ledger", "none"], "usage.number", 64),
    ] as [([String], String, Int32)])
  func whatCannotBeFollowed(arguments: [String], code: String, exit: Int32) throws {
    let bench = try bench()
    let reply = try bench.command(bench.options(["follow"] + arguments))
    try reply.expectFailure(code, exit: exit)
    #expect(try bench.posts().isEmpty)
  }

  @Test("Each line of a result file tells which command wrote it, also for wrong usage")
  func linesOfAResultFileNameTheirCommand() throws {
    let bench = try asked()
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
    let bench = try bench()
    try bench.sandbox.control("POST", "status", ["certificateNo": 55882, "statusCode": "-2"])
    let reply = try bench.command(bench.options(["follow", "55882", "--ledger", "none"]))
    try reply.expectFailure("certificate.ended", exit: 69)
    #expect(try reply.document()["items"]?[0]?["status"] == "failed")
  }

  @Test func withoutALedgerFileNothingIsMade() throws {
    let bench = try bench()
    let reply = try bench.remembering(["follow"])
    #expect(reply.status == 0)
    #expect(try reply.document()["reason"] == "no-items")
    #expect(try !bench.folder.names().contains("ledger.sqlite3"))
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// What `current` is for: a web server on it serves a certificate with its key, and after the next reissue
  /// and a reload the next.
  @Test func aServerOnCurrentServesTheNewest() throws {
    let bench = try asked()
    try bench.sandbox.control("POST", "issue", [:])
    try #require(try bench.remembering(["follow"]).status == 0)
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
    let current = bench.folder.path("certificates/shop.example.com/current")
    let server = try LoopbackServer("nginx", package: "nginx-light") { folder, port in
      try folder.write(
        """
        daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
        events { worker_connections 64; }
        http {
          access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f;
          uwsgi_temp_path u; scgi_temp_path s;
          server {
            listen 127.0.0.1:\(port) ssl;
            ssl_certificate \(current)/fullchain.pem; ssl_certificate_key \(current)/privkey.pem;
          }
        }
        """, to: "nginx.conf")
      return ["-p", folder.path + "/", "-c", "nginx.conf", "-e", "stderr"]
    }
    // Only with a master process does nginx reload; it ends its worker when it is told to end itself. It
    // listens before it writes down its number.
    let process = try waitFor("nginx's number") {
      (try? server.folder.read("nginx.pid")).flatMap {
        Int32($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    defer {
      kill(process, SIGTERM)
      _ = try? waitFor("nginx to end") { kill(process, 0) == 0 ? nil : true }
    }
    #expect(try bench.serialServed(at: server.port) == 56010)

    Thread.sleep(forTimeInterval: 1.1)  // past the template's cooldown
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "daysLeft": 10])
    try #require(
      try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop)).status == 0)
    try bench.sandbox.control("POST", "issue", [:])
    try #require(try bench.remembering(["follow"]).status == 0)
    #expect(try bench.serialServed(at: server.port) == 56010, "not reloaded yet")
    kill(process, SIGHUP)
    _ = try waitFor("the reload") {
      try bench.serialServed(at: server.port) == 56011 ? true : nil
    }
  }

  // MARK: The second year

  @Test func theSecondYearGoesOnWithTheRepresentative() throws {
    let bench = try asked()
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
