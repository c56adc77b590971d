// The state of the service: what the account has.

/// All orders and certificates of the one account that the sandbox serves.
struct Account: Sendable {
  /// Orders in the order in which they were made.
  private(set) var orders: [Order] = []
  private var orderPositions: [String: Int] = [:]
  private var certificatesByNumber: [Int: AccountCertificate] = [:]
  /// The number that the next certificate gets.
  var nextNumber = 1
  /// When something happens next by itself, in milliseconds since 1970; nothing needs a look before.
  private var nextEvent = Int.max
  /// How long a reissued certificate stays in progress; `nil` waits for a control request.
  private let issueAfterMilliseconds: Int?

  /// The account's own number, as `memberNo`.
  static let memberNumber = "2500001"

  /// An account without anything.
  init(issueAfterMilliseconds: Int?) { self.issueAfterMilliseconds = issueAfterMilliseconds }

  /// Every certificate, by rising number.
  var certificates: [AccountCertificate] {
    certificatesByNumber.values.sorted { $0.number < $1.number }
  }

  /// The certificate of that number; setting one files it in its order too.
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

  /// The order of that id.
  func order(_ id: String?) -> Order? {
    id.flatMap { orderPositions[$0] }.map { orders[$0] }
  }

  /// Adds an order, or puts it in the place of the one with its id.
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

  /// What time alone brings about: certificates end, reissued ones are issued.
  mutating func passTime(untilMilliseconds now: Int) {
    guard now >= nextEvent else { return }
    for certificate in certificates where event(of: certificate) <= now {
      if certificate.status == .ongoing {
        issue(certificate.number, at: now / 1000)
      } else {
        var certificate = certificate
        certificate.status = .expired
        certificate.changedAt = certificate.notAfter ?? now / 1000
        self[certificate.number] = certificate
      }
    }
    nextEvent = certificatesByNumber.values.map(event).min() ?? Int.max
  }

  /// When something happens to a certificate by itself.
  private func event(of certificate: AccountCertificate) -> Int {
    if certificate.status == .ongoing, certificate.isReissued, let issueAfterMilliseconds {
      return certificate.requestedMilliseconds + issueAfterMilliseconds
    }
    guard certificate.status.isNormal, let end = certificate.notAfter else { return Int.max }
    return end * 1000
  }
}
