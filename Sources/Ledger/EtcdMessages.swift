// The gateway's messages: keys and values in base 64, 64-bit numbers as text, and what is 0, false or empty
// left out of answers.

import Crypto
import JSON

/// One key as the cluster holds it.
struct EtcdEntry: Hashable, Sendable {
  var key: String
  var value: [UInt8]
  var modRevision: Int
}

/// What a transaction is to do, and under which condition.
struct EtcdTransaction: Sendable {
  /// The revision each key must have; 0 for one that must not exist.
  var conditions: [String: Int] = [:]
  var puts: [String: [UInt8]] = [:]
  /// Puts that say nothing about the rest: others may have changed them since.
  var counts: [String: [UInt8]] = [:]
  /// Keys that vanish with the lease.
  var leased: [String: Int] = [:]
  var deletions: Set<String> = []

  /// How many operations it has; each of its conditions belongs to one of them.
  var count: Int { puts.count + counts.count + deletions.count }

  /// The request for `kv/txn`.
  var message: JSONValue {
    let compare = conditions.sorted { $0.key < $1.key }.map { key, revision -> JSONValue in
      revision == 0
        ? [
          "target": "CREATE", "result": "EQUAL", "key": .string(EtcdMessage.text(key)),
          "create_revision": "0",
        ]
        : [
          "target": "MOD", "result": "EQUAL", "key": .string(EtcdMessage.text(key)),
          "mod_revision": .string(String(revision)),
        ]
    }
    let all = puts.merging(counts) { put, _ in put }
    var success = all.sorted { $0.key < $1.key }.map { key, value -> JSONValue in
      var put: JSONObject = JSONObject([
        ("key", .string(EtcdMessage.text(key))), ("value", .string(Base64.encode(value))),
      ])
      if let lease = leased[key] { put["lease"] = .string(String(lease)) }
      return ["request_put": .object(put)]
    }
    success += deletions.sorted().map { key in
      ["request_delete_range": ["key": .string(EtcdMessage.text(key))]]
    }
    return ["compare": .array(compare), "success": .array(success)]
  }

  /// Whether the entries show that it was carried out.
  ///
  /// A sign of life is put by its own transaction alone, so it tells for all of it, whatever others did to the
  /// records since.
  func isCarriedOut(in entries: [String: EtcdEntry]) -> Bool {
    guard leased.isEmpty else {
      return leased.keys.allSatisfy { puts[$0] != nil && entries[$0]?.value == puts[$0] }
    }
    return puts.allSatisfy { entries[$0.key]?.value == $0.value }
      && deletions.allSatisfy { entries[$0] == nil }
  }
}

enum EtcdMessage {
  static func text(_ key: String) -> String { Base64.encode(Array(key.utf8)) }

  /// A transaction that only reads keys, all at one revision.
  static func read(_ keys: [String]) -> JSONValue {
    let ranges = keys.map { key -> JSONValue in ["request_range": ["key": .string(text(key))]] }
    return ["success": .array(ranges)]
  }

  /// The entries in an answer to ``read(_:)`` of these keys.
  ///
  /// A response that is missing says nothing about its key, least of all that the key is absent.
  static func entries(
    _ answer: JSONValue, asked: [String]
  ) throws(LedgerError) -> [EtcdEntry] {
    let responses = try responses(of: answer)
    guard answer["succeeded"]?.boolean == true, responses.count == asked.count else {
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

  /// Whether an answer says that a transaction of so many operations was carried out, as a whole.
  static func isSuccess(_ answer: JSONValue, operations: Int) -> Bool {
    let responses = try? responses(of: answer)
    return answer["succeeded"]?.boolean == true && responses?.count == operations
  }

  /// The entries in an answer of `kv/range` to a request for at most so many.
  static func page(_ answer: JSONValue, limit: Int) throws(LedgerError) -> [EtcdEntry] {
    guard answer["header"]?.object != nil else { throw incomplete("no header") }
    let entries = try pairs(answer)
    // `count` is that of the whole range, whatever the limit.
    let expected = min(integer(answer["count"]) ?? 0, limit)
    guard entries.count == expected else {
      throw incomplete("\(entries.count) of \(expected) keys")
    }
    return entries
  }

  private static func responses(of answer: JSONValue) throws(LedgerError) -> [JSONValue] {
    guard answer["header"]?.object != nil else { throw incomplete("no header") }
    return answer["responses"]?.array ?? []
  }

  private static func pairs(_ answer: JSONValue) throws(LedgerError) -> [EtcdEntry] {
    var entries: [EtcdEntry] = []
    for pair in answer["kvs"]?.array ?? [] {
      guard let key = pair["key"]?.string.flatMap(Base64.decode),
        let value = Base64.decode(pair["value"]?.string ?? ""),
        let revision = integer(pair["mod_revision"])
      else { throw .etcd(.damaged, "an answer that is none of etcd's gateway") }
      entries.append(
        EtcdEntry(key: String(decoding: key, as: UTF8.self), value: value, modRevision: revision))
    }
    return entries
  }

  private static func incomplete(_ what: String) -> LedgerError {
    .etcd(.unreachable, "an incomplete answer: \(what)")
  }

  /// A 64-bit number, which the gateway writes as text.
  static func integer(_ value: JSONValue?) -> Int? {
    value?.integer ?? value?.string.flatMap { Int($0) }
  }

  /// The removal of one key.
  static func deletion(_ key: String) -> JSONValue { ["key": .string(text(key))] }

  /// A page of the keys from one on and before another, in their order.
  static func range(from first: String, to end: String, limit: Int) -> JSONValue {
    [
      "key": .string(text(first)), "range_end": .string(text(end)),
      "limit": .string(String(limit)),
    ]
  }
}
