import CommandOptions
import TestSupport
import Testing

@testable import ncloud_reissue

/// The pages are golden files, recorded with `RECORD_GOLDEN=1`.
@Suite("Help and version are printed as recorded", .waiting)
struct HelpTests {
  private static let commands = ncloud_reissue.Program.command.shownCommands.map(\.name)
  private static let pages =
    [(["--help"], "help.txt")] + commands.map { ([$0, "--help"], "help-\($0).txt") }

  private static func command(_ arguments: [String]) throws -> Reply {
    Reply(try run(Workbench.program, arguments, environment: ["HOME": "/nonexistent"]))
  }

  @Test("Every page of help is as recorded and at most 80 columns wide", arguments: pages)
  func page(arguments: [String], file: String) throws {
    let reply = try Self.command(arguments)
    #expect(reply.status == 0)
    #expect(reply.stderr == "")
    try Golden.expect(reply.stdout, matches: file)
    #expect(reply.stdout.split(separator: "\n").map(\.count).max() ?? 0 <= 80)
  }

  @Test("Help is available in three ways, at any place of the command line", arguments: commands)
  func threeWays(command: String) throws {
    let page = try Self.command([command, "--help"]).stdout
    #expect(page.contains("USAGE: ncloud-reissue \(command)"))
    #expect(try Self.command([command, "-h"]).stdout == page)
    #expect(try Self.command(["help", command]).stdout == page)
    #expect(try Self.command([command, "--unknown", "--help"]).stdout == page)
  }

  /// The versions are those of the machine, so the test knows only the names.
  @Test("The version lists the versions of the libraries")
  func version() throws {
    let reply = try Self.command(["--version"])
    let lines = reply.stdout.split(separator: "\n")
    #expect(reply.status == 0 && reply.stderr == "")
    #expect(lines.first == "ncloud-reissue \(Version.text)")
    let names = ["libcurl/", "jansson ", "OpenSSL ", "SQLite ", "PCRE2 ", "libidn2 ", "libpsl "]
    #expect(lines.count == 1 + names.count)
    for (line, name) in zip(lines.dropFirst(), names) {
      #expect(line.hasPrefix(name))
      #expect(line.dropFirst(name.count).first?.isNumber == true, "\(line)")
    }
  }

  @Test("The help of the program has every exit status")
  func statuses() throws {
    let page = try Self.command(["--help"]).stdout
    for status in [0, 1, 2, 64, 65, 69, 70, 74, 75, 76, 77, 78] {
      #expect(page.contains("\n  \(status) "))
    }
  }
}
