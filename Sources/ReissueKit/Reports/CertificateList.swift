// The account's Advanced certificates, for people, for programs and for templates.

package import Core
package import JSON
internal import Parameters
internal import Platform
internal import Service

/// What `certificates` shows.
package struct CertificateList: Sendable {
  private static let version = 1

  private let account: Account
  private let now: Timestamp

  init(_ account: Account, now: Timestamp) {
    self.account = account
    self.now = now
  }

  /// Asks the service for all pages of certificates, and for the orders' ends.
  ///
  /// - Throws: ``ReissueError``: what the look-up failed of.
  package static func load(
    _ settings: Settings, _ context: Context, _ log: Log
  ) throws(ReissueError) -> CertificateList {
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    var client = try ServiceClient(
      ServiceConfiguration(settings, credentials, context, log), context: context, log: log)
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    return CertificateList(try client.lookAround(deadline: deadline), now: context.now())
  }

  /// Every certificate with its order, by order and number.
  private var rows: [(order: AccountOrder, certificate: AccountCertificate)] {
    account.orders.flatMap { order in
      order.certificates.sorted { $0.number.order < $1.number.order }.map { (order, $0) }
    }
  }

  /// A line for each certificate; `*` marks the one of each order that may be reissued.
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

  /// The same as a document. Version 1: members may be added, none removed or changed.
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
  /// The inventory that templates look certificates up in: for every domain of an order's representative,
  /// wildcards under their literal name, what a reissue of it needs. Nothing in it depends on the day.
  ///
  /// An internationalised name is there twice, as DNS has it and as people write it: events say either.
  /// Of two orders with one domain the one whose certificate is valid longer counts; `warnings` names them,
  /// and the certificates whose names cannot be read.
  package var inventory: (document: JSONValue, warnings: [String]) {
    var entries: [DomainName: (certificate: AccountCertificate, order: AccountOrder)] = [:]
    var warnings: [String] = []
    for order in account.orders {
      guard let certificate = order.representative else { continue }
      guard let names = certificate.names else {
        warnings.append("the names of certificate \(certificate.number) cannot be read for sure")
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
  /// The state in a word or two.
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

  /// Whole days until its end, rounded down, so negative once it is over.
  fileprivate func daysLeft(at now: Timestamp) -> Int? {
    notAfter.map { Int((Double($0.milliseconds(since: now)) / 86_400_000).rounded(.down)) }
  }

  fileprivate func isOutlived(by other: AccountCertificate) -> Bool {
    (notAfter?.milliseconds ?? 0) < (other.notAfter?.milliseconds ?? 0)
  }
}
