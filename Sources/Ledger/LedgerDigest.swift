import Crypto
package import JSON

/// The digests of accounts and parameters in the ledger: SHA-256 in lower-case hexadecimal.
package enum LedgerDigest {
  /// The digest of an account's name: the one in the configuration, or else the id of the access key. Neither is stored.
  package static func account(named name: String) -> String {
    SHA256.hex(Array(name.utf8))
  }

  /// The digest of a request's parameters, which does not depend on the order of members.
  ///
  /// Leave out a signing request that this program makes: it differs each time, so a refused request would never back off.
  package static func parameters(_ parameters: JSONValue) -> String {
    SHA256.hex(JSONEncoder.encode(sorted(parameters)))
  }

  private static func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map(sorted))
    case .object(let object):
      let members = object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      return .object(JSONObject(members.map { ($0.name, sorted($0.value)) }))
    default: return value
    }
  }
}
