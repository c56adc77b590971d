// The state of the service: what the account has.

/// All orders and certificates of the one account that the sandbox serves.
struct Account: Sendable {
  /// Orders in the order in which they were made.
  private(set) var orders: [Order] = []
  private var certificatesByNumber: [Int: Certificate] = [:]
  /// The number that the next certificate gets.
  var nextNumber = 1
  /// The account's own number, as `memberNo`.
  let memberNumber = "2500001"

  /// Every certificate, by rising number.
  var certificates: [Certificate] {
    certificatesByNumber.values.sorted { $0.number < $1.number }
  }

  /// The certificate of that number; setting one files it in its order too.
  subscript(number: Int) -> Certificate? {
    get { certificatesByNumber[number] }
    set {
      guard let certificate = newValue else { return }
      certificatesByNumber[number] = certificate
      nextNumber = max(nextNumber, number + 1)
      guard let position = orders.firstIndex(where: { $0.id == certificate.orderId }),
        !orders[position].certificateNumbers.contains(number)
      else { return }
      orders[position].certificateNumbers.append(number)
    }
  }

  /// The order of that id.
  func order(_ id: String?) -> Order? { orders.first { $0.id == id } }

  /// Adds an order, or puts it in the place of the one with its id.
  mutating func update(_ order: Order) {
    if let position = orders.firstIndex(where: { $0.id == order.id }) {
      orders[position] = order
    } else {
      orders.append(order)
    }
  }

  /// The certificates of an order, the oldest first.
  func certificates(of order: Order) -> [Certificate] {
    order.certificateNumbers.compactMap { certificatesByNumber[$0] }
  }

  /// The one that may be reissued: the most recently issued one in a normal state.
  ///
  /// Certificate Manager guide, "Renew certificate": once a representative exists, the original may
  /// not be reissued any more.
  func representative(of order: Order) -> Certificate? {
    certificates(of: order).filter(\.status.isNormal)
      .max { ($0.notBefore ?? 0, $0.number) < ($1.notBefore ?? 0, $1.number) }
  }

  /// What happens by itself: certificates end.
  mutating func expire(at seconds: Int) {
    for certificate in certificatesByNumber.values where certificate.status.isNormal {
      guard let end = certificate.notAfter, end <= seconds else { continue }
      certificatesByNumber[certificate.number]?.status = .expired
      certificatesByNumber[certificate.number]?.changedAt = end
    }
  }
}
