internal import JSON

/// Routes below `/sandbox/` for people and tests; the service has nothing like them.
enum Control {
  static let prefix = "/sandbox/"

  /// One line for each route, for `--help`.
  static let summary = """
    GET  state                the account, the clock, the faults and how often they still strike
    GET  journal              the journal file as it is
    GET  ca                   the root certificate of the sandbox's authority, PEM
    POST seed                 another account; the body is a seed
    POST faults               {"kind":…,"count":…,…}, an array of such, or {"faults":[…]}: adds them
    DELETE faults             removes all faults
    POST clock                {"offsetSeconds":N}: how far the sandbox is ahead of the machine
    POST issue                {"certificateNo":N}: issues it; {}: everything in progress
    POST status               {"certificateNo":N,"statusCode":"-4","daysLeft":N}: changes one or both
    POST order                {"orderId":"…","daysLeft":N}: moves the end of a subscription
    POST keys                 {"accessKey":"…","secretKey":"…"}: only this pair is valid from now on
    POST server-certificate   {"names":[…],"daysLeft":N}: chain and key for a TLS server in front
    POST reset                back to the start: seed, clock, faults, keys
    """
}

extension SandboxService {
  /// Serves a control request; the journal has none of them.
  func control(_ request: Request) -> Answer {
    let name = String(request.path.dropFirst(Control.prefix.count))
    passTime()
    do throws(SandboxError) {
      switch (request.method, name) {
      case ("GET", "journal"):
        guard let journal else {
          return .json(
            ["error": "the sandbox was started without --journal"], status: 404, origin: nil)
        }
        return Answer(
          status: 200, origin: nil, contentType: "application/x-ndjson",
          body: try journal.contents())
      case ("GET", "ca"):
        return .text(authority.rootPEM, type: "application/x-pem-file", origin: nil)
      default:
        return .json(try controlValue(request.method, name, request.body), origin: nil)
      }
    } catch {
      return .json(["error": .string(error.description)], status: 400, origin: nil)
    }
  }

  private func controlValue(
    _ method: String, _ name: String, _ bytes: [UInt8]
  ) throws(SandboxError) -> JSONValue {
    func body() throws(SandboxError) -> MemberReader {
      try MemberReader(try JSONValue(sandbox: bytes, of: "the body"), at: "the body")
    }
    switch (method, name) {
    case ("GET", "state"): break
    case ("POST", "seed"): try sow(try Seed(bytes))
    case ("POST", "faults"):
      let value = try JSONValue(sandbox: bytes, of: "the body")
      let values = value.array ?? value["faults"]?.array ?? [value]
      faults += try values.map { value throws(SandboxError) in try Fault(value) }
    case ("DELETE", "faults"): faults = []
    case ("POST", "clock"):
      let body = try body()
      clock.offsetSeconds = try body.required("offsetSeconds", body.integer("offsetSeconds"))
      passTime()
    case ("POST", "issue"): try issue(try body())
    case ("POST", "status"): try setStatus(try body())
    case ("POST", "order"): try moveEnd(try body())
    case ("POST", "keys"):
      let body = try body()
      gateway = Gateway(
        accessKey: try body.required("accessKey", body.text("accessKey")),
        secretKey: try body.required("secretKey", body.text("secretKey")))
    case ("POST", "server-certificate"): return try serverCertificate(try body())
    case ("POST", "reset"): try reset()
    default: throw SandboxError("no control route \(method) \(Control.prefix)\(name)")
    }
    return state
  }

  /// Issues one certificate, or all that are in progress.
  private func issue(_ body: MemberReader) throws(SandboxError) {
    guard let number = try body.integer("certificateNo") else {
      for certificate in account.certificates {
        account.issue(certificate.number, at: clock.seconds)
      }
      return
    }
    guard account[number]?.status == .ongoing else {
      throw SandboxError("certificate \(number) is not in progress")
    }
    account.issue(number, at: clock.seconds)
  }

  /// Sets the status of a certificate, and its end to a number of days from now.
  private func setStatus(_ body: MemberReader) throws(SandboxError) {
    guard let number = try body.integer("certificateNo"), var certificate = account[number] else {
      throw SandboxError("certificateNo names no certificate")
    }
    if let status: CertificateStatus = try body.choice("statusCode") {
      certificate.status = status
      certificate.revokedAt = status == .revoked ? clock.seconds : certificate.revokedAt
    }
    if let days = try body.integer("daysLeft") {
      let end = daysAhead(days, of: clock.seconds)
      certificate.notAfter = end
      certificate.notBefore = beginning(of: certificate, endingAt: end)
    }
    account[number] = certificate
    authority.forgetChains()
  }

  /// The beginning of a certificate whose end is moved: its life keeps its length, but it stays behind the older
  /// certificates of its order, since the beginning decides which one is the representative.
  private func beginning(of certificate: AccountCertificate, endingAt end: Int) -> Int {
    let first = certificate.notBefore ?? clock.seconds
    let others = account.order(certificate.orderId).map { account.certificates(of: $0) } ?? []
    let older = others.filter { $0.number != certificate.number }.compactMap(\.notBefore)
      .filter { $0 < first }.max()
    let whole = end - options.certificateDays * secondsPerDay
    return min(first, max(whole, older.map { $0 + 1 } ?? whole), end - secondsPerDay)
  }

  /// Moves the end of an order, as when its subscription is extended.
  private func moveEnd(_ body: MemberReader) throws(SandboxError) {
    guard var order = account.order(try body.text("orderId")) else {
      throw SandboxError("orderId names no order")
    }
    let days = try body.required("daysLeft", body.integer("daysLeft"))
    order.subscriptionEnd = daysAhead(days, of: clock.seconds)
    account.update(order)
  }

  /// A certificate for a TLS server in front of the sandbox; names and end may be wrong on purpose.
  private func serverCertificate(_ body: MemberReader) throws(SandboxError) -> JSONValue {
    let names = try body.texts("names")
    guard !names.isEmpty else { throw SandboxError("names is missing") }
    let made = try authority.server(
      names: names, daysLeft: try body.integer("daysLeft") ?? Authority.serverDays,
      at: clock.seconds)
    return ["chain": .string(made.chain), "privateKey": .string(made.privateKey)]
  }

  /// Everything that a trial may want to look at.
  private var state: JSONValue {
    let lists = Lists(account: account, shapes: Shapes(), now: clock.seconds)
    let orders = account.orders.map { order -> JSONValue in
      let representative = account.representative(of: order)?.number
      return [
        "orderId": .string(order.id),
        "representative": representative.map(JSONValue.integer) ?? .null,
        "certificates": .array(order.certificateNumbers.map(JSONValue.integer)),
      ]
    }
    return [
      "offsetSeconds": .integer(clock.offsetSeconds),
      "now": .string(TimeText.internet(clock.seconds)),
      "requests": .integer(requestCount),
      "faults": .array(faults.map(\.state)),
      "orders": .array(orders),
      "certificates": .array(account.certificates.map(lists.value)),
    ]
  }
}
