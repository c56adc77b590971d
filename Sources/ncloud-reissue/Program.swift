// The program's entry: standard streams made safe first, then the command, then one exit status.

internal import ArgumentParser
internal import Core
internal import Platform
internal import ReissueKit

/// A command of ours answers with an exit status and throws nothing.
protocol Command {
  func status() -> ExitStatus
}

@main
struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ncloud-reissue",
    abstract: "Turn an alert about an expiring certificate into one signed reissue on NAVER Cloud.",
    discussion: """
      Reads one event (JSON) on standard input, maps it through a template to the
      parameters of ReissueCertificate, asks once, and writes one result (JSON) to
      standard output.

      EXAMPLES:
        ncloud-reissue doctor
        ncloud-reissue --template alertmanager --dry-run --pretty < alert.json
        ncloud-reissue < alert.json

      EXIT STATUS: 0 done or nothing to do, 64 usage, 65 event, 69 refused, 70 fault,
      74 input or output, 75 not carried out: run again, 76 unknown: look first,
      77 credentials, 78 configuration or template.
      """,
    version: Version.report,
    subcommands: [
      RunCommand.self, RenderCommand.self, EvalCommand.self, CheckCommand.self,
      CertificatesCommand.self,
      FollowCommand.self,
      LedgerCommand.self,
      DoctorCommand.self,
      CGICommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  static func main() {
    Terminal.prepare()
    guard let received = Arguments.read() else { Terminal.exit(refuseEmptyList()) }
    let arguments = received.texts
    if let status = CGICommand.refuse(arguments) { Terminal.exit(status) }
    if let index = received.malformed {
      let error = ValidationError("argument \(index) is not valid UTF-8")
      Terminal.exit(answer(error, arguments))
    }
    if let flags = PlainArguments.flags(arguments) {
      Terminal.exit(RunCommand.status(of: Session(flags: flags)))
    }
    do {
      var parsed = try parseAsRoot(arguments)
      guard let command = parsed as? any Command else {
        // The help of a command, which throws itself, or of the program.
        try parsed.run()
        throw CleanExit.helpRequest()
      }
      Terminal.exit(command.status())
    } catch {
      Terminal.exit(answer(error, arguments))
    }
  }

  /// Without even its own name the program cannot know what the caller meant: it does nothing.
  private static func refuseEmptyList() -> ExitStatus {
    let error = ReissueError(
      "fault.no-arguments", "the argument list is empty, without even the name of the program",
      hint: "the caller must pass at least one argument to execve(2), as every shell does",
      exit: .fault)
    let session = Session([])
    if CGICommand.refuse([]) == nil {
      session.log().log(error)
      _ = RunCommand.finish(RunCommand.failure(error, session))
    }
    return error.exit
  }

  /// Help and version are answers; anything else is wrong usage, which `run` reports as a result too.
  private static func answer(_ error: any Error, _ arguments: [String]) -> ExitStatus {
    guard !exitCode(for: error).isSuccess else {
      return Terminal.write(Array((fullMessage(for: error) + "\n").utf8), exit: .done)
    }
    let error = visible(error, arguments)
    Terminal.complain(fullMessage(for: error))
    let others = configuration.subcommands.filter { $0 != RunCommand.self }.compactMap {
      $0.configuration.commandName
    }
    guard !others.contains(arguments.first ?? "") else { return .usage }
    let mistake = ReissueError(
      "usage.option", message(for: error), hint: "see ncloud-reissue --help", exit: .usage)
    return RunCommand.finish(RunCommand.failure(mistake, Session([])))
  }

  /// The same error about arguments without control characters: the library quotes them as they are, and a line feed
  /// in one could not be told from its own.
  private static func visible(_ error: any Error, _ arguments: [String]) -> any Error {
    let safe = arguments.map(VisibleText.line)
    guard safe != arguments else { return error }
    do {
      _ = try parseAsRoot(safe)
    } catch let other where !exitCode(for: other).isSuccess {
      return other
    } catch {}
    return ValidationError(VisibleText.line(message(for: error)))
  }
}
