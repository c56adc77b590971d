internal import Crypto

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
