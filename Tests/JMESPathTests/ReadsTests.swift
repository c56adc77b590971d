import JMESPath
import JSON
import Testing

/// The paths that an expression reads.
struct ReadsTests {
  @Test(
    "The paths of an expression are found",
    arguments: [
      ("a", ["a"]), ("a.b[0].c", ["a.b[0].c"]), ("@", ["@"]), ("$", ["$"]), ("$x", ["$x"]),
      ("`1`", []), ("'text'", []), ("a || $b.c", ["a", "$b.c"]), ("a && a.b", ["a", "a.b"]),
      ("a + a", ["a"]), ("!a", ["a"]), ("a ? b : c", ["a", "b", "c"]), ("-a", ["a"]),
      ("length(a.b)", ["a.b"]), ("{x: a, y: [b, c.d]}", ["a", "b", "c.d"]),
      ("\"a b\".\"c\"", ["\"a b\".\"c\""]), ("  a . b ", ["a . b"]),
      // Elements have no single value: only the source of the projection, and paths outside of it.
      ("a[*].b", ["a"]), ("a.*.b", ["a"]), ("a[].b", ["a"]), ("a[1:2].b", ["a"]),
      ("a[?b == c].d", ["a"]), ("a[?b == $.c && d == $e.f]", ["a", "$.c", "$e.f"]),
      ("[*].b", ["@"]), ("*.b", ["@"]), ("sort_by(a, &b)", ["a"]),
      ("map(&$x.y, a)", ["$x.y", "a"]),
      // Parentheses belong to a path that continues after them.
      ("(@).cn", ["(@).cn"]), ("((a.b)).c[0] || (d)", ["((a.b)).c[0]", "d"]), ("(a)", ["a"]),
      ("(a)[*].b", ["a"]), ("length((a).b)", ["(a).b"]), ("(a || b).c", ["a", "b"]),
      ("a | b", ["a"]), ("a.b.{x: c, y: $d}", ["a.b", "$d"]), ("a.length(@)", ["a"]),
      // Variables that the expression binds itself are not read from outside.
      ("let $x = a in $x.b", ["a"]), ("let $x = a in [$x, $y, $x.b]", ["a", "$y"]),
    ] as [(String, [String])])
  func paths(_ expression: String, expected: [String]) throws {
    #expect(try Expression(expression).reads.map(\.source) == expected)
  }

  @Test("Each path of an expression gives its own value")
  func aPathGivesItsOwnValue() throws {
    let event: JSONValue = ["é": ["b": [7, 8]], "c": nil]
    let scope = Scope(root: event, variables: [("v", ["w": "x"])])
    let reads = try Expression(#""é".b[1] || [$v.w, c.d, $.c]"#).reads
    #expect(try reads.map { try $0.evaluate(event, in: scope) } == [8, "x", nil, nil])
  }

  @Test(
    "Bare paths are distinguished from other expressions",
    arguments: [
      ("a", true), ("a.b[0]", true), ("[0]", true), ("$x.a", true), ("@.a", true),
      ("$x", false), ("@", false), ("$", false), ("a || b", false), ("not_null(a, b)", false),
      ("'a'", false), ("a[*]", false), ("length(a)", false), ("a | b", false),
    ] as [(String, Bool)])
  func barePaths(_ expression: String, isBarePath: Bool) throws {
    #expect(try Expression(expression).isBarePath == isBarePath)
  }

  @Test("The variable at the start of a path is found")
  func whereAPathBegins() throws {
    #expect(try Expression("$cert.a[0]").rootVariable == "cert")
    #expect(try Expression("a.b").rootVariable == nil)
    #expect(try Expression("$cert").rootVariable == nil)
    #expect(try Expression("$cert").variableName == "cert")
    #expect(try Expression("$cert.no").variableName == nil)
    #expect(try Expression("lookup($data.inventory, a)").lookupTable?.source == "$data.inventory")
    #expect(try Expression("lookup($d.i, a) || b").lookupTable == nil)
    #expect(try Expression("keys($data)").lookupTable == nil)
  }

  @Test("Undefined variables have their positions")
  func undefinedVariablesHaveTheirPlaces() throws {
    let expression = try Expression(#""é".b || $hots || $host || let $y = $z in $y"#)
    let errors = expression.undefinedVariables(known: ["host", "now"])
    #expect(errors.map(\.message) == ["unknown variable `$hots`", "unknown variable `$z`"])
    #expect(errors.map(\.column) == [10, 37])
    #expect(errors.first?.hint == "did you mean `$host`?")
    #expect(errors.allSatisfy { $0.code == .undefinedVariable && $0.isStatic })
  }

  @Test("A null variable has its reason in the missing step")
  func aNullVariableTellsItsReason() throws {
    let item: JSONValue = ["host": "a.example", "table": ["b.example": 1]]
    var scope = Scope(root: item)
    let lookup = try Expression("lookup(table, host)")
    scope.bind("cert", to: nil, of: lookup, at: item)
    let reason = "`lookup(table, host)` found no `a.example`"
    let step = try Expression("$cert.no").firstMissingStep(item, in: scope)
    #expect(step?.message == "`$cert` is null: \(reason)")
    let argument = #expect(throws: ExpressionError.self) {
      try Expression("lower($cert)").evaluate(item, in: scope)
    }
    #expect(
      argument?.hint.hasPrefix(
        "`$cert` is null: \(reason); did you mean `b.example`?; lower(") == true)
    let own = try Expression("let $cert = `null` in $cert.no").firstMissingStep(item, in: scope)
    #expect(own?.message.contains("table") == false)
    // A variable that depends on another one reports that one, if it was visible.
    scope.bind("no", to: nil, of: try Expression("$cert.no"), at: item)
    scope.bind("cert", to: nil, of: try Expression("gone"), at: item)
    let second = try Expression("$no").firstMissingStep(item, in: scope)
    #expect(second?.message == "`$no` is null: `$cert` is null: \(reason)")
    let third = try Expression("$cert").firstMissingStep(item, in: scope)
    #expect(third?.text == "`$cert` is null: no `gone` in the object; it has `host`, `table`")
  }

  @Test("A long chain of null variables is followed only to its limit")
  func aLongChainOfNullVariablesIsNotFollowedForEver() throws {
    var scope = Scope(root: nil)
    scope.bind("v0", to: nil, of: try Expression("a"), at: nil)
    for index in 1..<10_000 {
      scope.bind("v\(index)", to: nil, of: try Expression("$v\(index - 1)"), at: nil)
    }
    let step = try Expression("$v9999.a").firstMissingStep(nil, in: scope)
    #expect(step?.message.hasPrefix("`$v9999` is null: `$v9998` is null: ") == true)
    #expect(step?.message.utf8.count ?? .max < 300)
  }
}
