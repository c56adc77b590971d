import JSON
import TestSupport
import Testing

/// `check` reports all mistakes in templates in one run.
@Suite(.waiting)
struct CheckCommandTests {
  /// A template with many mistakes.
  private static let broken = #"""
    {
      "version": 1,
      "wen": "a",
      "when": "lenght(alerts) > `0`",
      "let": {"host": "labels.host", "unused": "a.b"},
      "data": {"inventory": "../inventory.json"},
      "reissue": {
        "certificateName": "",
        "commonName": "${ $hots }",
        "csr": {"generate": "rsa-1024"}
      },
      "policy": {"cooldown": "7 days", "preflight": "off"},
      "tests": [{"event": {}, "items": [{"comonName": "a"}]}]
    }
    """#

  /// A valid template whose tests fail.
  private static let failing = #"""
    {
      "version": 1,
      "items": "alerts",
      "let": {"cn": "labels.cn"},
      "reissue": {
        "certificateName": "name", "commonName": "${ $cn }", "dnsName": "${ sans }",
        "validationMethod": "D", "csr": {"file": "a.csr"}
      },
      "tests": [
        {"name": "one\u001b[31m\nred", "event": {"alerts": [
          {"labels": {"cn": "a.example"}, "sans": ["b.example", "c.example"]},
          {"labels": {}}]},
         "items": [{"commonName": "b.example", "dnsName": ["b.example", "d.example"]}]},
        {"name": "passes", "event": {"alerts": []}, "items": []},
        {"event": {"alerts": 3}},
        {"name": "too few", "event": [], "items": [{"commonName": "a.example"}]}
      ]
    }
    """#

  private static let files = AuthorBench.files.merging([
    "templates/broken.template.json": broken, "templates/failing.template.json": failing,
    "templates/unreadable.template.json": "{version: 1}", "templates/notes.txt": "not a template",
    "inventory.json": "{}",
  ]) { own, _ in own }

  /// A template without tests can be checked with a real event.
  @Test("A real event can be used without tests")
  func aRealEventNeedsNoTests() throws {
    let bench = try AuthorBench()
    let template = #"""
      {"version": 1, "items": "[@]", "reissue": {"certificateNo": "1", "certificateName": "shop",
       "commonName": "${ cn }", "validationMethod": "D", "csr": {"file": "a.csr"}},
       "tests": [{"event": "nowhere.json", "items": []}]}
      """#
    try bench.folder.write(template, to: "templates/plain.template.json")
    let check = try bench.run(["check", "templates/plain.template.json"])
    #expect(check.status == 78 && check.stdout.contains("nowhere.json"), "\(check.stdout)")
    let reply = try bench.run(
      ["render", "--template", "templates/plain.template.json"], stdin: #"{"cn": "a.example"}"#)
    #expect(!reply.stdout.contains("nowhere.json"), "\(reply.stdout)")
  }

  @Test("A folder of correct templates passes")
  func aSoundFolderPasses() throws {
    let bench = try AuthorBench(AuthorBench.files)
    let reply = try bench.run(["check", "--templates", "templates"])
    #expect(reply.stdout == "1 template, 2 tests: ok\n")
    #expect(reply.status == 0 && reply.stderr == "")
    let json = try bench.run(["check", "--templates", "templates", "--json"])
    #expect(json.status == 0)
    #expect(
      try json.document() == [
        "version": 1, "status": "ok",
        "templates": [
          [
            "template": "sound", "file": "templates/sound/template.json", "findings": [],
            "tests": [
              ["name": "two alerts", "status": "passed", "differences": []],
              ["name": "another version", "status": "passed", "differences": []],
            ],
          ]
        ],
      ])
  }

  @Test("A `when` that is never true is a warning")
  func aWhenThatIsNeverTrueIsWarnedOf() throws {
    let template = AuthorBench.sound.replacing("version == '4'", with: "alerts[?status]")
    let bench = try AuthorBench(
      AuthorBench.files.merging(["templates/sound/template.json": template]) { $1 })
    let reply = try bench.run(["check", "--templates", "templates"])
    #expect(reply.status == 78)
    #expect(reply.stdout.contains("sound: /when: warning: `when` never gives true"))
    #expect(reply.stdout.contains("/when: expected true, got [{"), "\(reply.stdout)")
    let explained = try bench.run(
      ["render", "--explain", "--templates", "templates"], stdin: AuthorBench.event
    ).document()
    #expect(
      explained["tried"]?[0]?["note"] == "`when` gives a value of type array; only true acts")
  }

  /// The comparison with a member is hardly ever true. It is only a warning, since the member may be meant.
  @Test("A comparison with a member where a text is likely meant is a warning")
  func aMemberInPlaceOfATextIsWarnedOf() throws {
    let template = #"""
      {
        "version": 1, "when": "status == \"firing\"",
        "reissue": {
          "certificateName": "name", "commonName": "a.example", "validationMethod": "D",
          "csr": {"file": "a.csr"}
        }
      }
      """#
    let bench = try AuthorBench(["templates/slip.template.json": template])
    let reply = try bench.run(["check", "--templates", "templates"])
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(
      reply.stdout == """
        slip: /when: warning: a member is compared, not a text: double quotes make a member name \
        (in `status == "firing"`, column 11); write '…' for the text, or @."…" for the member
        slip: warning: the template has no tests; add a test with an event of the sender and the \
        items that it must give
        1 template, 0 tests: 2 warnings

        """)
    let json = try bench.run(["check", "--templates", "templates", "--json"])
    #expect(json.status == 0)
    let finding = try json.document()["templates"]?[0]?["findings"]?[0]
    #expect(finding?["severity"] == "warning" && finding?["code"] == "template.likely-slip")
    #expect(
      finding?["at"] == [
        "template": "slip", "pointer": "/when", "expression": #"status == "firing""#, "column": 11,
      ])
  }

  @Test("All findings are reported in one run")
  func everythingIsToldAtOnce() throws {
    let bench = try AuthorBench(Self.files)
    let text = try bench.run(["check", "--templates", "templates"])
    #expect(text.status == 78 && text.stderr == "")
    #expect(!text.stdout.unicodeScalars.contains { $0 != "\n" && $0.value < 0x20 })
    try Golden.expect(text.stdout, matches: "check.txt")
    let json = try bench.run(["check", "--templates", "templates", "--json", "--pretty"])
    #expect(json.status == 78)
    try Golden.expect(json.stdout, matches: "check.json")
    #expect(try JSONDecoder.decode(json.stdout)["status"] == "failed")
  }

  @Test("Only the named templates are checked")
  func onlyTheNamedAreLookedAt() throws {
    let bench = try AuthorBench(Self.files)
    for name in [["templates/sound/template.json"], ["sound", "--templates", "templates"]] {
      let reply = try bench.run(["check"] + name)
      #expect(reply.status == 0, "\(reply.stdout)")
      #expect(reply.stdout == "1 template, 2 tests: ok\n")
    }
    let two = try bench.run([
      "check", "templates/sound/template.json", "templates/failing.template.json", "--json",
    ])
    #expect(two.status == 78)
    #expect(
      try two.document()["templates"]?.array?.map { $0["template"]?.string }
        == ["sound", "failing"])
  }

  @Test("Warnings alone do not change the exit status")
  func warningsAloneDoNoHarm() throws {
    let bench = try AuthorBench([
      "a.template.json": #"""
      {"version": 1, "let": {"x": "a"}, "reissue": {"certificateName": "name",
       "commonName": "${ labels.cn }", "validationMethod": "D", "csr": "${ csr || '' }"}}
      """#
    ])
    let reply = try bench.run(["check", "a.template.json"])
    #expect(reply.status == 0)
    #expect(reply.stdout.contains("a: /reissue/commonName: warning: `labels.cn` has no default"))
    #expect(reply.stdout.contains("a: /let/x: warning: $x is never used"))
    #expect(reply.stdout.hasSuffix("1 template, 0 tests: 3 warnings\n"))
    #expect(try bench.run(["check", "a.template.json", "--json"]).document()["status"] == "ok")
  }

  @Test("Tests can read variables")
  func variablesReachTheTests() throws {
    let bench = try AuthorBench([
      "a.template.json": #"""
      {"version": 1, "reissue": {"certificateName": "name", "commonName": "${ $vars.cn || cn }",
       "validationMethod": "D", "csr": "${ csr || 'x' }"},
       "tests": [{"event": {"cn": "a.example"}, "items": [{"commonName": "a.example"}]}]}
      """#
    ])
    #expect(try bench.run(["check", "a.template.json"]).status == 0)
    let other = try bench.run(["check", "a.template.json", "--var", "cn=b.example"])
    #expect(other.status == 78)
    #expect(other.stdout.contains(#"expected "a.example", got "b.example""#))
  }

  @Test(
    "A folder that cannot be checked is an error",
    arguments: [
      (["--templates", "nowhere"], 78, "template.folder"),
      (["--config", "nowhere.json"], 78, nil),
      (["--var", "x"], 64, "usage.option"),
    ] as [([String], Int32, String?)])
  func nothingToLookAt(arguments: [String], status: Int32, code: String?) throws {
    let reply = try AuthorBench().run(["check", "--json"] + arguments)
    #expect(reply.status == status)
    #expect(reply.stderr.hasPrefix("ncloud-reissue: error: "))
    let document = try reply.document()
    #expect(document["status"] == "failed")
    if let code { #expect(document["error"]?["code"] == .string(code)) }
  }

  @Test("A named template that does not exist is a finding")
  func aNamedTemplateThatIsNotThereIsAFinding() throws {
    let reply = try AuthorBench(AuthorBench.files).run([
      "check", "--json", "templates/sound/template.json", "nowhere/template.json",
    ])
    #expect(reply.status == 78)
    let templates = try reply.document()["templates"]
    #expect(templates?[0]?["findings"] == [])
    #expect(templates?[1]?["findings"]?[0]?["code"] == "template.not-found")
  }

  @Test("A test may have comments")
  func aTestMayHaveComments() throws {
    let template = AuthorBench.sound.replacing(
      #"{"certificateNo": "55882","#, with: #"{"// why": "the label", "certificateNo": "55882","#)
    let bench = try AuthorBench(
      AuthorBench.files.merging(["templates/sound/template.json": template]) { $1 })
    let reply = try bench.run(["check", "--templates", "templates"])
    #expect(reply.status == 0, "\(reply.stdout)")
  }

  @Test("An unreadable event of a test is reported once")
  func anUnreadableEventOfATestIsToldOnce() throws {
    let template = AuthorBench.sound.replacing(#""event.json""#, with: #""nowhere.json""#)
    let bench = try AuthorBench(
      AuthorBench.files.merging(["templates/sound/template.json": template]) { $1 })
    let reply = try bench.run(["check", "--templates", "templates", "--json"])
    let findings = try reply.document()["templates"]?[0]?["findings"]?.array
    #expect(findings?.map { $0["code"] } == ["template.file"], "\(reply.stdout)")
  }

  @Test("Wrong usage exits with 64")
  func wrongUsage() throws {
    let reply = try AuthorBench().run(["check", "--nothing"])
    #expect(reply.status == 64 && reply.stdout == "")
  }

  @Test("The shipped templates pass")
  func theShippedTemplatesPass() throws {
    let folder = try Program.packageRoot() + "/examples/templates"
    let reply = try AuthorBench().run(["check", "--templates", folder, "--json"])
    #expect(reply.status == 0, "\(reply.stdout)")
    let templates = try #require(try reply.document()["templates"]?.array)
    #expect(templates.count >= 24)
    for template in templates {
      let tests = template["tests"]?.array ?? []
      #expect(!tests.isEmpty, "no test in \(template["template"]?.string ?? "")")
      #expect(tests.allSatisfy { $0["status"] == "passed" })
    }
  }
}
