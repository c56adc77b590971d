import Core
import JSON
import TestSupport
import Testing

@testable import Templates

@Suite("A template renders the items of an event")
struct RenderingTests {
  /// A table of `count` certificates.
  private static func inventory(_ count: Int) -> String {
    let entries = (0..<count).map { "\"host-\($0).example.com\": {\"no\": \($0)}" }
    return "{" + entries.joined(separator: ", ") + "}"
  }

  private static func items(_ changes: JSONValue, count: Int) throws -> [RenderedItem] {
    let template = soundTemplate.with(["data": ["inventory": "i.json"], "items": "alerts"])
      .with(["let": ["cert": "lookup($data.inventory, host)", "no": "$cert.no"]]).with(changes)
    let reader = read(.object(template), files: ["t/i.json": inventory(3_000)])
    try #require(reader.findings.isEmpty)
    let alert: JSONValue = ["host": "host-12x4.example.com", "no": 7]
    let event = Event(document: ["alerts": .array(Array(repeating: alert, count: count))])
    var rendering = Rendering(event: event, variables: JSONObject(), now: moment(0))
    return try rendering.items(of: reader.template)
  }

  @Test("a missing value with a default causes no search for its reason")
  func aNullWithADefaultCostsNoSearchForItsReason() throws {
    let clock = ContinuousClock()
    let begin = clock.now
    let items = try Self.items(
      [
        "store": "${ $cert.cn || 'x' }",
        "reissue": .object(
          (soundTemplate["reissue"]?.object ?? JSONObject()).with(
            ["certificateNo": "${ $no || `5` }"])),
      ], count: 2_000)
    #expect(clock.now - begin < .seconds(10))
    #expect(items.count == 2_000)
    for item in items {
      guard case .success(let rendered) = item.rendered else {
        Issue.record("the item has no parameters")
        return
      }
      #expect(rendered.values["certificateNo"] == 5)
    }
  }

  @Test("the error of a missing value names its cause and near names")
  func aNullWithoutADefaultTellsWhereItComesFrom() throws {
    let item = try #require(try Self.items(["store": "${ $no }"], count: 1).first)
    guard case .failure(let error) = item.rendered else {
      Issue.record("the item has a value")
      return
    }
    #expect(error.code == "template.missing-value" && error.place?.pointer == "/store")
    #expect(
      error.message
        == "the value is missing: `$no` is null: `$cert` is null: "
        + "`lookup($data.inventory, host)` found no `host-12x4.example.com`")
    #expect(
      error.hint
        == "did you mean host-124.example.com or host-1204.example.com or host-1214.example.com?")
  }
}
