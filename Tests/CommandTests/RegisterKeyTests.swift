import Crypto
import Foundation
import JSON
import TestSupport
import Testing

@Suite(
  "The private key of an issued certificate goes to the service, if the template says so", .waiting)
struct RegisterKeyTests {
  private static let route = "/api/v2/certificate/registPrivateKey"

  private static func template(_ registerKey: String, kind: String = "ec-p256") -> JSONValue {
    [
      "version": 1, "items": "items",
      "reissue": [
        "certificateNo": "${no}", "certificateName": "${name}", "commonName": "${cn}",
        "dnsName": "${sans || `[]`}", "validationMethod": "D", "csr": ["generate": .string(kind)],
      ],
      "store": "${cn}", "policy": ["cooldown": "1s", "registerKey": .string(registerKey)],
    ]
  }

  /// A workbench with an accepted and issued reissue of `shop` that nobody has looked at.
  private func issued(
    _ arguments: [String] = [], registerKey: String = "on", kind: String = "ec-p256"
  ) throws -> Workbench {
    let bench = try Workbench(arguments, template: Self.template(registerKey, kind: kind))
    let reply = try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop))
    try #require(reply.status == 0, "\(reply.stderr)")
    try bench.sandbox.control("POST", "issue", [:])
    return bench
  }

  private func registrations(_ bench: Workbench) throws -> [JSONValue] {
    try bench.sandbox.journal("POST", Self.route)
  }

  private func status(_ bench: Workbench, of number: Int = 56010) throws -> String? {
    let reply = try TestSupport.run(
      "/usr/bin/curl", ["-sS", "\(bench.sandbox.endpoint)/sandbox/state"])
    return try JSONDecoder.decode(reply.stdout)["certificates"]?.array?
      .first { $0["certificateNo"]?.integer == number }?["statusCode"]?.string
  }

  private func ledgerKey(_ bench: Workbench) throws -> JSONValue? {
    try bench.remembering(["ledger", "list", "--json"]).document()["records"]?[0]?["standing"]?[
      "registration"]
  }

  /// The lines of a key file that are secret: it also has the public key, as certificate and signing request do.
  private func secretLines(_ bench: Workbench) throws -> [String] {
    func base64(_ name: String) throws -> [String] {
      try bench.folder.read("certificates/shop.example.com/1/\(name)")
        .split(separator: "\n").map(String.init).filter { !$0.hasPrefix("-----") }
    }
    let known = try (base64("fullchain.pem") + base64("csr.pem")).joined()
    let lines = try base64("privkey.pem").filter { $0.utf8.count >= 24 && !known.contains($0) }
    try #require(!lines.isEmpty)
    return lines
  }

  @Test("follow registers it once, and no output, file or journal has a part of it")
  func followRegisters() throws {
    let bench = try issued()
    let reply = try bench.remembering(
      ["follow", "--log-level", "trace", "--result-file", bench.folder.path("results.ndjson")])
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try reply.document()["items"]?[0]?["keyRegistered"] == true)
    #expect(try status(bench) == "1")
    #expect(try registrations(bench).count == 1)
    #expect(try ledgerKey(bench)?["registered"] == true)

    let again = try bench.remembering(["follow", "--log-level", "trace"])
    #expect(try again.document()["reason"] == "no-items")
    #expect(try registrations(bench).count == 1)
    let asked = try bench.remembering(["follow", "55882"])
    #expect(try asked.document()["items"]?[0]?["keyRegistered"] == true)
    #expect(try registrations(bench).count == 1)

    let written = try bench.folder.names().filter {
      $0.hasPrefix("ledger") || $0.hasPrefix("results")
    }.map { name in
      String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: bench.folder.path(name))), as: UTF8.self
      )
    }
    #expect(written.count >= 2)
    let outputs = [reply, again, asked].flatMap { [$0.stdout, $0.stderr] }
    let journal = try String(contentsOfFile: bench.sandbox.journalPath, encoding: .utf8)
    for line in try secretLines(bench) {
      for text in written + outputs + [journal, bench.sandbox.stderr] {
        #expect(!text.contains(line.prefix(24)))
      }
    }
  }

  @Test("run --follow issued registers it")
  func runRegisters() throws {
    let bench = try Workbench(["--issue-after", "1s"], template: Self.template("on"))
    let reply = try bench.remembering(
      ["run", "--follow", "issued", "--follow-deadline", "25s"], on: Workbench.event(.shop))
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try reply.document()["items"]?[0]?["keyRegistered"] == true)
    #expect(try status(bench) == "1")
    #expect(try ledgerKey(bench)?["registered"] == true)
  }

  @Test("Without the policy no key leaves the machine")
  func offByDefault() throws {
    let bench = try issued(registerKey: "off")
    let reply = try bench.remembering(["follow"])
    #expect(reply.status == 0)
    #expect(try reply.document()["items"]?[0]?["keyRegistered"] == nil)
    #expect(try status(bench) == "2")
    #expect(try registrations(bench).isEmpty)
    #expect(try ledgerKey(bench) == nil)
  }

  @Test("After a lost answer the service is looked at, and the key is not sent again")
  func lostAnswer() throws {
    let bench = try issued(["--fault", "reset-after,path=\(Self.route)"])
    let reply = try bench.remembering(["follow"])
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try reply.document()["items"]?[0]?["keyRegistered"] == true)
    #expect(try registrations(bench).count == 1)
    #expect(try bench.remembering(["follow"]).document()["reason"] == "no-items")
  }

  @Test(
    "A failure is an error of the item, is in the ledger, and the next run tries again",
    arguments: [
      ("reset-before", 75), ("service,code=9999", 69), ("gateway,code=900,status=500", 75),
      ("forbidden", 77), ("empty", 75),
    ] as [(String, Int32)])
  func failure(fault: String, exit: Int32) throws {
    let bench = try issued(["--fault", "\(fault),path=\(Self.route),count=1"])
    let reply = try bench.remembering(["follow"])
    try reply.expectFailure("key.unregistered", exit: exit)
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["stage"] == "issued")
    #expect(item["keyRegistered"] == false)
    #expect(try ledgerKey(bench)?["code"] == "key.unregistered")
    #expect(try ledgerKey(bench)?["failingSince"]?.string != nil)
    #expect(try bench.remembering(["ledger", "check"]).status == 0, "one failure is no trouble")
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
    #expect(try status(bench) == "2")

    let next = try bench.remembering(["follow"])
    #expect(next.status == 0, "\(next.stderr)")
    #expect(try next.document()["items"]?[0]?["keyRegistered"] == true)
    #expect(try ledgerKey(bench) == ["registered": true])
    #expect(try registrations(bench).count == 2)
  }

  @Test("A registration that fails for an hour needs an operator")
  func failsForLong() throws {
    let bench = try issued(["--fault", "reset-before,path=\(Self.route)"])
    _ = try bench.remembering(["follow"])
    try bench.ageLedger(minutes: 61)
    _ = try bench.remembering(["follow"])
    let check = try bench.remembering(["ledger", "check"])
    #expect(check.status == 1)
    #expect(check.stdout.contains("\nkey-not-registered: shop.example.com"), "\(check.stdout)")
    #expect(check.stdout.contains("[key.unregistered]"))
    let list = try bench.remembering(["certificates", "--json"]).document()
    let new = list["certificates"]?.array?.first { $0["certificateNo"]?.string == "56010" }
    #expect(new?["next"]?["action"] == "register-key", "\(JSONEncoder.text(list))")
  }

  @Test("A key that a person registered is not sent")
  func registeredByHand() throws {
    let bench = try issued()
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "1"])
    let reply = try bench.remembering(["follow"])
    #expect(reply.status == 0)
    #expect(try reply.document()["items"]?[0]?["keyRegistered"] == true)
    #expect(try registrations(bench).isEmpty)
  }

  @Test("The key of a certificate that is not in use any more is not sent")
  func revoked() throws {
    let bench = try issued(["--fault", "reset-before,path=\(Self.route),count=1"])
    #expect(try bench.remembering(["follow"]).status == 75)
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "-5"])
    #expect(try bench.remembering(["follow"]).status == 0)
    #expect(try registrations(bench).count == 1)
    #expect(try ledgerKey(bench) == nil)
    #expect(try bench.remembering(["follow"]).document()["reason"] == "no-items")
  }

  @Test(
    "A key that is missing or of another certificate is not sent", arguments: ["missing", "other"])
  func unusableKey(problem: String) throws {
    let bench = try issued()
    let file = bench.folder.path("certificates/shop.example.com/1/privkey.pem")
    try FileManager.default.removeItem(atPath: file)
    if problem == "other" {
      let key = try PrivateKey.generate(.p256).pkcs8PEM().withSpan { span in
        String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
      }
      try bench.folder.write(key, to: "certificates/shop.example.com/1/privkey.pem")
    }
    let reply = try bench.remembering(["follow"])
    try reply.expectFailure("key.unusable", exit: 74)
    #expect(try registrations(bench).isEmpty)
    #expect(try status(bench) == "2")
  }

  @Test("registerKey needs a key that is made and kept here")
  func needsAStoredKey() throws {
    let bench = try Workbench(template: Self.template("on"))
    var template = try #require(Self.template("on").object)
    template["reissue"] = Workbench.plainParameters
    try bench.write(template: .object(template), named: "plain")
    let check = try bench.command(bench.options(["check"]))
    #expect(check.status == 78)
    #expect(check.stdout.contains("registerKey is on"), "\(check.stdout)")
    let reply = try bench.remembering(["run"], on: Workbench.event(.shop))
    try reply.expectFailure("template.key-not-kept", exit: 78)
    #expect(try bench.posts().isEmpty)
  }

  @Test(
    "A process that has registered a key does not have it in memory any more",
    arguments: [("ec-p256", false), ("rsa-2048", false), ("rsa-2048", true)])
  func memory(kind: String, isEncrypted: Bool) throws {
    let bench = try Workbench(template: Self.template("on", kind: kind))
    for sample in [CertificateSample.shop, .api] {
      let reply = try bench.remembering(["run", "--follow", "none"], on: Workbench.event(sample))
      try #require(reply.status == 0, "\(reply.stderr)")
    }
    try bench.sandbox.control("POST", "issue", ["certificateNo": 56010])
    let front = isEncrypted ? try TLSFront(bench.sandbox) : nil
    let options = front.map { ["--endpoint", $0.endpoint, "--ca-file", $0.rootFile] } ?? []
    // It goes on waiting for the other certificate.
    let process = try bench.start(
      bench.rememberingOptions(["follow", "--wait", "--log-level", "debug"] + options))
    _ = try waitFor("the registration, and the pause after it") {
      try registrations(bench).count == 1 && process.stderr.contains("looking again") ? true : nil
    }
    process.kill(SIGSTOP)
    var found = 0
    for line in try secretLines(bench) {
      found += try SecretMemoryTests.places(of: Array(line.utf8), in: process.id).outside
    }
    process.kill(SIGKILL)
    #expect(found == 0, "lines of the key in memory: \(found)")
    #expect(try status(bench) == "1")
  }
}
