// The story of a request on one page: gateway, fault, service, journal.

internal import JSON
import NIOCore
import NIOPosix

/// The stand-in service with all its state.
///
/// It lives on one event loop and is used from there only.
final class Sandbox {
  let options: Options
  let files: Files
  var account: Account
  var faults: FaultList
  var clock: SandboxClock
  /// What `POST /sandbox/reset` goes back to.
  var seed: Seed
  let journal: Journal?
  private let gateway: Gateway
  private var sequence = 0
  private var random = SystemRandomNumberGenerator()

  init(options: Options, seed: Seed, journal: Journal?, files: Files) {
    self.options = options
    self.seed = seed
    self.journal = journal
    self.files = files
    clock = SandboxClock(offsetSeconds: options.clockOffsetSeconds)
    account = seed.account(at: clock.seconds)
    faults = FaultList(options.faults)
    gateway = Gateway(accessKey: options.accessKey, secretKey: options.secretKey)
  }

  /// Decides about a request and records it; the response is there once the journal has it.
  func respond(to request: Request) -> EventLoopFuture<Response> {
    if request.path.hasPrefix(Control.prefix) { return control(request) }
    var request = request
    sequence += 1
    request.sequence = sequence
    let exchange = exchange(for: request)
    let response = Response(exchange, date: httpDate, traceId: newTraceId())
    return record(request, exchange, traceId: response.traceId).map { response }
  }

  /// Records a request whose sender went before its end.
  func recordBroken(_ request: Request) {
    var request = request
    sequence += 1
    request.sequence = sequence
    request.receivedMilliseconds = SandboxClock.machineMilliseconds
    record(request, nil, traceId: nil).whenFailure { [files] error in
      files.note("error: the journal cannot be written: \(error)")
    }
  }

  private func record(
    _ request: Request, _ exchange: Exchange?, traceId: String?
  ) -> EventLoopFuture<Void> {
    journal?.append(JournalEntry.value(request, exchange, traceId: traceId))
      ?? eventLoop.makeSucceededVoidFuture()
  }

  private func exchange(for request: Request) -> Exchange {
    switch gateway.check(request, nowMilliseconds: clock.milliseconds) {
    case .failure(let refusal): return Exchange(refusal.answer)
    case .success(let route):
      passTime()
      // A fault harms only requests that are in order, so it cannot hide a wrong signature.
      let fault = faults.take(request, route)
      var exchange =
        fault.map(\.carriesOut) == false ? Exchange(.nothing) : perform(route, request)
      exchange.delayMilliseconds += options.delayMilliseconds
      fault?.action.apply(to: &exchange, nowSeconds: clock.seconds)
      return exchange
    }
  }

  private func perform(_ route: Route, _ request: Request) -> Exchange {
    if options.isSubAccount { return Exchange(.subAccount) }
    do throws(ServiceRefusal) {
      return try serve(route, request)
    } catch {
      return Exchange(error.answer)
    }
  }

  private func serve(_ route: Route, _ request: Request) throws(ServiceRefusal) -> Exchange {
    switch route {
    case .reissue(let number):
      let reissue = try account.reissue(
        number: number, body: request.body, rules: options.rules, at: clock.seconds)
      var exchange = Exchange(
        .service(message: "Certificate reissuance has been completed."))
      exchange.reissue = reissue
      return exchange
    default: throw ServiceRefusal("sandbox-not-built", "not yet")
    }
  }

  /// What time alone brings about: certificates end, reissued ones are issued.
  func passTime() {
    account.expire(at: clock.seconds)
  }

  /// The loop that owns everything here.
  var eventLoop: any EventLoop { files.eventLoop }

  /// For the header `Date`.
  var httpDate: String { CalendarTime(secondsSince1970: clock.seconds).httpText }

  /// A fresh `x-ncp-trace-id`; its form is the sandbox's own.
  func newTraceId() -> String {
    let digits = String(random.next() as UInt64, radix: 16)
    return "sandbox-" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

extension Answer {
  /// Stands where a request is not carried out; a fault takes its place.
  static let nothing = Answer(status: 200, origin: .endpoint)

  /// What keys of a sub account get for every operation of API 2.0: 403, nothing in it, from behind
  /// the gateway (observed by others; the documents say that such keys work).
  static let subAccount = Answer(status: 403, origin: .endpoint)
}
