import Core
import JMESPath
import JSON
import TestSupport
import Testing

@testable import Templates

@Suite("render --explain shows why an item has its parameters")
struct ExplanationTests {
  private static func explain(_ changes: JSONValue, item: JSONValue) throws -> JSONValue {
    let reader = read(.object(soundTemplate.with(changes)))
    try #require(reader.findings.isEmpty)
    var rendering = Rendering(
      event: Event(document: ["all": [item]]), variables: JSONObject([("zone", "a")]),
      now: moment(0))
    return Explanation(of: item, index: 0, by: reader.template, &rendering).json
  }

  @Test("an explanation has each expression with the values that it read")
  func expressionsWithTheValuesThatTheyRead() throws {
    let json = try Self.explain(["let": ["host": "labels.host"]], item: ["no": 7, "labels": [:]])
    #expect(
      json["let"] == [
        [
          "name": "host", "expression": "labels.host", "value": nil,
          "reads": [["path": "labels.host", "value": nil]],
        ]
      ])
    let parameters = try #require(json["parameters"]?.array)
    #expect(
      parameters.first == [
        "pointer": "/reissue/certificateNo",
        "expressions": [["expression": "no", "value": 7, "reads": [["path": "no", "value": 7]]]],
      ])
    #expect(
      parameters.map { $0["pointer"]?.string } == [
        "/reissue/certificateNo", "/reissue/certificateName", "/reissue/commonName",
        "/reissue/dnsName", "/reissue/validationMethod", "/reissue/csr/generate", "/store",
      ])
    #expect(parameters[4] == ["pointer": "/reissue/validationMethod", "constant": "D"])
  }

  @Test("an explanation ends at a let that fails")
  func itEndsBehindALetThatFails() throws {
    let json = try Self.explain(
      ["let": ["a": "no", "b": "length(no)", "c": "no"]], item: ["no": 7])
    #expect(json["let"]?.array?.map { $0["name"]?.string } == ["a", "b"])
    #expect(json["let"]?[1]?["error"]?.string?.contains("length") == true)
    #expect(json["let"]?[1]?["value"] == nil)
    #expect(json["parameters"] == [])
  }

  @Test("a path after parentheses is shown whole")
  func aPathBehindParenthesesIsShownWhole() throws {
    let json = try Self.explain(["store": "${ (@).cn || 'x' }"], item: ["cn": "a.example"])
    let reads = json["parameters"]?[6]?["expressions"]?.array?.compactMap { $0["reads"]?[0] }
    #expect(reads == [["path": "(@).cn", "value": "a.example"]])
  }

  @Test("variables of the run are shown like paths")
  func variablesOfTheRunAreRead() throws {
    let json = try Self.explain(["store": "${ $vars.zone }-${ $index }"], item: ["no": 7])
    let reads = json["parameters"]?[6]?["expressions"]?.array?.compactMap { $0["reads"]?[0] }
    #expect(reads == [["path": "$vars.zone", "value": "a"], ["path": "$index", "value": 0]])
  }

  @Test(
    "a long value is shortened, and a private key is never shown",
    arguments: [
      ("short", ["value": "short"]), (nil, ["value": nil]), ([1, 2], ["value": [1, 2]]),
      (
        .string(String(repeating: "é", count: 200)),
        ["type": "string", "count": 200, "begin": .string(String(repeating: "é", count: 60))]
      ),
      (.array(Array(repeating: "abcdefgh", count: 20)), ["type": "array", "count": 20]),
      (["a": .string(String(repeating: "x", count: 200))], ["type": "object", "count": 1]),
      // A private key in an event is not repeated, even if it is short.
      ("-----BEGIN PRIVATE KEY-----", ["type": "string", "count": 27]),
      (["pem": "-----BEGIN EC PRIVATE KEY-----"], ["type": "object", "count": 1]),
    ] as [(JSONValue, JSONValue)])
  func longValuesAreCut(value: JSONValue, expected: JSONValue) {
    var budget = Budget()
    let members = Excerpt.members(of: value, spending: &budget)
    #expect(JSONValue.object(JSONObject(members)) == expected)
  }

  @Test("the error of a missing value names the step of let that found nothing")
  func aMissingValueBehindLetSaysWhatWasMissing() throws {
    let reader = read(
      .object(
        soundTemplate.withParameters(["commonName": "${ $cert.cn }"]).with([
          "data": ["inventory": "i.json"], "let": ["cert": "lookup($data.inventory, host)"],
        ])), files: ["t/i.json": #"{"shop.example.com": {"cn": "shop.example.com"}}"#])
    var rendering = Rendering(
      event: Event(document: ["no": 1, "host": "shop.exmaple.com"]), variables: JSONObject(),
      now: moment(0))
    let item = try #require(try rendering.items(of: reader.template).first)
    guard case .failure(let error) = item.rendered else {
      Issue.record("the item has a value")
      return
    }
    #expect(error.code == "template.missing-value")
    #expect(
      error.message.hasSuffix(
        "`$cert` is null: `lookup($data.inventory, host)` found no `shop.exmaple.com`"))
    #expect(error.hint == "did you mean shop.example.com?")
  }
}
