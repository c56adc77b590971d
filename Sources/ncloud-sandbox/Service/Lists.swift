// The lists of certificates and orders, page by page.

internal import Crypto
internal import JSON

/// Answers the operations that read, with the shapes wanted.
struct Lists {
  let account: Account
  let shapes: Shapes
  /// Seconds since 1970.
  let now: Int

  /// ListCertificates: every certificate of the account.
  func certificates(_ query: [String: String]) throws(ServiceRefusal) -> Answer {
    let found = account.certificates.filter { isListed($0, query) }
    let page = try page(of: found, query, defaultSize: shapes.defaultPageSize)
    return .service([
      ("totalCount", .integer(found.count)),
      ("sslCertificateList", .array(page.map { value($0) })),
    ])
  }

  /// ListAdvancedCertificates: by order.
  ///
  /// What `totalCount` counts is undocumented: here, orders.
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

  /// ListOrders: a page size of 0, which is the default, means all.
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
