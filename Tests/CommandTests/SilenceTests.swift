import Foundation
import JSON
import TestSupport
import Testing

/// What a person has to know is reported: outcomes, events that no template accepts, templates that are not used.
@Suite("Nothing that needs a person is silent", .waiting)
struct SilenceTests {
  private static func template(_ changes: JSONValue = [:]) -> JSONValue {
    let template = JSONObject([
      ("version", 1), ("items", "items"), ("reference", "${ fingerprint || '' }"),
      ("reissue", Workbench.plainParameters),
    ])
    return .object(template.with(changes))
  }

  /// An event for the certificates, with a fingerprint for each.
  private static func event(_ certificates: CertificateSample...) -> JSONValue {
    [
      "items": .array(
        certificates.map {
          .object(($0.item.object ?? JSONObject()).with(["fingerprint": .string("f-\($0.name)")]))
        })
    ]
  }

  private static func infoLines(_ reply: Reply) -> [Substring] {
    reply.stderr.split(separator: "\n").filter { $0.hasPrefix("ncloud-reissue: info: ") }
  }

  // MARK: Outcomes

  @Test("At info, the outcome of each item is one line with numbers, name, stage and next step")
  func outcomesAreLogged() throws {
    let bench = try Workbench(template: Self.template())
    let options = ["--log-level", "info"]
    let first = try bench.remembering(["run"] + options, on: Self.event(.shop, .api))
    #expect(first.status == 0, "\(first.stderr)")
    let lines = Self.infoLines(first)
    try #require(lines.count == 2, "\(first.stderr)")
    #expect(
      lines[0].hasPrefix(
        "ncloud-reissue: info: item 0 (f-shop), 55882 → 56010 shop.example.com: reissued, "
          + "waiting-for-dns; next: set TXT "), "\(lines[0])")
    #expect(lines[1].contains("item 1 (f-api), 55883 → 56011 api.example.com: reissued"))

    let again = try bench.remembering(["run"] + options, on: Self.event(.shop))
    let skipped = Self.infoLines(again)
    try #require(skipped.count == 1, "\(again.stderr)")
    #expect(skipped[0].contains("shop.example.com: skipped, cooldown until 20"), "\(skipped[0])")

    let pending = Self.infoLines(try bench.remembering(["follow"] + options))
    #expect(pending.count == 2 && pending.allSatisfy { $0.contains(": pending, waiting-for-dns") })
    try bench.sandbox.control("POST", "issue", [:])
    let issued = Self.infoLines(try bench.remembering(["follow"] + options))
    #expect(issued.count == 2 && issued.allSatisfy { $0.contains(": issued") }, "\(issued)")
  }

  @Test("A failed item is one line at error, with its reference, number and name")
  func failuresAreLogged() throws {
    let bench = try Workbench(template: Self.template())
    let missing: JSONValue = [
      "items": [["no": 99999, "name": "gone", "cn": "gone.example.com", "fingerprint": "f-gone"]]
    ]
    try bench.folder.write(
      try #require(bench.signingRequests["api.example.com"]), to: "csr/gone.example.com.csr")
    let reply = try bench.remembering(["run", "--log-level", "info"], on: missing)
    #expect(reply.status == 65 || reply.status == 69, "\(reply.stderr)")
    #expect(reply.stderr.contains("error: item 0 (f-gone), 99999 gone.example.com: "))
    #expect(Self.infoLines(reply) == [])
    // The reference is known even if the parameters are not.
    let broken = try bench.remembering(["run"], on: ["items": [["fingerprint": "f-broken"]]])
    #expect(broken.stderr.contains("error: item 0 (f-broken): "), "\(broken.stderr)")
    #expect(try broken.document()["items"]?[0]?["reference"] == "f-broken")
  }

  // MARK: References

  @Test("The reference of an event comes back in results and in the history of the ledger")
  func referencesComeBack() throws {
    let bench = try Workbench(template: Self.template())
    let sent = try bench.remembering(["run"], on: Self.event(.shop)).document()
    #expect(sent["items"]?[0]?["reference"] == "f-shop")
    let again: JSONValue = [
      "items": [
        .object((CertificateSample.shop.item.object ?? JSONObject()).with(["fingerprint": "other"]))
      ]
    ]
    let skipped = try bench.remembering(["run"], on: again).document()
    // A reference does not identify a request.
    #expect(skipped["items"]?[0]?["reason"] == "cooldown")
    #expect(skipped["items"]?[0]?["reference"] == "other")
    #expect(skipped["items"]?[0]?["previous"]?["reference"] == "f-shop")
    try bench.sandbox.control("POST", "issue", [:])
    let followed = try bench.remembering(["follow"]).document()
    #expect(followed["items"]?[0]?["reference"] == "f-shop")
    let record = try bench.remembering(["ledger", "show", "55882", "--json"]).document()
    let history = record["records"]?[0]?["attempts"]?.array ?? []
    #expect(history.count == 2 && history.allSatisfy { $0["reference"] == "f-shop" }, "\(history)")
    #expect(try bench.posts().count == 1)
  }

  @Test(
    "A reference is text of at most 200 characters",
    arguments: [
      (.string(String(repeating: "가", count: 200)), nil), (55, nil), ("", nil),
      (.string(String(repeating: "x", count: 201)), "template.reference"),
      (["a"], "template.reference"),
    ] as [(JSONValue, String?)])
  func referencesHaveABound(value: JSONValue, code: String?) throws {
    let bench = try Workbench(
      template: Self.template(["reference": "${ fingerprint }", "policy": ["preflight": "off"]]))
    let item = (CertificateSample.shop.item.object ?? JSONObject()).with(["fingerprint": value])
    let reply = try bench.run(on: ["items": [.object(item)]])
    if let code {
      try reply.expectFailure(code, exit: 65)
      #expect(try bench.posts().isEmpty)
    } else {
      #expect(reply.status == 0, "\(reply.stderr)")
      let text = value.integer.map { .string(String($0)) } ?? value
      let expected = text == "" ? JSONValue?.none : text
      #expect(try reply.document()["items"]?[0]?["reference"] == expected)
    }
  }

  // MARK: Events that no template accepts

  @Test(
    "A slip in when is reported",
    arguments: [
      ("dayLeft < `30`", "info", "did you mean `daysLeft`?"),
      ("daysLeft < '30'", "info", "it compares two numbers or two strings"),
      ("daysLeft", "warning", "`when` gives a value of type number"),
    ])
  func aSlipInWhenIsReported(when: String, level: String, text: String) throws {
    let bench = try Workbench(template: Self.template(["when": .string(when)]))
    let event: JSONValue = ["daysLeft": 12, "items": []]
    func line(_ options: [String]) throws -> Substring? {
      let reply = try bench.run(options, on: event)
      #expect(reply.status == 0)
      #expect(try reply.document()["reason"] == "no-template")
      return reply.stderr.split(separator: "\n").first { $0.contains("does not accept the event") }
    }
    let found = try #require(try line(["--log-level", "info"]))
    #expect(found.hasPrefix("ncloud-reissue: \(level): the template plain "), "\(found)")
    #expect(found.contains(text), "\(found)")
    #expect(try (line([]) == nil) == (level == "info"))
    // A template that is named is expected to accept its events.
    let named = try #require(try line(["--template", "plain"]))
    #expect(named.hasPrefix("ncloud-reissue: warning: ") && named.contains(text), "\(named)")
    // render is the command for trying a template.
    let shown = try bench.command(
      ["render", "--config", bench.folder.path("config.json"), "--template", "plain"],
      stdin: JSONEncoder.encode(event))
    #expect(shown.stderr == "\(named)\n")
    #expect(try bench.posts().isEmpty)
  }

  @Test("An event that no template accepts is reported at info, and one that is accepted is not")
  func noTemplateIsReported() throws {
    let bench = try Workbench(
      template: Self.template(["when": "type(items) == 'array'", "policy": ["preflight": "off"]]))
    try bench.write(template: Self.template(["when": "other.member > `1`"]), named: "another")
    let none = try bench.run(["--log-level", "info"], on: ["alerts": []])
    #expect(none.stderr.contains("info: skipped, no-template"), "\(none.stderr)")
    #expect(none.stderr.contains("template another does not accept the event: `when` gives null"))
    let some = try bench.run(["--log-level", "info"], on: Workbench.event(.shop))
    #expect(!some.stderr.contains("does not accept"), "\(some.stderr)")
  }

  @Test(
    "check warns of what no test makes true",
    arguments: [
      ([:], "template.no-tests", ""),
      (["tests": [["event": ["daysLeft": 40], "items": []]]], "template.never-tested", "/when"),
      (
        ["when": nil, "tests": [["event": ["items": []], "items": []]]], "template.never-tested",
        "/items"
      ),
    ] as [(JSONValue, String, String)])
  func untestedTemplatesAreFound(changes: JSONValue, code: String, pointer: String) throws {
    let template = Self.template(["when": "daysLeft < `30`"]).object?.with(changes)
    let bench = try AuthorBench([
      "a.template.json": JSONEncoder.text(.object(template ?? JSONObject()))
    ])
    let reply = try bench.run(["check", "--json", "a.template.json"])
    #expect(reply.status == 0, "\(reply.stdout)")
    let findings = try reply.document()["templates"]?[0]?["findings"]?.array ?? []
    let found = findings.filter { $0["code"] == .string(code) }
    #expect(found.count == 1 && found[0]["severity"] == "warning", "\(findings)")
    #expect(found.first?["at"]?["pointer"] == .string(pointer))
  }

  // MARK: Templates that are not used

  @Test(
    "A templates folder without a template is an error, and misnamed templates are shown",
    arguments: ["mine.json", "mine.template", "mine/mine.json", nil])
  func aFolderWithoutTemplatesIsAnError(file: String?) throws {
    let bench = try Workbench()
    let template = JSONEncoder.text(Workbench.plainTemplate)
    try FileManager.default.removeItem(
      atPath: bench.folder.path("templates/plain.template.json"))
    if let file { try bench.folder.write(template, to: "templates/\(file)") }
    let reply = try bench.run(on: Workbench.event(.shop))
    try reply.expectFailure("template.none", exit: 78)
    #expect(try bench.posts().isEmpty)
    let config = ["--config", bench.folder.path("config.json")]
    let check = try bench.command(["check"] + config)
    #expect(check.status == 78 && check.stderr.contains("[template.none]"), "\(check.stderr)")
    let doctor = try bench.command(["doctor"] + config)
    #expect(doctor.stdout.contains("[template.none]"), "\(doctor.stdout)")
    for text in [reply.stderr, check.stderr, doctor.stdout] {
      #expect(text.contains(file.map { "\($0) looks like one: rename it to mine" } ?? "put NAME"))
    }
  }

  @Test("check and doctor show a misnamed template beside others, and no data")
  func misnamedTemplatesAreShown() throws {
    let bench = try Workbench()
    try bench.folder.write(
      JSONEncoder.text(Workbench.plainTemplate), to: "templates/mine.json")
    try bench.folder.write(#"{"shop.example.com": {}}"#, to: "templates/inventory.json")
    let config = ["--config", bench.folder.path("config.json")]
    let check = try bench.command(["check"] + config)
    #expect(
      check.stdout.contains(
        "warning: mine.json looks like a template and is not used; rename it to mine.template.json")
    )
    #expect(check.status == 0 && !check.stdout.contains("inventory"), "\(check.stdout)")
    let doctor = try bench.command(["doctor"] + config)
    #expect(doctor.stdout.contains("mine.json looks like a template"), "\(doctor.stdout)")
    #expect(!doctor.stdout.contains("inventory"))
  }

  // MARK: Spelling

  @Test("A dry run shows the store")
  func aDryRunShowsTheStore() throws {
    let bench = try Workbench(template: Self.template(["store": "${ cn }"]))
    let item = try bench.run(["--dry-run"], on: Self.event(.shop)).document()["items"]?[0]
    #expect(item?["status"] == "would-reissue" && item?["store"] == "shop.example.com")
    #expect(try !bench.folder.names().contains("certificates"))
  }

  @Test("The first template of the README has no warning")
  func theFirstTemplateOfTheReadmeIsWithoutFault() throws {
    let page = try String(
      contentsOfFile: try Program.packageRoot() + "/README.md", encoding: .utf8)
    let rest = try #require(page.split(separator: "<!-- file: expiry.json -->\n```json\n").last)
    let block = try #require(rest.split(separator: "```").first)
    let bench = try AuthorBench(["expiry.json": String(block)])
    let reply = try bench.run(["check", "expiry.json"])
    #expect(reply.stdout == "1 template, 1 test: ok\n")
  }
}
