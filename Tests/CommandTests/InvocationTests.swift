import CommandOptions
import Core
import ReissueKit
import TestSupport
import Testing

@testable import ncloud_reissue

@Suite("The command line is parsed, and each mistake has a hint", .waiting)
struct InvocationTests {
  private static let program = ncloud_reissue.Program.command

  private func read(_ arguments: [String]) throws -> Invocation {
    try Invocation(arguments, of: Self.program)
  }

  struct Understood: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    var path: [String] = ["run"]
    var values: [String: [String]] = [:]
    var operands: [String] = []
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(
    "Options and operands are read in every documented form",
    arguments: [
      Understood(arguments: []), Understood(arguments: ["run"]),
      Understood(
        arguments: ["--dry-run", "--pretty"], values: ["dry-run": ["true"], "pretty": ["true"]]),
      Understood(
        arguments: ["--event", "a.json", "--config=c.json"],
        values: ["event": ["a.json"], "config": ["c.json"]]),
      Understood(arguments: ["--event", ""], values: ["event": [""]]),
      Understood(arguments: ["--event="], values: ["event": [""]]),
      Understood(arguments: ["--event", "-"], values: ["event": ["-"]]),
      Understood(arguments: ["--event=--pretty"], values: ["event": ["--pretty"]]),
      Understood(
        arguments: ["--deadline", "1s", "--deadline", "2s"], values: ["deadline": ["1s", "2s"]]),
      Understood(
        arguments: ["-t", "a", "--template", "b", "-t=c"], values: ["template": ["a", "b", "c"]]),
      Understood(
        arguments: ["--var", "x=y", "--var=z==1", "--var", "caf\u{301}=é=ü", "--var", "a=\u{301}"],
        values: ["var": ["x=y", "z==1", "caf\u{301}=é=ü", "a=\u{301}"]]),
      Understood(arguments: ["--parallel", "64"], values: ["parallel": ["64"]]),
      Understood(arguments: ["--follow", "issued"], values: ["follow": ["issued"]]),
      Understood(
        arguments: ["--generate-completion-script", "zsh"],
        values: ["generate-completion-script": ["zsh"]]),
      Understood(
        arguments: ["check", "a", "--json", "b", "--", "--json"], path: ["check"],
        values: ["json": ["true"]], operands: ["a", "b", "--json"]),
      Understood(arguments: ["check", "-"], path: ["check"], operands: ["-"]),
      Understood(arguments: ["follow", "--", "-1"], path: ["follow"], operands: ["-1"]),
      Understood(arguments: ["ledger"], path: ["ledger", "list"]),
      Understood(
        arguments: ["ledger", "--state", "issued", "--state=none"], path: ["ledger", "list"],
        values: ["state": ["issued", "none"]]),
      Understood(
        arguments: ["ledger", "show", "55882"], path: ["ledger", "show"], operands: ["55882"]),
      Understood(arguments: ["eval", "--", "--help"], path: ["eval"], operands: ["--help"]),
      Understood(
        arguments: ["eval", "a", "--item", "0"], path: ["eval"], values: ["item": ["0"]],
        operands: ["a"]),
    ])
  func understood(_ line: Understood) throws {
    let call = try read(line.arguments)
    #expect(call.action == .run)
    #expect(call.path.dropFirst().map(\.name) == line.path)
    #expect(call.values == line.values)
    #expect(call.operands == line.operands)
  }

  @Test(
    "Help and version win over everything before --",
    arguments: [
      (["--help"], [], .help), (["-h"], [], .help), (["help"], [], .help),
      (["help", "ledger", "show"], ["ledger", "show"], .help),
      (["ledger", "-h"], ["ledger"], .help), (["run", "--bogus", "-h"], ["run"], .help),
      (["--version"], [], .version), (["check", "--version", "--help"], ["check"], .version),
    ] as [([String], [String], Invocation.Action)])
  func answers(arguments: [String], path: [String], action: Invocation.Action) throws {
    let call = try read(arguments)
    #expect(call.path.dropFirst().map(\.name) == path)
    #expect(call.action == action)
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let message: String
    let hint: String
    init(_ arguments: [String], _ message: String, _ hint: String = "see ncloud-reissue run --help")
    {
      self.arguments = arguments
      self.message = message
      self.hint = hint
    }
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(
    "Every mistake is named, with the nearest word or the page of help",
    arguments: [
      Mistake(["--timout", "5s"], "unknown option \"--timout\"", "did you mean --timeout?"),
      Mistake(["-template", "x"], "unknown option \"-template\"", "did you mean --template?"),
      Mistake(["--Pretty"], "unknown option \"--Pretty\"", "did you mean --pretty?"),
      Mistake(["--nonsense"], "unknown option \"--nonsense\""),
      Mistake(["-x"], "unknown option \"-x\""), Mistake(["--="], "unknown option \"--\""),
      Mistake(["---pretty"], "unknown option \"---pretty\"", "did you mean --pretty?"),
      Mistake(["--json"], "unknown option \"--json\""),
      Mistake(
        ["render", "--explian"], "unknown option \"--explian\"", "did you mean --explain?"),
      Mistake(
        ["render", "--force"], "unknown option \"--force\"", "see ncloud-reissue render --help"),
      Mistake(["--timeout"], "--timeout needs a value: <duration>"),
      Mistake(["--event", "--pretty"], "--event needs a value: <file>"),
      Mistake(["-t"], "--template needs a value: <name|file>"),
      Mistake(["--pretty=yes"], "--pretty takes no value"),
      Mistake(["--help=yes"], "--help takes no value"),
      Mistake(
        ["eval", "a", "--item", "x"], "--item: \"x\" is not a whole number from 0",
        "see ncloud-reissue eval --help"),
      Mistake(
        ["eval", "a", "--item", "-1"], "--item: \"-1\" is not a whole number from 0",
        "see ncloud-reissue eval --help"),
      Mistake(
        ["ledger", "--state", "isued"],
        "--state: \"isued\" is not one of claimed, unknown, accepted, issued, validation-failed, refused, none",
        "did you mean issued?"),
      Mistake(["rendr"], "unexpected argument \"rendr\"", "did you mean render?"),
      Mistake(["help", "rendr"], "unexpected argument \"rendr\"", "did you mean render?"),
      Mistake(
        ["--pretty", "render"], "unexpected argument \"render\"",
        "put the command first: ncloud-reissue render ..."),
      Mistake(
        ["alert.json"], "unexpected argument \"alert.json\"",
        "read it with --event alert.json or < alert.json"),
      Mistake(
        ["run", "--pretty", "/tmp/alert"], "unexpected argument \"/tmp/alert\"",
        "read it with --event /tmp/alert or < /tmp/alert"),
      Mistake([""], "unexpected argument \"\""),
      Mistake(["ledger", "shwo"], "unexpected argument \"shwo\"", "did you mean show?"),
      Mistake(
        ["ledger", "show"], "<name> is missing", "see ncloud-reissue ledger show --help"),
      Mistake(
        ["ledger", "show", "1", "2"], "unexpected argument \"2\"",
        "see ncloud-reissue ledger show --help"),
      Mistake(
        ["render", "alert.json"], "unexpected argument \"alert.json\"",
        "see ncloud-reissue render --help"),
      Mistake(["cgi", "x"], "unexpected argument \"x\"", "see ncloud-reissue cgi --help"),
      Mistake(["--x\u{1B}[31m\n"], "unknown option \"--x\\u{1b}[31m\\u{a}\""),
      Mistake(
        ["file\u{202E}x"], "unexpected argument \"file\\u{202e}x\"",
        "read it with --event file\\u{202e}x or < file\\u{202e}x"),
    ])
  func mistakes(_ wrong: Mistake) {
    let error = #expect(throws: UsageError.self) { try read(wrong.arguments) }
    #expect(error?.message == wrong.message)
    let shown = error.map { ReissueError($0) }
    #expect(shown?.hint == wrong.hint)
    #expect(shown?.code == "usage.option" && shown?.exit == .usage)
  }

  @Test("A long argument is cut in the message")
  func long() {
    let argument = "--" + String(repeating: "x", count: 100_000)
    let error = #expect(throws: UsageError.self) { try read([argument]) }
    #expect(error?.message == "unknown option \"--\(String(repeating: "x", count: 78))…\"")
  }

  @Test(
    "Options that exclude each other are wrong usage",
    arguments: [
      ["certificates", "--json", "--inventory"], ["eval"], ["eval", "--ast", "--item", "0", "a"],
      ["eval", "--ast", "--functions"], ["ledger", "settle", "1"],
      ["ledger", "settle", "1", "--carried-out", "--not-carried-out"],
      ["ledger", "settle", "1", "--not-carried-out", "--new-number", "2"], ["ledger", "prune"],
    ])
  func exclusions(arguments: [String]) throws {
    let reply = try Workbench().command(arguments)
    #expect(reply.status == 64)
    #expect(reply.stdout.isEmpty)
    #expect(reply.stderr.hasPrefix("ncloud-reissue: error: "))
    #expect(reply.stderr.contains("\nncloud-reissue: hint: see ncloud-reissue "))
  }
}
