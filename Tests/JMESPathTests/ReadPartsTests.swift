import JMESPath
import JSON
import TestSupport
import Testing

@Suite("The parts of a document that an expression reads are enough to evaluate it")
struct ReadPartsTests {
  private func selection(_ expression: Expression) -> JSONSelection {
    let document = DocumentPart()
    expression.markReads(at: Origins(document), root: Origins(document), variables: []).read()
    return document.selection
  }

  /// The names of a selection, `*` for all elements, and `!` for a whole part.
  private func shown(_ selection: JSONSelection) -> String {
    guard case .parts(let members, let elements) = selection else { return "!" }
    let parts =
      members.map { "\($0.name)\(shown($0.parts))" } + (elements.map { ["*" + shown($0)] } ?? [])
    return parts.isEmpty ? "" : "(" + parts.joined(separator: " ") + ")"
  }

  @Test(
    "Paths, filters, variables and functions read their parts",
    arguments: [
      ("a.b", "(a(b!))"), ("a[0].b", "(a(*(b!)))"), ("a == 'x'", "(a!)"), ("@", "!"),
      ("$.a", "(a!)"),
      ("a[?b == 'x'].c", "(a(*(b! c!)))"), ("a[?b].{x: c.d}", "(a(*(b! c(d!))))"),
      ("a[1:].b", "(a(*(b!)))"),
      ("a[].b", "(a(*(b! *(b!))))"), ("a.*.b", "(a!)"), ("keys(@)", "!"),
      ("type(a) == 'array'", "(a)"),
      ("[@][?a == 'x'].b", "(a! b!)"), ("let $x = a in $x.b || $x.c", "(a(b! c!))"),
      ("a | b", "(a(b!))"),
      ("sort_by(a, &b)[0].c", "(a!)"), ("map(&$.b.c, a)", "(b(c!) a!)"), ("a && b", "(a! b!)"),
      ("a ? b.c : `1`", "(a! b(c!))"), ("`1`", ""), ("-a", "(a!)"), ("length(a.b)", "(a(b!))"),
    ] as [(String, String)])
  func parts(_ expression: String, expected: String) throws {
    #expect(shown(selection(try Expression(expression))) == expected)
  }

  @Test("Random expressions give the same result for the parts as for the whole document")
  func randomExpressions() throws {
    var random = SeededGenerator(state: 20_261_129)
    var (evaluated, partial) = (0, 0)
    for _ in 0..<20_000 {
      var maker = Maker(random: random)
      let (source, document) = (maker.expression(3), maker.document(4))
      random = maker.random
      guard document.array != nil || document.object != nil,
        let expression = try? Expression(source)
      else { continue }
      var decoder = JSONStreamDecoder()
      decoder.selection = selection(expression)
      let found = try decoder.decodePrefix(JSONEncoder.encode(document), from: 0)
      let limits = Limits(leftOut: found.leftOut ?? .nothing)
      var budget = Budget()
      let result = try? expression.evaluate(
        found.value, in: Scope(root: found.value, limits: limits), spending: &budget)
      var wholeBudget = Budget()
      let expected = try? expression.evaluate(
        document, in: Scope(root: document), spending: &wholeBudget)
      #expect(
        result.map { JSONEncoder.text($0) } == expected.map { JSONEncoder.text($0) },
        "\(source) on \(JSONEncoder.text(document))")
      // The whole document never costs more, so that no limit is passed by leaving something out.
      #expect(
        result == nil || wholeBudget.steps >= budget.steps,
        "\(source) on \(JSONEncoder.text(document))")
      if expected?.isNull == false { evaluated += 1 }
      if found.value != document { partial += 1 }
    }
    #expect(evaluated > 2_000 && partial > 2_000, "\(evaluated) results, \(partial) partial")
  }

  @Test("What is left out counts for the bounds of a result")
  func leftOut() throws {
    let document: JSONValue = [["a": 1]]
    func result(_ leftOut: JSONSelection.LeftOut) -> JSONValue? {
      var budget = Budget()
      let limits = Limits(resultBytes: 1_000, leftOut: leftOut)
      return try? Expression("[*]").evaluate(
        document, in: Scope(root: document, limits: limits), spending: &budget)
    }
    #expect(result(.nothing) == document)
    #expect(result(.init(bytes: 100, values: 1, depth: 10)) == document)
    #expect(result(.init(bytes: 1_000, values: 1, depth: 10)) == nil)
    #expect(result(.init(bytes: 100, values: 200, depth: 10)) == nil)
    #expect(result(.init(bytes: 100, values: 1, depth: 500)) == nil)
  }
}

/// Makes expressions and documents of few names, so that they often fit together.
private struct Maker {
  var random: SeededGenerator

  private mutating func pick(_ words: [String]) -> String {
    words.randomElement(using: &random) ?? ""
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  mutating func document(_ depth: Int) -> JSONValue {
    let kind = number(0...9)
    guard depth > 0, kind > (depth < 3 ? 4 : 0) else {
      let values: [JSONValue] = [nil, true, false, 0, 1, -2, 1.5, "", "x", "a", "a longer text"]
      return values.randomElement(using: &random) ?? nil
    }
    if kind < 7 { return .array((0..<number(0...3)).map { _ in document(depth - 1) }) }
    return .object(
      JSONObject((0..<number(0...4)).map { _ in (pick(["a", "b", "c"]), document(depth - 1)) }))
  }

  mutating func expression(_ depth: Int) -> String {
    guard depth > 0 else {
      return pick(["a", "b", "c", "a.b", "b.c", "@", "$", "$.a", "'x'", "`1`", "*"])
    }
    let (one, two) = (expression(depth - 1), expression(depth - number(1...2)))
    let name = pick(["a", "b", "c"])
    let forms = [
      "\(one).\(name)", "\(one)[0]", "\(one)[-1].\(name)", "\(one)[*].\(name)", "\(one)[?\(two)]",
      "\(one)[?\(name) == \(two)].\(name)", "\(one)[]", "\(one)[].\(name)", "\(one)[1:].\(name)",
      "\(one).*", "\(one) | \(two)", "\(one) || \(two)", "\(one) && \(two)", "!(\(one))",
      "(\(one)) == \(two)", "[\(one), \(two)]", "[\(one), \(two)][]", "[\(one)][?\(two)] | [0]",
      "{a: \(one), b: \(two)}", "let $v = \(one) in [$v.\(name), $v]",
      "let $v = \(one) in $v.\(name)",
      "(\(one)) ? \(two) : \(name)", "type(\(one))", "length(\(one))", "keys(\(one))",
      "to_string(\(one))",
      "not_null(\(one), \(two))", "map(&\(two), \(one))", "sort_by(\(one), &\(name))",
      "to_array(\(one))",
      "values(\(one))", "contains(\(one), \(two))", "merge(\(one), \(two))", "\(one) < \(two)",
      "\(one)[::-1]", "\(one)[*].[\(two)]", "\(one).{b: \(two)}",
    ]
    return pick(forms)
  }
}
