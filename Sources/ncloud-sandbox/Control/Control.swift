// Routes for the person or the test at the sandbox; no part of the service.

internal import JSON
import NIOCore

/// What is below `/sandbox/`.
enum Control {
  static let prefix = "/sandbox/"
}

extension Sandbox {
  /// Serves a control request; none of them is journalled.
  func control(_ request: Request) -> EventLoopFuture<Response> {
    let name = String(request.path.dropFirst(Control.prefix.count))
    if request.method == "GET", name == "journal" { return journalResponse() }
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
    case ("POST", "faults"): try addFaults(try Self.decoded(body))
    case ("DELETE", "faults"): faults = FaultList()
    case ("POST", "clock"):
      guard let offset = try Self.decoded(body)["offsetSeconds"]?.integer else {
        throw SandboxError("clock needs {\"offsetSeconds\": number}")
      }
      clock.offsetSeconds = offset
    case ("POST", "reset"): reset()
    default: throw SandboxError("no control route \(method) \(Control.prefix)\(name)")
    }
    return .object(JSONObject())
  }

  private static func decoded(_ body: [UInt8]) throws(SandboxError) -> JSONValue {
    do throws(JSONError) {
      return try JSONDecoder.decode(body)
    } catch {
      throw SandboxError("the body is not JSON: \(error.description)")
    }
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

  private func reset() {
    clock = SandboxClock(offsetSeconds: options.clockOffsetSeconds)
    account = seed.account(at: clock.seconds)
    faults = FaultList(options.faults)
  }
}
