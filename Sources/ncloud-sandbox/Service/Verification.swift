// ListDcvStatuses: which DNS record validates a domain, and how far that is.

internal import Crypto
internal import JSON

/// The DNS record for one domain of one certificate.
struct Verification {
  let certificate: AccountCertificate
  let domain: String
  let shapes: Shapes

  /// The domain that the query names.
  ///
  /// - Throws: 2101 (required condition missing) without `domainAddress`; an invented code for a
  ///   domain that the certificate does not have.
  init(
    _ certificate: AccountCertificate, query: [String: String], shapes: Shapes
  ) throws(ServiceRefusal) {
    guard let domain = query["domainAddress"], !domain.isEmpty else {
      throw ServiceRefusal("2101", "domainAddress is required")
    }
    guard certificate.domains.contains(domain.lowercased()) else {
      throw ServiceRefusal("sandbox-no-domain", "The certificate has no domain \(domain).")
    }
    self.certificate = certificate
    self.domain = domain.lowercased()
    self.shapes = shapes
  }

  /// The answer: one entry in the DNS list, none in the e-mail list.
  var answer: Answer {
    .service([
      ("totalRows", 1), ("dnsVerificationCount", 1), ("dnsVerificationList", .array([entry])),
      ("emailVerificationCount", 0), ("emailVerificationList", .array([])),
    ])
  }

  /// `recordType` and the value's member are invented, the rest is documented by name.
  private var entry: JSONValue {
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

  private var state: String {
    certificate.validatedDomains.contains(domain)
      ? "VALID_STATUS_SUCCESS" : certificate.status.validationCode
  }

  private var position: Int { certificate.domainsInOrder.firstIndex(of: domain) ?? 0 }

  /// A wildcard is validated by the name that it stands on.
  private var base: String { domain.hasPrefix("*.") ? String(domain.dropFirst(2)) : domain }

  /// The same for every look at this domain of this certificate.
  private var token: String { SHA256.hex(Array("\(certificate.number) \(domain)".utf8)) }

  /// As the guide shows both kinds: a name of its own for an alias, a fixed one for a text.
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
