internal import CommandOptions
internal import Core
internal import ReissueKit

enum DoctorCommand {
  static let command = Command(
    "doctor", "Check everything that a run needs: one line each, ok or how to fix it.",
    discussion: [
      """
      Configuration, templates, credentials (never shown), folders, ledger, proxy, TLS, clock and the \
      service itself, by one signed request that changes nothing.
      """
    ],
    examples: [
      "ncloud-reissue doctor", "ncloud-reissue doctor --json | jq '.checks[] | select(.ok | not)'",
    ],
    statuses: [0: "Nothing keeps a run from working."],
    groups: [
      Command.Group("Options", [.json]), .template,
      Command.Group(
        "Ledger and results",
        [.ledger, .resultFile.described("Check that results can be appended to this file.")]),
      .timedService, .output,
    ],
    run: { status($0).rawValue })

  private static func status(_ call: Invocation) -> ExitStatus {
    let session = Session(call)
    let diagnosis: Diagnosis
    var isPretty = false
    var deadline = Int.max
    do throws(ReissueError) {
      let settings = try session.settings()
      isPretty = settings.isPretty || Terminal.isOutput
      deadline = session.deadline(settings)
      diagnosis = Doctor.diagnose(settings, session.context, session.log(settings))
    } catch {
      diagnosis = Doctor.diagnosis(of: error)
    }
    let answer =
      call.has(.json) ? CommandAnswer.document(diagnosis.json) : CommandAnswer.text(diagnosis.text)
    return Terminal.write(
      answer.bytes(isPretty: isPretty), until: deadline, exit: diagnosis.exit)
  }
}
