// What a reissue that was accepted leads to: DNS records to set, then a chain.

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

  /// The chain could not be fetched.
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

/// The DNS records that validate a domain, from ListDcvStatuses.
package enum DNSRecord {
  /// The records of a reply: name, type, value and state as far as they are found, and the whole entry. The guide names
  /// neither the member that holds the value nor the type of the record.
  package static func all(in document: JSONValue, domain: String) -> [JSONValue] {
    let entries =
      (document["dnsVerificationList"]?.array ?? [])
      + (document["emailVerificationList"]?.array ?? [])
    return entries.map { entry in
      .object(
        JSONObject.present([
          ("domain", .string(domain)), ("name", member(of: entry, ending: "name")),
          ("type", member(of: entry, ending: "type")),
          ("value", member(of: entry, ending: "value")),
          ("state", entry["validStatusCode"]), ("record", entry),
        ]))
    }
  }

  /// Name, type and value of a record that the service has not found, as far as they are known; `nil` for one that it
  /// has found.
  package static func missing(_ record: JSONValue) -> [String]? {
    guard record["state"] != "VALID_STATUS_SUCCESS" else { return nil }
    let name = record["name"] ?? record["domain"]
    return [name, record["type"], record["value"]].map { $0?.string ?? "" }
  }

  /// The first text member whose name has this ending, in any case of letters: `txtName`, `cnameName`, `recordName`.
  private static func member(of entry: JSONValue, ending: String) -> JSONValue? {
    entry.object?.members.first {
      $0.name.lowercased().hasSuffix(ending) && $0.value.string != nil
    }?.value
  }
}
