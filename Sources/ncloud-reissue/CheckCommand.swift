internal import ArgumentParser
internal import Core
internal import JSON
internal import ReissueKit

struct CheckCommand: ParsableCommand, Command {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Find everything that is wrong with templates, and run their own tests.",
    usage: "ncloud-reissue check [<options>] [<file> ...]",
    discussion: """
      Reads the named templates, or all of the templates folder. Prints a line for each finding \
      and for each difference between what a test expects and what came out, and a count at the \
      end. Reads no event, asks no service, writes nothing.

      EXAMPLES:
        ncloud-reissue check
        ncloud-reissue check --templates ./templates
        ncloud-reissue check templates/alertmanager/template.json --json

      EXIT STATUS: 0 nothing is wrong (warnings aside), 64 usage, 78 an error was found, or a \
      test failed.
      """)

  @Argument(
    help: ArgumentHelp("Check these templates, by file or name.", valueName: "file"))
  var files: [String] = []
  @Flag(help: "Write the report as JSON.")
  var json = false
  @OptionGroup(title: "Template") var template: TemplateOptions
  @OptionGroup(title: "Template") var time: DeadlineOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func status() -> ExitStatus {
    let session = Session([template, time, output])
    do throws(ReissueError) {
      let settings = try session.settings()
      let report = try CheckReport(
        named: template.template + files, settings: settings, context: session.context)
      return write(report, isPretty: settings.isPretty)
    } catch {
      session.log().log(error)
      return json ? write(CheckReport(error), isPretty: output.pretty) : error.exit
    }
  }

  private func write(_ report: CheckReport, isPretty: Bool) -> ExitStatus {
    let text =
      json
      ? JSONEncoder.encode(report.json, layout: isPretty ? .pretty : .compact)
        + [UInt8(ascii: "\n")] : Array(report.text.utf8)
    return Terminal.write(text, exit: report.exit)
  }
}
