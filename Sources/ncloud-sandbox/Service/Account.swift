internal import Crypto

/// All orders and certificates of the one account that the sandbox serves.
struct Account: Sendable {
  /// Orders, the oldest first.
  private(set) var orders: [Order] = []
  private var orderPositions: [String: Int] = [:]
  private var certificatesByNumber: [Int: AccountCertificate] = [:]
  /// The number of the next certificate.
  var nextNumber = 1
  /// The time of the next change that needs no request, in milliseconds since 1970.
  private var nextEvent = Int.max
  /// How long a reissued certificate stays in progress; `nil` until a control request.
  private let issueAfterMilliseconds: Int?
  /// How long certificates are valid, in days.
  fileprivate let certificateDays: Int

  /// The account's own number, as `memberNo`.
  static let memberNumber = "2500001"

  /// An account without anything.
  init(issueAfterMilliseconds: Int?, certificateDays: Int) {
    self.issueAfterMilliseconds = issueAfterMilliseconds
    self.certificateDays = certificateDays
  }

  /// Every certificate, by rising number.
  var certificates: [AccountCertificate] {
    certificatesByNumber.values.sorted { $0.number < $1.number }
  }

  /// The certificate of that number; setting one adds it to its order too.
  subscript(number: Int) -> AccountCertificate? {
    get { certificatesByNumber[number] }
    set {
      guard let certificate = newValue else { return }
      let isNew = certificatesByNumber.updateValue(certificate, forKey: number) == nil
      nextNumber = max(nextNumber, number + 1)
      nextEvent = min(nextEvent, event(of: certificate))
      guard isNew, let id = certificate.orderId, let position = orderPositions[id] else { return }
      orders[position].certificateNumbers.append(number)
    }
  }

  func order(_ id: String?) -> Order? {
    id.flatMap { orderPositions[$0] }.map { orders[$0] }
  }

  /// Adds an order, or replaces the one with its id.
  mutating func update(_ order: Order) {
    if let position = orderPositions[order.id] {
      orders[position] = order
    } else {
      orderPositions[order.id] = orders.count
      orders.append(order)
    }
  }

  /// The certificates of an order, the oldest first.
  func certificates(of order: Order) -> [AccountCertificate] {
    order.certificateNumbers.compactMap { certificatesByNumber[$0] }
  }

  /// The one that may be reissued: the most recently issued one in a normal state.
  ///
  /// Certificate Manager guide, "Renew certificate": once a representative exists, the original may
  /// not be reissued any more.
  func representative(of order: Order) -> AccountCertificate? {
    certificates(of: order).filter(\.status.isNormal)
      .max { ($0.notBefore ?? 0, $0.number) < ($1.notBefore ?? 0, $1.number) }
  }

  /// Applies what happens without a request: certificates expire, reissued ones are issued.
  mutating func passTime(untilMilliseconds now: Int) {
    guard now >= nextEvent else { return }
    for certificate in certificates where event(of: certificate) <= now {
      if certificate.status == .ongoing {
        issue(certificate.number, at: now / 1000)
      } else {
        var certificate = certificate
        certificate.status = .expired
        self[certificate.number] = certificate
      }
    }
    nextEvent = certificatesByNumber.values.map(event).min() ?? Int.max
  }

  /// The time of a certificate's next change that needs no request, in milliseconds since 1970.
  private func event(of certificate: AccountCertificate) -> Int {
    if certificate.status == .ongoing, certificate.isReissued, let issueAfterMilliseconds {
      return certificate.requestedMilliseconds + issueAfterMilliseconds
    }
    guard certificate.status.isNormal, let end = certificate.notAfter else { return Int.max }
    return end * 1000
  }
}

extension Account {
  /// Issues a certificate that is in progress; does nothing for others.
  ///
  /// It is valid as long as authorities and the subscription allow (Certificate Manager guide, "Renew certificate").
  /// Older certificates of the order with names that the new one lacks are revoked: the guide says so for some
  /// reissues, but not when; that it happens at the issue is invented.
  mutating func issue(_ number: Int, at seconds: Int) {
    guard var certificate = self[number], certificate.status == .ongoing else { return }
    let longest = seconds + certificateDays * secondsPerDay
    certificate.status = .normalUnregisteredPrivateKey
    certificate.notBefore = seconds
    certificate.notAfter = longest
    if let order = startedOrder(of: certificate, at: seconds) {
      certificate.notAfter = min(longest, order.subscriptionEnd ?? longest)
      revokeOlder(of: order, than: certificate, at: seconds)
    }
    self[number] = certificate
  }

  /// Notes that the service has the private key; a second time changes nothing.
  mutating func registerKey(of number: Int) {
    guard var certificate = self[number], certificate.status == .normalUnregisteredPrivateKey else {
      return
    }
    certificate.status = .normal
    self[number] = certificate
  }

  /// The order; its subscription begins when the first certificate is issued.
  private mutating func startedOrder(of certificate: AccountCertificate, at seconds: Int) -> Order?
  {
    guard var order = order(certificate.orderId) else { return nil }
    if order.subscriptionEnd == nil {
      order.subscriptionStart = seconds
      order.subscriptionEnd = seconds + order.subscriptionYears * 365 * secondsPerDay
      update(order)
    }
    return order
  }

  private mutating func revokeOlder(
    of order: Order, than issued: AccountCertificate, at seconds: Int
  ) {
    for var older in certificates(of: order)
    where older.status.isNormal && !older.domains.isSubset(of: issued.domains) {
      older.status = .revoked
      older.revokedAt = seconds
      self[older.number] = older
    }
  }
}

/// A subscription: a sequence of certificates for the same names.
struct Order: Hashable, Sendable {
  let id: String
  var subscriptionStart: Int
  /// `nil` until the first certificate is issued.
  var subscriptionEnd: Int?
  /// Bought plus extended.
  var subscriptionYears: Int
  /// The numbers of its certificates, the oldest first.
  var certificateNumbers: [Int] = []

  /// The most years that a subscription can be extended to.
  static let maximumYears = 3

  /// Whole days until its end, negative after it; `nil` without an end.
  func remainingDays(at seconds: Int) -> Int? { wholeDays(from: seconds, to: subscriptionEnd) }

  /// The years by which it can still be extended; 0 after its end and without one.
  func extendableYears(at seconds: Int) -> Int {
    guard let end = subscriptionEnd, end > seconds else { return 0 }
    return max(0, Self.maximumYears - subscriptionYears)
  }
}

/// A certificate as Certificate Manager keeps it.
struct AccountCertificate: Hashable, Sendable {
  let number: Int
  var name: String
  var commonName: String
  /// The names of the SAN besides the common name.
  var dnsNames: [String]
  var status: CertificateStatus
  var type: CertificateType
  /// The order it belongs to; Cloud Basic and external ones have none.
  var orderId: String?
  /// Seconds since 1970; none before it is issued.
  var notBefore: Int?
  var notAfter: Int?
  /// When its request arrived, in milliseconds since 1970.
  var requestedMilliseconds: Int
  var revokedAt: Int?
  /// The key of the signing request of a reissue; seeded certificates have none.
  var publicKey: PublicKey?
  /// Domains that were validated before: they need no DNS record.
  var validatedDomains: Set<String> = []
  /// Domains whose records `--validate-dns` has found for this certificate.
  var provedDomains: Set<String> = []

  /// The common name and the SAN, as one set.
  var domains: Set<String> { Set(dnsNames).union([commonName]) }

  /// The common name first, then the SAN in their order.
  var domainsInOrder: [String] { [commonName] + dnsNames.filter { $0 != commonName } }

  /// Whether it comes from a reissue: then the sandbox issues it later.
  var isReissued: Bool { publicKey != nil }

  /// Whole days until the end, rounded down; `nil` without an end.
  func daysLeft(at seconds: Int) -> Int? { wholeDays(from: seconds, to: notAfter) }
}

/// Whole days between two times, rounded down; `nil` without an end.
func wholeDays(from seconds: Int, to end: Int?) -> Int? {
  end.map { Int((Double($0 - seconds) / Double(secondsPerDay)).rounded(.down)) }
}

/// Kinds of certificate, with the codes of the request that makes them.
enum CertificateType: String, Hashable, Sendable, CaseIterable {
  case advancedDomain = "NCP_PAID_DV_01"
  case advancedOrganization = "NCP_PAID_OV_01"
  /// The documents give no code for these; invented.
  case cloudBasic = "SANDBOX_CLOUD_BASIC"
  case external = "SANDBOX_EXTERNAL"

  /// Whether a certificate of this kind may be reissued.
  var isAdvanced: Bool { self == .advancedDomain || self == .advancedOrganization }
}

/// `statusCode` of the certificate lists; the API sends it as text.
enum CertificateStatus: String, Hashable, Sendable, CaseIterable {
  case ongoing = "0"
  case normal = "1"
  case normalUnregisteredPrivateKey = "2"
  case normalGlobalEdgeDedicated = "3"
  case failed = "-1"
  case expired = "-2"
  case validationFailed = "-3"
  case validationExpired = "-4"
  case revoked = "-5"
  case deleted = "-6"
  case revocationRequested = "-7"
  case failedLint = "-11"
  case failedTransparency = "-12"
  /// Its text is cut off in every copy of the documents.
  case failedOther = "-20"

  /// Issued and valid.
  var isNormal: Bool {
    switch self {
    case .normal, .normalUnregisteredPrivateKey, .normalGlobalEdgeDedicated: true
    default: false
    }
  }

  /// `VALID_STATUS_…` of a domain whose certificate has this status.
  var validationCode: String {
    switch self {
    case .ongoing: "VALID_STATUS_REG"
    case .validationFailed, .validationExpired, .failed: "VALID_STATUS_TIMEOUT"
    default: "VALID_STATUS_SUCCESS"
    }
  }
}
