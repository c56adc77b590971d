internal import CommandOptions
internal import Core
internal import JSON
internal import ReissueKit

enum RenderCommand {
  static let command = Command(
    "render", "Show the parameters that an event gives, without ledger or network.",
    examples: [
      "ncloud-reissue render --pretty < alert.json",
      "ncloud-reissue render --template alertmanager --event alert.json",
      "ncloud-reissue render --explain --pretty < alert.json",
      "ncloud-reissue render --stream < alerts.ndjson",
    ],
    groups: [
      // Other commands have --json; render always writes JSON.
      Command.Group("Options", [.explain, .json.described("", isHidden: true)]), .events,
      .timedTemplate, .output,
    ],
    run: { status($0).rawValue })

  private static func status(_ call: Invocation) -> ExitStatus {
    let session = Session(call)
    let settings: Settings
    do throws(ReissueError) {
      settings = try session.settings()
    } catch {
      return write(RenderReport(error), session.log(), until: .max).status
    }
    let log = session.log(settings)
    guard !session.lacksEvent(settings) else {
      let report = RenderReport(session.missEvent(call.path))
      return write(report, isPretty: settings.isPretty, until: session.deadline(settings)).status
    }
    // In a stream, most events may be meant for others.
    var run = RenderRun(
      settings: settings, context: session.context, isExplained: call.has(.explain),
      log: settings.isStream ? nil : log)
    guard !settings.isStream else {
      return session.stream(
        settings, selection: { run.selection },
        answer: { event, deadline in
          let report = run.report { () throws(ReissueError) in try event.get() }
          return write(report, log, until: deadline)
        })
    }
    let deadline = session.deadline(settings)
    let report = run.report { () throws(ReissueError) in
      try session.event(settings, until: deadline)
    }
    return write(report, log, isPretty: settings.isPretty, until: deadline).status
  }

  /// Writes the document, then the errors to the log.
  private static func write(
    _ report: RenderReport, _ log: Log? = nil, isPretty: Bool = false, until deadline: Int
  ) -> (status: ExitStatus, isWritten: Bool) {
    let written = Terminal.write(
      report.encoded(isPretty ? .pretty : .compact), until: Terminal.outputDeadline(deadline))
    guard report.hasErrors else { return (written, written == .done) }
    for error in report.errors { log?.log(error) }
    return (ExitStatus.gravest(of: [report.exit, written]), written == .done)
  }
}
