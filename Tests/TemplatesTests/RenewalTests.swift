import Core
import JSON
import Platform
import TestSupport
import Testing

@testable import Templates

/// One row: a rule, the time of the run, and what follows for a certificate with the longest life that the CA/Browser
/// Forum allows at that time, less the day of margin that authorities keep.
struct RenewalRow: Sendable {
  /// A moment of UTC.
  let now: String
  /// The life of the certificate in service, in days; `nil` if the service does not say.
  let life: Int?
  /// `renewBefore` of the template; `nil` is the default.
  let rule: String?
  /// How long before its end it is due.
  let before: TimeSpan
}

@Suite("Rules of renewal fit the lives of certificates")
struct RenewalTests {
  private static func time(_ text: String) throws -> Timestamp {
    try #require(Timestamp(rfc3339: text))
  }

  private static func hours(_ count: Int) -> TimeSpan { TimeSpan(seconds: count * 3_600) }

  /// The dates of ballot SC-081v3, each with the second before it.
  @Test(
    "The longest life follows the schedule of the CA/Browser Forum",
    arguments: [
      ("2026-03-14T23:59:59Z", 398), ("2026-03-15T00:00:00Z", 200), ("2027-03-14T23:59:59Z", 200),
      ("2027-03-15T00:00:00Z", 100), ("2029-03-14T23:59:59Z", 100), ("2029-03-15T00:00:00Z", 47),
      ("2040-01-01T00:00:00Z", 47),
    ] as [(String, Int)])
  func schedule(now: String, days: Int) throws {
    #expect(LongestLife.at(try Self.time(now)) == Self.hours(days * 24))
  }

  @Test(
    "A certificate is due this long before its end",
    arguments: [
      // From 2026-03-15 on: 200 days. The default is 30 days.
      RenewalRow(now: "2026-03-15T00:00:00Z", life: 199, rule: nil, before: hours(30 * 24)),
      RenewalRow(now: "2026-03-15T00:00:00Z", life: nil, rule: nil, before: hours(30 * 24)),
      RenewalRow(now: "2026-03-15T00:00:00Z", life: 199, rule: "60d", before: hours(60 * 24)),
      RenewalRow(now: "2026-03-15T00:00:00Z", life: 198, rule: "1/3", before: hours(66 * 24)),
      // From 2027-03-15 on: 100 days. The default is 30 days: less than a third.
      RenewalRow(now: "2027-03-15T00:00:00Z", life: 99, rule: nil, before: hours(30 * 24)),
      RenewalRow(now: "2027-03-15T00:00:00Z", life: nil, rule: "1/4", before: hours(25 * 24)),
      RenewalRow(now: "2027-03-15T00:00:00Z", life: 99, rule: "2/3", before: hours(66 * 24)),
      // From 2029-03-15 on: 47 days. The default is a third, and a duration is still taken as it is.
      RenewalRow(now: "2029-03-15T00:00:00Z", life: 46, rule: nil, before: hours(46 * 8)),
      RenewalRow(now: "2029-03-15T00:00:00Z", life: nil, rule: nil, before: hours(47 * 8)),
      RenewalRow(now: "2029-03-15T00:00:00Z", life: 46, rule: "30d", before: hours(30 * 24)),
      RenewalRow(now: "2029-03-15T00:00:00Z", life: 46, rule: "1/2", before: hours(23 * 24)),
      RenewalRow(now: "2029-03-15T00:00:00Z", life: 46, rule: "0s", before: hours(0)),
      // The life of the certificate counts, not the schedule: an order that ends cuts it.
      RenewalRow(now: "2026-03-15T00:00:00Z", life: 9, rule: nil, before: hours(3 * 24)),
    ])
  func due(_ row: RenewalRow) throws {
    var policy = Policy()
    if let rule = row.rule { policy.renewBefore = try #require(RenewBefore(rule)) }
    let end = try Self.time("2030-06-01T00:00:00Z")
    let due = policy.dueFrom(
      end: end, life: row.life.map { Self.hours($0 * 24) }, now: try Self.time(row.now))
    #expect(end.milliseconds(since: due) == row.before.milliseconds)
  }

  @Test(
    "The cooldown is at most a third of the life that the coming certificate can have",
    arguments: [
      ("2026-03-15T00:00:00Z", "7d", 7 * 24), ("2026-03-15T00:00:00Z", "90d", 200 * 8),
      ("2027-03-15T00:00:00Z", "33d", 33 * 24), ("2027-03-15T00:00:00Z", "34d", 100 * 8),
      ("2029-03-15T00:00:00Z", "7d", 7 * 24), ("2029-03-15T00:00:00Z", "30d", 47 * 8),
      ("2029-03-15T00:00:00Z", "0s", 0),
    ] as [(String, String, Int)])
  func cooldown(now: String, rule: String, expected: Int) throws {
    var policy = Policy()
    policy.cooldown = try #require(TimeSpan(rule))
    #expect(policy.cooldown(at: try Self.time(now)) == Self.hours(expected))
  }

  @Test(
    "A fraction lies between 0 and 1",
    arguments: [
      "0/3", "3/3", "4/3", "1/0", "1/1001", "-1/3", "1/-3", "1/3/5", "/3", "1/", "/", "1 / 3",
      "0.3",
      "", "third", "1/99999999999999999999", "5w",
    ])
  func noRule(text: String) { #expect(RenewBefore(text) == nil) }

  @Test(
    "check warns if a rule does not fit the longest life of the day",
    arguments: [
      ("2029-03-15T00:00:00Z", [:], []),
      ("2026-03-15T00:00:00Z", ["renewBefore": "60d"], []),
      ("2027-03-15T00:00:00Z", ["renewBefore": "60d"], ["renewBefore"]),
      ("2029-03-15T00:00:00Z", ["renewBefore": "60d"], ["renewBefore"]),
      ("2027-03-15T00:00:00Z", ["renewBefore": "30d"], []),
      ("2029-03-15T00:00:00Z", ["renewBefore": "30d"], ["renewBefore"]),
      ("2029-03-15T00:00:00Z", ["renewBefore": "1/2"], []),
      ("2026-03-15T00:00:00Z", ["renewBefore": "2/3"], ["renewBefore"]),
      ("2027-03-15T00:00:00Z", ["cooldown": "30d"], []),
      ("2029-03-15T00:00:00Z", ["cooldown": "30d"], ["cooldown"]),
      (
        "2029-03-15T00:00:00Z", ["cooldown": "30d", "renewBefore": "90d"],
        ["renewBefore", "cooldown"]
      ),
    ] as [(String, JSONValue, [String])])
  func misfits(now: String, policy: JSONValue, members: [String]) throws {
    let reader = read(.object(soundTemplate.with(["policy": policy])), files: [:])
    #expect(reader.findings.isEmpty)
    let found = TemplateCheck(reader.template, read: [], now: try Self.time(now)).findings
    #expect(found.map(\.severity) == members.map { _ in .warning })
    #expect(found.map(\.error.code) == members.map { _ in "template.short-life" })
    #expect(found.map(\.error.place?.pointer) == members.map { "/policy/\($0)" })
  }
}
