/// The condition of a certificate at the service (API guide, `statusCode`).
package enum CertificateCondition: Hashable, Sendable {
  /// 0: validation or issue is pending.
  case inProgress
  /// 1, 2, 3: issued, with or without its private key at the service.
  case issued
  /// -1, -3, -4, -11, -12, -20: the service gave the certificate up.
  case failed
  /// Expired, revoked, deleted, or a code that this program does not know.
  case other

  /// The meaning of a status code.
  package init(statusCode: String?) {
    self =
      switch statusCode {
      case "0": .inProgress
      case "1", "2", "3": .issued
      case "-1", "-3", "-4", "-11", "-12", "-20": .failed
      default: .other
      }
  }
}
