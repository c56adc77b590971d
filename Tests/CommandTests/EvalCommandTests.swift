import JSON
import TestSupport
import Testing

/// `eval` evaluates one expression and prints one value.
@Suite(.waiting)
struct EvalCommandTests {
  private static let event = AuthorBench.event
  private static let sound = ["--template", "templates/sound/template.json"]

  private static func eval(
    _ arguments: [String], stdin: String = event
  ) throws -> Reply {
    try AuthorBench(AuthorBench.files).run(["eval"] + arguments, stdin: stdin)
  }

  @Test(
    "An expression prints its value",
    arguments: [
      (["version"], "\"4\""), (["alerts[*].labels.no"], "[\"55882\"]"),
      (["length(alerts) + `1`"], "3"), (["nothing"], "null"), (["`null`"], "null"),
      (["`0.1`"], "0.1"), (["$event.version"], "\"4\""), (["$item.version"], "\"4\""),
      (["$.version"], "\"4\""), (["$index"], "null"), (["$data"], "{}"), (["$vars"], "{}"),
      (["$vars.zone", "--var", "zone=a b"], "\"a b\""), (["type($now)"], "\"number\""),
      (["alerts[0].status", "--json"], "\"firing\""),
      (sound + ["$data.inventory.\"api.example.com\".no"], "\"55883\""),
      (sound + ["version", "--item", "0"], "null"),
      (
        sound + ["[$host, $cert.cn, $index, $event.version]", "--item", "1"],
        "[\"api.example.com\",\"api.example.com\",1,\"4\"]"
      ),
      (["$item.labels.no", "--item", "0", "--templates", "templates"], "\"55882\""),
    ] as [([String], String)])
  func values(arguments: [String], expected: String) throws {
    let reply = try Self.eval(arguments)
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(reply.stdout == expected + "\n")
  }

  /// The deepest expression of the permitted length is an error, and the stack does not overflow.
  @Test(
    "An expression with too many levels is refused",
    arguments: [
      "*." + String(repeating: "*.", count: 8_000) + "*",
      "a" + String(repeating: "[*]", count: 5_400),
    ])
  func anExpressionOfManyLevelsIsRefused(expression: String) throws {
    for options in [["--ast"], []] {
      let reply = try Self.eval(options + [expression])
      #expect(reply.status == 78 && reply.stdout == "")
      #expect(reply.stderr.contains("nested more than 250 levels deep"), "\(reply.stderr)")
    }
  }

  @Test("The event can be read from a file")
  func theEventMayComeFromAFile() throws {
    let reply = try Self.eval(["version", "--event", "templates/sound/event.json"], stdin: "")
    #expect(reply.stdout == "\"4\"\n" && reply.status == 0)
  }

  /// If `when` fails, a named template is an error, and a template of the folder does not match.
  @Test(
    "A `when` that fails is an error only if the template was named",
    arguments: [(true, "template.expression"), (false, "eval.no-template")])
  func aFolderOfOneTemplateNamesNone(isNamed: Bool, code: String) throws {
    let template = AuthorBench.sound.replacing("version == '4'", with: "length(nothing) > `0`")
    let bench = try AuthorBench(
      AuthorBench.files.merging(["templates/sound/template.json": template]) { $1 })
    let options = isNamed ? ["--template", "sound"] : []
    let reply = try bench.run(
      ["eval", "@", "--item", "0", "--json", "--templates", "templates"] + options,
      stdin: Self.event)
    #expect(reply.status == 65)
    let found = try reply.document()["error"]?["code"]?.string
    #expect(isNamed ? found?.hasPrefix("template.") == true : found == code, "\(reply.stdout)")
  }

  @Test("--pretty writes the value on several lines")
  func prettyLaysTheValueOut() throws {
    let reply = try Self.eval(["alerts[0].labels", "--pretty"])
    #expect(
      reply.stdout
        == "{\n  \"instance\": \"https://shop.example.com/\",\n  \"no\": \"55882\"\n}\n")
  }

  @Test("A syntax tree needs no event")
  func aTreeNeedsNoEvent() throws {
    let reply = try Self.eval(["--ast", "a.b || $c"], stdin: "no JSON")
    #expect(reply.status == 0)
    let tree = try reply.document()
    #expect(tree["type"] == "or")
    #expect(tree["children"]?[1] == ["type": "variable", "name": "c", "column": 8])
  }

  @Test(
    "A failure has its code and exit status",
    arguments: [
      // Wrong for every event.
      ("a ==", "{}", 78, "expression.syntax"), ("", "{}", 78, "expression.syntax"),
      ("splitt(a, 'b')", "{}", 78, "expression.unknown-function"),
      ("length(a, b)", "no JSON", 78, "expression.invalid-arity"),
      ("a || $hots", "no JSON", 78, "expression.undefined-variable"),
      // Valid, but wrong for this event.
      ("length(a)", "{}", 65, "expression.invalid-type"),
      ("a / b", #"{"a":1,"b":0}"#, 65, "expression.not-a-number"),
      // No event.
      ("a", "no JSON", 65, "event.syntax"), ("a", "", 65, "event.empty"),
      ("@", "3", 65, "event.not-a-container"), ("@", "\"a\"", 65, "event.not-a-container"),
      ("@", "{} {}", 65, "event.trailing-data"),
    ] as [(String, String, Int32, String)])
  func failures(expression: String, stdin: String, status: Int32, code: String) throws {
    let plain = try Self.eval([expression], stdin: stdin)
    #expect(plain.status == status)
    #expect(plain.stdout == "")
    #expect(plain.stderr.hasPrefix("ncloud-reissue: error: "))
    let reply = try Self.eval([expression, "--json"], stdin: stdin)
    #expect(reply.status == status)
    let document = try reply.document()
    #expect(document["version"] == 1)
    #expect(document["error"]?["code"] == .string(code), "\(reply.stdout)")
    #expect(document.object?.names == ["version", "error"])
  }

  @Test(
    "An item, template, configuration or function that cannot be used is an error",
    arguments: [
      (sound + ["--item", "2", "@"], 65, "eval.no-item"),
      (["--template", "sound", "--templates", "templates", "--item", "0", "@"], 65, nil),
      (["--template", "nowhere.json", "@"], 78, "template.not-found"),
      (["--templates", "nowhere", "--item", "0", "@"], 78, "template.folder"),
      (["--config", "nowhere.json", "@"], 78, nil),
      (["--functions", "splitt"], 64, "usage.function"),
    ] as [([String], Int32, String?)])
  func surroundings(arguments: [String], status: Int32, code: String?) throws {
    // An event with two alerts; for the second case, an event that the template does not match.
    let stdin = code == nil ? #"{"version": "5"}"# : Self.event
    let reply = try Self.eval(arguments + ["--json"], stdin: stdin)
    #expect(reply.status == status, "\(reply.stderr)")
    let found = try reply.document()["error"]?["code"]?.string
    if let code { #expect(found == code) } else { #expect(found != nil) }
  }

  @Test(
    "Wrong usage exits with 64",
    arguments: [
      [], ["--item", "-1", "a"], ["--item", "x", "a"], ["--ast", "--item", "0", "a"],
      ["--ast", "--functions", "a"], ["a", "b"], ["--nothing", "a"], ["a", "--var", "b"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let reply = try Self.eval(arguments)
    #expect(reply.status == 64)
    #expect(reply.stdout == "" && reply.stderr.isEmpty == false)
  }

  @Test("A path that finds nothing prints null and a message")
  func nothingFoundIsAValueAndAWord() throws {
    let reply = try Self.eval(["alerts[0].lables.no"])
    #expect(reply.status == 0 && reply.stdout == "null\n")
    #expect(
      reply.stderr
        == "ncloud-reissue: warning: nothing was found: no `lables` in the object; "
        + "did you mean `labels`?\n")
    let quiet = try Self.eval(["alerts[0].lables.no", "--log-level", "error"])
    #expect(quiet.stdout == "null\n" && quiet.stderr == "")
    // There is no message for a value that exists, or for a null that the expression produces on purpose.
    #expect(try Self.eval(["alerts"]).stderr == "")
  }

  /// The messages for mistakes, with the place marked below the expression.
  @Test("A diagnostic marks the place in the expression")
  func diagnostics() throws {
    let expressions = [
      "a ==", "splitt(a, 'b')", "alerts[0].labels.no + `1`", "length(alerts[0].lables)", "$evnt.a",
      "\u{1B}[31m", "a.\n\nb ==\n)", "'" + String(repeating: "x", count: 200) + "' == length(@, @)",
    ]
    var text = ""
    for expression in expressions {
      let reply = try Self.eval([expression])
      #expect(reply.controlCharactersOnStderr == [])
      text += "\(reply.status)\n\(reply.stderr)\n"
    }
    try Golden.expect(text, matches: "eval-diagnostics.txt")
  }

  @Test("Diagnostics can be written as JSON lines")
  func diagnosticsAsJSONLines() throws {
    let reply = try Self.eval(["a ==", "--log-format", "json"])
    let line = try JSONDecoder.decode(reply.stderr)
    #expect(line["level"] == "error")
    #expect(line["message"]?.string?.contains("expression.syntax") == true)
  }

  @Test("Every function is listed with examples that evaluate as stated")
  func everyFunctionIsListedWithExamplesThatHold() throws {
    let bench = try AuthorBench()
    let list = try bench.run(["eval", "--functions"])
    #expect(list.status == 0)
    try Golden.expect(list.stdout, matches: "functions.txt")
    let document = try bench.run(["eval", "--functions", "--json"]).document()
    let functions = try #require(document["functions"]?.array)
    #expect(functions.count >= 50)
    // All examples in one run: one array, one comparison.
    let examples = functions.flatMap { $0["examples"]?.array ?? [] }
    let expressions = examples.compactMap { $0["expression"]?.string }
    #expect(functions.allSatisfy { $0["examples"]?.array?.isEmpty == false })
    for chunk in stride(from: 0, to: expressions.count, by: 40) {
      let part = chunk..<min(chunk + 40, expressions.count)
      let all = "[" + expressions[part].joined(separator: ", ") + "]"
      let reply = try bench.run(["eval", all], stdin: "{}")
      let results = try #require(try reply.document().array, "\(reply.stderr)")
      for (example, result) in zip(examples[part], results) {
        #expect(
          example["result"]?.string == JSONEncoder.text(result),
          "\(example["expression"]?.string ?? "")")
      }
    }
    let one = try bench.run(["eval", "--functions", "split"]).stdout
    #expect(one.hasPrefix("split("))
    #expect(list.stdout.contains(one))
  }
}
