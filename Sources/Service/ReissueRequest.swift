// The finished request: which certificate, which bytes. What is signed and sent is made here only.

internal import Core
package import JSON
package import Parameters

/// One call of ReissueCertificate.
package struct ReissueRequest: Hashable, Sendable {
  /// The version of the API that is spoken, in front of every path and signed with it.
  package static let basePath = "/api/v2"

  /// The certificate that is reissued; `nil` until it is looked up by its names.
  package var certificateNumber: CertificateNumber?
  /// The parameters that the body is made of.
  package let parameters: ReissueParameters
  /// The signing request; `nil` until its key is made, just before the call.
  package var signingRequest: SigningRequest?
  /// Where key, signing request and chain are kept.
  package let store: StoreName?

  /// A request for these parameters.
  package init(
    certificateNumber: CertificateNumber?, parameters: ReissueParameters,
    signingRequest: SigningRequest?, store: StoreName?
  ) {
    self.certificateNumber = certificateNumber
    self.parameters = parameters
    self.signingRequest = signingRequest
    self.store = store
  }

  /// The path of the call, as it is sent and signed.
  package static func path(for number: CertificateNumber) -> String {
    "\(basePath)/certificate/\(number)/reissue"
  }

  /// The body, in the order of the API guide; `dnsName` is left out when there is none.
  package func body(with signingRequest: SigningRequest) -> [UInt8] {
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

extension ReissueRequest {
  /// What is asked for, whatever number of the order it is asked under and whatever key is made for it:
  /// the same text for the same wish.
  package var wish: JSONValue {
    var members = parameters.json
    members["certificateNo"] = nil
    // A certificate holds its names in no order.
    members["dnsName"] = .array(parameters.alternativeNames.sorted().map { .string($0.ascii) })
    switch parameters.signingRequest {
    case .generate, .privateKey: break  // made here: another one each time, for the same wish
    case .text, .file: members["csr"] = (signingRequest?.digest).map(JSONValue.string)
    }
    return .object(members)
  }
}
