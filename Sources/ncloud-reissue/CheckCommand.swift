internal import CommandOptions
internal import Core
internal import ReissueKit

enum CheckCommand {
  static let command = Command(
    "check", "Find everything that is wrong with templates, and run their own tests.",
    discussion: [
      """
      Reads the named templates, or the whole folder. Prints a line for each finding and for each \
      difference between the expected and the actual result of a test, and a count at the end. Reads \
      no event, calls no service, writes nothing.
      """
    ],
    examples: [
      "ncloud-reissue check", "ncloud-reissue check --templates ./templates",
      "ncloud-reissue check templates/alertmanager/template.json --json",
    ],
    statuses: [
      0: "Nothing is wrong; there may be warnings.", 64: "Wrong usage.",
      78: "An error was found, or a test failed.",
    ],
    operands: [
      Operand("file", .file, count: .any, help: "Check these templates, by file or name.")
    ],
    groups: [Command.Group("Options", [.json]), .timedTemplate, .output],
    run: { status($0).rawValue })

  private static func status(_ call: Invocation) -> ExitStatus {
    let session = Session(call)
    do throws(ReissueError) {
      let settings = try session.settings()
      let report = try CheckReport(
        named: (call.values[CommandOption.template.name] ?? []) + call.operands,
        settings: settings, context: session.context)
      return write(report, call, isPretty: settings.isPretty)
    } catch {
      session.log().log(error)
      return call.has(.json)
        ? write(CheckReport(error), call, isPretty: call.has(.pretty)) : error.exit
    }
  }

  private static func write(
    _ report: CheckReport, _ call: Invocation, isPretty: Bool
  ) -> ExitStatus {
    let answer =
      call.has(.json) ? CommandAnswer.document(report.json) : CommandAnswer.text(report.text)
    return Terminal.write(answer.bytes(isPretty: isPretty), exit: report.exit)
  }
}
