internal import ArgumentParser
internal import Core
internal import JSON
internal import ReissueKit

struct CertificatesCommand: ParsableCommand, Command {
  static let configuration = CommandConfiguration(
    commandName: "certificates",
    abstract: "List the account's Advanced certificates with order, state and days left.",
    discussion: """
      A * marks the certificate of each order that may be reissued. With --inventory the output \
      is the file that templates name in "data", keyed by every domain.

      EXAMPLES:
        ncloud-reissue certificates
        ncloud-reissue certificates --json | jq '.certificates[].daysLeft'
        ncloud-reissue certificates --inventory > templates/inventory.json
      """)

  @Flag(help: "Write the list as JSON.")
  var json = false
  @Flag(help: "Write an inventory for templates: domain, number, name, names.")
  var inventory = false
  @OptionGroup(title: "Service") var service: ServiceOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard !json || !inventory else {
      throw ValidationError("--json and --inventory exclude each other")
    }
  }

  func status() -> ExitStatus {
    Session([service, output]).answer(isTimed: true) {
      (settings, context, log) throws(ReissueError) in
      let list = try CertificateList.load(settings, context, log)
      guard inventory else {
        return json ? .document(list.json) : .text(list.text)
      }
      let (document, warnings) = list.inventory
      for warning in warnings { log.log(.warning, warning) }
      return .document(document)
    }
  }
}
