internal import ArgumentParser
internal import Core
internal import ReissueKit

struct FollowCommand: ParsableCommand, Command {
  static let configuration = CommandConfiguration(
    commandName: "follow",
    abstract: "Show what became of accepted reissues, and bring their chains to the store.",
    discussion: """
      Looks once at the orders of the numbers, or without numbers after everything that the ledger \
      holds as unfinished: stage, DNS records to set, chain to the store, ledger moved on. What is \
      pending is no failure.

      EXIT STATUS: as run; 69 if a validation failed; with --detailed-exitcode 2 while something is \
      pending.

      EXAMPLES:
        ncloud-reissue follow
        ncloud-reissue follow 55882 --pretty
        ncloud-reissue follow --wait --follow-deadline 2h
      """)

  @Argument(
    help: ArgumentHelp(
      "A number of the order, the old or the new one; all unfinished ones unless given.",
      valueName: "number"))
  var numbers: [String] = []
  @Flag(help: "Look again until everything is issued or given up.")
  var wait = false
  @Flag(help: "Exit 2 while something is pending.")
  var detailedExitcode = false
  @OptionGroup(title: "Following") var work: WorkOptions
  @OptionGroup(title: "Service") var service: ServiceOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func status() -> ExitStatus {
    let session = Session([Own(isExitDetailed: detailedExitcode), work, service, output])
    let settings: Settings
    do throws(ReissueError) {
      settings = try session.settings()
    } catch {
      session.log().log(error)
      return RunCommand.finish(RunCommand.failure(error, session))
    }
    let log = session.log(settings)
    var run = Run(settings: settings, context: session.context, log: log)
    let result = run.follow(numbers: numbers, isPatient: wait)
    return RunCommand.finish(result, settings, log, until: session.deadline(settings))
  }
}

extension FollowCommand {
  /// What is this command's alone.
  private struct Own: FlagSource {
    let isExitDetailed: Bool
    var flags: [String: [String]] { joined([:], ["detailed-exitcode": isExitDetailed]) }
  }
}
