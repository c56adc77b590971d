internal import CommandOptions
internal import Core
internal import ReissueKit

enum CertificatesCommand {
  static let command = Command(
    "certificates", "Show where each Advanced certificate of the account stands.",
    discussion: [
      """
      The soonest end first: state, days left, order, and from the ledger the stage of the last \
      reissue, since when, and what is to be done next. A * marks the certificate of each order that \
      may be reissued. On terminals lines that need a person are coloured, unless NO_COLOR is set.
      """,
      """
      With --inventory the output is the file that templates name in "data", keyed by every domain.
      """,
    ],
    examples: [
      "ncloud-reissue certificates",
      "ncloud-reissue certificates --json | jq '.certificates[].next.text'",
      "ncloud-reissue certificates --inventory > templates/inventory.json",
    ],
    groups: [Command.Group("Options", [.json, .inventory, .ledger]), .timedService, .output],
    run: { status($0).rawValue })

  private static func status(_ call: Invocation) -> ExitStatus {
    Session(call).answer(isTimed: true) { (settings, context, log) throws(ReissueError) in
      guard !call.has(.json) || !call.has(.inventory) else {
        throw call.wrongUsage("--json and --inventory exclude each other")
      }
      let list = try CertificateList(settings, context, log, isJoined: !call.has(.inventory))
      if let problem = list.problem { log.log(problem) }
      let exit = list.problem?.exit ?? .done
      guard call.has(.inventory) else {
        return call.has(.json)
          ? .document(list.json, exit: exit)
          : .text(list.text(isColored: Terminal.isColored(context)), exit: exit)
      }
      let (document, warnings) = list.inventory
      for warning in warnings { log.log(.warning, warning) }
      return .document(document)
    }
  }
}
