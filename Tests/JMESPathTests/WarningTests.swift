import JMESPath
import Testing

@Suite("Warnings show probable mistakes")
struct WarningTests {
  @Test(
    "Probable mistakes are reported with their position",
    arguments: [
      ("enabled == true", [12]), ("[?a == \"firing\"]", [8]), ("\"firing\" == a", [1]),
      ("a.b == null || c != false", [8, 21]), ("[?\"x\" && a == `1`]", []), ("a == `true`", []),
      ("\"true\" == a", [1]), ("a.\"b\" == 'c'", []), ("@.\"b\" == 'c'", []), ("true ? a : b", [1]),
      ("map(&null, a)", [6]), ("{true: a}", []), ("'true' == a", []),
      ("(\"firing\") == a", [2]), ("\"detail-type\" == 'x'", []), ("`1` < \"a b\"", []),
      ("[?\"a\" == \"b\"]", [3, 10]),
    ] as [(String, [Int])])
  func warnings(_ text: String, _ columns: [Int]) throws {
    #expect(try Expression(text).warnings.map(\.column) == columns)
  }

  @Test("A warning shows the correct form")
  func texts() throws {
    let warnings = try Expression("a == true && b == \"x\"").warnings
    #expect(
      warnings.map(\.message) == [
        "`true` is a member name here",
        "a member is compared, not a text: double quotes make a member name",
      ])
    #expect(warnings.first?.hint == "the constant is written in backticks: `true`")
    #expect(warnings.last?.length == 3)
  }

  @Test(
    "Expressions that can never be true are found without input",
    arguments: [
      ("a", true), ("a.b", true), ("@", true), ("$v", true), ("a == b", true), ("!a", true),
      ("`true`", true), ("`false`", false), ("`1`", false), ("'true'", false), ("a[0]", true),
      ("a[*]", false), ("a[?b]", false), ("a[]", false), ("a.*", false), ("[a]", false),
      ("{a: a}", false), ("a + b", false), ("-a", false), ("a[1:2]", false),
      ("length(a)", false), ("contains(a, 'b')", true), ("not_null(a, b)", true),
      ("keys(a)", false), ("a && 'x'", false), ("'x' && a", true), ("a || 'x'", true),
      ("'x' || [a]", false), ("a ? 'x' : 'y'", false), ("a ? b : 'y'", true),
      ("a[?b] | length(@) > `0`", true), ("let $x = a in $x", true), ("let $x = a in 'x'", false),
    ] as [(String, Bool)])
  func truth(_ text: String, _ canBeTrue: Bool) throws {
    #expect(try Expression(text).canBeTrue == canBeTrue)
  }
}
