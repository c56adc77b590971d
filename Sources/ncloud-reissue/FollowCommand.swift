internal import CommandOptions
internal import Core
internal import ReissueKit

enum FollowCommand {
  static let command = Command(
    "follow", "Show what became of accepted reissues, and bring their chains to the store.",
    discussion: [
      """
      Looks once at the orders that are named, or without names at everything that the ledger holds \
      as unfinished: stage, DNS records to set, chain to the store, ledger updated. A pending \
      certificate is no failure. On a terminal the result is a table, otherwise or with --json or \
      --pretty a JSON document.
      """
    ],
    examples: [
      "ncloud-reissue follow", "ncloud-reissue follow shop.example.com --json",
      "ncloud-reissue follow --wait --follow-deadline 2h",
    ],
    statuses: [
      2: "With --detailed-exitcode: a certificate is pending.", 69: "A validation failed.",
    ],
    operands: [
      Operand(
        "name", count: .any,
        help:
          "A number of the order, its id, a domain, or the name of the certificate; without names all unfinished ones."
      )
    ],
    groups: [
      Command.Group(
        "Options",
        [.wait, .json, .detailedExitcode.described("Exit 2 while a certificate is pending.")]),
      Command.Group("Following", [.ledger, .parallel, .followDeadline, .resultFile]), .timedService,
      .output,
    ],
    run: { status($0).rawValue })

  private static func status(_ call: Invocation) -> ExitStatus {
    let session = Session(call)
    return RunCommand.start(session, of: .follow) { settings, log in
      var run = Run(settings: settings, context: session.context, log: log)
      let result = run.follow(names: call.operands, isPatient: call.has(.wait))
      let isDocument = call.has(.json) || settings.isPretty || !Terminal.isOutput
      return RunCommand.finish(
        result, as: isDocument ? nil : result.table, settings, log,
        until: session.deadline(settings))
    }
  }
}
