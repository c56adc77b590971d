internal import Core
package import JSON

/// The DNS record that validates a domain, as ListDcvStatuses gives it.
package enum DNSRecord {
  /// The records of an answer, with name, type, value and state where they can be told, and the entry
  /// itself: what its value's member is called is not documented, nor is its type.
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

  /// The first text whose name ends so, in any case: `txtName`, `cnameName`, `recordName` …
  private static func member(of entry: JSONValue, ending: String) -> JSONValue? {
    entry.object?.members.first {
      $0.name.lowercased().hasSuffix(ending) && $0.value.string != nil
    }?.value
  }
}
