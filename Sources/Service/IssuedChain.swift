package import Core
internal import Crypto
package import JSON

/// The chain of an issued certificate, as a server presents it (RFC 8446 section 4.4.2): the leaf first,
/// then the authority that signed it, without the root.
package struct IssuedChain: Hashable, Sendable {
  /// PEM with line feeds alone; the service's lines end in CR LF.
  package let pem: String

  /// Reads the answer of GetCertificateChain.
  ///
  /// - Throws: ``ReissueError`` with code `chain.unreadable`, exit 74, if a certificate is missing or
  ///   damaged.
  package init(document: JSONValue) throws(ReissueError) {
    var chain: [Certificate] = []
    for (member, isNeeded) in [("certificate", true), ("subCaCertificate", false)] {
      let text = document[member]?.string ?? ""
      guard isNeeded || !text.isEmpty else { continue }
      do throws(CryptoError) {
        chain += try Certificate.chain(parsing: Array(text.utf8))
      } catch {
        throw ReissueError(
          "chain.unreadable", "the service's chain cannot be used: \(member): \(error)",
          hint: ReissueError.chainLater, exit: .inputOutput)
      }
    }
    pem = chain.map(\.pem).joined()
  }
}

extension ReissueError {
  /// What to do when the certificate is there and its chain is not.
  static let chainLater = "the reissue itself is done; fetch the chain with ncloud-reissue follow"

  /// The chain could not be had.
  package static func chainUnavailable(_ error: ReissueError) -> ReissueError {
    ReissueError(
      "chain.unavailable", "the chain could not be fetched: \(error.message)", hint: chainLater,
      exit: .inputOutput)
  }

  /// The service gave the new certificate up.
  package static let validationFailed = ReissueError(
    "validation.failed", "the service gave the new certificate up: its domains were not validated",
    hint: "see the reason in the console; the ledger lets the next event ask again",
    exit: .refused)
}
