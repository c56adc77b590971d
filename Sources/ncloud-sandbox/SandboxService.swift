// The story of a request on one page: gateway, fault, service, journal.

internal import JSON
internal import NIOCore
internal import NIOPosix

/// The stand-in service with all its state.
///
/// It lives on one event loop and is used from there only.
final class SandboxService {
  let options: Options
  let files: Files
  var account: Account
  var faults: FaultList
  var clock: SandboxClock
  let authority: Authority
  /// What `POST /sandbox/reset` goes back to.
  private var seed: Seed
  let journal: Journal?
  private let gateway: Gateway
  private(set) var requestCount = 0
  private var connectionCount = 0
  private var random = SystemRandomNumberGenerator()

  init(options: Options, seed: Seed, authority: Authority, journal: Journal?, files: Files) {
    self.options = options
    self.seed = seed
    self.journal = journal
    self.authority = authority
    self.files = files
    clock = SandboxClock(offsetSeconds: options.clockOffsetSeconds)
    account = seed.account(
      at: clock.seconds, issueAfterMilliseconds: options.issueAfterMilliseconds)
    faults = FaultList(options.faults)
    gateway = Gateway(accessKey: options.accessKey, secretKey: options.secretKey)
  }

  /// Decides about a request and records it; the response is there once the journal has it.
  func respond(to request: Request) -> EventLoopFuture<Response> {
    if request.path.hasPrefix(Control.prefix) { return control(request) }
    var request = request
    requestCount += 1
    request.sequence = requestCount
    let exchange = exchange(for: request)
    let response = Response(exchange, date: httpDate, traceId: newTraceId())
    return record(request, exchange, traceId: response.traceId).map { response }
  }

  /// The number of a new connection, from 1.
  func countConnection() -> Int {
    connectionCount += 1
    return connectionCount
  }

  /// Records a request whose sender went before its end.
  func recordBroken(_ request: Request) {
    var request = request
    requestCount += 1
    request.sequence = requestCount
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
    do {
      return try serve(route, request)
    } catch let refusal as ServiceRefusal {
      return Exchange(refusal.answer)
    } catch {
      return Exchange(GatewayError.unexpected.answer(details: "\(error)"))
    }
  }

  private func serve(_ route: Route, _ request: Request) throws -> Exchange {
    let lists = Lists(account: account, shapes: options.shapes, now: clock.seconds)
    switch route {
    case .reissue(let number): return try reissue(number, request)
    case .certificates: return Exchange(try lists.certificates(request.query))
    case .paidCertificates: return Exchange(try lists.paidCertificates(request.query))
    case .orders: return Exchange(try lists.orders(request.query))
    case .order(let id): return Exchange(try lists.order(id))
    case .recentChanges: return Exchange(try lists.recentChanges(request.query))
    case .verificationInfo(let number):
      let certificate = try certificate(number)
      return Exchange(
        try Verification(certificate, query: request.query, shapes: options.shapes).answer)
    case .chain(let number): return Exchange(try chain(of: try certificate(number)))
    }
  }

  private func reissue(_ number: String, _ request: Request) throws(ServiceRefusal) -> Exchange {
    // What the real service does without this header is not documented; Spring refuses it so.
    guard request.header("content-type")?.lowercased().hasPrefix("application/json") == true else {
      return Exchange(.unsupportedMediaType(request, nowSeconds: clock.seconds))
    }
    let reissue = try account.reissue(
      number: number, body: request.body, rules: options.rules,
      atMilliseconds: clock.milliseconds)
    var exchange = Exchange(.service(message: "Certificate reissuance has been completed."))
    exchange.reissue = reissue
    return exchange
  }

  private func certificate(_ text: String) throws(ServiceRefusal) -> AccountCertificate {
    guard let certificate = account[try certificateNumber(text)], certificate.status != .deleted
    else { throw .noCertificate }
    return certificate
  }

  private func chain(of certificate: AccountCertificate) throws -> Answer {
    // What the service says of a certificate that is not issued is not documented.
    guard certificate.notBefore != nil else {
      throw ServiceRefusal("sandbox-not-issued", "The certificate is not issued yet.")
    }
    return .chain(try authority.chain(of: certificate), commonName: certificate.commonName)
  }

  /// What time alone brings about: certificates end, reissued ones are issued.
  func passTime() { account.passTime(untilMilliseconds: clock.milliseconds) }

  /// Back to how it started, the journal and the authority aside.
  func reset() {
    clock = SandboxClock(offsetSeconds: options.clockOffsetSeconds)
    faults = FaultList(options.faults)
    sow(seed)
  }

  /// Takes another account, as `POST /sandbox/seed` brings it.
  func sow(_ seed: Seed) {
    self.seed = seed
    account = seed.account(
      at: clock.seconds, issueAfterMilliseconds: options.issueAfterMilliseconds)
    authority.forgetChains()
  }

  /// The loop that owns everything here.
  var eventLoop: any EventLoop { files.eventLoop }

  /// For the header `Date`.
  var httpDate: String { TimeText.http(clock.seconds) }

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

  /// Spring's own answer to content that is not announced as JSON.
  static func unsupportedMediaType(_ request: Request, nowSeconds: Int) -> Answer {
    spring(415, "Unsupported Media Type", path: request.path, nowSeconds: nowSeconds)
  }

  /// The body that Spring Boot makes itself: its `error` is text, not an object.
  static func spring(_ status: Int, _ error: String, path: String, nowSeconds: Int) -> Answer {
    .json(
      [
        "timestamp": .string(TimeText.internet(nowSeconds)),
        "status": .integer(status), "error": .string(error), "path": .string(path),
      ], status: status)
  }
}
