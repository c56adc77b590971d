internal import CommandOptions
internal import Core
internal import JSON
internal import Platform
internal import ReissueKit
internal import Templates

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
    // Every run comes here: the other variables are read only if a web server is the caller.
    guard Environment.bytes(of: GatewayRequest.interface) != nil, arguments != ["cgi"] else {
      return nil
    }
    let session = Session()
    let request = GatewayRequest(variables: session.context.environment)
    let status = GatewayExchange(session, request).finish(refusing: .arguments)
    return status == .done ? .usage : status
  }
}

/// One request of a web server, from its variables to the reply.
struct GatewayExchange {
  /// The time limit of a body if the configuration cannot be read, in milliseconds: the default deadline of a run.
  private static let patience = 60_000
  /// The longest pause in a body, in milliseconds. Web servers forward it as it arrives or as a whole; without this
  /// limit, a body shorter than its Content-Length would block the script until the deadline.
  private static let longestPause = 10_000

  private let session: Session
  private let request: GatewayRequest
  private let configured: Result<Settings, ReissueError>
  private let log: Log
  private let deadline: Int

  init(_ session: Session, _ request: GatewayRequest) {
    self.session = session
    self.request = request
    configured = Self.settings(session.context, request)
    let settings = try? configured.get()
    log = session.log(settings)
    deadline =
      session.context.monotonicMilliseconds() + (settings?.deadline.milliseconds ?? Self.patience)
  }

  /// Answers the request.
  ///
  /// - Parameter refusal: The refusal, if it is known before the body is read.
  func finish(refusing refusal: GatewayRefusal? = nil) -> ExitStatus {
    // Read the body before the reply: some web servers drop the reply of a script that leaves a part of it unread.
    let body = readBody()
    let reply: GatewayReply
    do throws(GatewayRefusal) {
      if let refusal { throw refusal }
      reply = try answer(body)
    } catch {
      log.log(error.error, subject: request.subject)
      let result = RunCommand.failure(error.shown, session)
      reply = GatewayReply(error.status, fields: error.fields, body: document(result))
    }
    let bytes = reply.bytes(isHead: request.isHead)
    return Terminal.write(bytes, until: deadline, exit: .done)
  }

  /// Checks the proof of the caller, then runs the event.
  private func answer(
    _ body: Result<[UInt8], FileError>
  ) throws(GatewayRefusal) -> GatewayReply {
    let settings = try configured.mapError(GatewayRefusal.init(ofSetup:)).get()
    let limit = settings.maximumEventBytes
    let bytes = try body.mapError {
      GatewayRefusal(ofReading: ReissueError(unreadableEvent: $0, limit: limit))
    }.get()
    try request.check(body: bytes, limit: limit)
    try CallerCheck.prove(request, body: bytes, by: settings.callerCheck, session.context)
    var run = Run(settings: settings, context: session.context, log: log)
    let result = run.perform { () throws(ReissueError) in try Event(parsing: bytes) }
    let line = result.encoded()
    let failure = RunCommand.keep(line, settings, until: deadline)
    result.report(to: log)
    if let failure { log.log(failure) }
    let exits = [result.exit(isDetailed: false), failure?.exit ?? .done]
    return GatewayReply(
      GatewayReply.Status(ExitStatus.gravest(of: exits)), body: document(result))
  }

  private func document(_ result: RunResult) -> [UInt8] {
    let isPretty = (try? configured.get())?.isPretty == true
    return result.encoded(isPretty ? .pretty : .compact)
  }

  private func readBody() -> Result<[UInt8], FileError> {
    let settings = try? configured.get()
    let context = session.context
    return Result { () throws(FileError) in
      try request.readBody(keeping: settings?.maximumEventBytes ?? 0) { count throws(FileError) in
        let end = min(deadline, context.monotonicMilliseconds() + Self.longestPause)
        return try Files.readNext(descriptor: StandardStreams.input, atMost: count) {
          !context.isEnding() && context.monotonicMilliseconds() < end
        }
      }
    }
  }

  /// The settings from the configuration only, without flags and variables.
  private static func settings(
    _ context: Context, _ request: GatewayRequest
  ) -> Result<Settings, ReissueError> {
    Result { () throws(ReissueError) in
      try request.refuseSettings()
      let configuration = try Configuration.load(
        named: Configuration.file(namedIn: context.environment), context: context)
      let settings = try Settings(
        from: SettingSources(flags: [:], environment: [:], configuration: configuration))
      guard !settings.isStream, !settings.hasBuiltEvent else {
        throw ReissueError(
          "configuration.setting", "stream and eventEnv in the configuration are not for cgi",
          hint: "name another configuration with NCLOUD_REISSUE_CONFIG", exit: .configuration)
      }
      return settings
    }
  }
}
