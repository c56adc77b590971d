import JMESPath
import JSON
import Testing

@Suite("The evaluations of a run share one budget")
struct BudgetTests {
  private static let numbers = JSONValue.array((0..<1_000).map(JSONValue.integer))

  private static func evaluate(
    _ expression: String, of value: JSONValue = numbers, _ budget: inout Budget
  ) throws -> JSONValue {
    try Expression(expression).evaluate(value, in: Scope(root: value), spending: &budget)
  }

  @Test("Each evaluation subtracts its work, and the last one reports that the budget is used up")
  func steps() throws {
    var budget = Budget(steps: 10_000)
    var count = 0
    let error = #expect(throws: ExpressionError.self) {
      while count < 100 {
        _ = try Self.evaluate("@[?@ > `1`]", &budget)
        count += 1
      }
    }
    #expect(error?.code == .budget)
    #expect(count == 2)
    #expect(budget.isSpent)
    #expect(error?.hint.hasPrefix("send fewer alerts at once") == true)
  }

  @Test("An expression over its own limit reports that, whatever remains of the budget")
  func ownLimit() throws {
    var budget = Budget()
    let scope = Scope(root: Self.numbers, limits: Limits(steps: 100))
    let error = #expect(throws: ExpressionError.self) {
      try Expression("@[?@ > `1`]").evaluate(Self.numbers, in: scope, spending: &budget)
    }
    #expect(error?.code == .limit)
    #expect(budget.steps == Budget.stepsOfRun - 100)
  }

  @Test("The values of one item share its memory, and the next item has its own")
  func memory() throws {
    var budget = Budget(bytes: 100_000)
    func make() throws { _ = try Self.evaluate("@[*].[@]", &budget) }
    try make()
    let error = #expect(throws: ExpressionError.self) { try make() }
    #expect(error?.code == .limit)
    budget.renewBytes()
    try make()
  }

  /// Each makes some hundred megabytes of one megabyte of text, within its steps.
  @Test(
    "Memory is counted before it is allocated",
    arguments: [
      "join(a, ['', '', '', '', '', '', '', ''])", "to_string([a, a, a, a, a, a, a, a])",
      "replace(a, 'a', 'bbbbbbbbbbbbbbbb')",
      "regex_replace_all('a{99}', a, '$0$0$0$0$0$0$0$0$0$0$0$0')",
      "split(a, 'a')", "split(a, '')", "a[::-1] | [@, @][*].join(@, ['', '', '', '', '', '', ''])",
      "l[*].upper($.a)", "l[*].[$.a, $.a][].reverse(@)", "l[*].trim($.a)",
      "l[*].parse_json(to_string([$.a]))",
      "sort(n)", "map(&[@, @, @, @], n)", "zip(n, n, n, n)", "n[*].{a: @, b: @}",
      "[n, n, n, n, n][]",
      "group_by(n, &to_string(@))", "n[?@ > `0`].[@]", "from_items(n[*].[to_string(@), @])",
    ])
  func growth(expression: String) throws {
    let value: JSONValue = [
      "a": .string(String(repeating: "a", count: 1 << 20)),
      "l": .array(Array(repeating: 1, count: 100)),
      "n": .array((0..<100_000).map(JSONValue.integer)),
    ]
    var budget = Budget(bytes: 4 << 20)
    let scope = Scope(root: value, limits: Limits(steps: 20_000_000, resultBytes: 1 << 30))
    let error = #expect(throws: ExpressionError.self) {
      try Expression(expression).evaluate(value, in: scope, spending: &budget)
    }
    #expect(error?.code == .limit)
    #expect(error?.message.contains("memory") == true, "\(error?.message ?? "")")
  }

  @Test("The reason for a missing value is searched within the budget")
  func reasons() throws {
    let names = (0..<2_000).map { ("member_\($0)", JSONValue.integer($0)) }
    let value = JSONValue.object(JSONObject(names))
    let expression = try Expression("membre_1")
    var budget = Budget(steps: 100)
    let step = expression.firstMissingStep(value, in: Scope(root: value), spending: &budget)
    #expect(step?.message == "no `membre_1` in the object")
    #expect(budget.isSpent)
    #expect(expression.firstMissingStep(value, in: Scope(root: value))?.nearest == ["member_1"])
  }

  @Test("A run that has to end has no budget left within some hundredths of a second")
  func end() throws {
    var budget = Budget(isEnding: { true })
    var count = 0
    #expect(throws: ExpressionError.self) {
      while count < 1_000 {
        _ = try Self.evaluate("@[?@ > `1`]", &budget)
        count += 1
      }
    }
    #expect((1..<100).contains(count))
  }
}
