// The paths of Certificate Manager, in the form that is signed and sent.

internal import Core
internal import HTTP
internal import JSON
package import Parameters
package import Platform

/// Paths of the calls that this program makes (API guide of Certificate Manager, version 2).
package enum ServicePath {
  /// The version of the API, at the start of every path.
  static let base = "/api/v2"

  /// ReissueCertificate.
  static func reissue(_ number: CertificateNumber) -> String {
    "\(base)/certificate/\(number)/reissue"
  }

  /// ListAdvancedCertificates: one page, counted from 1.
  package static func certificates(page: Int, size: Int) -> String {
    "\(base)/certificate/getPaidCertificates?page=\(page)&pageSize=\(size)"
  }

  /// ListOrders; a page size of 0 requests all orders.
  static let orders = "\(base)/certificate/orders?page=1&pageSize=0"

  /// GetOrder.
  package static func order(_ id: String) -> String {
    "\(base)/certificate/orders/\(Percent.encoded(id))"
  }

  /// ListDcvStatuses: the DNS record that validates a domain.
  package static func verification(of domain: DomainName, _ number: CertificateNumber) -> String {
    "\(base)/certificate/getVerificationInfo/\(number)?domainAddress=\(Percent.encoded(domain.ascii))"
  }

  /// RegisterPrivateKey.
  static let registerKey = "\(base)/certificate/registPrivateKey"

  /// GetCertificateChain.
  package static func chain(_ number: CertificateNumber) -> String {
    "\(base)/certificate/exportCertificate/\(number)/chain"
  }
}

extension ServiceCall {
  /// The call of ReissueCertificate, without signature headers: the only place that builds its body. It is for the
  /// certificate that represents the order, and may be signed until `signBy`.
  package static func reissue(
    _ number: CertificateNumber, _ parameters: ReissueParameters, _ signingRequest: SigningRequest,
    signBy: Timestamp?
  ) -> ServiceCall {
    let names = parameters.alternativeNames.map { JSONValue.string($0.ascii) }
    // The members in the order of the API guide, without `dnsName` if there is no alternative name.
    let body = JSONObject.present([
      ("csr", .string(signingRequest.pem)),
      ("certificateName", .string(parameters.certificateName.text)),
      ("commonName", .string(parameters.commonName.ascii)),
      ("dnsName", names.isEmpty ? nil : .array(names)),
      ("validationMethod", .string(parameters.validationMethod.rawValue)),
    ])
    return ServiceCall(
      method: .post, target: ServicePath.reissue(number), body: JSONEncoder.encode(.object(body)),
      signBy: signBy)
  }
}

/// Percent-encoding (RFC 3986 section 2.1).
package enum Percent {
  /// Encodes all but unreserved characters, so that the signed target is the one that is sent.
  package static func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      byte.isLetterOrDigit || "-._~".utf8.contains(byte)
        ? String(Unicode.Scalar(byte))
        : (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }
}
