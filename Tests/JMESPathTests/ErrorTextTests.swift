// The messages of mistakes in one file. After an intended change:
// RECORD_GOLDEN=1 swift test --filter ErrorTextTests, which writes the file and fails.

import Foundation
import JMESPath
import JSON
import Testing

private typealias Expression = JMESPath.Expression
private typealias JSONDecoder = JSON.JSONDecoder

private let goldenFile = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("Golden/jmespath-errors.txt")

private let event = #"""
  {"labels": {"instance": "shop.example.com:443", "severity": "critical"}, "days": 12, "name": "shop",
   "alerts": [{"labels": {"no": "7"}, "endsAt": "2026-12-05"}, {"labels": {"no": 8}}], "sans": ["a", 1]}
  """#

/// Common mistakes, roughly in the order in which people learn the language.
private let mistakes = [
  // Syntax
  "", "labels.", ".labels", "labels..instance", "labels instance", "labels.instance ==", "labels.0",
  "alerts[", "alerts[0", "alerts[no]", "alerts.[0]", "alerts[0, 1]", "alerts[?labels.no = '7']",
  "alerts[?labels.no == 7]", "alerts[?labels.no == '7'", "alerts[ ?labels]", "alerts[1:a]",
  "alerts[::0]",
  "days - 1", "days -1", "days > 5", "{name: name, days}", "{name = name}", "{}", "name{a: b}",
  "[name,]",
  "'shop", "\"shop", "`shop`", "`{\"a\": 1`", "`1` `2`", "\u{201C}shop\u{201D}", "n\u{E4}me",
  "labels.\"\\x\"",
  "(days", "days)", "days ? 'a'", "if days then 'a' else 'b'", "name and days", "not days",
  "name or 'x'",
  "name # comment", "name; days", "name ~ 'shop'", "labels.$now", "&name", "sort_by(alerts, (&no))",
  "let $a = name $a", "let $a name in $a", "@(name)", "\"length\"(name)", "labels.{no", "name @",
  "$ $",
  // Calls
  "splitt(name, ':')", "Split(name, ':')", "size(name)", "split(name)",
  "split(name, ':', `1`, `2`)",
  "length()", "now()", "sort_by(alerts, labels.no)", "length(&name)", "split(name, `5`)",
  "abs('5')",
  "regex_match('shop(', name)", "regex_match('*', name)", "regex_match('\\\\Cx', name)",
  "sum(`[1, \"2\"]`)",
  "$nwo", "$unknown",
  // Values
  "split(days, ':')", "split(labels.instanc, ':')", "length(days)", "join(', ', sans)",
  "join(', ', name)",
  "name + 'x'", "days + labels.days", "name - days", "days / `0`", "days % (days - days)", "-name",
  "+alerts",
  "days * `9223372036854775807`", "sort(sans)", "sort_by(alerts, &labels.no)",
  "max_by(alerts, &nam)",
  "max_by(alerts, &labels)", "group_by(alerts, &labels.no)", "sum(alerts[*].labels.no)",
  "from_items(alerts)",
  "keys(alerts)", "merge(labels, alerts)", "not_null(name, `1`) + `1`", "pad_left(name, `-1`)",
  "pad_left(name, `10`, 'ab')", "pad_left(name, `999999999999`)", "split(name, '', `1.5`)",
  "find_first(name, 's', `0.5`)",
  "parse_json(name)", "base64_decode(name)", "parse_time(name)", "parse_time(alerts[0].endsAt)",
  "parse_time('2026-12-05 23:59:59')", "parse_time(labels.endsAt)", "days_until(alerts[0].endsAt)",
  "url_host('')",
  "url_host(labels)", "lookup(labels, days)", "lookup(labels.table, name)",
  "regex_match(join('', [name, '(']), name)",
  "regex_replace_all('(o)', name, '$2')", "regex_capture('^(s+)+[ab]', pad_left('', `40`, 's'))",
  "map(&abs(@), sans)", "reverse(days)", "contains(days, `1`)", "zip(alerts, name)", "avg(sans)",
]

@Suite("Messages of errors stay as recorded")
struct ErrorTextTests {
  @Test("Every mistake has its recorded message")
  func texts() throws {
    let value = try JSONDecoder.decode(event)
    var text = ""
    for mistake in mistakes { text += try entry(mistake, value) }
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(
        at: goldenFile.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: goldenFile)
      Issue.record(
        "recorded \(goldenFile.path); look at the change, then run without RECORD_GOLDEN")
    }
    let golden = String(decoding: try Data(contentsOf: goldenFile), as: UTF8.self)
    let entries = zip(text.components(separatedBy: "\n\n"), golden.components(separatedBy: "\n\n"))
    for (now, then) in entries { #expect(now == then) }
    #expect(text == golden)
  }

  private func entry(_ mistake: String, _ value: JSONValue) throws -> String {
    do throws(ExpressionError) {
      let scope = Scope(
        root: value, variables: [("now", 0)], now: 0, limits: Limits(steps: 100_000))
      let result = try Expression(mistake).evaluate(value, in: scope)
      Issue.record("no error: \(mistake) gives \(result)")
      return ""
    } catch {
      let kind = error.isStatic ? "expression" : "event"
      return "\(error.code.rawValue), \(kind), column \(error.column)\n\(error.diagnostic())\n\n"
    }
  }
}
