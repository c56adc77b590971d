import Foundation
import JSON
import TestSupport
import Testing

/// `doctor` checks everything that a run needs: one line for each check, ok or the repair.
@Suite(.waiting)
struct DoctorCommandTests {
  private func diagnose(
    _ bench: Workbench, _ options: [String] = [], environment: [String: String?] = [:]
  ) throws -> Reply {
    try bench.command(bench.rememberingOptions(["doctor"] + options), environment: environment)
  }

  /// Checks that exactly one check fails.
  private func expect(
    _ name: String, _ code: String, exit: Int32, of reply: Reply,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(reply.status == exit, "\(reply.stdout)", sourceLocation: sourceLocation)
    let wrong = reply.stdout.split(separator: "\n").filter { !$0.hasPrefix("ok ") }
    #expect(
      wrong.contains { $0.hasPrefix("fix   \(name) ") && $0.hasSuffix("[\(code)]") },
      "\(reply.stdout)", sourceLocation: sourceLocation)
  }

  @Test("A correct setup passes every check")
  func everythingIsWell() throws {
    let bench = try Workbench()
    let before = try bench.folder.names()
    let reply = try diagnose(bench)
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let lines = reply.stdout.split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("ok    ") }, "\(reply.stdout)")
    let names = lines.compactMap { $0.dropFirst(6).split(separator: "  ").first.map(String.init) }
    #expect(
      names == [
        "configuration", "templates", "credentials", "store", "csr folder", "key folder", "ledger",
        "clock", "service",
      ])
    #expect(!reply.stdout.contains(Sandbox.secretKey))
    #expect(!reply.stdout.contains(Sandbox.accessKey) && reply.stdout.contains("sand…"))
    #expect(try bench.folder.names() == before, "a look makes nothing")
    #expect(try bench.sandbox.journal().count == 1)
    #expect(try bench.sandbox.journal("GET").count == 1)
  }

  @Test("The JSON document has the same checks as the text")
  func theDocumentSaysTheSame() throws {
    let bench = try Workbench()
    let well = try diagnose(bench, ["--json"]).document()
    #expect(well["version"] == 1 && well["ok"] == true)
    let ill = try diagnose(bench, ["--json"], environment: ["NCLOUD_SECRET_KEY": "wrong"])
    let document = try ill.document()
    #expect(document["ok"] == false)
    let service = document["checks"]?.array?.first { $0["name"] == "service" }
    #expect(service?["ok"] == false)
    #expect(service?["error"]?["code"] == "credentials.refused")
  }

  @Test("A broken template is named")
  func aBrokenTemplateIsNamed() throws {
    let bench = try Workbench()
    try bench.write(template: ["version": 1, "reissue": ["commonName": "${ a.. }"]], named: "bad")
    let reply = try diagnose(bench)
    #expect(reply.status == 78, "\(reply.stdout)")
    #expect(reply.stdout.contains("fix   templates"))
    #expect(reply.stdout.contains("template bad"))
    #expect(reply.stdout.contains("ok    service"), "the other checks are made, too")
  }

  @Test("An unreadable configuration is the only finding")
  func anUnreadableConfigurationIsAllThereIsToTell() throws {
    let bench = try Workbench()
    try bench.folder.write("{\"parallel\": \"many\"}", to: "config.json")
    let reply = try diagnose(bench)
    #expect(reply.status == 78)
    #expect(reply.stdout.hasPrefix("fix   configuration"))
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("Missing credentials are reported")
  func missingCredentials() throws {
    let bench = try Workbench()
    let reply = try diagnose(
      bench, environment: ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil])
    expect("credentials", "credentials.missing", exit: 77, of: reply)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test(
    "An error of the service is reported with its cause",
    arguments: [
      (["--sub-account"], "service", "credentials.sub-account", 77),
      (["--clock-offset", "20m"], "clock", "clock.skew", 77),
      (["--clock-offset", "-20m"], "clock", "clock.skew", 77),
      (["--fault", "gateway,code=210"], "service", "credentials.not-permitted", 77),
      (["--fault", "html,status=502"], "service", "reply.status-502", 75),
    ] as [([String], String, String, Int32)])
  func whatTheServiceSays(
    arguments: [String], name: String, code: String, exit: Int32
  ) throws {
    let bench = try Workbench(arguments)
    expect(name, code, exit: exit, of: try diagnose(bench))
  }

  @Test("A service that cannot be reached is reported")
  func aServiceThatIsNotThere() throws {
    let bench = try Workbench()
    let closed = "http://127.0.0.1:\(try LoopbackServer.freePort())"
    expect(
      "service", "network.connect", exit: 75, of: try diagnose(bench, ["--endpoint", closed]))
    let nowhere = "https://certificatemanager.invalid"
    expect("service", "network.dns", exit: 75, of: try diagnose(bench, ["--endpoint", nowhere]))
  }

  // MARK: TLS

  @Test("The certificate of the server is shown")
  func theServersCertificateIsShown() throws {
    let bench = try Workbench()
    let front = try TLSFront(bench.sandbox)
    let reply = try diagnose(bench, ["--endpoint", front.endpoint, "--ca-file", front.rootFile])
    #expect(reply.status == 0, "\(reply.stdout)")
    let line = try #require(reply.stdout.split(separator: "\n").first { $0.contains("  tls  ") })
    #expect(line.hasPrefix("ok ") && line.contains("DNS:localhost"))
    #expect(line.contains(" GMT") && line.contains("ncloud-sandbox"), "\(line)")
  }

  struct Distrust: Sendable {
    var names = ["localhost"]
    var daysLeft = 30
    var isRootGiven = true
    let says: [String]
  }

  /// A run reports the cause and the names or dates in the certificate, and sends nothing.
  @Test(
    "The reason why a certificate is not trusted is reported",
    arguments: [
      Distrust(daysLeft: -2, says: ["it expired ", " GMT", "DNS:localhost"]),
      Distrust(
        names: ["proxy.example.com"], says: ["it is for other names", "DNS:proxy.example.com"]),
      Distrust(
        isRootGiven: false,
        says: ["its issuer ", "ncloud-sandbox", "is not known here", "DNS:localhost"]),
    ])
  func distrustIsExplained(distrust: Distrust) throws {
    let bench = try Workbench()
    let front = try TLSFront(bench.sandbox, names: distrust.names, daysLeft: distrust.daysLeft)
    let options =
      ["--endpoint", front.endpoint] + (distrust.isRootGiven ? ["--ca-file", front.rootFile] : [])
    let run = try bench.run(options, on: Workbench.event(.api))
    try run.expectFailure("network.tls-untrusted", exit: 78)
    let message = try #require(try run.error()?["message"]?.string)
    for text in distrust.says { #expect(message.contains(text), "\(message)") }
    expect("tls", "network.tls-untrusted", exit: 78, of: try diagnose(bench, options))
    #expect(try bench.sandbox.journal().isEmpty)
  }

  // MARK: Files

  @Test("A key that other users can read is reported")
  func aKeyThatOthersRead() throws {
    let bench = try Workbench()
    try bench.folder.write("no real key", to: "keys/shop.key", permissions: 0o644)
    let reply = try diagnose(bench)
    expect("key folder", "key.open-to-others", exit: 78, of: reply)
    #expect(reply.stdout.contains("chmod 600"))
    try bench.folder.write("no real key", to: "keys/shop.key", permissions: 0o600)
    #expect(try diagnose(bench).status == 0)
  }

  @Test("A store that other users can change is reported")
  func aStoreThatOthersChange() throws {
    let bench = try Workbench()
    try bench.folder.write("", to: "certificates/x")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: bench.folder.path("certificates"))
    expect("store", "folder.open-to-others", exit: 78, of: try diagnose(bench))
  }

  /// A run can use what `doctor` accepts, at any depth of folders.
  @Test("Folders that a run can create are reported as usable")
  func whatARunWillMake() throws {
    let bench = try Workbench(
      configuration: JSONObject([("storeDirectory", .null)]), template: Self.generating)
    bench.environment["XDG_DATA_HOME"] = bench.folder.path("a/b")
    bench.environment["XDG_STATE_HOME"] = bench.folder.path("c/d")
    let before = try bench.folder.names()
    let reply = try bench.command(bench.options(["doctor"]))
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(
      reply.stdout.contains("reissue/certificates does not exist yet; the first run creates it"))
    #expect(try bench.folder.names() == before, "a look makes nothing")
    let run = try bench.command(
      bench.options(["run"]), stdin: JSONEncoder.encode(Workbench.event(.api)))
    #expect(run.status == 0, "\(run.stdout)")
    let request = "a/b/ncloud-reissue/certificates/api.example.com/1/csr.pem"
    #expect(try bench.folder.read(request).contains("REQUEST"))
    #expect(try bench.folder.names(in: "c/d/ncloud-reissue").contains("ledger.sqlite3"))
  }

  /// Version 1.0.0 kept keys beside the configuration by default.
  @Test("Keys at the place of version 1.0.0 are reported")
  func keysAtTheEarlierPlace() throws {
    let bench = try Workbench(
      configuration: JSONObject([("storeDirectory", .null)]), template: Self.generating)
    try bench.folder.write("key", to: "certificates/shop.example.com/1/key.pem")
    expect("store", "store.earlier", exit: 78, of: try diagnose(bench))
    try bench.configure()
    #expect(try diagnose(bench).status == 0, "with storeDirectory they are in use")
  }

  @Test("What the command line chooses is checked: templates, ledger, result file")
  func whatTheCommandLineChooses() throws {
    let bench = try Workbench()
    try FileManager.default.moveItem(
      atPath: bench.folder.path("templates"), toPath: bench.folder.path("elsewhere"))
    let advice = try bench.command(bench.options(["doctor"]))
    #expect(advice.status == 78 && advice.stdout.contains("--template FILE"), "\(advice.stdout)")
    for options in [
      ["--template", "elsewhere/plain.template.json"], ["-t", "plain", "--templates", "elsewhere"],
    ] {
      let reply = try bench.command(bench.options(["doctor"]) + options)
      #expect(reply.status == 0, "\(reply.stdout)")
      #expect(reply.stdout.contains("templates      named: plain"), "\(reply.stdout)")
    }
    let missing = try bench.command(
      bench.options(["doctor", "-t", "elsewhere/plane.template.json"]))
    #expect(missing.stdout.contains("did you mean plain.template.json?"), "\(missing.stdout)")
    let file = ["-t", "elsewhere/plain.template.json", "--result-file", "nowhere/results.ndjson"]
    let result = try bench.command(bench.options(["doctor"]) + file)
    #expect(result.status == 74 && result.stdout.contains("fix   result file"), "\(result.stdout)")
  }

  /// A run cannot use what `doctor` rejects.
  @Test("Folders that no run can create are reported as unusable")
  func whatNoRunCanMake() throws {
    let bench = try Workbench(
      configuration: JSONObject([("storeDirectory", "config.json/certificates")]),
      template: Self.generating)
    expect("store", "store.unusable", exit: 74, of: try diagnose(bench))
    let ledger = ["--ledger", "sqlite:\(bench.folder.path("config.json/state/ledger.sqlite3"))"]
    expect(
      "ledger", "folder.unusable", exit: 74,
      of: try bench.command(bench.options(["doctor"]) + ledger))
    let run = try bench.remembering(["run"], on: Workbench.event(.api))
    try run.expectFailure("store.unusable", exit: 74)
    #expect(try bench.posts().isEmpty)
    // Without issued certificates to store, a run needs no store.
    try bench.write(template: Workbench.plainTemplate, named: "plain")
    #expect(try diagnose(bench).status == 0)
  }

  private static let generating: JSONValue = [
    "version": 1, "items": "items", "store": "${cn}", "policy": ["preflight": "off"],
    "reissue": [
      "certificateNo": "${no}", "certificateName": "${name}", "commonName": "${cn}",
      "validationMethod": "D", "csr": ["generate": "ec-p256"],
    ],
  ]

  @Test("A ledger that cannot be used is reported")
  func aLedgerThatIsNone() throws {
    let bench = try Workbench()
    try bench.folder.write(String(repeating: "no ledger\n", count: 500), to: "ledger.sqlite3")
    expect("ledger", "ledger.foreign", exit: 74, of: try diagnose(bench))
  }

  @Test("A proxy is shown without its password")
  func aProxyIsShownWithoutItsPassword() throws {
    let bench = try Workbench()
    let reply = try diagnose(
      bench, environment: ["HTTPS_PROXY": "http://user:fake-password@127.0.0.1:3128"])
    #expect(reply.stdout.contains("127.0.0.1:3128"))
    #expect(!reply.stdout.contains("fake-password") && !reply.stderr.contains("fake-password"))
  }
}
