// The program's entry: standard streams made safe first, then the command, then one exit status.

import ArgumentParser
import Platform
import ReissueKit

@main
struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ncloud-reissue",
    abstract: "Turn an alert about an expiring certificate into one signed reissue on NAVER Cloud.",
    usage: """
      ncloud-reissue [run] [options] < event.json
      ncloud-reissue <subcommand> [options]
      """,
    discussion: """
      Reads one event (JSON) on standard input, maps it through a template to the parameters of
      ReissueCertificate, asks once, and writes one result (JSON) to standard output.

      EXIT STATUS: 0 done or nothing to do · 64 usage · 65 event · 69 refused · 70 fault ·
      74 input or output · 75 not carried out, run again · 76 unknown, look first ·
      77 credentials · 78 configuration or template
      """,
    version: Version.text,
    subcommands: [RunCommand.self, RenderCommand.self],
    defaultSubcommand: RunCommand.self)

  static func main() {
    StandardStreams.prepare()
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch let exit as ExitCode {
      Terminal.exit(exit.rawValue)
    } catch {
      Terminal.exit(refuse(error, arguments).rawValue)
    }
  }

  /// Help and version are answers; anything else is wrong usage, which `run` reports as a result too.
  private static func refuse(_ error: any Error, _ arguments: [String]) -> ExitStatus {
    let text = fullMessage(for: error)
    guard !exitCode(for: error).isSuccess else {
      return Terminal.write(Array((text + "\n").utf8)) ? .done : .inputOutput
    }
    Terminal.complain(text)
    let names = configuration.subcommands.map(\._commandName).filter { $0 != "run" }
    guard !names.contains(arguments.first ?? "") else { return .usage }
    let message = Self.message(for: error)
    return RunCommand.report(
      ReissueError("usage.option", message, hint: "see ncloud-reissue --help", exit: .usage))
  }
}
