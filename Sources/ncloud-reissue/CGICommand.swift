internal import CommandOptions
internal import Core
internal import Platform
internal import ReissueKit

enum CGICommand {
  static let command = Command(
    "cgi", "Do the main job for a web server, which posts the event (CGI, RFC 3875).",
    discussion: [
      """
      Takes its settings from the configuration file only, and does nothing before the caller has \
      proved who it is as callerCheck requires: by a bearer token, or by an HMAC-SHA256 signature of \
      the body. The result is the body of the reply.
      """,
      """
      STATUS OF THE REPLY: 200 done or nothing to do, 400 event or request, 401 caller not proved, 405 \
      not POST, 409 unknown: look first, 411 no length, 413 too large, 415 not JSON, 422 refused, 500 \
      ledger, store or fault, 502 credentials or configuration, 503 not carried out: send again.
      """,
    ],
    statuses: [
      0: "There was a reply.", 64: "Not started by a web server, or with arguments.",
      74: "The reply could not be written.",
    ],
    run: { _ in status().rawValue })

  private static func status() -> ExitStatus {
    let session = Session()
    let request = GatewayRequest(variables: session.context.environment)
    guard request.isFromGateway else {
      session.log().log(
        ReissueError(
          "usage.cgi", "cgi is started by a web server, which sets GATEWAY_INTERFACE",
          hint: "hooks/cgi has the configuration; run reads an event from standard input",
          exit: .usage))
      return .usage
    }
    return GatewayExchange(session, request).finish()
  }

  /// Refuses every command except `cgi` if a web server starts the program: a query string can become arguments (RFC
  /// 3875 section 4.4), and no other command checks its caller.
  ///
  /// - Returns: The exit status of the refusal; `nil` if the command may run.
  static func refuse(_ arguments: [String]) -> ExitStatus? {
    let request = GatewayRequest(variables: Environment.variables())
    guard request.isFromGateway, arguments != ["cgi"] else { return nil }
    let status = GatewayExchange(Session(), request).finish(refusing: .arguments)
    return status == .done ? .usage : status
  }
}
