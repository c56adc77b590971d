import JMESPath
import JSON
import Testing

@Suite("Expressions are embedded in other text")
struct EmbeddedTests {
  @Test(
    "An embedded expression ends where the parser stops",
    arguments: [
      ("${a}", "a", "}"), ("${ a.b }rest", "a.b", "}rest"), ("${a}}", "a", "}}"),
      ("${ {x: {y: a}}.x }", "{x: {y: a}}.x", "}"), ("${'}'}", "'}'", "}"),
      ("${\"}\"}", "\"}\"", "}"),
      ("${`{\"a\": \"}\"}`}", "`{\"a\": \"}\"}`", "}"), ("${a} and ${b}", "a", "} and ${b}"),
      ("${a}'unclosed # ~", "a", "}'unclosed # ~"), ("${é\u{301}", nil, nil),
      ("${'é' }ü", "'é'", "}ü"), ("${ @ }", "@", "}"), ("${[*]}", "[*]", "}"), ("${*}", "*", "}"),
      ("${a ? b : c}", "a ? b : c", "}"), ("${'it\\'s }'}", "'it\\'s }'", "}"),
    ] as [(String, String?, String?)])
  func ends(_ text: String, _ source: String?, _ rest: String?) {
    guard let source, let rest else {
      #expect(throws: ExpressionError.self) {
        _ = try Expression.parseEmbedded(text, fromUTF8Offset: 2)
      }
      return
    }
    #expect(throws: Never.self) {
      let (expression, offset) = try Expression.parseEmbedded(text, fromUTF8Offset: 2)
      #expect(expression.source == source)
      #expect(String(decoding: Array(text.utf8)[offset...], as: UTF8.self) == rest)
    }
  }

  @Test(
    "Columns count from the start of the expression",
    arguments: [
      ("x${  a.splitt(b) }", 3, 3), ("é${ 'é' + @@ }", 4, 8), ("${a", 2, 2), ("${", 2, 1),
      ("${}", 2, 1),
      ("${a b}", 2, 3), ("${ }", 2, 1),
    ])
  func columns(_ text: String, _ offset: Int, _ column: Int) {
    let error = #expect(throws: ExpressionError.self) {
      _ = try Expression.parseEmbedded(text, fromUTF8Offset: offset)
    }
    #expect(error?.column == column)
    #expect(error?.isStatic == true)
  }

  @Test("An offset outside the text is an error, not a trap", arguments: [-5, 4, 1_000, Int.max])
  func offsets(_ offset: Int) {
    #expect(throws: ExpressionError.self) {
      _ = try Expression.parseEmbedded("a.b", fromUTF8Offset: max(offset, 3))
    }
    #expect(throws: ExpressionError.self) {
      _ = try Expression.parseEmbedded("a.b", fromUTF8Offset: offset)
    }
  }

  @Test("An embedded expression is evaluated like any other")
  func evaluated() throws {
    let text = "host ${ url_host(labels.instance) } is due"
    let (expression, _) = try Expression.parseEmbedded(text, fromUTF8Offset: 7)
    let value: JSONValue = ["labels": ["instance": "shop.example.com:443"]]
    #expect(try expression.evaluate(value, in: Scope(root: value)) == "shop.example.com")
  }
}
