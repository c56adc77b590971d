import Core
import JMESPath
import JSON
import Parameters
import TestSupport
import Testing

@testable import Templates

/// What an event may ask of a run as a whole.
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

  private static func codes(_ items: [Item]) -> [String?] {
    items.map { item in
      if case .failure(let error) = item.rendered { error.code } else { nil }
    }
  }

  private static func parameters(_ changes: JSONValue) -> JSONValue {
    ["reissue": .object((soundTemplate["reissue"]?.object ?? JSONObject()).with(changes))]
  }

  @Test func anEventHasAtMostTenThousandItems() throws {
    let template = try Self.template([:])
    var rendering = Self.rendering(Self.event(10_000))
    #expect(try rendering.items(of: template).count == 10_000)
    var tooMany = Self.rendering(Self.event(10_001))
    let error = #expect(throws: ReissueError.self) { try tooMany.items(of: template) }
    #expect(error?.code == "limit.items")
    #expect(error?.exit == .event)
    #expect(error?.place?.template == "sample")
  }

  /// The items that were made before stand; those for which there is no work left fail, each for itself.
  @Test func itemsShareTheWorkOfARun() throws {
    let template = try Self.template([
      "let": ["n": "length($event.items[?no > `1`])"], "store": "${ $n }",
    ])
    var rendering = Self.rendering(Self.event(50), budget: Budget(steps: 5_000))
    let codes = Self.codes(try rendering.items(of: template))
    let made = codes.prefix { $0 == nil }.count
    #expect((5..<45).contains(made))
    #expect(codes.dropFirst(made).allSatisfy { $0 == "limit.work" })
  }

  /// Whether the template is the one that was meant is not known.
  @Test(arguments: [true, false])
  func aWhenWithoutWorkIsNoTemplateThatDoesNotMatch(isNamed: Bool) throws {
    let heavy = try Self.template(["when": "length(items[?no > `1`]) == `-1`"])
    var rendering = Self.rendering(Self.event(100), budget: Budget(steps: 700))
    let error = #expect(throws: ReissueError.self) {
      try rendering.choose(from: [heavy, heavy, heavy], isNamed: isNamed)
    }
    #expect(error?.code == "limit.work")
    #expect(error?.exit == .event)
  }

  @Test(arguments: [
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

  @Test func aStoreIsHeldToItsLengthToo() throws {
    let template = try Self.template(["store": "${ $event.big }${ $event.big }"])
    let big = String(repeating: "x", count: 600)
    var rendering = Self.rendering(Self.event(1, ["big": .string(big)]))
    #expect(Self.codes(try rendering.items(of: template)) == ["store.outside-folder"])
  }

  @Test func theParametersOfAllItemsShareTheirMemory() throws {
    let template = try Self.template(Self.parameters(["csr": "${ $event.big }"]))
    let big = String(repeating: "x", count: 200_000)
    var rendering = Self.rendering(Self.event(1_000, ["big": .string(big)]))
    let codes = Self.codes(try rendering.items(of: template))
    let made = codes.prefix { $0 == nil }.count
    #expect((100..<200).contains(made))
    #expect(codes.dropFirst(made).allSatisfy { $0 == "limit.size" })
  }

  @Test(arguments: [(249, nil), (250, "parameters.dns-name")] as [(Int, String?)])
  func aCertificateHasAtMost250Names(count: Int, code: String?) {
    let names = (0..<count).map { JSONValue.string("h\($0).example.com") }
    // Repeated ones, and the common name, do not count.
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

  @Test func warningsOfNamesAreFew() throws {
    let names = (0..<40).map { JSONValue.string("h\($0)") }
    let read = try ReissueParameters(rendered: soundParameters.with(["dnsName": .array(names)]))
    #expect(read.warnings.count == 5)
  }

  @Test func whatAnErrorRepeatsIsBounded() throws {
    let long = "not_null(" + (0..<900).map { "missing_\($0)" }.joined(separator: ", ") + ")"
    let template = try Self.template(Self.parameters(["commonName": .string("${ \(long) }")]))
    var rendering = Self.rendering(Self.event(1))
    guard case .failure(let error) = try #require(try rendering.items(of: template).first).rendered
    else { return #expect(Bool(false), "a value came out of nothing") }
    #expect(error.code == "template.missing-value")
    #expect(JSONEncoder.encode(error.json).count < 3_000)
  }

  @Test func aTemplateHasABoundedNumberOfParts() {
    let leaves = Array(repeating: JSONValue.string("${ no }"), count: 5_000)
    let reader = read(
      .object(soundTemplate.with(Self.parameters(["dnsName": .array(leaves)]))))
    #expect(reader.findings.map(\.code) == ["template.too-large"])
  }

  @Test func aNameIsNoTextOfItsOwn() {
    let name = String(repeating: "n", count: 300)
    let names = JSONValue.object(JSONObject([(name, .string("no"))]))
    let reader = read(.object(soundTemplate.with(["let": names])))
    #expect(reader.findings.map(\.code) == ["template.name"])
  }

  @Test func dataOfVeryManyValuesDoesNotFit() {
    let wide = "[" + String(repeating: "{},", count: 500_000) + "{}]"
    let reader = read(
      .object(soundTemplate.with(["data": ["wide": "w.json"], "store": "${ $data.wide[0] }"])),
      files: ["t/w.json": wide])
    #expect(reader.findings.map(\.code) == ["template.too-large"])
    #expect(reader.findings.first?.exit == .configuration)
  }

  @Test func testsOfATemplateShareABudget() throws {
    let test: JSONValue = ["event": Self.event(50).document, "items": []]
    let template = try Self.template([
      "let": ["n": "length($event.items[?no > `1`])"], "store": "s${ $n }", "tests": [test, test],
    ])
    var budget = Budget(steps: 20_000)
    let codes = template.tests.map { test in
      template.differences(
        in: test, variables: JSONObject(), now: moment(0), spending: &budget
      ).map { $0.error?.code }
    }
    #expect(codes[0].allSatisfy { $0 == nil } && codes[0].count == 50)
    #expect(codes[1].contains("limit.work"))
  }
}
