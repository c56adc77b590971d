// The one place that looks into a signing request.

internal import Crypto

/// Holds a signing request against the parameters that came with it.
enum SigningRequestCheck {
  private static let begin = "-----BEGIN CERTIFICATE REQUEST-----"
  private static let end = "-----END CERTIFICATE REQUEST-----"

  /// Does nothing if the request is in order.
  ///
  /// - Throws: 1002 of NAVER's table for anything that is not PEM.
  static func check(_ parameters: ReissueParameters) throws(ServiceRefusal) {
    let lines = parameters.signingRequest.split(whereSeparator: \.isNewline)
    guard lines.first == begin[...], lines.last == end[...],
      let der = Base64.decode(lines.dropFirst().dropLast().joined()), !der.isEmpty
    else {
      throw ServiceRefusal("1002", "Unable to load certificate. Expecting PEM format file.")
    }
  }
}

/// A certificate made by the sandbox's authority, with the certificates above it; PEM.
struct IssuedCertificate: Hashable, Sendable {
  let certificate: String
  let intermediate: String
  let root: String
  let serialNumber: String
}
