import Crypto
package import JSON

/// The hashes by which the ledger knows accounts and parameters, as lower-case hexadecimal SHA-256.
package enum LedgerDigest {
  /// An account by the name that the configuration gives it, or else by the id of its access key; neither gets
  /// into the ledger itself.
  package static func account(named name: String) -> String {
    SHA256.hex(Array(name.utf8))
  }

  /// The parameters of a request, whatever the order of their members.
  ///
  /// A CSR that is made here is new each time: leave it out, or a refused request would never back off.
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
