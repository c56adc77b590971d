// The entry point: prepare the standard streams, read the command line, run one command, exit with one status.

internal import CommandOptions
internal import Core
internal import Platform
internal import ReissueKit

@main
enum Program {
  /// The program and its commands.
  static let command: Command = Command(
    "ncloud-reissue",
    "Turn an alert about an expiring certificate into one signed reissue on NAVER Cloud.",
    discussion: [
      """
      Reads one event (JSON) on standard input, maps it through a template to the parameters of \
      ReissueCertificate, sends one request, and writes one result (JSON) to standard output.
      """
    ],
    examples: [
      "ncloud-reissue doctor",
      "ncloud-reissue --template alertmanager --dry-run --pretty < alert.json",
      "ncloud-reissue < alert.json",
    ],
    statuses: [
      0: "Done, or nothing to do.",
      1: "ledger check: a record needs an operator.",
      2: "With --detailed-exitcode: a certificate was reissued, or is pending.",
      64: "Wrong usage.",
      65: "This event cannot be used.",
      69: "Refused, by the service or by a rule; do not repeat.",
      70: "A fault in this program.",
      74: "Ledger, store or output could not be read or written.",
      75: "Not carried out: run again with the same event.",
      76: "Unknown, it may have been carried out: with a ledger, run again, which looks first.",
      77: "Credentials missing or refused.",
      78: "Configuration or template wrong.",
      141: "The reader of standard output went away.",
    ],
    groups: [Command.Group("Options", [.completionScript])],
    commands: [
      RunCommand.command, RenderCommand.command, EvalCommand.command, CheckCommand.command,
      CertificatesCommand.command, FollowCommand.command, LedgerCommand.command,
      DoctorCommand.command, CGICommand.command, APICommand.command, Completions.command,
      ManualPage.command,
    ])

  static func main() {
    Terminal.prepare()
    guard let arguments = Arguments.read() else { Terminal.exit(refuseEmptyList()) }
    Terminal.exit(CGICommand.refuse(arguments.texts) ?? status(of: arguments))
  }

  private static func status(of arguments: Arguments) -> ExitStatus {
    if let index = arguments.malformed {
      let error = ReissueError(
        "usage.option", "argument \(index) is not valid UTF-8", hint: "see ncloud-reissue --help",
        exit: .usage)
      let name = arguments.texts.first ?? ""
      let isNamed = command.commands.contains { $0.name == name }
      return refuse(error, of: isNamed ? RunResult.Command(rawValue: name) : .run)
    }
    let call: Invocation
    do throws(UsageError) { call = try Invocation(arguments.texts, of: command) } catch {
      return refuse(
        ReissueError(error), of: error.path.last.flatMap { RunResult.Command(rawValue: $0) })
    }
    switch call.action {
    case .help: return Terminal.write(Array(HelpText.text(of: call.path).utf8), exit: .done)
    case .version: return Terminal.write(Array((Version.report + "\n").utf8), exit: .done)
    case .run: break
    }
    if let shell = call.value(.completionScript) {
      return Terminal.write(Array(Completions.script(for: shell).utf8), exit: .done)
    }
    return call.command.run.flatMap { ExitStatus(rawValue: $0(call)) } ?? .fault
  }

  /// Reports wrong usage; a command that writes results writes one here too.
  private static func refuse(_ error: ReissueError, of command: RunResult.Command?) -> ExitStatus {
    let session = Session()
    session.log().log(error)
    guard let command else { return error.exit }
    return RunCommand.finish(RunCommand.failure(error, of: command, session))
  }

  /// An empty argument list does not even have the name of the program, so the command is not known: nothing is done.
  private static func refuseEmptyList() -> ExitStatus {
    let error = ReissueError(
      "fault.no-arguments", "the argument list is empty, without even the name of the program",
      hint: "the caller must pass at least one argument to execve(2), as every shell does",
      exit: .fault)
    return CGICommand.refuse([]) == nil ? refuse(error, of: .run) : error.exit
  }
}

extension Command.Group {
  /// The source of one event.
  static let event = Command.Group("Event", [.event, .eventEnv, .eventField, .maxEventBytes])
  /// The source of one or more events.
  static let events = Command.Group("Event", event.options + [.stream])
  /// The templates in use.
  static let template = Command.Group("Template", [.template, .templates, .variable])
  /// The same for commands without network calls, with a deadline because their input may be endless.
  static let timedTemplate = Command.Group(
    "Template", template.options + [.deadline.described("Work at most this long.")])
  /// How the service is called.
  static let service = Command.Group(
    "Service", [.endpoint, .profile, .caFile, .timeout, .deadline])
  /// The same for commands that read no stream of events.
  static let timedService = Command.Group(
    "Service", service.options.dropLast() + [.deadline.described("Work at most this long.")])
  /// The options of every command.
  static let output = Command.Group("Output", [.pretty, .logLevel, .logFormat, .config])
}
