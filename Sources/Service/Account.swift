// The account's Advanced certificates and their orders, read from whatever form the lists have.

package import Core
package import JSON
package import Parameters
package import Platform

/// A certificate as the lists show it.
package struct AccountCertificate: Hashable, Sendable {
  package let number: CertificateNumber
  package let name: String
  package let commonName: String
  /// The further names; `nil` if the list's text cannot be read for sure.
  package let alternativeNames: [DomainName]?
  package let statusCode: String
  package let type: String?
  /// From when it is valid; the date of issue where the list does not say.
  package let notBefore: Timestamp?
  /// When it was issued, if the list says so.
  package let issuedAt: Timestamp?
  /// When it ends, as the list says it.
  package let end: ServiceTime

  /// When it ends, if that is sure.
  package var notAfter: Timestamp? { end.moment }

  /// Its condition at the service.
  package var condition: CertificateCondition { CertificateCondition(statusCode: statusCode) }

  /// All names, if they can be read for sure.
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
    statusCode = Self.text(entry["statusCode"]) ?? ""
    type = entry["certificateType"]?.string ?? entry["certificateTypeCode"]?.string
    issuedAt = ServiceTime(entry["issueDate"]).moment
    notBefore = ServiceTime(entry["notBefore"]).moment ?? issuedAt
    end = ServiceTime(entry["notAfter"])
  }

  /// Codes, ids and numbers are documented as texts in some lists, and as numbers in others.
  static func text(_ value: JSONValue?) -> String? {
    switch value {
    case .string(let text): text
    case .integer(let number): String(number)
    default: nil
    }
  }

  /// The names of `dnsName`: an array, or a text whose separator is undocumented.
  ///
  /// - Returns: `nil` when it is absent, or when any piece is no name: then nothing can be compared.
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

/// An order: a subscription, and the certificates issued under it one after the other.
package struct AccountOrder: Hashable, Sendable {
  /// The order's id; `nil` if the list does not say.
  package let id: String?
  package fileprivate(set) var certificates: [AccountCertificate] = []
  /// How entries stand whose number cannot be read: something is there of which nothing else is known.
  package fileprivate(set) var unnumbered: Set<CertificateCondition> = []
  /// When the subscription ends, once the list of orders was read.
  package var end = ServiceTime.absent

  init(id: String?) { self.id = id }

  /// When the subscription ends, if that is sure.
  package var endsAt: Timestamp? { end.moment }

  /// The certificate that may be reissued: the most recently issued one of those in a normal state
  /// (product guide, reissue of certificates).
  package var representative: AccountCertificate? {
    certificates.filter { $0.condition == .issued }.max { left, right in
      (left.notBefore?.milliseconds ?? 0, left.number.order)
        < (right.notBefore?.milliseconds ?? 0, right.number.order)
    }
  }

  /// What of the order is being validated or issued.
  package var inProgress: AccountCertificate? { certificates.first { $0.condition == .inProgress } }
}

extension AccountOrder {
  /// Reads the answer of GetOrder.
  package init(id: String, document: JSONValue) {
    let entries = document["certificates"]?.array ?? document["order"]?["certificates"]?.array
    self.init(id: id)
    (certificates, unnumbered) = Self.read(entries ?? [])
    end = ServiceTime(document["subscriptionEndDt"])
  }

  /// The id that an entry of a list names.
  package static func id(of entry: JSONValue) -> String? {
    AccountCertificate.text(entry["orderId"]) ?? AccountCertificate.text(entry["orderID"])
  }

  /// The certificates of a list, and how those stand that have no usable number.
  fileprivate static func read(
    _ entries: [JSONValue]
  ) -> (certificates: [AccountCertificate], unnumbered: Set<CertificateCondition>) {
    var certificates: [AccountCertificate] = []
    var unnumbered: Set<CertificateCondition> = []
    for entry in entries {
      if let certificate = AccountCertificate(entry) {
        certificates.append(certificate)
      } else {
        unnumbered.insert(.init(statusCode: AccountCertificate.text(entry["statusCode"])))
      }
    }
    return (certificates, unnumbered)
  }
}

extension CertificateNumber {
  /// Numbers grow: of two, the one with more digits, or the later in the alphabet, is newer.
  package var order: String {
    String(repeating: "0", count: Self.maximumDigits - digits.count) + digits
  }
}

/// What one look at the service showed.
package struct Account: Sendable {
  package private(set) var orders: [AccountOrder] = []
  /// When the look began.
  package let seenAt: Timestamp
  private var orderByNumber: [CertificateNumber: Int] = [:]
  private var orderById: [String: Int] = [:]

  init(seenAt: Timestamp) { self.seenAt = seenAt }

  /// The order that has a certificate of that number.
  package func order(of number: CertificateNumber) -> AccountOrder? {
    orderByNumber[number].map { orders[$0] }
  }

  /// The order of that id.
  package func order(id: String) -> AccountOrder? { orderById[id].map { orders[$0] } }

  /// The orders of which some certificate in use or on its way has these names.
  package func orders(certificateName: String, commonName: DomainName) -> [AccountOrder] {
    orders.filter { order in
      order.certificates.contains {
        $0.name == certificateName && (try? DomainName($0.commonName)) == commonName
          && ($0.condition == .issued || $0.condition == .inProgress)
      }
    }
  }

  var certificateCount: Int { orderByNumber.count }

  /// Whether an entry of any order had no usable number: what is not found may be there all the same.
  package var hasUnnumbered: Bool { orders.contains { !$0.unnumbered.isEmpty } }

  /// What a page brought that was not known yet.
  struct News: Hashable, Sendable {
    /// Orders that can be told from others.
    var orders = 0
    /// Certificates.
    var certificates = 0
  }

  /// Takes in a page of ListAdvancedCertificates.
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

  /// Where an order is, or will be; one without id is known by its certificates.
  private func place(of id: String?, _ certificates: [AccountCertificate]) -> Int {
    let known =
      id.map { orderById[$0] } ?? certificates.lazy.compactMap { orderByNumber[$0.number] }.first
    return known ?? orders.count
  }

  /// Takes in when the subscriptions end.
  mutating func add(subscriptions page: JSONValue) {
    for entry in page["orders"]?.array ?? [] {
      guard let id = AccountOrder.id(of: entry), let place = orderById[id] else { continue }
      orders[place].end = ServiceTime(entry["subscriptionEndDt"])
    }
  }
}
