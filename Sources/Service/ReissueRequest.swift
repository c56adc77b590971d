// The only place that builds the body of a reissue request.

internal import Core
internal import HTTP
internal import JSON
package import Parameters
package import Platform

/// One call of ReissueCertificate.
package struct ReissueRequest: Sendable {
  private let number: CertificateNumber
  private let parameters: ReissueParameters
  private let signingRequest: SigningRequest

  /// A request to reissue a certificate.
  ///
  /// - Parameters:
  ///   - number: The certificate that represents the order.
  ///   - parameters: The names and the validation method of the body.
  ///   - signingRequest: The request that the authority signs.
  package init(
    number: CertificateNumber, parameters: ReissueParameters, signingRequest: SigningRequest
  ) {
    self.number = number
    self.parameters = parameters
    self.signingRequest = signingRequest
  }

  /// The call without signature headers.
  ///
  /// - Parameter signBy: The latest timestamp of the signature; `nil` for no limit.
  package func call(signBy: Timestamp?) -> ServiceCall {
    ServiceCall(method: .post, target: ServicePath.reissue(number), body: body, signBy: signBy)
  }

  /// The members in the order of the API guide, without `dnsName` if there is no alternative name.
  private var body: [UInt8] {
    JSONEncoder.encode(
      .object(
        JSONObject.present([
          ("csr", .string(signingRequest.pem)),
          ("certificateName", .string(parameters.certificateName.text)),
          ("commonName", .string(parameters.commonName.ascii)),
          (
            "dnsName",
            parameters.alternativeNames.isEmpty
              ? nil : .array(parameters.alternativeNames.map { .string($0.ascii) })
          ),
          ("validationMethod", .string(parameters.validationMethod.rawValue)),
        ])))
  }
}
