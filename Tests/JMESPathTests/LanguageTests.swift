import JMESPath
import JSON
import Testing

@Suite("The language follows the community edition")
struct LanguageTests {
  @Test(
    "Operators bind as in the grammar",
    arguments: [
      ("`1` + `2` * `3`", "7"), ("`10` - `3` - `2`", "5"), ("`8` % `3` * `2`", "4"),
      ("`100` / `10` / `2`", "5"), ("`2` * `3` * `4` // `5`", "4"), ("-`2` * `3`", "-6"),
      ("`1` − `2`", "-1"), ("`6` ÷ `3` × `2`", "4"), ("`1` < `2` && `2` < `3`", "true"),
      ("`1` + `1` == `2`", "true"), ("`false` || `true` && `false`", "false"),
      ("!`true` == `false`", "true"), ("!a.b", "false"), ("!a.x", "true"),
      ("!a.b == `true`", "false"),
      ("!c[0]", "false"), ("!c[9]", "true"), ("!c[]", "false"), ("-a.b", "-1"),
      ("- a.b + `2`", "1"),
      ("`true` ? 'a' : 'b'", "\"a\""), ("`null` ? 'a' : `null` ? 'b' : 'c'", "\"c\""),
      ("a.x || c ? 'a' : 'b'", "\"a\""), ("`false` ? 'a' : 'b' | @ == 'b'", "true"),
      ("a | b", "1"), ("a.x | [@, @]", "[null,null]"), ("a.x.[b]", "null"), ("a.x.{b: b}", "null"),
    ])
  func precedence(_ expression: String, _ expected: String) throws {
    #expect(try result(expression, of: #"{"a":{"b":1},"c":[1]}"#) == expected)
  }

  @Test(
    "Integers stay exact, and only what has no exact result becomes real",
    arguments: [
      ("`9007199254740993` + `0`", "9007199254740993"), ("`6` / `3`", "2"), ("`7` / `2`", "3.5"),
      ("`7` // `2`", "3"), ("`-7` // `2`", "-4"), ("`7` // `-2`", "-4"), ("`-7` // `-2`", "3"),
      ("`-7` % `2`", "1"), ("`7` % `-2`", "-1"), ("`-7` % `-2`", "-1"), ("`6` % `-3`", "0"),
      ("`-9223372036854775808` % `-1`", "0"),
      ("`-9223372036854775807` // `-1`", "9223372036854775807"),
      ("`7.5` // `2`", "3.0"), ("`-7.5` % `2`", "0.5"), ("`1.0` // `0.1`", "9.0"),
      ("`1` + `0.5`", "1.5"),
      ("-`9223372036854775807` - `1`", "-9223372036854775808"), ("+`5`", "5"),
    ])
  func integers(_ expression: String, _ expected: String) throws {
    #expect(try result(expression) == expected)
  }

  @Test(
    "Numbers of both kinds compare by their exact value, texts by code point",
    arguments: [
      ("`1` == `1.0`", "true"), ("`9007199254740993` > `9007199254740992.0`", "true"),
      ("`9007199254740993` <= `9007199254740992.0`", "false"), ("`1` < `1.5`", "true"),
      ("`-1` < `-0.5`", "true"), ("`1.5` < `1`", "false"),
      ("`1e300` > `9223372036854775807`", "true"),
      ("`-1e300` < `-9223372036854775808`", "true"), ("`2` >= `2.0`", "true"),
      ("'a' < 'b'", "true"), ("'Z' < 'a'", "true"), ("'\u{FFFD}' < '\u{1F600}'", "true"),
      ("'a' < `1`", "null"), ("`null` < `1`", "null"), ("`true` >= `false`", "null"),
      ("'é' == 'e\u{301}'", "false"), ("`{\"a\": 1, \"b\": 2}` == `{\"b\": 2, \"a\": 1}`", "true"),
      ("`[1, [2]]` == `[1, [2.0]]`", "true"), ("`1` == `true`", "false"),
      ("`null` != `false`", "true"),
    ])
  func comparisons(_ expression: String, _ expected: String) throws {
    #expect(try result(expression) == expected)
  }

  @Test(
    "Projections continue until something stops them",
    arguments: [
      ("a[*].b", "[1,2]"), ("a[*].b | [0]", "1"), ("a[].b", "[1,2]"), ("o.*.n", "[1,2]"),
      ("a[?b > `1`].b", "[2]"), ("a[1:].b", "[2]"), ("a[::-1].b", "[2,1]"),
      ("a[*].[b]", "[[1],[null],[2]]"),
      ("*.x", "[{\"n\":1}]"), ("o.*", "[{\"n\":1},{\"n\":2}]"), ("s[*]", "null"),
      ("s[1:]", "\"ext\""),
      ("s[1:] | length(@)", "3"), ("a[*].b[0]", "[]"), ("n[*][0]", "[1,3]"), ("n[]", "[1,2,3]"),
      ("n[][]", "[1,2,3]"), ("[a[0].b, s]", "[1,\"text\"]"),
      ("{x: s, y: a[-1].b}", "{\"x\":\"text\",\"y\":2}"),
      ("a[*] | length(@)", "3"), ("a[5:2:-1]", "[]"),
      ("a[-9223372036854775808:9223372036854775807:9223372036854775807].b", "[1]"),
      ("a[9223372036854775807:-9223372036854775808:-9223372036854775808].b", "[2]"),
      ("[*, s] | length(@)", "2"),
    ])
  func projections(_ expression: String, _ expected: String) throws {
    let document =
      #"{"a":[{"b":1},{},{"b":2}],"o":{"x":{"n":1},"y":{"n":2}},"s":"text","n":[[1,2],[3]]}"#
    #expect(try result(expression, of: document) == expected)
  }

  @Test(
    "let binds names in its body only",
    arguments: [
      ("let $a = `1`, $b = `2` in $a + $b", "3"), ("let $a = `1` in let $a = `2` in $a", "2"),
      ("let $a = `1` in [let $a = `2` in $a, $a]", "[2,1]"), ("let $x = let in $x", "\"let\""),
      ("let", "\"let\""), ("in", "\"in\""), ("[let, in]", "[\"let\",\"in\"]"),
      ("let $a = list[*] in $a[0]", "1"), ("list[*].[@, $.let]", "[[1,\"let\"],[2,\"let\"]]"),
      ("let $now = 'x' in $now", "\"x\""), ("map(&let $y = @ in $y * `2`, list)", "[2,4]"),
    ])
  func bindings(_ expression: String, _ expected: String) throws {
    #expect(try result(expression, of: #"{"let":"let","in":"in","list":[1,2]}"#) == expected)
  }

  @Test("Names in one let do not see each other")
  func bindingsAreSeparate() throws {
    #expect(try failure("let $a = `1`, $b = $a in $b")?.code == .undefinedVariable)
  }

  @Test("Free variables are listed once, in order, and without those of let")
  func freeVariables() throws {
    let text = "let $a = $x in [$a, $now, $x, let $b = $a in $b + $c, map(&$d, $a)]"
    #expect(try Expression(text).freeVariables == ["x", "now", "c", "d"])
    #expect(try Expression("a.b").freeVariables == [])
    #expect(try Expression("[let $a = `1` in $a, $a]").freeVariables == ["a"])
  }

  @Test("White space around an expression does not count")
  func whiteSpace() throws {
    let expression = try Expression(" \n\ta.b \r\n")
    #expect(expression.source == "a.b")
    #expect(try result(" a . b [ 0 ] ", of: #"{"a":{"b":[1]}}"#) == "1")
  }

  @Test("The tree shows the structure of an expression")
  func tree() throws {
    let tree = try Expression("a.b[0] || -`1`").tree
    #expect(
      JSONEncoder.text(tree) == """
        {"type":"or","column":1,"children":[{"type":"subexpression","column":1,"children":[\
        {"type":"field","name":"a","column":1},{"type":"subexpression","column":3,"children":[\
        {"type":"field","name":"b","column":3},{"type":"index","index":0,"column":4}]}]},\
        {"type":"sign","operator":"-","column":11,"children":[\
        {"type":"literal","value":1,"column":12}]}]}
        """)
  }

  @Test(
    "Every kind of node has a name in the tree",
    arguments: [
      ("@", "current"), ("$", "root"), ("`1`", "literal"), ("$a", "variable"), ("[0]", "index"),
      ("a | b", "pipe"), ("a && b", "and"), ("!a", "not"), ("a ? b : c", "ternary"),
      ("a == b", "comparison"), ("a + b", "arithmetic"), ("[a]", "multi-select-list"),
      ("{a: b}", "multi-select-hash"), ("a[*]", "projection"), ("a.*", "value-projection"),
      ("a[1:]", "slice-projection"), ("a[?b]", "filter-projection"), ("a[]", "flatten-projection"),
      ("type(a)", "function"), ("let $a = b in $a", "let"), ("regex_match('a', b)", "function"),
    ])
  func treeTypes(_ expression: String, _ type: String) throws {
    #expect(try Expression(expression).tree["type"] == .string(type))
  }

  @Test("A bare word in backticks is not JSON")
  func bareWord() throws {
    #expect(throws: ExpressionError.self) { _ = try Expression("`foo`") }
  }
}
