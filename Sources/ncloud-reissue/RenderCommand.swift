internal import ArgumentParser
internal import Core
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
        ncloud-reissue render --stream < alerts.ndjson

      EXIT STATUS: as run.
      """)

  @Flag(
    help: """
      Tell which templates were tried, and for every parameter the expressions it came from and \
      the values of the event that they read.
      """)
  var explain = false
  /// Taken because other commands have it; there is nothing else that this one could write.
  @Flag(help: .hidden)
  var json = false
  @OptionGroup(title: "Event") var event: EventOptions
  @OptionGroup(title: "Event") var stream: StreamOptions
  @OptionGroup(title: "Template") var template: TemplateOptions
  @OptionGroup(title: "Template") var time: DeadlineOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func status() -> ExitStatus {
    let session = Session([event, stream, template, time, output])
    let settings: Settings
    do throws(ReissueError) {
      settings = try session.settings()
    } catch {
      return write(RenderReport(error), session.log(), until: .max).status
    }
    let log = session.log(settings)
    guard !session.lacksEvent(settings) else {
      Terminal.complain(Program.helpMessage(for: Self.self))
      let report = RenderReport(Session.noEvent)
      return write(report, isPretty: settings.isPretty, until: session.deadline(settings)).status
    }
    var run = RenderRun(settings: settings, context: session.context, isExplained: explain)
    guard !settings.isStream else {
      return session.stream(settings) { event, deadline in
        let report = run.report { () throws(ReissueError) in try event.get() }
        return write(report, log, until: deadline)
      }
    }
    let deadline = session.deadline(settings)
    let report = run.report { () throws(ReissueError) in
      try session.event(settings, until: deadline)
    }
    return write(report, log, isPretty: settings.isPretty, until: deadline).status
  }

  /// Writes the document, then to the log what went wrong.
  private func write(
    _ report: RenderReport, _ log: Log? = nil, isPretty: Bool = false, until deadline: Int
  ) -> (status: ExitStatus, isWritten: Bool) {
    let isWritten = Terminal.write(
      report.encoded(isPretty ? .pretty : .compact), until: Terminal.outputDeadline(deadline))
    for error in report.errors { log?.log(error) }
    let statuses = [report.exit, isWritten ? .done : .inputOutput]
    return (ExitStatus.gravest(of: statuses), isWritten)
  }
}
