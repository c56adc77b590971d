// The paths of Certificate Manager, in the form that is signed and sent.

package import Parameters

/// Paths of the calls that this program makes (API guide of Certificate Manager, version 2).
package enum ServicePath {
  /// The version of the API, at the start of every path.
  static let base = "/api/v2"

  /// ReissueCertificate.
  package static func reissue(_ number: CertificateNumber) -> String {
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
