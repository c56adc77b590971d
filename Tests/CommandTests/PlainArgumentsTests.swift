import ArgumentParser
import Testing

@testable import ncloud_reissue

/// The short way in reads what the general reader reads, or leaves it to it.
struct PlainArgumentsTests {
  /// What the general reader makes of the same arguments.
  private func general(_ arguments: [String]) throws -> [String: [String]] {
    let run = try #require(try Program.parseAsRoot(arguments) as? RunCommand)
    let groups: [any FlagSource] = [
      run.event, run.stream, run.template, run.action, run.work, run.service, run.output,
    ]
    return groups.reduce(into: [:]) { $0.merge($1.flags) { $1 } }
  }

  @Test(
    arguments: [
      [], ["run"], ["--dry-run"],
      ["run", "--pretty", "--force", "--stream", "--detailed-exitcode"],
      ["--event", "a.json", "--config=c.json"], ["--event", ""],
      ["--template", "a", "--template=b", "--var", "x=y", "--var=z==1"],
      ["--event-field", "a=b", "--event-env", "X_", "--event-env=Y_"], ["--var", "caf\u{301}=é=ü"],
    ] as [[String]])
  func bothReadTheSame(arguments: [String]) throws {
    #expect(try PlainArguments.flags(arguments) == general(arguments))
  }

  /// Every option of `run` is known to the short way, of the right kind, and no other is.
  @Test func noOptionIsForgotten() throws {
    var all: [String] = ["run"]
    for name in PlainArguments.values + PlainArguments.lists {
      all += ["--" + name, "value-of-" + name]
    }
    all += PlainArguments.switches.map { "--" + $0 }
    let plain = try #require(PlainArguments.flags(all))
    #expect(try plain == general(all))
    let help = RunCommand.helpMessage(columns: 200)
    let shown = help.matches(of: /--([a-z][a-z-]+)/).map { String($0.output.1) }
    let known = PlainArguments.values + PlainArguments.lists + PlainArguments.switches
    #expect(Set(shown).subtracting(["help", "version"]) == Set(known))
  }

  @Test(
    arguments: [
      ["-t", "a"], ["--help"], ["--version"], ["help"], ["render"], ["--event"], ["--event", "-"],
      ["--event", "--pretty"], ["--config="], ["--pretty=yes"], ["--unknown", "x"], ["file.json"],
      ["--"], ["--="],
      ["--config", "a", "--config", "b"], ["--generate-completion-script", "bash"], [""], ["-"],
      ["run", "run"], ["-pretty"], ["---completion"],
    ] as [[String]])
  func theRestIsLeft(arguments: [String]) {
    #expect(PlainArguments.flags(arguments) == nil)
  }
}
