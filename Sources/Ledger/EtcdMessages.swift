// The messages of etcd's JSON gateway: keys and values are in base 64, 64-bit numbers are texts, and replies omit members
// that are 0, false or empty.

import Core
import Crypto
import JSON

/// One key with its value.
struct EtcdEntry {
  var key: String
  var value: [UInt8]
  var modRevision: Int
}

/// A transaction that writes, with its conditions.
struct EtcdTransaction {
  /// The revision that each key must have; 0 for a key that must not exist.
  var conditions: [String: Int] = [:]
  var puts: [String: [UInt8]] = [:]
  /// Puts of counts. They do not show whether the transaction was carried out: other processes may have changed them.
  var counts: [String: [UInt8]] = [:]
  /// The lease of each key that ends with one.
  var leased: [String: Int] = [:]
  var deletions: Set<String> = []

  /// The number of operations; each condition belongs to one of them.
  var count: Int { puts.count + counts.count + deletions.count }

  /// The request for `kv/txn`.
  var message: JSONValue {
    let compare = conditions.sorted { $0.key < $1.key }.map { key, revision -> JSONValue in
      [
        "target": "MOD", "result": "EQUAL", "key": EtcdMessage.encoded(key),
        "mod_revision": .string(String(revision)),
      ]
    }
    let all = puts.merging(counts) { put, _ in put }
    var success = all.sorted { $0.key < $1.key }.map { key, value -> JSONValue in
      var put = JSONObject([
        ("key", EtcdMessage.encoded(key)), ("value", .string(Base64.encode(value))),
      ])
      if let lease = leased[key] { put["lease"] = .string(String(lease)) }
      return ["request_put": .object(put)]
    }
    success += deletions.sorted().map { ["request_delete_range": EtcdMessage.key($0)] }
    return ["compare": .array(compare), "success": .array(success)]
  }

  /// Whether the entries show that the transaction was carried out.
  ///
  /// Only its own transaction puts a sign of life, so a sign of life proves the whole transaction, even if other processes
  /// have changed the records since.
  func isCarriedOut(in entries: [String: EtcdEntry]) -> Bool {
    guard leased.isEmpty else {
      return leased.keys.allSatisfy { puts[$0] != nil && entries[$0]?.value == puts[$0] }
    }
    return puts.allSatisfy { entries[$0.key]?.value == $0.value }
      && deletions.allSatisfy { entries[$0] == nil }
  }
}

enum EtcdMessage {
  static func encoded(_ key: String) -> JSONValue { .string(Base64.encode(Array(key.utf8))) }

  /// A request for one key.
  static func key(_ key: String) -> JSONValue { ["key": encoded(key)] }

  /// A transaction that only reads keys, all at one revision.
  static func read(_ keys: [String]) -> JSONValue {
    ["success": .array(keys.map { ["request_range": key($0)] })]
  }

  /// A request for a page of the keys from `first` up to, but not including, `end`, in their order, as they were at a
  /// revision of the store; `nil` for the latest.
  static func range(
    from first: String, to end: String, limit: Int, revision: Int?
  ) -> JSONValue {
    .object(
      .present([
        ("key", encoded(first)), ("range_end", encoded(end)), ("limit", .string(String(limit))),
        ("revision", revision.map { .string(String($0)) }),
      ]))
  }

  /// The revision of the store that a reply shows.
  static func revision(of reply: JSONValue) throws(LedgerError) -> Int {
    guard let revision = integer(reply["header"]?["revision"]) else {
      throw incomplete("no revision")
    }
    return revision
  }

  /// The entries in a reply to ``read(_:)``.
  ///
  /// A missing response says nothing about its key; it does not mean that the key is absent.
  static func entries(
    _ reply: JSONValue, for asked: [String]
  ) throws(LedgerError) -> [EtcdEntry] {
    let responses = try responses(of: reply)
    guard reply["succeeded"]?.boolean == true, responses.count == asked.count else {
      throw incomplete("\(responses.count) of \(asked.count) responses")
    }
    var entries: [EtcdEntry] = []
    for (response, key) in zip(responses, asked) {
      guard let range = response["response_range"], range.object != nil else {
        throw incomplete("a response of another kind")
      }
      let found = try pairs(range)
      guard found.count == integer(range["count"]) ?? 0, found.allSatisfy({ $0.key == key }) else {
        throw incomplete("a response about another key")
      }
      entries += found
    }
    return entries
  }

  /// Whether a reply says that a transaction with this number of operations was carried out completely.
  static func isSuccess(_ reply: JSONValue, operations: Int) -> Bool {
    let responses = try? responses(of: reply)
    return reply["succeeded"]?.boolean == true && responses?.count == operations
  }

  /// The entries in a reply to ``range(from:to:limit:revision:)``.
  static func page(_ reply: JSONValue, limit: Int) throws(LedgerError) -> [EtcdEntry] {
    guard reply["header"]?.object != nil else { throw incomplete("no header") }
    let entries = try pairs(reply)
    // `count` is that of the whole range, whatever the limit.
    let expected = min(integer(reply["count"]) ?? 0, limit)
    guard entries.count == expected else {
      throw incomplete("\(entries.count) of \(expected) keys")
    }
    return entries
  }

  private static func responses(of reply: JSONValue) throws(LedgerError) -> [JSONValue] {
    guard reply["header"]?.object != nil else { throw incomplete("no header") }
    return reply["responses"]?.array ?? []
  }

  private static func pairs(_ reply: JSONValue) throws(LedgerError) -> [EtcdEntry] {
    var entries: [EtcdEntry] = []
    for pair in reply["kvs"]?.array ?? [] {
      guard let key = pair["key"]?.string.flatMap(Base64.decode),
        let value = Base64.decode(pair["value"]?.string ?? ""),
        let revision = integer(pair["mod_revision"])
      else { throw .etcd(.damaged, "a reply that is not from etcd's gateway") }
      entries.append(
        EtcdEntry(key: String(decoding: key, as: UTF8.self), value: value, modRevision: revision))
    }
    return entries
  }

  private static func incomplete(_ what: String) -> LedgerError {
    .etcd(.unreachable, "an incomplete reply: \(what)")
  }

  /// A 64-bit number, which the gateway writes as text.
  static func integer(_ value: JSONValue?) -> Int? {
    value?.integer ?? value?.string.flatMap { Int($0) }
  }
}
