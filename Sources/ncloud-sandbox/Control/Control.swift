// Routes for the person or the test at the sandbox; no part of the service.

internal import JSON
internal import NIOCore

/// What is below `/sandbox/`.
enum Control {
  static let prefix = "/sandbox/"

  /// One line for each route, for `--help`.
  static let summary = """
    GET  state                the account, the clock, the faults and how often they still strike
    GET  journal              the journal file as it is
    GET  ca                   the root certificate of the sandbox's authority, PEM
    POST seed                 another account; the body is a seed
    POST faults               {"kind":…,"count":…,…}, an array of such, or {"faults":[…]}: adds them
    DELETE faults             disarms all faults
    POST clock                {"offsetSeconds":N}: how far the sandbox is ahead of the machine
    POST issue                {"certificateNo":N}: issues it; {}: everything in progress
    POST status               {"certificateNo":N,"statusCode":"-4","daysLeft":N}: changes one or both
    POST server-certificate   {"names":[…],"daysLeft":N}: chain and key for a TLS server in front
    POST reset                back to the start: seed, clock, faults
    """
}

extension SandboxService {
  /// Serves a control request; none of them is journalled.
  func control(_ request: Request) -> EventLoopFuture<Response> {
    let name = String(request.path.dropFirst(Control.prefix.count))
    passTime()
    switch (request.method, name) {
    case ("GET", "journal"): return journalResponse()
    case ("GET", "ca"):
      let answer = Answer.text(authority.rootPEM, type: "application/x-pem-file", origin: nil)
      return eventLoop.makeSucceededFuture(response(answer))
    default: break
    }
    let answer: Answer
    do throws(SandboxError) {
      answer = .json(try controlValue(request.method, name, request.body), origin: nil)
    } catch {
      answer = .json(["error": .string(error.description)], status: 400, origin: nil)
    }
    return eventLoop.makeSucceededFuture(response(answer))
  }

  private func response(_ answer: Answer) -> Response {
    Response(Exchange(answer), date: httpDate, traceId: "")
  }

  private func journalResponse() -> EventLoopFuture<Response> {
    guard let journal else {
      let answer = Answer.json(
        ["error": "the sandbox was started without --journal"], status: 404, origin: nil)
      return eventLoop.makeSucceededFuture(response(answer))
    }
    let date = httpDate
    return journal.contents().map { contents in
      let answer = Answer(
        status: 200, origin: nil, contentType: "application/x-ndjson",
        body: Array(contents.readableBytesView))
      return Response(Exchange(answer), date: date, traceId: "")
    }
  }

  private func controlValue(
    _ method: String, _ name: String, _ body: [UInt8]
  ) throws(SandboxError) -> JSONValue {
    switch (method, name) {
    case ("GET", "state"): break
    case ("POST", "seed"): sow(try Seed(body))
    case ("POST", "faults"): try addFaults(try decoded(body))
    case ("DELETE", "faults"): faults = FaultList()
    case ("POST", "clock"): try setClock(try ControlBody(body))
    case ("POST", "issue"): try issue(try ControlBody(body))
    case ("POST", "status"): try setStatus(try ControlBody(body))
    case ("POST", "server-certificate"): return try serverCertificate(try ControlBody(body))
    case ("POST", "reset"): reset()
    default: throw SandboxError("no control route \(method) \(Control.prefix)\(name)")
    }
    return state
  }

  private func addFaults(_ value: JSONValue) throws(SandboxError) {
    let values = value.array ?? value["faults"]?.array ?? [value]
    var added: [Fault] = []
    for value in values {
      let (kind, options) = try FaultOptions.parse(value)
      added.append(try Fault(kind: kind, options: options))
    }
    for fault in added { faults.append(fault) }
  }
}
