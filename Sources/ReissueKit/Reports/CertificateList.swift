// What `certificates` shows: the Advanced certificates of the account, for people, programs and templates.

package import Core
package import JSON
internal import Parameters
internal import Platform
internal import Service

/// The Advanced certificates of the account.
package struct CertificateList: Sendable {
  private static let version = 1

  private let account: Account
  private let now: Timestamp

  init(_ account: Account, now: Timestamp) {
    self.account = account
    self.now = now
  }

  /// Reads all pages of certificates and the end dates of their orders from the service.
  ///
  /// - Throws: ``ReissueError``: why the look-up failed.
  package static func load(
    _ settings: Settings, _ context: Context, _ log: Log
  ) throws(ReissueError) -> CertificateList {
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    var client = try ServiceClient(
      ServiceConfiguration(settings, credentials, context, log), context: context, log: log)
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    return CertificateList(try client.lookAround(deadline: deadline), now: context.now())
  }

  /// Every certificate with its order, sorted by order and number.
  private var rows: [(order: AccountOrder, certificate: AccountCertificate)] {
    account.orders.flatMap { order in
      order.certificates.sorted { $0.number.order < $1.number.order }.map { (order, $0) }
    }
  }

  /// A line for each certificate; `*` marks the certificate of each order that may be reissued.
  package var text: String {
    var table = TextTable(
      ["", "NUMBER", "NAME", "COMMON NAME", "STATE", "DAYS LEFT", "ORDER", "ORDER ENDS"],
      rightAligned: [1, 5])
    for (order, certificate) in rows {
      table.add([
        order.representative == certificate ? "*" : " ", certificate.number.digits,
        certificate.name, certificate.commonName, certificate.stateText,
        certificate.daysLeft(at: now).map(String.init) ?? "", order.id ?? "",
        order.endsAt.map { String($0.rfc3339Seconds.prefix(10)) } ?? "",
      ])
    }
    return table.text
  }

  /// The document. Within version 1, members may be added, but none is removed or changed.
  package var json: JSONValue {
    let certificates = rows.map { order, certificate in
      JSONValue.object(
        JSONObject.present([
          ("certificateNo", .string(certificate.number.digits)),
          ("certificateName", .string(certificate.name)),
          ("commonName", .string(certificate.commonName)),
          ("dnsName", certificate.alternativeNames.map { .array($0.map { .string($0.ascii) }) }),
          ("state", .string(certificate.stateText)),
          ("statusCode", .string(certificate.statusCode)),
          ("type", certificate.type.map(JSONValue.string)),
          ("notBefore", certificate.notBefore.map { .string($0.rfc3339Seconds) }),
          ("notAfter", certificate.notAfter.map { .string($0.rfc3339Seconds) }),
          ("daysLeft", certificate.daysLeft(at: now).map(JSONValue.integer)),
          ("orderId", order.id.map(JSONValue.string)),
          ("orderEndsAt", order.endsAt.map { .string($0.rfc3339Seconds) }),
          ("representative", .boolean(order.representative == certificate)),
        ]))
    }
    return ["version": .integer(Self.version), "certificates": .array(certificates)]
  }
}

extension CertificateList {
  /// The inventory for templates: for every domain of the certificates that may be reissued, the parameters of a
  /// reissue. A wildcard is a key of its own. Nothing in the document depends on the day.
  ///
  /// An internationalised name occurs twice, as DNS has it and as people write it, because events use both. If two
  /// orders have the same domain, the certificate that is valid longer counts. `warnings` names both, and the
  /// certificates whose names cannot be read.
  package var inventory: (document: JSONValue, warnings: [String]) {
    var entries: [DomainName: (certificate: AccountCertificate, order: AccountOrder)] = [:]
    var warnings: [String] = []
    for order in account.orders {
      guard let certificate = order.representative else { continue }
      guard let names = certificate.names else {
        warnings.append(
          "the names of certificate \(certificate.number) cannot be read with certainty")
        continue
      }
      for name in names.sorted() {
        if let other = entries[name] {
          warnings.append(
            "\(name) is in the certificates \(other.certificate.number) and \(certificate.number)")
          guard other.certificate.isOutlived(by: certificate) else { continue }
        }
        entries[name] = (certificate, order)
      }
    }
    let members = entries.flatMap { name, entry in
      [name.ascii, name.unicode].compactMap(\.self).map {
        ($0, Self.entry(entry.certificate, entry.order))
      }
    }.sorted { $0.0 < $1.0 }
    return (.object(JSONObject(members)), warnings)
  }

  private static func entry(_ certificate: AccountCertificate, _ order: AccountOrder) -> JSONValue {
    .object(
      JSONObject.present([
        ("no", .string(certificate.number.digits)), ("name", .string(certificate.name)),
        ("cn", .string(certificate.commonName)),
        ("sans", certificate.alternativeNames.map { .array($0.map { .string($0.ascii) }) }),
        ("order", order.id.map(JSONValue.string)),
      ]))
  }
}

extension AccountCertificate {
  /// The state as people read it.
  fileprivate var stateText: String {
    switch statusCode {
    case "-2": "expired"
    case "-5": "revoked"
    case "-6": "deleted"
    default:
      switch condition {
      case .inProgress: "in progress"
      case .issued: "normal"
      case .failed: "failed (\(statusCode))"
      case .other: "unknown (\(statusCode))"
      }
    }
  }

  /// Whole days until the end, rounded down; negative after the end.
  fileprivate func daysLeft(at now: Timestamp) -> Int? {
    notAfter.map { Int((Double($0.milliseconds(since: now)) / 86_400_000).rounded(.down)) }
  }

  fileprivate func isOutlived(by other: AccountCertificate) -> Bool {
    (notAfter?.milliseconds ?? 0) < (other.notAfter?.milliseconds ?? 0)
  }
}
