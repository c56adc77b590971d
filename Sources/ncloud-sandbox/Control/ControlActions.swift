// What the control routes do.

internal import JSON

/// The members of a control request.
struct ControlBody {
  private let members: JSONObject

  init(_ bytes: [UInt8]) throws(SandboxError) {
    guard case .object(let members) = try decoded(bytes) else {
      throw SandboxError("the body must be a JSON object")
    }
    self.members = members
  }

  func integer(_ name: String) throws(SandboxError) -> Int? {
    guard let value = members[name] else { return nil }
    guard let number = value.integer, number.magnitude <= 1 << 40 else {
      throw SandboxError("\(name) must be an integer")
    }
    return number
  }

  func text(_ name: String) throws(SandboxError) -> String? {
    guard let value = members[name] else { return nil }
    guard let text = value.string else { throw SandboxError("\(name) must be text") }
    return text
  }

  func texts(_ name: String) throws(SandboxError) -> [String] {
    guard let texts = members[name]?.array?.compactMap(\.string), !texts.isEmpty else {
      throw SandboxError("\(name) must be an array of texts")
    }
    return texts
  }
}

/// A body of a control request as JSON.
func decoded(_ body: [UInt8]) throws(SandboxError) -> JSONValue {
  do throws(JSONError) {
    return try JSONDecoder.decode(body)
  } catch {
    throw SandboxError("the body is not JSON: \(error.description)")
  }
}

extension SandboxService {
  func setClock(_ body: ControlBody) throws(SandboxError) {
    guard let offset = try body.integer("offsetSeconds") else {
      throw SandboxError("offsetSeconds is missing")
    }
    clock.offsetSeconds = offset
    passTime()
  }

  /// Issues one certificate, or all that are in progress.
  func issue(_ body: ControlBody) throws(SandboxError) {
    let numbers: [Int]
    if let number = try body.integer("certificateNo") {
      guard account[number]?.status == .ongoing else {
        throw SandboxError("certificate \(number) is not in progress")
      }
      numbers = [number]
    } else {
      numbers = account.certificates.filter { $0.status == .ongoing }.map(\.number)
    }
    for number in numbers { account.issue(number, at: clock.seconds) }
  }

  /// Puts a certificate into a state, and its end so many days from now.
  func setStatus(_ body: ControlBody) throws(SandboxError) {
    guard let number = try body.integer("certificateNo"), var certificate = account[number] else {
      throw SandboxError("certificateNo names no certificate")
    }
    if let text = try body.text("statusCode") {
      guard let status = CertificateStatus(rawValue: text) else {
        throw SandboxError("statusCode '\(text)' is not known")
      }
      certificate.status = status
      certificate.changedAt = clock.seconds
      certificate.revokedAt = status == .revoked ? clock.seconds : certificate.revokedAt
    }
    if let days = try body.integer("daysLeft") {
      let end = SeedTime.daysAhead(days).seconds(at: clock.seconds)
      certificate.notAfter = end
      // The beginning stays, since it says which certificate of an order is the representative.
      let first = certificate.notBefore ?? clock.seconds
      certificate.notBefore = min(first, end - secondsPerDay)
    }
    account[number] = certificate
    authority.forgetChains()
  }

  /// A certificate for a TLS server in front of the sandbox, a right one or a wrong one.
  func serverCertificate(
    names: [String], days: Int
  ) throws(SandboxError) -> (chain: String, privateKey: String) {
    let end = SeedTime.daysAhead(days).seconds(at: clock.seconds)
    return try authority.server(
      names: names, validity: (end - AccountCertificate.maximumDays * secondsPerDay)...end)
  }

  func serverCertificate(_ body: ControlBody) throws(SandboxError) -> JSONValue {
    let made = try serverCertificate(
      names: try body.texts("names"),
      days: try body.integer("daysLeft") ?? Self.serverCertificateDays)
    return ["chain": .string(made.chain), "privateKey": .string(made.privateKey)]
  }

  private static let serverCertificateDays = 30

  /// Everything that a trial may want to look at.
  var state: JSONValue {
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
      "faults": .array(faults.faults.map(\.state)),
      "orders": .array(orders),
      "certificates": .array(account.certificates.map(lists.value)),
    ]
  }
}

extension Fault {
  /// What is left of it.
  fileprivate var state: JSONValue {
    [
      "kind": .string(kind.rawValue), "skip": .integer(skip),
      "remaining": remaining.map(JSONValue.integer) ?? .null,
    ]
  }
}
