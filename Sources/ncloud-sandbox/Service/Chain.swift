// GetCertificateChain: leaf, intermediate and root as three PEM texts.

internal import Crypto
internal import JSON

extension Answer {
  /// The documented members; every line of the three texts ends in CR LF, as in the document's example.
  static func chain(_ chain: [Crypto.Certificate], commonName: String) -> Answer {
    let texts = chain.map { $0.pem.split(separator: "\n").joined(separator: "\r\n") + "\r\n" }
    let names = ["certificate", "subCaCertificate", "rootCaCertificate"]
    return .service(
      [("totalRows", 0), ("subjectCommonName", .string(commonName))]
        + zip(names, texts).map { ($0, JSONValue.string($1)) })
  }
}
