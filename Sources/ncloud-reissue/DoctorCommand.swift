internal import ArgumentParser
internal import Core
internal import JSON
internal import ReissueKit

struct DoctorCommand: ParsableCommand, Command {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look at everything that a run needs: one line each, ok or the mend.",
    discussion: """
      Configuration, templates, credentials (never shown), folders, ledger, proxy, TLS, clock and \
      the service itself, by one signed look that changes nothing.

      EXAMPLES:
        ncloud-reissue doctor
        ncloud-reissue doctor --json | jq '.checks[] | select(.ok | not)'

      EXIT STATUS: 0, or that of the gravest finding as run would have it.
      """)

  @Flag(help: "Write JSON.")
  var json = false
  @Option(
    help: ArgumentHelp("Look for templates in this folder.", valueName: "dir"))
  var templates: String?
  @Option(
    help: ArgumentHelp("The ledger: sqlite:PATH or etcd://HOST:PORT/PREFIX.", valueName: "url"))
  var ledger: String?
  @OptionGroup(title: "Service") var service: ServiceOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func status() -> ExitStatus {
    let session = Session([service, output, Own(templates: templates, ledger: ledger)])
    let diagnosis: Diagnosis
    var isPretty = false
    var deadline = Int.max
    do throws(ReissueError) {
      let settings = try session.settings()
      isPretty = settings.isPretty
      deadline = session.deadline(settings)
      diagnosis = Doctor.diagnose(settings, session.context, session.log(settings))
    } catch {
      diagnosis = Doctor.diagnosis(of: error)
    }
    let document = JSONEncoder.encode(diagnosis.json, layout: isPretty ? .pretty : .compact)
    let bytes = json ? document + [UInt8(ascii: "\n")] : Array(diagnosis.text.utf8)
    return Terminal.write(bytes, until: deadline, exit: diagnosis.exit)
  }

  private struct Own: FlagSource {
    let templates: String?
    let ledger: String?
    var flags: [String: [String]] { joined(["templates": templates, "ledger": ledger]) }
  }
}
