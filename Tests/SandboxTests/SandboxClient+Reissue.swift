import Crypto
import JSON
import TestSupport

/// The body of a reissue with a matching signing request.
struct ReissueBody {
  var name = "shop"
  var commonName = "shop.example.com"
  var dnsNames: [String] = ["www.shop.example.com"]
  var validationMethod = "D"
  /// Another signing request than the matching one.
  var signingRequest: String?

  func json() throws -> JSONValue {
    let fitting = try PrivateKey.generate(.p256)
      .makeRequest(commonName: commonName, dnsNames: dnsNames).pem
    return [
      "csr": .string(signingRequest ?? fitting), "certificateName": .string(name),
      "commonName": .string(commonName), "dnsName": .array(dnsNames.map(JSONValue.string)),
      "validationMethod": .string(validationMethod),
    ]
  }
}

extension Sandbox {
  /// Requests a reissue of a certificate, by default 55882 of the default seed.
  func reissue(
    _ number: String = "55882", _ body: ReissueBody = .init(), _ variation: Variation = .init()
  ) throws -> Reply {
    try call("POST", "/api/v2/certificate/\(number)/reissue", try body.json(), variation)
  }

  /// Reads below `/api/v2/certificate/`.
  func read(_ target: String, _ variation: Variation = .init()) throws -> Reply {
    try call("GET", "/api/v2/certificate/\(target)", nil, variation)
  }

  /// A certificate as shown by the control route.
  func certificate(_ number: Int) throws -> JSONValue? {
    try control("GET", "state")["certificates"]?.array?
      .first { $0["certificateNo"]?.integer == number }
  }

  /// The numbers of the certificates that reissues made, in the order of the journal.
  func reissued() throws -> [Int] {
    try journal().compactMap { $0["reissue"]?["newCertificateNo"]?.integer }
  }
}
