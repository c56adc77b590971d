internal import ArgumentParser
internal import JSON
internal import ReissueKit

struct RenderCommand: ParsableCommand, Command {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Show the parameters that an event gives, without ledger or network.",
    discussion: """
      EXAMPLES:
        ncloud-reissue render --pretty < alert.json
        ncloud-reissue render --template alertmanager --event alert.json
        ncloud-reissue render --explain --pretty < alert.json
      """)

  @Flag(
    help: """
      Tell which templates were tried, and for every parameter the expressions it came from and \
      the values of the event that they read.
      """)
  var explain = false
  @Flag(help: "Write JSON; it always does.")
  var json = false
  @OptionGroup(title: "Event") var event: EventOptions
  @OptionGroup(title: "Template") var template: TemplateOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func status() -> ExitStatus {
    let session = Session([event, template, output])
    let log: Log
    let report: RenderReport
    var isPretty = false
    do throws(ReissueError) {
      let settings = try session.settings()
      isPretty = settings.isPretty
      guard !session.lacksEvent(settings) else {
        Terminal.complain(Program.helpMessage(for: Self.self))
        return write(RenderReport(Session.noEvent), isPretty: isPretty)
      }
      log = session.log(settings)
      report = RenderReport(
        of: try session.event(settings), isExplained: explain, settings: settings,
        context: session.context)
    } catch {
      session.log().log(error)
      return write(RenderReport(error), isPretty: isPretty)
    }
    for error in report.errors { log.log(error) }
    return write(report, isPretty: isPretty)
  }

  private func write(_ report: RenderReport, isPretty: Bool) -> ExitStatus {
    let text = JSONEncoder.encode(report.json, layout: isPretty ? .pretty : .compact)
    return Terminal.write(text + [UInt8(ascii: "\n")]) ? report.exit : .inputOutput
  }
}
