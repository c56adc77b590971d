import JSON
import TestSupport
import Testing

/// `render --explain` shows the source of every parameter and the templates that were tried.
@Suite(.waiting)
struct RenderExplainTests {
  private static let others = [
    "templates/a.template.json": template(when: "version == '1'"),
    "templates/b.template.json": template(when: "length(verson) > `0`"),
    "templates/z.template.json": template(when: "`true`"),
  ]

  private static func template(when: String) -> String {
    JSONEncoder.text([
      "version": 1, "when": .string(when), "reissue": Workbench.plainParameters,
    ])
  }

  private static func bench() throws -> AuthorBench {
    try AuthorBench(AuthorBench.files.merging(others) { own, _ in own })
  }

  @Test("The explanation shows the origin of every parameter")
  func theWholeStory() throws {
    let reply = try Self.bench().run(
      ["render", "--explain", "--pretty", "--templates", "templates"], stdin: AuthorBench.event)
    #expect(reply.status == 0 && reply.stderr == "")
    try Golden.expect(reply.stdout, matches: "render-explain.json")
  }

  /// Without the added members, the document is the same.
  @Test("--explain only adds members to the document")
  func theContractStays() throws {
    let bench = try Self.bench()
    let plain = try bench.run(["render", "--templates", "templates"], stdin: AuthorBench.event)
      .document()
    let explained = try bench.run(
      ["render", "--explain", "--json", "--templates", "templates"], stdin: AuthorBench.event
    ).document()
    var stripped = try #require(explained.object)
    #expect(stripped["tried"]?.array?.map { $0["template"]?.string } == ["a", "b", "sound"])
    stripped["tried"] = nil
    stripped["items"] = .array(
      (stripped["items"]?.array ?? []).map { item in
        var item = item.object ?? JSONObject()
        item["explain"] = nil
        return .object(item)
      })
    #expect(JSONValue.object(stripped) == plain)
  }

  @Test("An event that no template matches is explained")
  func noTemplateTakesTheEvent() throws {
    let bench = try AuthorBench(AuthorBench.files)
    let reply = try bench.run(
      ["render", "--explain", "--templates", "templates"], stdin: #"{"version": "5"}"#)
    #expect(reply.status == 0)
    #expect(
      try reply.document() == [
        "version": 1, "template": nil, "items": [],
        "tried": [
          [
            "template": "sound", "matched": false,
            "when": [
              "expression": "version == '4'", "value": false,
              "reads": [["path": "version", "value": "5"]],
            ],
          ]
        ],
      ])
  }

  @Test("A named template whose `when` fails is explained")
  func aNamedTemplateWhoseWhenFails() throws {
    let reply = try Self.bench().run(
      ["render", "--explain", "--template", "templates/b.template.json"], stdin: "{}")
    #expect(reply.status == 65)
    let document = try reply.document()
    #expect(document["error"]?["code"] == "template.invalid-type")
    #expect(document["tried"]?[0]?["matched"] == false)
    #expect(document["tried"]?[0]?["when"]?["error"]?.string?.isEmpty == false)
    #expect(document["tried"]?[0]?["when"]?["reads"] == [["path": "verson", "value": nil]])
  }

  @Test("An item that fails is explained too")
  func anItemThatFailsIsExplainedToo() throws {
    let reply = try Self.bench().run(
      ["render", "--explain", "--template", "templates/sound/template.json"],
      stdin: #"""
        {"version": "4", "alerts": [{"status": "firing", "labels": {"instance": "x.example", "no": "1"}}]}
        """#)
    #expect(reply.status == 65)
    let item = try reply.document()["items"]?[0]
    #expect(item?["error"]?["code"] == "template.missing-value")
    #expect(
      item?["error"]?["message"]?.string?.contains(
        "`$cert` is null: `lookup($data.inventory, $host)` found no `x.example`") == true,
      "\(reply.stdout)")
    #expect(item?["explain"]?["let"]?[0]?["value"] == "x.example")
    #expect(item?["explain"]?["let"]?[1]?["value"] == .null)
  }
}
