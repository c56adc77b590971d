// How long expressions take: those of a typical template, and the worst that the bounds allow.

import Glibc
import JMESPath
import JSON

/// The five fields of a template, and what it needs for them.
private let template = [
  "alerts[?status == 'firing' && labels.alertname == 'TLSCertExpiringSoon'] | [0]",
  "to_number(alerts[0].labels.certificate_no)",
  "url_host(alerts[0].labels.instance)",
  "alerts[0].labels.sans || join('.', ['www', url_host(alerts[0].labels.instance)])",
  "days_until(parse_time(alerts[0].endsAt)) < `30` ? 'D' : 'PD'",
]

/// Expressions that do as much as they can, each for an array of numbers.
private let worst = [
  "@[*].[$[*].[$[*]]]", "map(&map(&length($), $), $)", "@[*].[$ == $]", "@[*].contains($, 'x')",
  "@[*].sort($) | [0]", "@[*].to_string($)", "@[*].reverse($)", "@[*].pad_left('', `100000`)",
  "@[*].regex_match('^(a+)+[bc]', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
  "regex_match('[^x]*[yz]', to_string($))", "regex_match('[^x]*+[yz]', to_string($))",
  "@[*].regex_replace_all('', to_string($), 'xxxxxxxxxxxxxxxxxxxx')",
  "@[*].parse_json(to_string($))", "@[*].split(to_string($), ',')",
  "@[*].group_by($, &to_string(@))",
  "@[*].keys({a: $}) | @[*].[$[*]]", "@[*].contains(to_string($), '1,1,1,2')",
  "@[*].lower(to_string($))", "@[*].trim(to_string($), '1,')",
  "@[*].merge({a: @}, {b: $}) | length(@)",
]

/// The same for long texts: `a` of letters, `e` of letters beyond ASCII, `l` to repeat it.
private let worstOfTexts = [
  "l[*].lower($.a)", "l[*].lower($.e)", "l[*].upper($.e)", "l[*].trim($.e, 'É')",
  "l[*].trim($.a, 'ab')",
  "l[*].trim_right($.a, 'abcdefghijklmnopqrstuvwxyz')", "l[*].length($.e)", "l[*].reverse($.e)",
  "l[*].split($.e, '')", "l[*].split($.a, 'a')", "l[*].replace($.a, 'a', 'b')",
  "l[*].find_last($.a, 'a')",
  "l[*].find_first($.e, 'x')", "l[*].contains($.a, 'aaaaaaaaaaaaaaaaaaaaaaaaaaab')",
  "l[*].[$.e == join('', [$.e])]",
  "l[*].[$.a < join('', [$.a])]", "l[*].[$.e[::-1]]", "l[*].url_host($.a)", "l[*].parse_time($.a)",
  "l[*].base64_decode($.a)", "l[*].parse_json(join('', ['[', $.digits, '1]']))",
  "l[*].to_number($.a)",
  "l[*].to_number($.longNumber)", "l[*].find_first($.e, 'x', `1`)", "l[*].regex_match('b', $.a)",
  "l[*].regex_match('É+x', $.e)",
  "l[*].regex_capture('(((a+)))', $.a)", "l[*].regex_replace_all('a', $.a, 'b')",
  "l[*].starts_with($.a, $.a)",
  "l[*].ends_with($.a, $.a)", "l[*].sort([$.a, $.a])", "l[*].to_string($)", "l[*].lookup($, $.a)",
  "l[*].trim_left(join('', ['\u{3000}', $.e]))",
  "l[*].from_items([[$.a, @]])", "l[*].regex_match($.a, 'a')", "l[*].[$.e[1:]]",
  "l[*].pad_left($.e, `1`)", "l[*].contains($.a, $.half)", "l[*].find_last($.a, $.half)",
  "find_last($.a, join('', [$.half, 'b']))", "l[*].contains($.a, 'a')", "l[*].split($.a, 'x', `0`)",
  "l[*].regex_replace_all('x', 'a', $.a)", "regex_replace_all('(y)?a', $.a, $.groups)",
]

/// The same for short texts that are asked about often.
private let worstOfMany = [
  "l[*].regex_match($.longPattern, 'É')", "l[*].regex_capture($.manyGroups, 'a')",
  "l[*].regex_match($.manyGroups, 'a')", "l[*].regex_replace_all($.manyGroups, 'a', $.names)",
  "l[*].merge($.many, {a: @}) | length(@)", "l[*].split('a,b', ',')", "l[*].contains('a', 'a')",
  "l[*].find_last('abc', 'a', `0`, `2`)", "l[*].trim('a')", "l[*].replace('a', 'a', 'b')",
]

/// The same for long names that differ at their end only.
private let worstOfNames = [
  "l[*].lookup($.o, $.k)", "l[*].lookup($.p, $.k)", "l[*].[$.o == merge($.o)]",
  "l[*].[$.p == merge($.p)]",
  "l[*].merge($.o, $.o)", "l[*].merge($.o, $.p)", "l[*].from_items(items($.o))",
  "l[*].from_items(items($.p))",
  "l[*].group_by(items($.o), &[0])", "l[*].keys($.o)",
]

private func event() throws -> JSONValue {
  let alert = """
    {"status":"firing","labels":{"alertname":"TLSCertExpiringSoon","instance":"https://shop.example.com:443",\
    "job":"blackbox-https","severity":"critical","certificate_no":"55882","team":"web"},"annotations":\
    {"summary":"certificate of shop.example.com expires soon","runbook":"https://wiki.example.com/tls"},\
    "startsAt":"2026-11-24T22:01:02.123Z","endsAt":"2026-12-05T23:59:59Z","generatorURL":\
    "http://prometheus.example.com/graph?g0.expr=probe_ssl_earliest_cert_expiry","fingerprint":"a1b2c3d4e5f60718"}
    """
  return try JSONDecoder.decode(
    """
    {"version":"4","groupKey":"{}:{alertname=\\"TLSCertExpiringSoon\\"}","truncatedAlerts":0,"status":"firing",\
    "receiver":"reissue","groupLabels":{"alertname":"TLSCertExpiringSoon"},"commonLabels":{"team":"web"},\
    "commonAnnotations":{},"externalURL":"http://alertmanager.example.com","alerts":[\(alert),\(alert),\(alert)]}
    """)
}

/// CPU time of this process in microseconds.
private func cpuTime() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) * 1e6 }

private func measure(_ rounds: Int, _ body: () -> Void) -> Double {
  let begin = cpuTime()
  for _ in 0..<rounds { body() }
  return (cpuTime() - begin) / Double(rounds)
}

/// What becomes of an expression, in a word.
private func outcome(of text: String, _ value: JSONValue, _ scope: Scope) -> String {
  do throws(ExpressionError) {
    var budget = Budget()
    _ = try Expression(text).evaluate(value, in: scope, spending: &budget)
    return "a value"
  } catch {
    return error.code.rawValue
  }
}

/// Prints the CPU time of each expression for a value.
private func report(_ expressions: [String], _ value: JSONValue) {
  for text in expressions {
    var word = ""
    let time = measure(1) { word = outcome(of: text, value, Scope(root: value)) }
    print("\((time / 1_000).rounded()) ms, \(word): \(text)")
  }
}

let document = try event()
print("event: \(JSONEncoder.encode(document).count) bytes")
let scope = Scope(root: document, now: 1_795_564_800)
let expressions = try template.map { try Expression($0) }
for text in template { print("\(outcome(of: text, document, scope)): \(text)") }
let parsing = measure(2_000) { for text in template { _ = try? Expression(text) } }
let evaluating = measure(2_000) {
  for expression in expressions {
    var budget = Budget()
    _ = try? expression.evaluate(document, in: scope, spending: &budget)
  }
}
print("five fields: read \(parsing) µs, evaluated \(evaluating) µs")

let numbers = JSONValue.array((0..<100_000).map { .integer($0 % 10) })
report(worst, numbers)

let texts: JSONValue = [
  "a": .string(String(repeating: "a", count: 2_000_000)),
  "e": .string(String(repeating: "É", count: 1_000_000)),
  "digits": .string(String(repeating: "1,", count: 500_000)),
  "longNumber": .string(String(repeating: "1", count: 2_000_000)),
  "half": .string(String(repeating: "a", count: 1_000_000)),
  "groups": .string(String(repeating: "$1", count: 10_000)),
  "l": .array(Array(repeating: 1, count: 1_000)),
]
report(worstOfTexts, texts)

let many: JSONValue = [
  "longPattern": .string(String(repeating: "É", count: 2_000)),
  "manyGroups": .string("a" + (100..<400).map { "|(?<n\($0)>x)" }.joined()),
  "names": .string(String(repeating: "${n399}", count: 20)),
  "many": .object(JSONObject((0..<10_000).map { ("name\($0)", JSONValue.integer($0)) })),
  "l": .array(Array(repeating: 1, count: 500_000)),
]
report(worstOfMany, many)

let prefix = String(repeating: "n", count: 100_000)
let names: JSONValue = [
  "o": .object(JSONObject((0..<16).map { ("\(prefix)\($0)", JSONValue.integer($0)) })),
  "p": .object(JSONObject((0..<40).map { ("\(prefix)\($0)", JSONValue.integer($0)) })),
  "k": .string(prefix + "x"), "l": .array(Array(repeating: 1, count: 100_000)),
]
report(worstOfNames, names)
