import JSON
import Platform
import TestSupport
import Testing

@testable import Service

/// Times in the forms that the service's documents show, and in those that other services write.
struct ServiceTimeTests {
  private static let day: JSONValue = "2026-12-01T00:00:00Z"
  private static let moment: JSONValue = "2026-12-01T10:20:30Z"

  @Test(
    arguments: [
      ("2026-12-01", day), ("2026/12/01", day), ("2026.12.01", day), ("20261201", day),
      (20_261_201, day), ("2026-12-01 10:20:30", moment), ("2026/12/01 10:20:30", moment),
      ("2026.12.01 10:20:30", moment), ("20261201102030", moment),
      ("2026-12-01T19:20:30+0900", moment), ("2026-12-01T19:20:30+09:00", moment),
      (" 2026-12-01T10:20:30Z ", moment), (1_796_120_430, moment), ("1796120430000", moment),
    ] as [(JSONValue, JSONValue)])
  func aMoment(written: JSONValue, meant: JSONValue) throws {
    let text = try #require(meant.string)
    #expect(ServiceTime(written) == .at(try #require(Timestamp(rfc3339: text))))
  }

  @Test(arguments: [nil, JSONValue.null, "", "  "])
  func nothing(written: JSONValue?) {
    #expect(ServiceTime(written) == .absent)
  }

  @Test(
    arguments: [
      "soon", "2026-13-01", "20261301", "2026/13/01", "2026-12/01", "1.12.2026", "202612",
      "20261201256060", "١٢٣٤٥٦٧٨", true, 0, 20_261_301, [], 1.5,
    ] as [JSONValue])
  func whatCannotBeReadForSure(written: JSONValue) {
    #expect(ServiceTime(written) == .unreadable)
  }
}
