internal import CommandOptions
internal import Core
internal import JSON
internal import ReissueKit

enum CertificatesCommand {
  static let command = Command(
    "certificates", "List the account's Advanced certificates with order, state and days left.",
    discussion: [
      """
      A * marks the certificate of each order that may be reissued. With --inventory the output is \
      the file that templates name in "data", keyed by every domain.
      """
    ],
    examples: [
      "ncloud-reissue certificates",
      "ncloud-reissue certificates --json | jq '.certificates[].daysLeft'",
      "ncloud-reissue certificates --inventory > templates/inventory.json",
    ],
    groups: [Command.Group("Options", [.json, .inventory]), .service, .output],
    run: { status($0).rawValue })

  private static func status(_ call: Invocation) -> ExitStatus {
    Session(call).answer(isTimed: true) { (settings, context, log) throws(ReissueError) in
      guard !call.has(.json) || !call.has(.inventory) else {
        throw call.wrongUsage("--json and --inventory exclude each other")
      }
      let list = try CertificateList.load(settings, context, log)
      guard call.has(.inventory) else {
        return call.has(.json) ? .document(list.json) : .text(list.text)
      }
      let (document, warnings) = list.inventory
      for warning in warnings { log.log(.warning, warning) }
      return .document(document)
    }
  }
}
