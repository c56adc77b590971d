internal import Crypto
internal import JSON

/// The stand-in service with all its state: a request passes the gateway, a fault, the service and the journal.
///
/// Only one event loop uses it.
final class SandboxService {
  let options: Options
  var account: Account
  var faults: [Fault]
  var clock: SandboxClock
  let authority: Authority
  /// The seed of `POST /sandbox/reset`.
  private var seed: Seed
  let journal: Journal?
  var gateway: Gateway
  /// The records that name servers are being asked for.
  var openQueries: Set<DomainRecord> = []
  private(set) var requestCount = 0
  private var connectionCount = 0
  private var random = SystemRandomNumberGenerator()

  init(options: Options, seed: Seed) throws(SandboxError) {
    self.options = options
    self.seed = seed
    journal = try options.journalPath.map { path throws(SandboxError) in try Journal(path: path) }
    authority = try Authority(
      at: SandboxClock.machineMilliseconds / 1000, certificateDays: options.certificateDays)
    clock = SandboxClock(offsetSeconds: options.clockOffsetSeconds)
    account = try seed.account(
      at: clock.seconds, issueAfter: options.issueTimerMilliseconds,
      certificateDays: options.certificateDays)
    faults = options.faults
    gateway = Gateway(options)
  }

  /// Decides about a request and records it.
  func respond(to request: Request) throws(SandboxError) -> Response {
    if request.path.hasPrefix(Control.prefix) {
      return Response(exchange: Exchange(control(request)), date: httpDate, traceId: "")
    }
    let request = numbered(request)
    let response = Response(
      exchange: exchange(for: request), date: httpDate, traceId: newTraceId())
    try journal?.append(request.journalEntry(response.exchange, traceId: response.traceId))
    return response
  }

  /// The number of a new connection, from 1.
  func countConnection() -> Int {
    connectionCount += 1
    return connectionCount
  }

  /// Records a request that the client did not complete.
  func recordBroken(_ request: Request) {
    var request = numbered(request)
    request.receivedMilliseconds = SandboxClock.machineMilliseconds
    do throws(SandboxError) {
      try journal?.append(request.journalEntry(nil, traceId: nil))
    } catch {
      Console.note("error: the journal cannot be written: \(error)")
    }
  }

  private func numbered(_ request: Request) -> Request {
    var request = request
    requestCount += 1
    request.sequence = requestCount
    return request
  }

  /// Writes the files of `--ca-directory`.
  func writeTrustFiles(to path: String) throws(SandboxError) {
    try authority.writeTrustFiles(to: path, at: clock.seconds)
  }

  private func exchange(for request: Request) -> Exchange {
    switch gateway.check(request, nowMilliseconds: clock.milliseconds) {
    case .failure(let refusal): return Exchange(refusal.answer)
    case .success(let route):
      passTime()
      // Only requests that pass the gateway reach a fault, so that a fault cannot hide a wrong signature.
      let fault = faults.first(striking: request, route)
      var exchange =
        fault.map(\.carriesOut) == false ? Exchange(.nothing) : perform(route, request)
      exchange.delayMilliseconds += options.delayMilliseconds
      fault?.apply(to: &exchange, nowSeconds: clock.seconds)
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
    // The documents do not say what the service does without this header; Spring answers like this.
    guard request.method == "GET" || request.isJSON else {
      return Exchange(
        .spring(415, "Unsupported Media Type", path: request.path, nowSeconds: clock.seconds))
    }
    let lists = Lists(account: account, shapes: options.shapes, now: clock.seconds)
    switch route {
    case .reissue(let number): return try reissue(number, request)
    case .registerPrivateKey: return try registerPrivateKey(request)
    case .paidCertificates: return Exchange(try lists.paidCertificates(request.query))
    case .orders: return Exchange(try lists.orders(request.query))
    case .order(let id): return Exchange(try lists.order(id))
    case .verificationInfo(let number):
      return Exchange(try lists.verification(of: try certificate(number), request.query))
    case .chain(let number):
      let certificate = try certificate(number)
      // The documents do not say what the service answers before the issue.
      guard certificate.notBefore != nil else {
        throw ServiceRefusal("sandbox-not-issued", "The certificate is not issued yet.")
      }
      return Exchange(
        lists.chain(
          try authority.chain(of: certificate), commonName: certificate.commonName))
    }
  }

  private func reissue(_ number: String, _ request: Request) throws(ServiceRefusal) -> Exchange {
    let reissue = try account.reissue(
      number: number, body: request.body, rules: options.rules,
      atMilliseconds: clock.milliseconds)
    var exchange = Exchange(.service(message: "Certificate reissuance has been completed."))
    exchange.reissue = reissue
    return exchange
  }

  private func registerPrivateKey(_ request: Request) throws -> Exchange {
    let registration = try KeyRegistration(body: request.body)
    let certificate = try certificate(registration.certificateNo)
    guard certificate.status.isNormal else {
      throw ServiceRefusal("sandbox-not-issued", "The certificate is not issued.")
    }
    let leaf = try authority.chain(of: certificate).first
    try registration.checkKey(of: leaf?.publicKey)
    account.registerKey(of: certificate.number)
    return Exchange(.service(message: "Private key has been registered."))
  }

  private func certificate(_ text: String) throws(ServiceRefusal) -> AccountCertificate {
    guard let certificate = account[try certificateNumber(text)], certificate.status != .deleted
    else { throw .noCertificate }
    return certificate
  }

  /// Applies what happens without a request: certificates expire, reissued ones are issued.
  func passTime() { account.passTime(untilMilliseconds: clock.milliseconds) }

  /// Goes back to the start; journal and authority stay.
  func reset() throws(SandboxError) {
    clock = SandboxClock(offsetSeconds: options.clockOffsetSeconds)
    faults = options.faults
    gateway = Gateway(options)
    try sow(seed)
  }

  /// Replaces the account, for `POST /sandbox/seed`.
  func sow(_ seed: Seed) throws(SandboxError) {
    account = try seed.account(
      at: clock.seconds, issueAfter: options.issueTimerMilliseconds,
      certificateDays: options.certificateDays)
    self.seed = seed
    authority.forgetChains()
  }

  /// For the header `Date`.
  var httpDate: String { TimeText.http(clock.seconds) }

  /// A new `x-ncp-trace-id`; its form is invented.
  func newTraceId() -> String {
    let digits = String(random.next() as UInt64, radix: 16)
    return "sandbox-" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

extension Answer {
  /// The answer of a request that is not carried out; the fault replaces it.
  static let nothing = Answer(status: 200, origin: .endpoint)

  /// The answer to keys of a sub account for every operation of API 2.0: 403 and an empty body from the endpoint
  /// (observed by others; the documents say that such keys work).
  static let subAccount = Answer(status: 403, origin: .endpoint)

  /// The body of Spring Boot itself: its `error` is text, not an object.
  static func spring(_ status: Int, _ error: String, path: String, nowSeconds: Int) -> Answer {
    .json(
      [
        "timestamp": .string(TimeText.internet(nowSeconds)),
        "status": .integer(status), "error": .string(error), "path": .string(path),
      ], status: status)
  }
}
