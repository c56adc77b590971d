internal import CommandOptions
internal import Core
internal import JSON
internal import Platform
internal import ReissueKit

enum RunCommand {
  static let command = Command(
    "run", "Read an event, request its reissues once, write the result.",
    examples: [
      "ncloud-reissue < alert.json",
      "ncloud-reissue --template alertmanager --dry-run --pretty --event alert.json",
      "curl -s https://example.com/alert.json | ncloud-reissue --detailed-exitcode",
    ],
    groups: [
      .events, .template,
      Command.Group(
        "Action",
        [
          .dryRun, .force, .follow, .detailedExitcode, .ledger, .parallel, .followDeadline,
          .resultFile,
        ]), .service, .output,
    ],
    run: { status($0).rawValue })

  private static func status(_ call: Invocation) -> ExitStatus {
    let session = Session(call)
    return start(session, of: .run) { settings, log in
      guard !session.lacksEvent(settings) else {
        return finish(failure(session.missEvent([Program.command]), session))
      }
      var run = Run(settings: settings, context: session.context, log: log)
      guard !settings.isStream else {
        return session.stream(settings) { event, deadline in
          let result = run.perform { () throws(ReissueError) in try event.get() }
          return write(result, settings, log, until: deadline)
        }
      }
      let deadline = session.deadline(settings)
      let result = run.perform { () throws(ReissueError) in
        try session.event(settings, until: deadline)
      }
      return finish(result, settings, log, until: deadline)
    }
  }

  /// Does the work of a command that writes a result. Settings and result files that cannot be used become its result.
  static func start(
    _ session: Session, of command: RunResult.Command, _ work: (Settings, Log) -> ExitStatus
  ) -> ExitStatus {
    var log = session.log()
    do throws(ReissueError) {
      let settings = try session.settings()
      log = session.log(settings)
      try settings.requireResultFile(hint: "nothing was sent")
      return work(settings, log)
    } catch {
      log.log(error)
      return finish(failure(error, of: command, session))
    }
  }

  /// The result of a run that could not start.
  static func failure(
    _ error: ReissueError, of command: RunResult.Command = .run, _ session: Session
  ) -> RunResult {
    var result = RunResult(
      command, startedAt: session.context.now(), isDryRun: session.isDryRun)
    result.error = error
    return result
  }

  /// Writes the result to standard output and to the result file, and returns the exit status.
  ///
  /// - Parameter text: What people read on standard output instead of the document.
  static func finish(
    _ result: RunResult, as text: String? = nil, _ settings: Settings? = nil, _ log: Log? = nil,
    until deadline: Int = .max
  ) -> ExitStatus {
    write(result, as: text, settings, log, until: deadline).status
  }

  /// Does what `finish` does, and returns also whether standard output accepted the result. Messages are written last,
  /// so that a reader of the result does not have to read them.
  static func write(
    _ result: RunResult, as text: String? = nil, _ settings: Settings?, _ log: Log?,
    until deadline: Int
  ) -> (status: ExitStatus, isWritten: Bool) {
    let line = result.encoded()
    let output =
      text.map { Array($0.utf8) } ?? (settings?.isPretty == true ? result.encoded(.pretty) : line)
    let failure = keep(line, settings, until: deadline)
    let written = Terminal.write(output, until: Terminal.outputDeadline(deadline))
    if let log { result.report(to: log) }
    if let failure { log?.log(failure) }
    let statuses = [
      result.exit(isDetailed: settings?.isExitDetailed == true), failure?.exit ?? .done,
      written,
    ]
    return (ExitStatus.gravest(of: statuses), written == .done)
  }

  /// Appends a result to the result file, if one is set.
  ///
  /// - Returns: The error, if it could not be written.
  static func keep(_ line: [UInt8], _ settings: Settings?, until deadline: Int) -> ReissueError? {
    guard let file = settings?.resultFile else { return nil }
    let deadline = Terminal.outputDeadline(deadline)
    do throws(FileError) {
      try Files.append(line, to: file) {
        Signals.pending == nil && SystemClock.monotonicMilliseconds() < deadline
      }
      return nil
    } catch {
      return ReissueError(resultFile: error, hint: "the result is on standard output")
    }
  }
}
