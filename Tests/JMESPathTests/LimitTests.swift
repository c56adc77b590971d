import JMESPath
import JSON
import Testing

/// A repeated text.
private func repeated(_ text: String, _ count: Int) -> String {
  String(repeating: text, count: count)
}

/// Uncounted work would take hours; a debug build with a sanitizer takes some ten seconds for the allowed work.
private let patience = Duration.seconds(100)

@Suite("Limits bound every expression and evaluation")
struct LimitTests {
  @Test(
    "Expressions that are too long or too deep are refused",
    arguments: [
      String(repeating: "(", count: 100_000), String(repeating: "!", count: 10_000) + "a",
      String(repeating: "[", count: 5_000) + "a", String(repeating: "-", count: 300) + "a",
      Array(repeating: "a", count: 300).joined(separator: "."),
      Array(repeating: "a", count: 300).joined(separator: " || "),
      String(repeating: "a[*]", count: 1) + String(repeating: "[*]", count: 300),
      "a" + String(repeating: "[]", count: 300), "a" + String(repeating: "[0]", count: 300),
      String(repeating: "let $a = b in ", count: 300) + "$a",
      String(repeating: "a ? ", count: 300) + "a" + String(repeating: " : a", count: 300),
      String(repeating: "&", count: 1) + "a", String(repeating: "abs(", count: 300) + "a",
      "[" + Array(repeating: "a", count: 1_001).joined(separator: ",") + "]",
      "'" + String(repeating: "a", count: 20_000) + "'", String(repeating: " a", count: 10_000),
      "`" + String(repeating: "[", count: 600) + String(repeating: "]", count: 600) + "`",
    ])
  func expressions(_ expression: String) {
    let error = #expect(throws: ExpressionError.self) { _ = try Expression(expression) }
    #expect(error?.code == .limit || error?.code == .syntax)
    #expect(error?.isStatic == true)
  }

  /// Each is too long for people, and short enough to be parsed completely.
  @Test(
    "No expression is nested so deep that the stack overflows",
    arguments: [
      repeated("*.", 8_000) + "*", "a" + repeated("[*]", 5_400), "a" + repeated("[]", 8_000),
      "a" + repeated("[*].b", 3_200), "a" + repeated("[].b", 4_000), "a" + repeated(".*", 8_000),
      "a" + repeated("[?b]", 4_000), "a" + repeated("[?b].c", 2_700), "a" + repeated("[:]", 5_400),
      "a" + repeated("[1:].b", 2_700), "[*]" + repeated("[*]", 5_400), repeated("[*, ", 4_000),
      repeated("[*.a, ", 2_700), repeated("[*.*, ", 2_700), "a" + repeated(".b(@)", 3_200),
      "a" + repeated(".length(@)[*]", 1_250), "a" + repeated(".[b]", 4_000),
      "a" + repeated(".{b: c}", 2_300), "a" + repeated("[*].[b]", 2_300),
      repeated("a[?", 5_400), repeated("[?", 8_000), repeated("a.[", 5_400),
      repeated("{a: ", 4_000), repeated("a.{b: ", 2_700), repeated("[a, ", 4_000),
      repeated("(", 16_000), repeated("(a || ", 2_700), repeated("!", 16_000) + "a",
      repeated("-", 16_000) + "a", repeated("+", 16_000) + "a", repeated("!-", 8_000) + "a",
      "a" + repeated(" || a", 3_200), "a" + repeated(" && a", 3_200), "a" + repeated("|a", 8_000),
      "a" + repeated("==a", 5_400), "a" + repeated("+a", 8_000), "a" + repeated(" - a", 4_000),
      "a" + repeated("?a:a", 4_000), repeated("a?", 8_000), repeated("a?a:", 4_000),
      repeated("let $a=b in ", 1_300) + "$a", repeated("let $a=", 2_300), repeated("abs(", 4_000),
      repeated("map(&", 3_200), repeated("not_null(a,", 1_400), "a" + repeated(".b", 8_000),
      "a" + repeated("[0]", 5_400), "@" + repeated("[*].b[]", 2_300),
    ])
  func nesting(_ expression: String) throws {
    #expect(expression.utf8.count <= Limits.maximumExpressionBytes)
    let error = #expect(throws: ExpressionError.self) { _ = try Expression(expression) }
    #expect(error?.isStatic == true)
    // Some are wrong before they are too deep.
    #expect(error?.code == .limit || error?.code == .unknownFunction, "\(expression.prefix(40))")
    // Also inside a template.
    #expect(throws: ExpressionError.self) {
      _ = try Expression.parseEmbedded("${" + expression + "}", fromUTF8Offset: 2)
    }
  }

  @Test("Ordinary expressions are far below the limits")
  func room() throws {
    _ = try Expression(Array(repeating: "a", count: 200).joined(separator: "."))
    _ = try Expression(Array(repeating: "a == 'b'", count: 200).joined(separator: " || "))
    _ = try Expression("{" + (0..<300).map { "a\($0): b" }.joined(separator: ", ") + "}")
    _ = try Expression("'" + String(repeating: "a", count: 16_000) + "'")
  }

  /// An array of that many small numbers.
  private func numbers(_ count: Int) -> String {
    "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]"
  }

  @Test(
    "Every evaluation ends",
    arguments: [
      "@[*].[$[*].[$[*]]]", "map(&map(&length($), $), $)", "@[?length($[?@ == $[0]]) > `1`]",
      "@[*].[$ == $]", "@[*].contains($, 'x')", "@[*].sort($) | [0]", "@[*].to_string($)",
      "let $a = [$,$,$,$,$,$,$,$] in let $b = [$a,$a,$a,$a,$a,$a,$a,$a] in to_string([$b,$b,$b,$b,$b,$b,$b,$b])",
      "let $a = [$,$,$,$,$,$,$,$] in let $b = [$a,$a,$a,$a,$a,$a,$a,$a][] in [$b,$b,$b,$b,$b,$b,$b,$b][][][]",
      "pad_left('', `9223372036854775807`)", "pad_left('', `100000000`, 'é')",
      "@[*].zip($, $, $)", "@[*].reverse($)", "@[*].pad_left('', `100000`)",
      "@[*].join('', $[*].to_string(@))",
      "@[*].replace(to_string($), '', 'bbbbbbbb')",
      "@[*].regex_match('^(a+)+$', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab')",
      "@[*].regex_replace_all('', to_string($), 'xxxxxxxxxxxxxxxxxxxx')",
      "@[*].parse_json(to_string($))", "@[*].items({a: $}) | @[*].[$[*]]",
    ])
  func steps(_ expression: String) throws {
    let clock = ContinuousClock()
    let begin = clock.now
    // A tenth of the default: a debug build is slow.
    let limits = Limits(steps: 200_000)
    let error = try failure(expression, of: numbers(5_000), limits: limits)
    #expect(error?.code == .limit, "\(expression)")
    #expect(error?.isStatic == false)
    #expect(clock.now - begin < patience, "\(expression)")
  }

  /// A thousand calls, each of which needs a thousandth of the allowed work.
  @Test(
    "Texts are counted whether they match or the first byte differs",
    arguments: [
      "l[*].contains($.a, $.b)", "l[*].find_first($.a, $.b)", "l[*].find_last($.a, $.b)",
      "l[*].split($.a, $.b)", "l[*].replace($.a, $.b, '')", "l[*].starts_with($.a, $.b)",
      "l[*].ends_with($.a, $.b)", "l[*].contains($.a, 'a')", "l[*].find_last($.a, 'a')",
      "l[*].split($.a, 'x', `0`)", "l[*].split('x', $.a)", "l[*].trim($.a)", "l[*].trim('x', $.a)",
      "l[*].reverse($.a)", "l[*].lower($.a)", "l[*].length($.a)", "l[*].join($.a, ['x', 'y'])",
      "l[*].pad_left($.a, `0`)", "l[*].[$.a[1:]]", "l[*].url_host($.h)", "l[*].base64_decode($.m)",
      "l[*].to_number($.n)", "l[*].regex_match('b', $.a)", "l[*].regex_match($.p, 'a')",
      "l[*].regex_capture($.g, 'a')", "l[*].regex_replace_all('x', $.a, '')",
      "l[*].regex_replace_all('x', 'a', $.a)", "l[*].regex_replace_all('(y)?a', 'a', $.d)",
      "regex_replace_all('(y)?a', $.a, $.d)", "l[*].merge($.o, {a: @}) | length(@)",
    ])
  func texts(_ expression: String) throws {
    let document: JSONValue = [
      "l": .array(Array(repeating: 1, count: 1_000)), "a": .string(repeated("a", 60_000)),
      "b": .string(repeated("a", 20_000)), "h": .string(repeated(" ", 20_000) + "a"),
      "n": .string(repeated("1", 20_000)), "p": .string(repeated("b", 4_000)),
      "m": .string(repeated("YWFh", 15_000)),
      "o": .object(JSONObject((0..<500).map { ("n\($0)", JSONValue.integer($0)) })),
      "g": .string("a" + (100..<400).map { "|(?<n\($0)>x)" }.joined()),
      "d": .string(repeated("$1", 4_000)),
    ]
    let clock = ContinuousClock()
    let begin = clock.now
    let scope = Scope(root: document, limits: Limits(steps: 200_000))
    let error = #expect(throws: ExpressionError.self) {
      try Expression(expression).evaluate(document, in: scope)
    }
    #expect(error?.code == .limit)
    #expect(clock.now - begin < patience)
  }

  @Test("find_last searches from the end")
  func lastPlace() throws {
    let document: JSONValue = [
      "a": .string(repeated("a", 60_000)), "b": .string(repeated("a", 20_000)),
    ]
    let clock = ContinuousClock()
    let begin = clock.now
    let scope = Scope(root: document, limits: Limits(steps: 20_000))
    func value(_ text: String) throws -> JSONValue {
      try Expression(text).evaluate(document, in: scope)
    }
    #expect(try value("find_last(a, b)") == 40_000)
    #expect(try value("find_last(a, b, `5`, `30000`)") == 10_000)
    #expect(try value("find_last(b, a)") == nil)
    #expect(try value("find_last('éabab', 'ab')") == 3)
    #expect(try value("find_last('aaa', 'aa')") == 1)
    #expect(try value("find_last('ab', 'ab')") == 0)
    #expect(try value("find_last('', 'ab')") == nil)
    #expect(clock.now - begin < .seconds(5))
  }

  @Test("A result with shared parts cannot exceed its limit")
  func size() throws {
    let doubled =
      "let $a = [@, @, @, @, @, @, @, @] in let $b = [$a, $a, $a, $a, $a, $a, $a, $a] in "
    let error = try failure(doubled + "[$b, $b, $b, $b, $b, $b, $b, $b]", of: numbers(5_000))
    #expect(error?.code == .limit)
    #expect(error?.message == "the result is larger than 16777216 bytes")
  }

  @Test("A result cannot be nested deeper than the decoder allows")
  func depth() throws {
    let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    #expect(try result("@", of: deep) == deep)
    #expect(try failure("[@]", of: deep)?.code == .limit)
    #expect(
      try failure("{a: @}", of: deep)?.message == "the result is nested more than 500 levels deep")
    let wrapped = "[[[[[[[[[[@]]]]]]]]]]"
    let steps = (0..<40).map {
      "let $a = \(wrapped.replacing("@", with: $0 == 0 ? "@" : "$a")) in "
    }
    #expect(try failure(steps.joined() + "$a", of: deep)?.code == .limit)
    #expect(try result(steps.joined() + "$a == $a", of: deep) == "true")
  }

  @Test("Limits can be lowered")
  func lower() throws {
    let few = Limits(steps: 10, resultBytes: 100)
    #expect(try result("@[0]", of: "[1, 2, 3]", limits: few) == "1")
    #expect(try failure("@[*].[@, @]", of: "[1, 2, 3, 4, 5]", limits: few)?.code == .limit)
    let text = String(repeating: "a", count: 100)
    #expect(try failure("@", of: "\"\(text)\"", limits: few)?.code == .limit)
  }
}
