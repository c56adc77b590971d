import Core
import JMESPath
import JSON
import Parameters
import TestSupport
import Testing

@testable import Templates

@Suite("A run has bounds that no event exceeds")
struct RunBoundsTests {
  private static func template(_ changes: JSONValue) throws -> Template {
    let reader = read(.object(soundTemplate.with(["items": "items"]).with(changes)))
    try #require(reader.findings.isEmpty, "\(reader.findings)")
    return reader.template
  }

  private static func event(_ count: Int, _ members: JSONValue = [:]) -> Event {
    let items = (0..<count).map { JSONValue.object(JSONObject([("no", .integer($0 + 1))])) }
    return Event(document: .object(JSONObject([("items", .array(items))]).with(members)))
  }

  private static func rendering(_ event: Event, budget: Budget = Budget()) -> Rendering {
    Rendering(event: event, variables: JSONObject(), now: moment(0), budget: budget)
  }

  private static func codes(_ items: [RenderedItem]) -> [String?] {
    items.map { item in
      if case .failure(let error) = item.rendered { error.code } else { nil }
    }
  }

  private static func parameters(_ changes: JSONValue) -> JSONValue {
    ["reissue": .object((soundTemplate["reissue"]?.object ?? JSONObject()).with(changes))]
  }

  @Test("an event has at most 10,000 items")
  func anEventHasAtMostTenThousandItems() throws {
    let template = try Self.template([:])
    var rendering = Self.rendering(Self.event(10_000))
    #expect(try rendering.items(of: template).count == 10_000)
    var tooMany = Self.rendering(Self.event(10_001))
    let error = #expect(throws: ReissueError.self) { try tooMany.items(of: template) }
    #expect(error?.code == "limit.items")
    #expect(error?.exit == .event)
    #expect(error?.place?.template == "sample")
  }

  @Test("all items share the work of a run, and items without work fail")
  func itemsShareTheWorkOfARun() throws {
    let template = try Self.template([
      "let": ["n": "length($event.items[?no > `1`])"], "store": "${ $n }",
    ])
    var rendering = Self.rendering(Self.event(50), budget: Budget(steps: 5_000))
    let codes = Self.codes(try rendering.items(of: template))
    let made = codes.prefix { $0 == nil }.count
    #expect((5..<45).contains(made))
    #expect(codes.dropFirst(made).allSatisfy { $0 == "limit.work" })
  }

  @Test(
    "a when that lacks work is an error, because the template might accept the event",
    arguments: [true, false])
  func aWhenWithoutWorkIsNoTemplateThatDoesNotMatch(isNamed: Bool) throws {
    let heavy = try Self.template(["when": "length(items[?no > `1`]) == `-1`"])
    var rendering = Self.rendering(Self.event(100), budget: Budget(steps: 700))
    let error = #expect(throws: ReissueError.self) {
      try rendering.choose(from: [heavy, heavy, heavy], isNamed: isNamed)
    }
    #expect(error?.code == "limit.work")
    #expect(error?.exit == .event)
  }

  @Test(
    "a text is refused as soon as it is longer than its parameter may be",
    arguments: [
      ("commonName", "parameters.common-name"), ("certificateName", "parameters.certificate-name"),
      ("certificateNo", "parameters.certificate-no"), ("dnsName", "parameters.dns-name"),
      ("validationMethod", "parameters.validation-method"), ("csr", "parameters.csr"),
    ])
  func aTextIsHeldToItsParameterWhileItGrows(name: String, code: String) throws {
    let leaf = String(repeating: "${ $event.big }", count: 100)
    let template = try Self.template(
      Self.parameters(.object(JSONObject([(name, .string(leaf))]))))
    let big = String(repeating: "x", count: 100_000)
    var rendering = Self.rendering(Self.event(1, ["big": .string(big)]))
    #expect(Self.codes(try rendering.items(of: template)) == [code])
  }

  @Test("a store that is too long is refused")
  func aStoreIsHeldToItsLengthToo() throws {
    let template = try Self.template(["store": "${ $event.big }${ $event.big }"])
    let big = String(repeating: "x", count: 600)
    var rendering = Self.rendering(Self.event(1, ["big": .string(big)]))
    #expect(Self.codes(try rendering.items(of: template)) == ["store.outside-folder"])
  }

  @Test("the parameters of all items share their memory")
  func theParametersOfAllItemsShareTheirMemory() throws {
    let template = try Self.template(Self.parameters(["csr": "${ $event.big }"]))
    let big = String(repeating: "x", count: 200_000)
    var rendering = Self.rendering(Self.event(1_000, ["big": .string(big)]))
    let codes = Self.codes(try rendering.items(of: template))
    let made = codes.prefix { $0 == nil }.count
    #expect((100..<200).contains(made))
    #expect(codes.dropFirst(made).allSatisfy { $0 == "limit.size" })
  }

  @Test(
    "a certificate has at most 250 different names",
    arguments: [(249, nil), (250, "parameters.dns-name")] as [(Int, String?)])
  func aCertificateHasAtMost250Names(count: Int, code: String?) {
    let names = (0..<count).map { JSONValue.string("h\($0).example.com") }
    // Repeated names and the common name are not counted.
    let parameters: JSONObject = soundParameters.with([
      "dnsName": .array(names + names + ["shop.example.com"])
    ])
    do throws(ReissueError) {
      let read = try ReissueParameters(rendered: parameters)
      #expect(code == nil && read.alternativeNames.count == count)
    } catch {
      #expect(error.code == code)
      #expect(error.message.contains("a certificate takes 250"))
    }
  }

  private let soundParameters = JSONObject(
    [
      ("certificateNo", 1), ("certificateName", "shop"), ("commonName", "shop.example.com"),
      ("validationMethod", "D"), ("csr", ["generate": "ec-p256"]),
    ] as [(String, JSONValue)])

  @Test("an item has at most five warnings of one kind about names")
  func warningsOfNamesAreFew() throws {
    let names = (0..<40).map { JSONValue.string("h\($0)") }
    let read = try ReissueParameters(rendered: soundParameters.with(["dnsName": .array(names)]))
    #expect(read.warnings.count == 5)
  }

  @Test("an error repeats a bounded part of an expression")
  func whatAnErrorRepeatsIsBounded() throws {
    let long = "not_null(" + (0..<900).map { "missing_\($0)" }.joined(separator: ", ") + ")"
    let template = try Self.template(Self.parameters(["commonName": .string("${ \(long) }")]))
    var rendering = Self.rendering(Self.event(1))
    guard case .failure(let error) = try #require(try rendering.items(of: template).first).rendered
    else { return #expect(Bool(false), "the item has a value") }
    #expect(error.code == "template.missing-value")
    #expect(JSONEncoder.encode(error.json).count < 3_000)
  }

  @Test("a template has a bounded number of strings and values")
  func aTemplateHasABoundedNumberOfParts() {
    let leaves = Array(repeating: JSONValue.string("${ no }"), count: 5_000)
    let reader = read(
      .object(soundTemplate.with(Self.parameters(["dnsName": .array(leaves)]))))
    #expect(reader.findings.map(\.code) == ["template.too-large"])
  }

  @Test("the name of a member is at most 256 bytes long")
  func aNameIsNoTextOfItsOwn() {
    let name = String(repeating: "n", count: 300)
    let names = JSONValue.object(JSONObject([(name, .string("no"))]))
    let reader = read(.object(soundTemplate.with(["let": names])))
    #expect(reader.findings.map(\.code) == ["template.name"])
  }

  @Test("data with very many values is refused")
  func dataOfVeryManyValuesDoesNotFit() {
    let wide = "[" + String(repeating: "{},", count: 500_000) + "{}]"
    let reader = read(
      .object(soundTemplate.with(["data": ["wide": "w.json"], "store": "${ $data.wide[0] }"])),
      files: ["t/w.json": wide])
    #expect(reader.findings.map(\.code) == ["template.too-large"])
    #expect(reader.findings.first?.exit == .configuration)
  }

  @Test("the tests of a template share one budget")
  func testsOfATemplateShareABudget() throws {
    let test: JSONValue = ["event": Self.event(50).document, "items": []]
    let template = try Self.template([
      "let": ["n": "length($event.items[?no > `1`])"], "store": "s${ $n }", "tests": [test, test],
    ])
    var budget = Budget(steps: 20_000)
    var coverage = TestCoverage()
    let codes = template.tests.map { test in
      template.differences(
        in: test, variables: JSONObject(), now: moment(0), spending: &budget, noting: &coverage
      ).map { $0.error?.code }
    }
    #expect(codes[0].allSatisfy { $0 == nil } && codes[0].count == 50)
    #expect(codes[1].contains("limit.work"))
  }
}
