import Core
import Testing

@testable import ReissueKit

@Suite("A reply to a web server follows RFC 3875")
struct GatewayReplyTests {
  @Test(
    "each exit status has an HTTP status",
    arguments: [
      (.done, 200), (.changed, 200), (.attention, 200), (.usage, 400), (.event, 400),
      (.unknown, 409), (.refused, 422), (.fault, 500), (.inputOutput, 500), (.credentials, 502),
      (.configuration, 502), (.tryAgain, 503),
    ] as [(Core.ExitStatus, Int)])
  func status(exit: Core.ExitStatus, number: Int) {
    #expect(GatewayReply.Status(exit).rawValue == number)
  }

  @Test("a reply has status, fields, an empty line and the body")
  func theReplyIsWrittenAsRFC3875Asks() {
    let reply = GatewayReply(
      .methodNotAllowed, fields: [("Allow", "POST")], body: Array("{\"é\":1}\n".utf8))
    let head = """
      Status: 405 Method Not Allowed
      Allow: POST
      Cache-Control: no-store
      Content-Type: application/json
      Content-Length: 9


      """
    #expect(String(decoding: reply.bytes(), as: UTF8.self) == head + "{\"é\":1}\n")
    #expect(String(decoding: reply.bytes(isHead: true), as: UTF8.self) == head)
  }

  @Test("every status is sent with its phrase", arguments: GatewayReply.Status.allCases)
  func everyStatusHasItsLine(status: GatewayReply.Status) {
    let text = String(decoding: GatewayReply(status, body: []).bytes(), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first == "Status: \(status.rawValue) \(status.phrase)")
    #expect(lines.suffix(2) == ["", ""])
    #expect(lines.dropLast(2).allSatisfy { $0.contains(": ") })
    #expect(text.contains("Retry-After: 60\n") == (status == .serviceUnavailable))
  }

  /// The caller is not proved yet.
  @Test("details of a wrong setup are in the log, not in the reply")
  func aWrongSetupIsToldToTheLogAlone() {
    let error = ReissueError(
      "credentials.open-to-others", "/etc/key can be read by group or others",
      hint: "chmod 600 /etc/key", exit: .credentials, place: Place(file: "/etc/key"))
    let refusal = GatewayRefusal(ofSetup: error)
    #expect(refusal.status == .badGateway)
    #expect(refusal.error == error)
    #expect(refusal.shown.code == error.code)
    #expect(!"\(refusal.shown)".contains("/etc"))
  }
}
