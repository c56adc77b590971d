// The Advanced certificates of an account and their orders, read from any documented form of the lists.

package import Core
package import JSON
package import Parameters
package import Platform

/// A certificate in a list of the service.
package struct AccountCertificate: Hashable, Sendable {
  /// The number of the certificate (`certificateNo`).
  package let number: CertificateNumber
  /// The name that its owner gave it (`certificateName`); empty if the list has none.
  package let name: String
  /// The common name as the list has it; empty if the list has none.
  package let commonName: String
  /// The alternative names; `nil` if the text of the list has more than one possible meaning.
  package let alternativeNames: [DomainName]?
  /// The status code of the service; empty if the list has none.
  package let statusCode: String
  /// The type of the certificate in the words of the service; `nil` if the list has none.
  package let type: String?
  /// The start of its validity; the date of issue if the list has no start.
  package let notBefore: Timestamp?
  /// The date of issue; `nil` if the list has none.
  package let issuedAt: Timestamp?
  /// The end of its validity as the list has it, which may be missing or unreadable.
  package let end: ServiceTime

  /// The end of its validity; `nil` if it is missing or unreadable.
  package var notAfter: Timestamp? { end.moment }

  /// The length of its validity; `nil` if its start or its end is missing or unreadable.
  package var life: TimeSpan? {
    guard let notBefore, let notAfter, notBefore < notAfter else { return nil }
    return TimeSpan(seconds: notAfter.milliseconds(since: notBefore) / 1_000)
  }

  /// Whether it names an organization (`NCP_PAID_OV_01`).
  package var isOrganizationValidated: Bool { type?.contains("_OV_") ?? false }

  /// The condition that its status code stands for.
  package var condition: CertificateCondition { CertificateCondition(statusCode: statusCode) }

  /// Whether it is issued, and the service does not have its private key (status 2); `nil` if it is not in use.
  package var lacksKey: Bool? { condition == .issued ? statusCode == "2" : nil }

  /// The common name and all alternative names; `nil` if one of them cannot be read.
  package var names: Set<DomainName>? {
    guard let alternativeNames, let commonName = try? DomainName(commonName) else { return nil }
    return Set(alternativeNames + [commonName])
  }
}

extension AccountCertificate {
  /// Reads an entry of a list; `nil` without a usable number.
  init?(_ entry: JSONValue) {
    guard let value = entry["certificateNo"],
      let number = try? CertificateNumber(parameter: value)
    else { return nil }
    self.number = number
    name = entry["certificateName"]?.string ?? ""
    commonName = entry["commonName"]?.string ?? ""
    alternativeNames = Self.names(entry["dnsName"])
    statusCode = entry["statusCode"]?.code ?? ""
    type = entry["certificateType"]?.string ?? entry["certificateTypeCode"]?.string
    issuedAt = ServiceTime(entry["issueDate"]).moment
    notBefore = ServiceTime(entry["notBefore"]).moment ?? issuedAt
    end = ServiceTime(entry["notAfter"])
  }

  /// The names in `dnsName`: an array, or a text whose separator is not documented.
  ///
  /// - Returns: `nil` if the member is missing or a part is not a name, so that nothing can be compared.
  static func names(_ value: JSONValue?) -> [DomainName]? {
    let pieces: [String]
    switch value {
    case nil: return nil
    case .null: pieces = []
    case .array(let elements):
      guard elements.allSatisfy({ $0.string != nil }) else { return nil }
      pieces = elements.compactMap(\.string)
    case .string(let text):
      if let inner = try? JSONDecoder.decode(text), inner.array != nil { return names(inner) }
      pieces = text.split { ",;| \t\r\n".contains($0) }.map(String.init)
    default: return nil
    }
    var names: [DomainName] = []
    for piece in pieces {
      guard let name = try? DomainName(piece) else { return nil }
      names.append(name)
    }
    return names
  }
}

/// An order: a subscription with the certificates that were issued under it, one after the other.
package struct AccountOrder: Hashable, Sendable {
  /// The id of the order; `nil` if the list has none.
  package let id: String?
  /// The certificates of the order whose numbers can be read.
  package fileprivate(set) var certificates: [AccountCertificate] = []
  /// The conditions of entries whose number cannot be read. Nothing else is known about these certificates.
  package fileprivate(set) var unnumbered: Set<CertificateCondition> = []
  /// The end of the subscription; absent until the list of orders was read.
  package var end = ServiceTime.absent

  /// The end of the subscription; `nil` if it is missing or unreadable.
  package var endsAt: Timestamp? { end.moment }

  /// The certificate that may be reissued: the newest one in a normal state (product guide, reissue of
  /// certificates).
  package var representative: AccountCertificate? {
    certificates.filter { $0.condition == .issued }.max { left, right in
      (left.notBefore?.milliseconds ?? 0, left.number.order)
        < (right.notBefore?.milliseconds ?? 0, right.number.order)
    }
  }

  /// The first certificate of the order that is being validated or issued.
  package var inProgress: AccountCertificate? { certificates.first { $0.condition == .inProgress } }
}

extension AccountOrder {
  /// Reads the reply of GetOrder.
  package init(id: String, document: JSONValue) {
    let entries = document["certificates"]?.array ?? document["order"]?["certificates"]?.array
    self.init(id: id)
    (certificates, unnumbered) = Self.read(entries ?? [])
    end = ServiceTime(document["subscriptionEndDt"])
  }

  /// The order id of an entry of a list.
  package static func id(of entry: JSONValue) -> String? {
    entry["orderId"]?.code ?? entry["orderID"]?.code
  }

  /// The certificates of a list, and the conditions of entries without a usable number.
  fileprivate static func read(
    _ entries: [JSONValue]
  ) -> (certificates: [AccountCertificate], unnumbered: Set<CertificateCondition>) {
    var certificates: [AccountCertificate] = []
    var unnumbered: Set<CertificateCondition> = []
    for entry in entries {
      if let certificate = AccountCertificate(entry) {
        certificates.append(certificate)
      } else {
        unnumbered.insert(.init(statusCode: entry["statusCode"]?.code))
      }
    }
    return (certificates, unnumbered)
  }
}

extension CertificateNumber {
  /// A key to sort by: numbers grow, so that the greater number belongs to the newer certificate. Padded with zeros.
  package var order: String {
    String(repeating: "0", count: Self.maximumDigits - digits.count) + digits
  }
}

/// The orders that one query of the service returned.
package struct Account: Sendable {
  /// The orders, in the order of the lists.
  package private(set) var orders: [AccountOrder] = []
  /// When the query began.
  package let seenAt: Timestamp
  private var orderByNumber: [CertificateNumber: Int] = [:]
  private var orderById: [String: Int] = [:]

  init(seenAt: Timestamp) { self.seenAt = seenAt }

  /// The order that has a certificate with this number.
  package func order(of number: CertificateNumber) -> AccountOrder? {
    orderByNumber[number].map { orders[$0] }
  }

  /// The order with this id.
  package func order(id: String) -> AccountOrder? { orderById[id].map { orders[$0] } }

  /// The orders with a certificate, issued or in progress, that has these names.
  package func orders(certificateName: String, commonName: DomainName) -> [AccountOrder] {
    orders.filter { order in
      order.certificates.contains {
        $0.name == certificateName && (try? DomainName($0.commonName)) == commonName
          && ($0.condition == .issued || $0.condition == .inProgress)
      }
    }
  }

  /// The shortest life of a certificate that can be reissued. Those that end with their subscription do not count:
  /// their lives were cut.
  package var shortestLife: TimeSpan? {
    orders.compactMap { order in
      guard let certificate = order.representative, let end = certificate.notAfter else {
        return nil
      }
      return order.endsAt.map { end < $0 } ?? true ? certificate.life : nil
    }.min()
  }

  var certificateCount: Int { orderByNumber.count }

  /// Whether an entry of any order has no usable number: a certificate that is not found may still exist.
  package var hasUnnumbered: Bool { orders.contains { !$0.unnumbered.isEmpty } }

  /// How many entries of a page were new.
  struct News: Hashable, Sendable {
    /// New orders that have an id.
    var orders = 0
    /// New certificates.
    var certificates = 0
  }

  /// Adds a page of ListAdvancedCertificates.
  mutating func add(page: JSONValue) -> News {
    var news = News()
    for entry in page["orders"]?.array ?? [] {
      let (certificates, unnumbered) = AccountOrder.read(entry["certificates"]?.array ?? [])
      guard !certificates.isEmpty || !unnumbered.isEmpty else { continue }
      let id = AccountOrder.id(of: entry)
      let place = place(of: id, certificates)
      if place == orders.count {
        orders.append(AccountOrder(id: id))
        if id != nil { news.orders += 1 }
      }
      if let id { orderById[id] = place }
      orders[place].unnumbered.formUnion(unnumbered)
      for certificate in certificates where orderByNumber[certificate.number] == nil {
        orders[place].certificates.append(certificate)
        orderByNumber[certificate.number] = place
        news.certificates += 1
      }
    }
    return news
  }

  /// The index in `orders`, or `orders.count` for a new order. An order without id is found by its certificates.
  private func place(of id: String?, _ certificates: [AccountCertificate]) -> Int {
    let known =
      id.map { orderById[$0] } ?? certificates.lazy.compactMap { orderByNumber[$0.number] }.first
    return known ?? orders.count
  }

  /// Adds the ends of the subscriptions from ListOrders.
  mutating func add(subscriptions page: JSONValue) {
    for entry in page["orders"]?.array ?? [] {
      guard let id = AccountOrder.id(of: entry), let place = orderById[id] else { continue }
      orders[place].end = ServiceTime(entry["subscriptionEndDt"])
    }
  }
}
