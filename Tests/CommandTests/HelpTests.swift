import TestSupport
import Testing

@testable import ncloud_reissue

/// What the program says of itself; golden files, recorded anew with `RECORD_GOLDEN=1`.
struct HelpTests {
  private static let commands = [
    "run", "render", "eval", "check", "certificates", "follow", "ledger", "doctor", "cgi",
  ]
  private static let pages =
    [(["--help"], "help.txt")] + commands.map { ([$0, "--help"], "help-\($0).txt") }

  private static func command(_ arguments: [String]) throws -> Reply {
    Reply(try run(Workbench.program, arguments, environment: ["HOME": "/nonexistent"]))
  }

  @Test(arguments: pages)
  func everyPageIsAsRecorded(arguments: [String], file: String) throws {
    let reply = try Self.command(arguments)
    #expect(reply.status == 0)
    #expect(reply.stderr == "")
    try Golden.expect(reply.stdout, matches: file)
    // The library does not break the line of usage.
    let lines = reply.stdout.split(separator: "\n").filter { !$0.hasPrefix("USAGE: ") }
    let longest = lines.map(\.count).max() ?? 0
    #expect(longest <= 80)
  }

  @Test(arguments: commands)
  func helpCanBeAskedForInThreeWays(command: String) throws {
    let page = try Self.command([command, "--help"]).stdout
    #expect(page.contains("USAGE: ncloud-reissue \(command)"))
    #expect(try Self.command([command, "-h"]).stdout == page)
    #expect(try Self.command(["help", command]).stdout == page)
  }

  /// The libraries are those of the machine, so only their names are known before.
  @Test func theVersionIsToldWithThoseOfTheLibraries() throws {
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

  /// Every option of the pages is one that the program takes.
  @Test func theExitStatusesAreInTheHelp() throws {
    let page = try Self.command(["--help"]).stdout
    for status in [64, 65, 69, 70, 74, 75, 76, 77, 78] { #expect(page.contains("\(status) ")) }
  }
}
