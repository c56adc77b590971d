import ArgumentParser
import JSON
import Platform
import ReissueKit

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Read an event, ask for its reissues once, write the result (the default).",
    discussion: """
      EXAMPLES:
        ncloud-reissue < alert.json
        ncloud-reissue --template alertmanager --dry-run --pretty --event alert.json
        curl -s https://example.com/alert.json | ncloud-reissue --detailed-exitcode
      """)

  @OptionGroup(title: "Event") var event: EventOptions
  @OptionGroup(title: "Template") var template: TemplateOptions
  @OptionGroup(title: "Action") var action: ActionOptions
  @OptionGroup(title: "Service") var service: ServiceOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  mutating func run() throws {
    let session = Session(sources: [event, template, action, service, output])
    throw ExitCode(session.run().rawValue)
  }

  /// Writes the result of a run that could not begin.
  static func report(_ error: ReissueError) -> ExitStatus {
    var result = RunResult(startedAt: SystemClock.now(), isDryRun: false)
    result.error = error
    let text = JSONEncoder.encode(result.json) + [UInt8(ascii: "\n")]
    return Terminal.write(text) ? result.exit(isDetailed: false) : .inputOutput
  }
}
