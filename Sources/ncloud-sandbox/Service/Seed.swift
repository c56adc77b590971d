internal import JSON

/// A seed file: the orders and certificates of the account at the start. Times may be relative, so that a file stays
/// useful.
struct Seed: Sendable {
  private var orders: [SeedOrder] = []
  private var looseCertificates: [SeedCertificate] = []
  private var nextNumber = 1

  /// Reads a seed; members whose name begins with `$` or `//` are comments.
  init(_ bytes: [UInt8]) throws(SandboxError) {
    let reader = try MemberReader(
      try JSONValue(sandbox: bytes, of: "the seed"), at: "seed",
      known: ["nextCertificateNo", "orders", "certificates"])
    for element in try reader.elements("orders") {
      orders.append(try SeedOrder(element.value, at: element.place))
    }
    for element in try reader.elements("certificates") {
      looseCertificates.append(try SeedCertificate(element.value, at: element.place))
    }
    let numbers = (orders.flatMap(\.certificates) + looseCertificates).map(\.number)
    guard Set(numbers).count == numbers.count else {
      throw SandboxError("seed: a certificate number occurs twice")
    }
    guard Set(orders.map(\.id)).count == orders.count else {
      throw SandboxError("seed: an order id occurs twice")
    }
    nextNumber = try reader.integer("nextCertificateNo", upTo: .max) ?? (numbers.max() ?? 0) + 1
    guard nextNumber > numbers.max() ?? 0, nextNumber < Int.max / 2 else {
      throw SandboxError("seed: nextCertificateNo must be above every certificate number")
    }
  }

  /// The account at the moment when the seed is used.
  func account(at seconds: Int, options: Options) -> Account {
    let days = options.certificateDays
    var account = Account(
      issueAfterMilliseconds: options.issueTimerMilliseconds, certificateDays: days)
    for order in orders {
      account.update(order.order(at: seconds))
      for certificate in order.certificates {
        account[certificate.number] = certificate.certificate(
          in: order.id, at: seconds, days: days)
      }
    }
    for certificate in looseCertificates {
      account[certificate.number] = certificate.certificate(
        in: nil, at: seconds, days: days)
    }
    account.nextNumber = nextNumber
    return account
  }
}

/// An order of a seed.
struct SeedOrder: Sendable {
  let id: String
  let certificates: [SeedCertificate]
  private let years: Int
  private let start: SeedTime?
  private let end: SeedTime?

  init(_ value: JSONValue, at place: String) throws(SandboxError) {
    let reader = try MemberReader(
      value, at: place,
      known: [
        "orderId", "subscriptionYears", "subscriptionStart", "subscriptionEnd",
        "subscriptionDaysLeft", "certificates",
      ])
    id = try reader.required("orderId", reader.text("orderId"))
    years = try reader.integer("subscriptionYears") ?? 1
    start = try reader.time("subscriptionStart")
    end = try reader.time("subscriptionEnd", daysAhead: "subscriptionDaysLeft")
    var certificates: [SeedCertificate] = []
    for element in try reader.elements("certificates") {
      certificates.append(try SeedCertificate(element.value, at: element.place))
    }
    self.certificates = certificates
  }

  func order(at seconds: Int) -> Order {
    let end = end?.seconds(at: seconds)
    return Order(
      id: id,
      subscriptionStart: start?.seconds(at: seconds)
        ?? (end ?? seconds) - years * 365 * secondsPerDay,
      subscriptionEnd: end, subscriptionYears: years)
  }
}

/// A certificate of a seed.
struct SeedCertificate: Sendable {
  let number: Int
  private let name: String
  private let commonName: String
  private let dnsNames: [String]
  private let status: CertificateStatus
  private let type: CertificateType
  private let notBefore: SeedTime?
  private let notAfter: SeedTime?
  private let validatedDomains: [String]

  init(_ value: JSONValue, at place: String) throws(SandboxError) {
    let reader = try MemberReader(
      value, at: place,
      known: [
        "certificateNo", "certificateName", "commonName", "dnsName", "statusCode",
        "certificateType", "notBefore", "notAfter", "daysLeft", "validatedDomains",
      ])
    number = try reader.required("certificateNo", reader.integer("certificateNo", upTo: .max))
    guard number > 0, number < Int.max / 2 else {
      throw SandboxError("\(place): certificateNo must be positive")
    }
    name = try reader.required("certificateName", reader.text("certificateName"))
    commonName = try reader.required("commonName", reader.text("commonName"))
    dnsNames = try reader.texts("dnsName")
    status = try reader.choice("statusCode") ?? .normal
    type = try reader.choice("certificateType") ?? .advancedDomain
    notBefore = try reader.time("notBefore")
    notAfter = try reader.time("notAfter", daysAhead: "daysLeft")
    validatedDomains = try reader.texts("validatedDomains")
    guard notAfter != nil || !status.isNormal else {
      throw SandboxError("\(place): a certificate in a normal state needs daysLeft or notAfter")
    }
  }

  /// Without `notBefore` its validity began `days` before its end, and not after now.
  func certificate(in orderId: String?, at seconds: Int, days: Int) -> AccountCertificate {
    let end = notAfter?.seconds(at: seconds)
    let start =
      notBefore?.seconds(at: seconds)
      ?? end.map { min($0 - days * secondsPerDay, seconds) }
    return AccountCertificate(
      number: number, name: name, commonName: commonName, dnsNames: dnsNames, status: status,
      type: type, orderId: orderId, notBefore: start, notAfter: end,
      requestedMilliseconds: (start ?? seconds) * 1000,
      validatedDomains: Set(validatedDomains))
  }
}

/// A time that is fixed, or a number of days after the seed is used.
enum SeedTime: Hashable, Sendable {
  case fixed(Int)
  case daysAhead(Int)

  /// Half a day is added to days, so that "12 days left" stays true for half a day.
  func seconds(at now: Int) -> Int {
    switch self {
    case .fixed(let seconds): seconds
    case .daysAhead(let days): now + days * secondsPerDay + secondsPerDay / 2
    }
  }
}
