internal import Core
package import JSON

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
