internal import CommandOptions
internal import Core
internal import ReissueKit

enum FollowCommand {
  static let command = Command(
    "follow", "Show what became of accepted reissues, and bring their chains to the store.",
    discussion: [
      """
      Looks once at the orders of the numbers, or without numbers at everything that the ledger holds \
      as unfinished: stage, DNS records to set, chain to the store, ledger updated. A pending \
      certificate is no failure.
      """
    ],
    examples: [
      "ncloud-reissue follow", "ncloud-reissue follow 55882 --pretty",
      "ncloud-reissue follow --wait --follow-deadline 2h",
    ],
    statuses: [
      2: "With --detailed-exitcode: a certificate is pending.", 69: "A validation failed.",
    ],
    operands: [
      Operand(
        "number", count: .any,
        help: "A number of the order, the old or the new one; without numbers all unfinished ones.")
    ],
    groups: [
      Command.Group(
        "Options",
        [.wait, .detailedExitcode.described("Exit 2 while a certificate is pending.")]),
      Command.Group("Following", [.ledger, .parallel, .followDeadline, .resultFile]), .service,
      .output,
    ],
    run: { status($0).rawValue })

  private static func status(_ call: Invocation) -> ExitStatus {
    let session = Session(call)
    let settings: Settings
    do throws(ReissueError) {
      settings = try session.settings()
    } catch {
      session.log().log(error)
      return RunCommand.finish(RunCommand.failure(error, of: .follow, session))
    }
    let log = session.log(settings)
    var run = Run(settings: settings, context: session.context, log: log)
    let result = run.follow(numbers: call.operands, isPatient: call.has(.wait))
    return RunCommand.finish(result, settings, log, until: session.deadline(settings))
  }
}
