import JMESPath
import JSON
import Testing

/// Which paths of its input an expression looks at.
struct ReadsTests {
  @Test(
    arguments: [
      ("a", ["a"]), ("a.b[0].c", ["a.b[0].c"]), ("@", ["@"]), ("$", ["$"]), ("$x", ["$x"]),
      ("`1`", []), ("'text'", []), ("a || $b.c", ["a", "$b.c"]), ("a && a.b", ["a", "a.b"]),
      ("a + a", ["a"]), ("!a", ["a"]), ("a ? b : c", ["a", "b", "c"]), ("-a", ["a"]),
      ("length(a.b)", ["a.b"]), ("{x: a, y: [b, c.d]}", ["a", "b", "c.d"]),
      ("\"a b\".\"c\"", ["\"a b\".\"c\""]), ("  a . b ", ["a . b"]),
      // Elements have no one value: only what the projection goes over, and what stands outside.
      ("a[*].b", ["a"]), ("a.*.b", ["a"]), ("a[].b", ["a"]), ("a[1:2].b", ["a"]),
      ("a[?b == c].d", ["a"]), ("a[?b == $.c && d == $e.f]", ["a", "$.c", "$e.f"]),
      ("[*].b", ["@"]), ("*.b", ["@"]), ("sort_by(a, &b)", ["a"]),
      ("map(&$x.y, a)", ["$x.y", "a"]),
      ("a | b", ["a"]), ("a.b.{x: c, y: $d}", ["a.b", "$d"]), ("a.length(@)", ["a"]),
      // What an expression binds itself is not read from outside.
      ("let $x = a in $x.b", ["a"]), ("let $x = a in [$x, $y, $x.b]", ["a", "$y"]),
    ] as [(String, [String])])
  func paths(_ expression: String, expected: [String]) throws {
    #expect(try Expression(expression).reads.map(\.source) == expected)
  }

  @Test func aPathGivesItsOwnValue() throws {
    let event: JSONValue = ["é": ["b": [7, 8]], "c": nil]
    let scope = Scope(root: event, variables: [("v", ["w": "x"])])
    let reads = try Expression(#""é".b[1] || [$v.w, c.d, $.c]"#).reads
    #expect(try reads.map { try $0.evaluate(event, in: scope) } == [8, "x", nil, nil])
  }

  @Test(
    arguments: [
      ("a", true), ("a.b[0]", true), ("[0]", true), ("$x.a", true), ("@.a", true),
      ("$x", false), ("@", false), ("$", false), ("a || b", false), ("not_null(a, b)", false),
      ("'a'", false), ("a[*]", false), ("length(a)", false), ("a | b", false),
    ] as [(String, Bool)])
  func barePaths(_ expression: String, isBarePath: Bool) throws {
    #expect(try Expression(expression).isBarePath == isBarePath)
  }

  @Test func whereAPathBegins() throws {
    #expect(try Expression("$cert.a[0]").rootVariable == "cert")
    #expect(try Expression("a.b").rootVariable == nil)
    #expect(try Expression("$cert").rootVariable == nil)
    #expect(try Expression("$cert").variableName == "cert")
    #expect(try Expression("$cert.no").variableName == nil)
    #expect(try Expression("lookup($data.inventory, a)").lookupTable?.source == "$data.inventory")
    #expect(try Expression("lookup($d.i, a) || b").lookupTable == nil)
    #expect(try Expression("keys($data)").lookupTable == nil)
  }

  @Test func undefinedVariablesHaveTheirPlaces() throws {
    let expression = try Expression(#""é".b || $hots || $host || let $y = $z in $y"#)
    let errors = expression.undefinedVariables(known: ["host", "now"])
    #expect(errors.map(\.message) == ["unknown variable `$hots`", "unknown variable `$z`"])
    #expect(errors.map(\.column) == [10, 37])
    #expect(errors.first?.hint == "did you mean `$host`?")
    #expect(errors.allSatisfy { $0.code == .undefinedVariable && $0.isStatic })
  }

  @Test func aNullVariableTellsItsReason() throws {
    var scope = Scope(root: nil, variables: [("cert", nil)])
    scope.reasons = ["cert": "the key is not in the table"]
    let step = try Expression("$cert.no").firstMissingStep(nil, in: scope)
    #expect(step?.message == "`$cert` is null: the key is not in the table")
    let own = try Expression("let $cert = `null` in $cert.no").firstMissingStep(nil, in: scope)
    #expect(own?.message.contains("table") == false)
  }
}
