import Foundation
import JMESPath
import JSON
import Testing

private let document = #"""
  {"labels": {"instance": "shop.example.com:443", "certificate_no": null},
   "alerts": [{"labels": {"instance": "a"}, "name": "x"}, {"labels": {"instance": "b"}}],
   "table": {"shop.example.com": {"no": 1}}, "empty": {}, "none": [], "text": "t", "n": 1}
  """#

/// The first missing step in one line.
private func missing(_ expression: String) throws -> String? {
  let value = try JSONDecoder.decode(document)
  let scope = Scope(root: value, variables: [("gone", .null)], now: 0)
  return try Expression(expression).firstMissingStep(value, in: scope)?.text
}

@Suite("The reason for a missing value is found")
struct MissingStepTests {
  @Test(
    "The first step without a value is reported with the nearest names",
    arguments: [
      ("labels.instanc", "no `instanc` in the object; did you mean `instance`?"),
      ("lables.instance", "no `lables` in the object; did you mean `labels`?"),
      ("labels.certificate_no", "`certificate_no` is null"),
      (
        "labels.certificateNo.x", "no `certificateNo` in the object; did you mean `certificate_no`?"
      ),
      ("labels.x", "no `x` in the object; it has `instance`, `certificate_no`"),
      ("empty.x", "no `x` in the object; it is empty"),
      ("text.x", "`x` is looked for in a string, not in an object"),
      ("none.x", "`x` is looked for in an array, not in an object"),
      ("text[0]", "[0] is looked for in a string, not in an array"),
      ("alerts[5].name", "no [5] in an array of 2"), ("alerts[-3]", "no [-3] in an array of 2"),
      ("alerts[1].name", "no `name` in the object; it has `labels`"),
      ("alerts[1] | name", "no `name` in the object; it has `labels`"),
      (
        "labels.a || labels.instanc",
        "no `instanc` in the object; did you mean `instance`?; tried before it: no `a` in the object; it has `instance`, `certificate_no`"
      ),
      ("n && labels.instanc", "no `instanc` in the object; did you mean `instance`?"),
      ("labels.instanc && n", "no `instanc` in the object; did you mean `instance`?"),
      ("n ? labels.instanc : n", "no `instanc` in the object; did you mean `instance`?"),
      ("@ | true", "no `true` in the object; the constant is written in backticks: `true`"),
      (
        "labels.\"instanc\"",
        "no `instanc` in the object; did you mean `instance`?; double quotes make a member name; a text is written '…'"
      ),
      (
        "alerts | length",
        "`length` is looked for in an array, not in an object; the function is called length(…)"
      ),
      (
        "n < text",
        "`<` has no answer for these types; it compares two numbers or two strings; convert with to_number"
      ),
      (
        "alerts[*].lables",
        "no `lables` in the object, as in all 2 elements; did you mean `labels`?"
      ),
      (
        "alerts[*].lables | [0]",
        "no `lables` in the object, as in all 2 elements; did you mean `labels`?"
      ),
      ("alerts[?name == 'y']", "the filter does not hold for any of 2 elements"),
      ("alerts[?name == 'x'].nam", "no `nam` in the object; did you mean `name`?"),
      ("none[*].x", "the array is empty"),
      ("alerts.*", "found an array where an object is gone through"),
      ("labels[*]", "found an object where an array is gone through"),
      ("empty.*", "the object is empty"),
      ("text[?a]", "found a string where an array is gone through"),
      (
        "lookup(table, 'shop.exmaple.com')",
        "`lookup(table, 'shop.exmaple.com')` found no `shop.exmaple.com`; did you mean `shop.example.com`?"
      ),
      ("lookup(table, 'x').no", "`lookup(table, 'x')` found no `x`; add it to `table`"),
      (
        "let $c = lookup(table, 'x') in $c.no",
        "`lookup(table, 'x')` found no `x`; add it to `table`"
      ),
      ("let $c = (let $c = none in $c.no) in $c.no", "`$c` is null"),
      ("let $c = n in labels.instanc", "no `instanc` in the object; did you mean `instance`?"),
      ("$gone", "`$gone` is null"), ("$gone.x", "`$gone` is null"),
      ("`null`", "the literal is null"),
      (
        "not_null(labels.instanc, labels.x)",
        "no `x` in the object; it has `instance`, `certificate_no`; tried before it: no `instanc` in the object; did you mean `instance`?"
      ),
      ("to_number(labels.instanc)", "no `instanc` in the object; did you mean `instance`?"),
      ("max(none)", "`max(none)` gives null; The largest element; null for an empty array."),
      (
        "regex_capture('x', to_string(labels.instanc))[0]",
        "no `instanc` in the object; did you mean `instance`?"
      ),
    ])
  func steps(_ expression: String, _ expected: String) throws {
    #expect(try missing(expression) == expected)
  }

  /// `labels.a` is missing, `labels.certificate_no` is null, and the table has no `x`.
  @Test(
    "Each alternative is reported with its missing step, the last one first",
    arguments: [
      ("labels.a || lookup(table, 'x').no", ["found no `x`", "no `a`"]),
      (
        "labels.certificate_no || lookup(table, 'x')", ["found no `x`", "`certificate_no` is null"]
      ),
      ("labels.a || labels.b || lookup(table, 'x')", ["found no `x`", "no `b`", "no `a`"]),
      ("labels.a || (labels.b || lookup(table, 'x'))", ["found no `x`", "no `b`", "no `a`"]),
      ("(labels.a || labels.b).no", ["no `b`", "no `a`"]),
      ("not_null(labels.a, labels.b, lookup(table, 'x'))", ["found no `x`", "no `b`", "no `a`"]),
      ("not_null(labels.a || labels.b, $gone)", ["`$gone` is null", "no `b`", "no `a`"]),
      ("labels.a ? labels.a : lookup(table, 'x').no", ["found no `x`", "no `a`"]),
      ("n == `2` ? n : labels.a", ["no `a`", "`n == `2`` is false"]),
      ("'' || labels.a", ["no `a`", "`''` is empty"]),
      ("none || labels.a", ["no `a`", "`none` is empty"]),
      ("!n || labels.a", ["no `a`", "`!n` is false"]),
      ("let $c = labels.b in labels.a || $c.no", ["no `b`", "no `a`"]),
      ("let $c = labels.a || labels.b in $c || $gone", ["`$gone` is null", "no `b`", "no `a`"]),
      ("let $c = labels.a in let $c = $c in $c.no", ["no `a`"]),
      ("labels | (a || b)", ["no `b`", "no `a`"]),
      ("labels.a | @ || $gone", ["`$gone` is null", "the value itself is null", "no `a`"]),
      ("labels.a | not_null(@, $gone)", ["`$gone` is null", "the value itself is null", "no `a`"]),
      ("[labels.a, lookup(table, 'x')][?@] | [0]", ["found no `x`", "no `a`"]),
      ("[labels.a, lookup(table, 'x')][*] | [0]", ["found no `x`", "no `a`"]),
      ("[labels.a, labels.b][] | [0]", ["no `b`", "no `a`"]),
      ("alerts[*].not_null(a, b) | [0]", ["no `b`", "no `a`"]),
      ("to_number(labels.a || labels.b)", ["no `b`", "no `a`"]),
    ])
  func alternatives(_ expression: String, _ parts: [String]) throws {
    let text = try #require(try missing(expression))
    let found = text.components(separatedBy: "; tried before it: ")
    #expect(found.count == parts.count, "\(text)")
    for (found, part) in zip(found, parts) { #expect(found.contains(part), "\(text)") }
  }

  @Test("Variables of the scope are followed in every alternative")
  func alternativesOfTheScope() throws {
    let value = try JSONDecoder.decode(document)
    var scope = Scope(root: value)
    let cert = try Expression("lookup(table, 'x')")
    scope.bind("cert", to: .null, of: cert, at: value)
    let label = try Expression("labels.a || labels.b")
    scope.bind("label", to: .null, of: label, at: value)
    let step = try Expression("$label || $cert.no").firstMissingStep(value, in: scope)
    #expect(
      step?.text
        == "`$cert` is null: `lookup(table, 'x')` found no `x`; add it to `table`; tried before it: "
        + "`$label` is null: no `b` in the object; it has `instance`, `certificate_no`; "
        + "tried before it: no `a` in the object; it has `instance`, `certificate_no`")
  }

  @Test("Message and work are bounded for many alternatives")
  func manyAlternatives() throws {
    let value = try JSONDecoder.decode(document)
    var scope = Scope(root: value)
    let twice = try Expression("$a || $a || $a || $a")
    scope.bind("a", to: .null, of: try Expression("labels.x"), at: value)
    for _ in 0..<20 { scope.bind("a", to: .null, of: twice, at: value) }
    let many = Array(repeating: "$a", count: 100).joined(separator: " || ")
    let text = try Expression(many).firstMissingStep(value, in: scope)?.text ?? ""
    #expect(text.utf8.count < 4_000)
    #expect(text.hasSuffix(" more"))
  }

  @Test(
    "Values and errors have no missing step",
    arguments: ["labels.instance", "n", "`[]` == `[]`", "abs(text)", "[labels.x]", "{a: x}", "!x"])
  func nothing(_ expression: String) throws {
    #expect(try missing(expression) == nil)
  }

  @Test("The nearest of many similar names is found quickly")
  func manyNames() throws {
    let clock = ContinuousClock()
    let begin = clock.now
    // As long as the longest compared names, and different at the end.
    let like = String(repeating: "name", count: 15)
    let value = JSONValue.object(
      JSONObject((1_000..<6_000).map { ("\(like)\($0)", JSONValue.integer($0)) }))
    let scope = Scope(root: value)
    let path = try Expression("\"\(like)10x7\"")
    let stranger = try Expression(String(repeating: "x", count: 64))
    for _ in 0..<50 {
      #expect(path.firstMissingStep(value, in: scope)?.nearest.first == "\(like)1007")
      #expect(stranger.firstMissingStep(value, in: scope)?.nearest == [])
    }
    #expect(clock.now - begin < .seconds(5))
  }

  @Test(
    "Names are near after inserting, deleting, changing or swapping letters",
    arguments: [
      ("host", "hosts", true), ("hosts", "host", true), ("host", "hots", true),
      ("HOST-NAME", "host_name", true), ("ab", "ba", true), ("ab", "xy", false), ("ab", "", false),
      ("certificate", "certifciaet", true), ("certificate", "cert", false),
      ("instance", "xxstance", true), ("instance", "xxxtance", false), ("a", "b", false),
      ("é1", "é2", true), ("abc", "c", true), ("abcdef", "efabcd", false),
    ])
  func nearness(_ name: String, _ other: String, _ isNear: Bool) {
    #expect(nearestNames(to: name, among: [other]) == (isNear ? [other] : []))
  }

  @Test("At most three of the nearest names are reported")
  func nearestOfMany() {
    let names = ["hosst", "hoost", "hostt", "hhost", "hot", "most"]
    #expect(nearestNames(to: "host", among: names) == ["hosst", "hoost", "hostt"])
    #expect(nearestNames(to: "hots", among: ["hoxx", "host", "hotsx"]) == ["host", "hotsx"])
  }

  @Test("The position of the step is reported")
  func place() throws {
    let value = try JSONDecoder.decode(document)
    let step = try Expression("'é' && labels.instanc").firstMissingStep(
      value, in: Scope(root: value))
    #expect(step?.column == 15)
    #expect(step?.nearest == ["instance"])
  }

  @Test("Names of the event are shortened and shown without control characters")
  func hostileNames() throws {
    let name = "lab\u{1B}[31m\u{202E}els" + String(repeating: "x", count: 100)
    let value = JSONValue.object(JSONObject([(name, JSONValue.integer(1))]))
    let text = try Expression("a.b").firstMissingStep(value, in: Scope(root: value))?.text ?? ""
    #expect(text.contains(#"lab\u{1b}[31m\u{202e}els"#))
    #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    #expect(text.count < 150)
  }

  @Test("A wrong argument that is null reports where its path ended")
  func arguments() throws {
    let error = try failure("split(labels.instanc, ':')", of: document)
    #expect(error?.message == "`split` needs a string as $text, found null")
    #expect(
      error?.hint == "no `instanc` in the object; did you mean `instance`?; "
        + "split(string $text, string $separator, [number $count]) -> array[string]")
  }
}
