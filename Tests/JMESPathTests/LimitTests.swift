import JMESPath
import JSON
import Testing

@Suite struct LimitTests {
  @Test(
    "an expression has to end somewhere",
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

  @Test("what people write is far inside the bounds")
  func room() throws {
    _ = try Expression(Array(repeating: "a", count: 200).joined(separator: "."))
    _ = try Expression(Array(repeating: "a == 'b'", count: 200).joined(separator: " || "))
    _ = try Expression("{" + (0..<300).map { "a\($0): b" }.joined(separator: ", ") + "}")
    _ = try Expression("'" + String(repeating: "a", count: 16_000) + "'")
  }

  /// An array of so many small numbers.
  private func numbers(_ count: Int) -> String {
    "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]"
  }

  @Test(
    "evaluation ends, whatever is asked",
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
    // A tenth of what is usual: a debug build is slow.
    let limits = Limits(steps: 200_000)
    let error = try failure(expression, of: numbers(5_000), limits: limits)
    #expect(error?.code == .limit, "\(expression)")
    #expect(error?.isStatic == false)
    #expect(clock.now - begin < .seconds(10), "\(expression)")
  }

  @Test("a result cannot outgrow its bound by sharing")
  func size() throws {
    let doubled =
      "let $a = [@, @, @, @, @, @, @, @] in let $b = [$a, $a, $a, $a, $a, $a, $a, $a] in "
    let error = try failure(doubled + "[$b, $b, $b, $b, $b, $b, $b, $b]", of: numbers(5_000))
    #expect(error?.code == .limit)
    #expect(error?.message == "the result is larger than 16777216 bytes")
  }

  @Test("a result cannot be nested deeper than can be read back")
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

  @Test("bounds can be set lower")
  func lower() throws {
    let few = Limits(steps: 10, resultBytes: 100)
    #expect(try result("@[0]", of: "[1, 2, 3]", limits: few) == "1")
    #expect(try failure("@[*].[@, @]", of: "[1, 2, 3, 4, 5]", limits: few)?.code == .limit)
    let text = String(repeating: "a", count: 100)
    #expect(try failure("@", of: "\"\(text)\"", limits: few)?.code == .limit)
  }
}
