internal import CommandOptions
internal import Core
internal import Platform
internal import ReissueKit
internal import Service

enum APICommand {
  static let command = Command(
    "api", "Make one signed call to any API of NAVER Cloud, and write the body of its answer.",
    discussion: [
      """
      Signs the call with the credentials of a run and sends it by the same rules: only GET may be \
      sent more than once, redirects are not followed. The URL must begin with https:// and name a \
      host under ntruss.com, gov-ntruss.com or fin-ntruss.com; http:// is for this machine's own \
      addresses. For other hosts nothing is signed.
      """,
      """
      The body comes from standard input, unless that is a terminal, or from the file of --body. \
      GET takes none. The body of the answer is written as it came, also of an error.
      """,
    ],
    examples: [
      "ncloud-reissue api GET https://globaldns.apigw.ntruss.com/dns/v1/ncpdns/domain",
      "ncloud-reissue api POST \"$url\" < request.json",
      "ncloud-reissue api DELETE \"$url\" --body ids.json --include",
    ],
    statuses: [
      0: "The answer is 2xx.", 64: "Wrong usage, or nothing is signed for this host.",
      69: "Refused for good.", 74: "The body or the output could not be read or written.",
      75: "Not carried out, or GET without a usable answer: call again.",
      76: "It may have been carried out: look before you call again.",
    ],
    operands: [
      Operand("method", .word(SignedCall.methods), count: .one, help: "The method."),
      Operand("url", count: .one, help: "The URL with its query, percent-encoded."),
    ],
    groups: [
      Command.Group("Options", [.body, .include]),
      Command.Group(
        "Service", [.profile, .caFile, .timeout, .deadline.described("Work at most this long.")]),
      Command.Group("Output", [.logLevel, .logFormat, .config]),
    ],
    run: { status($0).rawValue })

  private static func status(_ call: Invocation) -> ExitStatus {
    let session = Session(call)
    var log = session.log()
    do throws(ReissueError) {
      let request = try SignedCall(method: call.operands[0], url: call.operands[1])
      guard request.hasBody || !call.has(.body) else {
        throw call.wrongUsage("\(call.operands[0]) takes no body: leave out --body")
      }
      let settings = try session.settings()
      log = session.log(settings)
      let deadline = session.deadline(settings)
      let body = try request.hasBody ? body(call, session, until: deadline) : []
      let answer = try request.send(body, settings, session.context, log, until: deadline)
      if call.has(.include), let head = answer.head { Terminal.complain(head) }
      if let error = answer.error { log.log(error) }
      return Terminal.write(
        answer.body, until: deadline, exit: answer.error?.exit ?? .done)
    } catch {
      log.log(error)
      return error.exit
    }
  }

  /// The body of the file or of standard input; empty if that is a terminal.
  private static func body(
    _ call: Invocation, _ session: Session, until deadline: Int
  ) throws(ReissueError) -> [UInt8] {
    let file = call.value(.body)
    if file == nil, StandardStreams.isTerminal(StandardStreams.input) { return [] }
    let name = file.map { "the body in \(Text.quoted($0))" } ?? "the body on standard input"
    do throws(FileError) {
      return try session.read(file, limit: SignedCall.maximumBodyBytes, until: deadline)
    } catch {
      throw ReissueError("body.unreadable", reading: name, error, wrongName: .inputOutput)
    }
  }
}
