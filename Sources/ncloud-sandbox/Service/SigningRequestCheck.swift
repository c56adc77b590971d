// The one place that looks into a signing request.

internal import Crypto

/// Holds a signing request against the parameters that came with it, as strictly as a client can.
///
/// The documents state no rule for it; authorities sign nothing that breaks one of these.
enum SigningRequestCheck {
  /// The key of a request that is in order.
  ///
  /// - Throws: 1002 of NAVER's table for anything that is not a signing request; an invented code
  ///   that begins with `sandbox-csr-` for one that does not fit, with all that is wrong.
  static func publicKey(of parameters: ReissueParameters) throws(ServiceRefusal) -> PublicKey {
    let request: CertificateSigningRequest
    do throws(CryptoError) {
      request = try CertificateSigningRequest(parsing: Array(parameters.signingRequest.utf8))
    } catch {
      throw ServiceRefusal("1002", "Unable to load certificate. Expecting PEM format file.")
    }
    let findings = request.findings(
      commonName: parameters.commonName.lowercased(),
      names: parameters.dnsNames.map { $0.lowercased() })
    guard let first = findings.first else { return request.publicKey }
    throw ServiceRefusal(
      "sandbox-csr-\(first.code.rawValue)", findings.map(\.text).joined(separator: "; "))
  }
}
