import Core
import JMESPath
import JSON
import Platform
import TestSupport
import Testing

@testable import Templates

@Suite("A test of a template reports its differences")
struct TemplateTestTests {
  private static let template: JSONObject = soundTemplate.with(["items": "alerts"])
    .with(["when": "version == `4`", "store": "${ folder || 'shop' }"])

  private static let event: JSONValue = [
    "version": 4,
    "alerts": [
      ["no": 55882, "cn": "Shop.Example.Com", "sans": ["a.example", "b.example"]],
      ["no": "55883", "cn": "api.example.com", "name": "api"],
    ],
  ]

  private static func differences(
    _ items: JSONValue, event: JSONValue = event
  ) throws -> [Difference] {
    let test: JSONValue = ["event": event, "items": items]
    let reader = read(.object(template.with(["tests": [test]])))
    try #require(reader.findings.isEmpty)
    let template = reader.template
    return template.differences(
      in: try #require(template.tests.first), variables: JSONObject(), now: moment(0))
  }

  @Test("only the members of the expectation are compared")
  func whatIsNotGivenIsNotCompared() throws {
    #expect(try Self.differences([[:], [:]]) == [])
    #expect(
      try Self.differences([
        ["certificateNo": "55882", "commonName": "shop.example.com"],
        ["certificateName": "api", "dnsName": [], "csr": ["generate": "ec-p256"]],
      ]) == [])
  }

  @Test("a test uses its own time")
  func aTestHasItsOwnTime() throws {
    let days = "days_until(parse_time('2026-12-05T23:59:59Z'))"
    let template = soundTemplate.with(["items": .string("[@][?\(days) < `30`]")])
      .with([
        "tests": [
          [
            "event": Self.event["alerts"]?[0] ?? nil, "now": "2026-11-24T22:00:00Z", "items": [[:]],
          ],
          ["event": Self.event["alerts"]?[0] ?? nil, "now": "2026-01-24T22:00:00Z", "items": []],
        ]
      ])
    let tests = read(.object(template)).template
    try #require(tests.tests.count == 2)
    for test in tests.tests {
      // The current time makes no difference.
      for now in [moment(0), Timestamp(milliseconds: 0)] {
        #expect(tests.differences(in: test, variables: JSONObject(), now: now) == [])
      }
    }
  }

  /// Such a template does not accept the event, so a test that expects no items would pass by mistake.
  @Test("a when that is neither true, false nor null is a difference")
  func aWhenThatIsNoAnswer() throws {
    func differences(_ event: JSONValue) throws -> [Difference] {
      let template = soundTemplate.with([
        "when": "alerts", "tests": [["event": event, "items": []]],
      ])
      let tests = read(.object(template)).template
      return tests.differences(
        in: try #require(tests.tests.first), variables: JSONObject(), now: moment(0))
    }
    #expect(
      try differences(["alerts": [1]]) == [Difference(path: "/when", expected: false, got: [1])])
    #expect(
      try differences(["alerts": []]) == [Difference(path: "/when", expected: false, got: [])])
    for event in [["alerts": false], [:]] as [JSONValue] {
      #expect(try differences(event) == [])
    }
  }

  @Test("a difference has the pointer to its place")
  func aDifferenceNamesItsPlace() throws {
    #expect(
      try Self.differences([
        ["certificateNo": "55883", "dnsName": ["a.example", "c.example"]],
        ["dnsName": ["x.example"], "csr": ["generate": "rsa-2048"], "certificateName": "api"],
      ]) == [
        Difference(path: "/items/0/certificateNo", expected: "55883", got: "55882"),
        Difference(path: "/items/0/dnsName/1", expected: "c.example", got: "b.example"),
        Difference(path: "/items/1/dnsName", expected: ["x.example"], got: []),
        Difference(path: "/items/1/csr/generate", expected: "rsa-2048", got: "ec-p256"),
      ])
  }

  @Test("an item that a run would refuse does not pass a test")
  func anItemWithoutNumberThatIsNotLookedUp() throws {
    let template = soundTemplate.withParameters(["certificateNo": nil]).with([
      "policy": ["preflight": "off"],
      "tests": [["event": ["cn": "a.example"], "items": [["commonName": "a.example"]]]],
    ])
    let tests = read(.object(template)).template
    let differences = tests.differences(
      in: try #require(tests.tests.first), variables: JSONObject(), now: moment(0))
    #expect(differences.map(\.error?.code) == ["parameters.certificate-no"])
  }

  @Test("a comment in an expectation is not compared")
  func whatIsCommentedOutIsNotCompared() throws {
    #expect(try Self.differences([["//": "the shop", "$no": 1], [:]]) == [])
  }

  @Test("the order of items is compared")
  func theOrderCounts() throws {
    let differences = try Self.differences([
      ["certificateNo": "55883"], ["certificateNo": "55882"],
    ])
    #expect(differences.map(\.path) == ["/items/0/certificateNo", "/items/1/certificateNo"])
  }

  @Test("missing and additional items are differences")
  func tooFewAndTooMany() throws {
    let tooFew = try Self.differences([[:], [:], ["commonName": "c.example"]])
    #expect(tooFew == [Difference(path: "/items/2", expected: ["commonName": "c.example"])])
    let tooMany = try Self.differences([[:]])
    #expect(tooMany.map(\.path) == ["/items/1"])
    #expect(tooMany.first?.expected == nil)
    #expect(tooMany.first?.got?["certificateNo"] == "55883")
  }

  @Test(
    "an event that gives no items passes a test that expects none",
    arguments: [
      ["version": 5, "alerts": [["no": 1]]], ["version": 4, "alerts": []], ["version": 4],
      ["alerts": [["no": 1]]], [],
    ] as [JSONValue])
  func noItems(event: JSONValue) throws {
    #expect(try Self.differences([], event: event) == [])
    #expect(
      try Self.differences([[:]], event: event) == [Difference(path: "/items/0", expected: [:])])
  }

  @Test(
    "an error of an item or an event is a difference",
    arguments: [
      (["version": 4, "alerts": [["no": 1, "cn": "-"]]], "/items/0", "parameters.common-name"),
      (["version": 4, "alerts": [["cn": "a.example"]]], "/items/0", "template.missing-value"),
      (
        ["version": 4, "alerts": [["no": 1, "cn": "a.example", "folder": "a/b"]]], "/items/0",
        "store.outside-folder"
      ),
      (["version": 4, "alerts": "x"], "/items", "template.items"),
      (5, "/event", "event.not-a-container"),
    ] as [(JSONValue, String, String)])
  func aMistakeIsADifference(event: JSONValue, path: String, code: String) throws {
    let differences = try Self.differences([[:]], event: event)
    #expect(differences.map(\.path) == [path])
    #expect(differences.first?.error?.code == code)
  }
}

extension Template {
  /// The differences of a test with its own budget.
  fileprivate func differences(in test: Test, variables: JSONObject, now: Timestamp) -> [Difference]
  {
    var budget = Budget()
    var coverage = TestCoverage()
    return differences(
      in: test, variables: variables, now: now, spending: &budget, noting: &coverage)
  }
}
