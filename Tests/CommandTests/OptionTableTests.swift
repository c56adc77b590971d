import CommandOptions
import Foundation
import JSON
import ReissueKit
import TestSupport
import Testing

@testable import ncloud_reissue

/// One table of options: help, manual, completions, environment and configuration file know the same.
@Suite("Help, manual, environment and configuration agree with the table of options", .waiting)
struct OptionTableTests {
  private static let program = ncloud_reissue.Program.command

  /// Every command that is not hidden, with its path.
  private static let commands = commands(below: program, [])

  private static func commands(
    below command: Command, _ path: [String]
  ) -> [(path: [String], command: Command)] {
    [(path, command)] + command.shownCommands.flatMap { commands(below: $0, path + [$0.name]) }
  }

  private static func command(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Reply {
    Reply(
      try run(
        Workbench.program, arguments,
        environment: environment.merging(["HOME": "/nonexistent"]) { $1 }))
  }

  @Test("Help, manual and completions show every option of every command")
  func shownEverywhere() throws {
    for (path, command) in Self.commands {
      let help = try Self.command(path + ["--help"]).stdout
      let name = ([Self.program.name] + path).joined(separator: "-")
      let manual = try Self.command(["manual", name, "January 1, 2026"]).stdout
      let words = try Self.command(["complete", "--"] + path + ["-"]).stdout
        .split(separator: "\n").map { $0.prefix { $0 != "\t" } }
      for option in command.options {
        let isShown = !option.isHidden
        #expect(help.contains("--\(option.name)") == isShown, "\(path) \(option.name)")
        #expect(manual.contains("Fl -\(option.name)") == isShown, "\(path) \(option.name)")
        #expect(words.contains("--\(option.name)") == isShown, "\(path) \(option.name)")
        for word in option.kind.words where isShown {
          let offered = try Self.command(["complete", "--"] + path + ["--\(option.name)", ""])
          #expect(offered.stdout.contains("\n\(word)\t"), "\(path) \(option.name) \(word)")
        }
      }
      for each in command.shownCommands {
        #expect(help.contains("\n  \(each.name)"))
        #expect(manual.contains(".It Cm \(each.name)\n"))
      }
    }
  }

  @Test("Every option is in the table once, and some command or the configuration has it")
  func complete() {
    let names = CommandOption.all.map(\.name)
    #expect(Set(names).count == names.count)
    let used = Set(Self.commands.flatMap(\.command.options).map(\.name))
    for option in CommandOption.all {
      #expect(used.contains(option.name) != (option.scope == .file), "\(option.name)")
      #expect(option.isMember || !option.help.isEmpty)
    }
    #expect(used.subtracting(names) == [])
  }

  @Test("Every default is a value that the option accepts")
  func defaults() throws {
    let bench = try Workbench()
    for option in CommandOption.all where !option.fallback.isEmpty {
      #expect(option.kind.expectation(unmetBy: option.fallback) == nil, "\(option.name)")
      guard option.scope == .everywhere, option != .templates else { continue }
      let reply = try bench.run(
        ["--\(option.name)", option.fallback, "--dry-run"], on: Workbench.event(.api))
      #expect(reply.status == 0, "\(option.name) \(reply.stderr)")
    }
  }

  @Test("An option may be a variable of the environment exactly if the table says so")
  func environment() throws {
    for option in CommandOption.all {
      // No value of any kind is this; an event that is built needs no standard input.
      let reply = try Self.command(
        ["render", "--event-field", "a=b"], environment: [option.environmentName: "\u{1}"])
      let message = try JSONDecoder.decode(reply.stdout)["error"]?["message"]?.string ?? ""
      let isRefused = message.contains(" only") && message.contains("is set, but ")
      let isAllowed = option.scope == .environment || option.scope == .everywhere
      #expect(isRefused != isAllowed, "\(option.name) \(message)")
    }
  }

  @Test("An option may be a member of the configuration exactly if the table says so")
  func configuration() throws {
    let folder = try TemporaryDirectory()
    for option in CommandOption.all {
      try folder.write("{\"\(option.memberName)\": null}", to: "config.json")
      let reply = try Self.command(["render", "--config", folder.path("config.json")])
      let message = try JSONDecoder.decode(reply.stdout)["error"]?["message"]?.string ?? ""
      #expect(message.hasPrefix("unknown member") != option.isMember, "\(option.name) \(message)")
    }
  }

  struct Misspelling: Sendable {
    let name: String
    let hint: String?
  }

  @Test(
    "A variable that sets no option is an error with the nearest name",
    arguments: [
      Misspelling(name: "TIMOUT", hint: "did you mean NCLOUD_REISSUE_TIMEOUT?"),
      Misspelling(name: "LOGLEVEL", hint: "did you mean NCLOUD_REISSUE_LOG_LEVEL?"),
      Misspelling(name: "config", hint: "did you mean NCLOUD_REISSUE_CONFIG?"),
      Misspelling(name: "A\u{1B}B", hint: "unset NCLOUD_REISSUE_A\\u{1b}B"),
      Misspelling(name: "HOOK_TOKEN", hint: nil), Misspelling(name: "DNS_ZONE", hint: nil),
    ])
  func variables(_ wrong: Misspelling) throws {
    let bench = try Workbench()
    let reply = try bench.run(
      ["--dry-run"], on: Workbench.event(.api), environment: ["NCLOUD_REISSUE_\(wrong.name)": "1"])
    guard let hint = wrong.hint else {
      #expect(reply.status == 0)
      return
    }
    try reply.expectFailure("configuration.setting", exit: 78)
    #expect(try reply.error()?["hint"]?.string == hint)
    #expect(reply.controlCharactersOnStderr.isEmpty)
  }

  @Test("A variable of another name that is empty is not set")
  func emptyVariable() throws {
    let reply = try Workbench().run(
      ["--dry-run"], on: Workbench.event(.api), environment: ["NCLOUD_REISSUE_TIMOUT": ""])
    #expect(reply.status == 0)
  }
}
