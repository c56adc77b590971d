internal import Crypto
internal import JSON

/// Answers the operations that read.
struct Lists {
  let account: Account
  let shapes: Shapes
  /// Seconds since 1970.
  let now: Int

  /// ListAdvancedCertificates: by order. `totalCount` is undocumented: here it counts orders.
  func paidCertificates(_ query: [String: String]) throws(ServiceRefusal) -> Answer {
    let found = account.orders.filter { order in
      order.certificateNumbers.contains { number in
        account[number].map { $0.type.isAdvanced && isListed($0, query) } == true
      }
    }
    let page = try page(of: found, query, defaultSize: shapes.defaultPageSize)
    let orders = page.map { order in
      let certificates = account.certificates(of: order).filter { isListed($0, query) }
      return JSONValue.object(
        JSONObject([
          (shapes.orderIdName, .string(order.id)),
          ("certificates", .array(certificates.map { value($0) })),
        ]))
    }
    return .service([("totalCount", .integer(found.count)), ("orders", .array(orders))])
  }

  /// ListOrders: a page size of 0, the default, is no limit.
  func orders(_ query: [String: String]) throws(ServiceRefusal) -> Answer {
    let page = try page(of: account.orders, query, defaultSize: 0)
    return .service([
      ("totalRows", .integer(account.orders.count)),
      ("orders", .array(page.map { .object(JSONObject(members(of: $0))) })),
    ])
  }

  /// GetOrder.
  func order(_ id: String) throws(ServiceRefusal) -> Answer {
    guard let order = account.order(id) else {
      throw ServiceRefusal("sandbox-no-order", "No order exists.")
    }
    let certificates = account.certificates(of: order)
    return .service(
      members(of: order) + [
        ("totalCount", .integer(certificates.count)),
        ("certificates", .array(certificates.map { value($0) })),
      ])
  }

  /// The only documented filter is the name; whether parts of it match is not documented.
  private func isListed(_ certificate: AccountCertificate, _ query: [String: String]) -> Bool {
    guard certificate.status != .deleted else { return false }
    guard let name = query["certificateName"], !name.isEmpty else { return true }
    return certificate.name == name
  }

  private func page<Element>(
    of elements: [Element], _ query: [String: String], defaultSize: Int
  ) throws(ServiceRefusal) -> [Element] {
    let page = try Self.number("page", query, from: 1) ?? 1
    let wanted = try Self.number("pageSize", query, from: 0) ?? defaultSize
    guard wanted > 0 else { return page == 1 ? elements : [] }
    let size = min(wanted, shapes.maximumPageSize)
    let (start, overflow) = (page - 1).multipliedReportingOverflow(by: size)
    return overflow || start >= elements.count ? [] : Array(elements[start...].prefix(size))
  }

  private static func number(
    _ name: String, _ query: [String: String], from lowest: Int
  ) throws(ServiceRefusal) -> Int? {
    guard let text = query[name] else { return nil }
    guard let number = Int(text), number >= lowest else {
      throw .invalid("\(name) must be a number, \(lowest) or more")
    }
    return number
  }

  /// The documented members; those of 2026-09-17 have no documented JSON types but for `orderId`.
  func value(_ certificate: AccountCertificate) -> JSONValue {
    .object(
      JSONObject([
        ("certificateNo", shapes.number(certificate.number)),
        ("certificateName", .string(certificate.name)),
        ("memberNo", .string(Account.memberNumber)),
        ("commonName", .string(certificate.commonName)),
        ("dnsName", .string(certificate.dnsNames.joined(separator: shapes.nameSeparator))),
        ("statusCode", .string(certificate.status.rawValue)),
        (shapes.typeName, .string(certificate.type.rawValue)),
        ("certPublicKeyInfo", .string(certificate.publicKey?.description ?? "P-256")),
        ("issuer", certificate.notBefore == nil ? .null : "CN=ncloud-sandbox intermediate"),
        ("serialNumber", .string(String(certificate.number, radix: 16))),
        ("signatureAlgorithm", "SHA256withECDSA"),
        ("issueDate", shapes.date(certificate.notBefore)),
        ("notBefore", shapes.date(certificate.notBefore)),
        ("notAfter", shapes.date(certificate.notAfter)),
        ("revokeDate", shapes.date(certificate.revokedAt)),
        ("usedInstanceNoList", .array([])),
        (shapes.orderIdName, certificate.orderId.map(JSONValue.string) ?? .null),
      ]))
  }

  /// ListDcvStatuses: one entry in the DNS list, none in the e-mail list.
  func verification(
    of certificate: AccountCertificate, _ query: [String: String]
  ) throws(ServiceRefusal) -> Answer {
    guard let domain = query["domainAddress"], !domain.isEmpty else {
      throw ServiceRefusal("2101", "domainAddress is required")
    }
    guard let verification = Verification(certificate, domain, shapes) else {
      throw ServiceRefusal("sandbox-no-domain", "The certificate has no domain \(domain).")
    }
    return .service([
      ("totalRows", 1), ("dnsVerificationCount", 1),
      ("dnsVerificationList", .array([verification.entry])), ("emailVerificationCount", 0),
      ("emailVerificationList", .array([])),
    ])
  }

  /// GetCertificateChain: leaf, intermediate and root. Every line of the three texts ends in CR LF, as in the
  /// document's example.
  func chain(_ chain: [Crypto.Certificate], commonName: String) -> Answer {
    let texts = chain.map { $0.pem.split(separator: "\n").joined(separator: "\r\n") + "\r\n" }
    let names = ["certificate", "subCaCertificate", "rootCaCertificate"]
    return .service(
      [("totalRows", 0), ("subjectCommonName", .string(commonName))]
        + zip(names, texts).map { ($0, JSONValue.string($1)) })
  }

  private func members(of order: Order) -> [(String, JSONValue)] {
    let end = order.subscriptionEnd.map { TimeText.documented($0) }
    return [
      ("orderId", .string(order.id)),
      (
        "subscriptionStartDt",
        .string(TimeText.documented(order.subscriptionStart))
      ),
      ("subscriptionEndDt", end.map(JSONValue.string) ?? .null),
      ("subscriptionYears", .integer(order.subscriptionYears)),
      ("remainingDays", order.remainingDays(at: now).map(JSONValue.integer) ?? .null),
      ("extendableYears", .integer(order.extendableYears(at: now))),
    ]
  }
}

/// The DNS record that validates one domain of one certificate.
struct Verification {
  private let certificate: AccountCertificate
  private let domain: String
  private let shapes: Shapes

  /// The record of one domain; `nil` if the certificate does not have it.
  init?(_ certificate: AccountCertificate, _ domain: String, _ shapes: Shapes) {
    guard certificate.domains.contains(domain.lowercased()) else { return nil }
    self.certificate = certificate
    self.domain = domain.lowercased()
    self.shapes = shapes
  }

  /// `recordType` and the value's member are invented, the rest is documented by name.
  var entry: JSONValue {
    .object(
      JSONObject([
        ("validSn", shapes.number(certificate.number * 10 + position)),
        ("requestSn", .string("REQ-\(certificate.number)")),
        ("domainAddress", .string(domain)),
        ("validStatusCode", .string(state)),
        ("recordType", .string(shapes.recordType.rawValue)),
        ("txtName", .string(recordName)),
        ("txtId", .string(String(token.suffix(8)))),
        (shapes.recordValueName, .string(recordValue)),
      ]))
  }

  /// The record as name servers return it.
  var record: DomainRecord {
    let value =
      shapes.recordType == .alias ? String(recordValue.dropLast()).lowercased() : recordValue
    let name = recordName.hasSuffix(".") ? String(recordName.dropLast()) : recordName
    return DomainRecord(name: name, type: shapes.recordType, value: value)
  }

  private var state: String {
    certificate.validatedDomains.contains(domain) || certificate.provedDomains.contains(domain)
      ? "VALID_STATUS_SUCCESS" : certificate.status.validationCode
  }

  private var position: Int { certificate.domainsInOrder.firstIndex(of: domain) ?? 0 }

  /// A wildcard is validated by the name after `*.`.
  private var base: String { domain.hasPrefix("*.") ? String(domain.dropFirst(2)) : domain }

  /// A text that looks random, and is the same in every answer about this domain of this certificate.
  private var token: String { SHA256.hex(Array("\(certificate.number) \(domain)".utf8)) }

  /// As in the guide: a random name for an alias, a fixed one for a text.
  private var recordName: String {
    switch shapes.recordType {
    case .text: "_dnsauth.\(base)"
    case .alias: "_\(token.prefix(32)).\(base)."
    }
  }

  private var recordValue: String {
    switch shapes.recordType {
    case .text: "_\(token.prefix(32))"
    case .alias: "_\(token.suffix(32)).cm.naverncp.com."
    }
  }
}

/// The kind of DNS record that validates a domain.
enum RecordType: String, Hashable, Sendable, CaseIterable {
  case text = "TXT"
  case alias = "CNAME"
}

/// How a point of time is written.
///
/// Only the orders' `yyyy-MM-dd HH:mm:ss` is documented.
enum DateForm: String, Hashable, Sendable, CaseIterable {
  case text
  case internet = "iso"
  case milliseconds
}

/// The version of the documents that answers follow.
enum Generation: String, Hashable, Sendable, CaseIterable {
  /// Since 2026-09-17.
  case newest
  /// Before: `orderID`, `certificateTypeCode`, numbers as text.
  case older
}

/// The form of answers where the documents leave it open or have changed.
struct Shapes: Sendable {
  /// The reissue page says CNAME, every page around it TXT.
  var recordType = RecordType.text
  /// The member with the record's value; its name is cut off in every copy, so this one is invented.
  var recordValueName = "txtValue"
  var generation = Generation.newest
  var dateForm = DateForm.text
  /// Between the names of `dnsName` in the lists, which is one text; undocumented.
  var nameSeparator = ","
  /// The page size without `pageSize`; invented, small, so that clients need several pages.
  var defaultPageSize = 10
  /// The largest page; invented.
  var maximumPageSize = 100

  /// A point of time in seconds since 1970 (UTC; the documents name no time zone).
  func date(_ seconds: Int?) -> JSONValue {
    guard let seconds else { return .null }
    return switch dateForm {
    case .text: .string(TimeText.documented(seconds))
    case .internet: .string(TimeText.internet(seconds))
    case .milliseconds: .integer(seconds * 1000)
    }
  }

  /// A number whose JSON type changed between the documents.
  func number(_ number: Int) -> JSONValue {
    generation == .newest ? .integer(number) : .string(String(number))
  }

  /// The name of the member with an order's id in the list of certificates.
  var orderIdName: String { generation == .newest ? "orderId" : "orderID" }

  /// The name of the member with a certificate's type.
  var typeName: String { generation == .newest ? "certificateType" : "certificateTypeCode" }
}
