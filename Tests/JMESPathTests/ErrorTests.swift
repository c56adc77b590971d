import JMESPath
import JSON
import Testing

@Suite("Errors have code, position and hint")
struct ErrorTests {
  @Test(
    "Each kind of mistake has its code, and reports whether it depends on the event",
    arguments: [
      ("a.", ExpressionError.Code.syntax, true), ("", .syntax, true),
      ("splitt('a', 'b')", .unknownFunction, true),
      ("abs()", .invalidArity, true), ("abs(`1`, `2`)", .invalidArity, true),
      ("not_null()", .invalidArity, true), ("split('a')", .invalidArity, true),
      ("pad_left('a', `1`, 'b', 'c')", .invalidArity, true), ("abs('x')", .invalidType, true),
      ("sort_by(a, b)", .invalidType, true), ("abs(&a)", .invalidType, true),
      ("sum(`[1, \"a\"]`)", .invalidType, true), ("a[::0]", .invalidValue, true),
      ("regex_match('(', a)", .invalidValue, true), ("$nowhere", .undefinedVariable, true),
      ("abs(@)", .invalidType, false), ("@ + `1`", .invalidType, false),
      ("-@", .invalidType, false),
      ("sort(@)", .invalidType, false), ("`1` / `0`", .notANumber, false),
      ("`1` // `0`", .notANumber, false), ("`1` % `0`", .notANumber, false),
      ("`1` / `0.0`", .notANumber, false),
      ("`9223372036854775807` + `1`", .notANumber, false),
      ("`-9223372036854775808` - `1`", .notANumber, false),
      ("`9223372036854775807` * `2`", .notANumber, false),
      ("-`-9223372036854775808`", .notANumber, false),
      ("`-9223372036854775808` // `-1`", .notANumber, false),
      ("`-9223372036854775808` / `-1`", .notANumber, false),
      ("`1e308` * `10`", .notANumber, false), ("abs(`-9223372036854775808`)", .notANumber, false),
      ("sum(`[9223372036854775807, 1]`)", .notANumber, false),
      ("avg(`[1e308, 1e308]`)", .notANumber, false),
      ("pad_left('a', `-1`)", .invalidValue, false), ("pad_left('a', `1.5`)", .invalidValue, false),
      ("pad_left('a', `5`, '')", .invalidValue, false),
      ("split('a', 'b', `-1`)", .invalidValue, false),
      ("replace('a', 'b', 'c', `0.5`)", .invalidValue, false),
      ("find_first('a', 'b', `1.5`)", .invalidValue, false),
      ("from_items(`[1]`)", .invalidType, false), ("from_items(`[[1, 2]]`)", .invalidType, false),
      ("from_items(`[[\"a\"]]`)", .invalidType, false),
      ("max_by(`[{\"a\": 1}, {\"a\": \"b\"}]`, &a)", .invalidType, false),
      ("group_by(`[{\"a\": 1}]`, &a)", .invalidType, false),
      ("sort_by(`[{}]`, &a)", .invalidType, false),
    ])
  func codes(_ expression: String, _ code: ExpressionError.Code, _ isStatic: Bool) throws {
    let error = try failure(expression)
    #expect(error?.code == code, "\(expression)")
    #expect(error?.isStatic == isStatic, "\(expression)")
    #expect(error?.message.isEmpty == false)
  }

  @Test("Codes are stable, and equal to those of the compliance suite")
  func stableCodes() {
    #expect(
      ExpressionError.Code.allCases.map(\.rawValue) == [
        "syntax", "unknown-function", "invalid-arity", "invalid-type", "invalid-value",
        "undefined-variable", "not-a-number", "limit", "budget",
      ])
  }

  @Test(
    "Positions count code points",
    arguments: [
      ("splitt('a', 'b')", 1, 6), ("a.b + splitt(c)", 7, 6), ("'é\u{1F600}' + 'x'", 1, 4),
      ("a[?b == 5]", 9, 1), ("a b", 3, 1), ("a.", 3, 1), ("'abc", 1, 1), ("`1` / `0`", 1, 9),
      ("regex_match('ab(', c)", 17, 1), ("regex_match('\\'(', c)", 13, 5),
    ])
  func places(_ expression: String, _ column: Int, _ length: Int) throws {
    let error = try failure(expression)
    #expect(error?.column == column, "\(expression): \(String(describing: error))")
    #expect(error?.length == length, "\(expression): \(String(describing: error))")
  }

  @Test("A caret is below the position for every expression")
  func diagnostic() throws {
    #expect(
      try failure("a.b + splitt(c)")?.diagnostic() == """
        unknown function `splitt`
          a.b + splitt(c)
                ^^^^^^
        hint: did you mean `split`?
        """)
    #expect(
      try failure("a.b |\n  [0,\u{9}]\n| c")?.diagnostic()
        == """
        expected `]` behind the index, found `,`
            [0,\\u{9}]
              ^
        hint: a list of constants is a literal: `[1, 2]`
        """)
    #expect(
      try failure("a +")?.diagnostic("a +")
        == "expected an expression, found the end\n  a +\n     ^")
    let long = String(repeating: "a", count: 100) + " b " + String(repeating: "c", count: 100)
    let lines = try failure(long)?.diagnostic().split(separator: "\n") ?? []
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(lines[1].hasPrefix("  …aaa") && lines[1].hasSuffix("ccc…"))
  }

  @Test("A caret beyond the shown text does not trap")
  func foreignSource() throws {
    #expect(try failure("a.b + splitt(c)")?.diagnostic("x").contains("  x\n   ^") == true)
    #expect(try failure("a.b + splitt(c)")?.diagnostic("").contains("splitt") == true)
  }

  @Test("A failed search is not reported as too much work")
  func failedSearch() throws {
    // The pattern recurses at the same position without end: PCRE2 has a separate code for it.
    let error = try failure("regex_match('(?(R)a*(?1)|((?R))b)', 'aaaabcde')")
    #expect(error?.code == .invalidValue)
    #expect(error?.message.hasPrefix("the search for the pattern failed: ") == true)
    #expect(error?.hint == "")
    let limit = try failure("regex_match('^(a+)+$', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab')")
    #expect(limit?.code == .limit)
    #expect(limit?.message.contains("needs too much work") == true)
  }

  @Test("Errors contain no value of the event")
  func noValues() throws {
    let document = #"{"secret": "hunter2", "list": ["hunter2"]}"#
    for expression in [
      "secret + `1`", "abs(secret)", "parse_json(secret)", "parse_time(secret)",
      "base64_decode(secret)",
      "sum(list)", "sort_by(list, &foo)", "from_items(list)", "group_by(list, &`1`)", "-secret",
      "url_host(join(' ', list[*]) | join(' ', [@, @]))",
      "regex_match(join('', ['(', secret]), 'a')",
    ] {
      let error = try failure(expression, of: document)
      #expect(error?.description.contains("hunter2") == false, "\(expression)")
    }
  }
}
