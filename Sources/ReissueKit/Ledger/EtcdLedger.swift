// The ledger in an etcd cluster, for the processes of several machines.

import Crypto
import JSON
package import Platform

/// A ledger in an etcd cluster.
///
/// A record never expires: the intent to send must outlive its owner. Only the owner's sign of life beside it
/// is leased. Every write is one transaction on the revisions that were read, so that it may be tried again
/// without harm when its answer is lost: of all tries at most one is carried out, which may be any of them, and
/// reading back tells. For one thread.
package final class EtcdLedger: Ledger {
  package let warnings: [String] = []
  /// A transaction may have 128 operations (`--max-txn-ops`).
  package let largestBatch = 100
  private let configuration: EtcdConfiguration
  let keys: EtcdKeys
  var client: EtcdClient
  /// The leases that were granted here, with the signs of life that hang on them.
  var leases: [Int: Set<String>] = [:]

  /// Connects with the first transaction, not here.
  package init(_ configuration: EtcdConfiguration) throws(LedgerError) {
    self.configuration = configuration
    keys = EtcdKeys(prefix: configuration.prefix)
    client = try EtcdClient(configuration)
  }

  package func transact<Result>(
    _ lookups: [LedgerLookup], days: [LedgerDay], observer: ProcessIdentity,
    _ body: (inout LedgerBook) -> Result
  ) throws(LedgerError) -> Result {
    let deadline = SystemClock.monotonicMilliseconds() + configuration.deadline
    // A member may carry out what it was sent long after the connection to it broke.
    var lost: [(transaction: EtcdTransaction, result: Result)] = []
    while true {
      var snapshot = try read(lookups, days: days, until: deadline)
      for (transaction, result) in lost {
        let missing = Set(transaction.puts.keys).union(transaction.deletions)
        try load(Array(missing), into: &snapshot, until: deadline)
        guard transaction.isCarriedOut(in: snapshot.entries) else { continue }
        revokeLeases(after: transaction)
        return result
      }
      var book = try snapshot.book(keys, lookups: lookups, days: days, observer: observer)
      let result = body(&book)
      guard book.hasChanges else {
        revokeLeases(after: EtcdTransaction())
        return result
      }
      let transaction = try self.transaction(book, snapshot: snapshot, until: deadline)
      switch try client.write("kv/txn", transaction.message, until: deadline) {
      case .answer(let answer) where answer["succeeded"]?.boolean == true:
        revokeLeases(after: transaction)
        return result
      // Somebody was faster, maybe an earlier try of ours: look what is there now.
      case .answer: continue
      case .lost: lost.append((transaction, result))
      }
    }
  }

  package func records(
    in states: Set<LedgerRecord.State>
  ) throws(LedgerError) -> [LedgerRecord] {
    let deadline = SystemClock.monotonicMilliseconds() + configuration.deadline
    var records: [LedgerRecord] = []
    for entry in try entries(keys.records, until: deadline) { records.append(try entry.record()) }
    return records.filter { states.contains($0.state) }
  }

  package func prune(before: Timestamp) throws(LedgerError) -> Int {
    var count = 0
    for old in try records(in: [.issued, .refused, .validationFailed, .free])
    where old.changedAt < before {
      let isGone = try transact([old.ownLookup], days: [], observer: .current()) { book in
        guard let record = book.take(old.ownLookup), record != old else { return true }
        book.put(record)
        return false
      }
      count += isGone ? 1 : 0
    }
    let deadline = SystemClock.monotonicMilliseconds() + configuration.deadline
    for entry in try entries(keys.days, until: deadline) {
      guard let day = keys.day(of: entry.key), day < before.day else { continue }
      _ = try client.read("kv/deleterange", EtcdMessage.deletion(entry.key), until: deadline)
    }
    return count
  }

  /// Some kilobytes each: far below the limit of an answer.
  private static let pageSize = 500
}

extension EtcdLedger {
  /// All entries of a range of keys.
  private func entries(
    _ range: (from: String, to: String), until deadline: Int
  ) throws(LedgerError) -> [EtcdEntry] {
    var from = range.from
    var entries: [EtcdEntry] = []
    while true {
      let answer = try client.read(
        "kv/range", EtcdMessage.range(from: from, to: range.to, limit: Self.pageSize),
        until: deadline)
      let page = try EtcdMessage.page(answer)
      entries += page
      guard page.count == Self.pageSize, let last = page.last else { return entries }
      // The next key in byte order.
      from = last.key + "\0"
    }
  }

  /// Reads what the look-ups want: the ways of the numbers and the counts first, then the records
  /// that they lead to, then their owners' signs of life.
  ///
  /// What changes in between is noticed by the write.
  private func read(
    _ lookups: [LedgerLookup], days: [LedgerDay], until deadline: Int
  ) throws(LedgerError) -> EtcdSnapshot {
    var snapshot = EtcdSnapshot()
    try load(keys.first(lookups, days), into: &snapshot, until: deadline)
    try load(snapshot.recordKeys(keys, lookups), into: &snapshot, until: deadline)
    let tokens = try snapshot.records().compactMap(\.claim?.token)
    try load(tokens.map(keys.life), into: &snapshot, until: deadline)
    return snapshot
  }

  private func load(
    _ wanted: [String], into snapshot: inout EtcdSnapshot, until deadline: Int
  ) throws(LedgerError) {
    let fresh = Set(wanted).subtracting(snapshot.revisions.keys).sorted()
    for start in stride(from: 0, to: fresh.count, by: largestBatch) {
      let part = Array(fresh[start...].prefix(largestBatch))
      let answer = try client.read("kv/txn", EtcdMessage.read(part), until: deadline)
      snapshot.add(try EtcdMessage.entries(answer), asked: part)
    }
  }

  /// The difference between the book and what was read.
  private func transaction(
    _ book: LedgerBook, snapshot: EtcdSnapshot, until deadline: Int
  ) throws(LedgerError) -> EtcdTransaction {
    var result = EtcdTransaction(conditions: snapshot.revisions)
    for identity in book.removed {
      result.deletions.insert(keys.record(identity))
      for number in book.original[identity.text]?.numbers ?? [] {
        result.deletions.insert(keys.number(number, account: identity.account))
      }
    }
    for record in book.changed {
      result.puts[keys.record(record.identity)] = JSONEncoder.encode(record.json)
      let known = book.original[record.identity.text]?.numbers ?? []
      for number in record.numbers where !known.contains(number) {
        result.puts[keys.number(number, account: record.account)] = Array(record.key.text.utf8)
      }
      for number in known where !record.numbers.contains(number) {
        result.deletions.insert(keys.number(number, account: record.account))
      }
    }
    for (day, count) in book.changedCounts {
      result.counts[keys.day(day)] = Array(String(count).utf8)
    }
    try addLives(to: &result, book: book, until: deadline)
    // What moved from one record to another is put, not removed.
    result.deletions.subtract(result.puts.keys)
    return result
  }
}

extension LedgerRecord {
  /// The look-up that finds this record.
  fileprivate var ownLookup: LedgerLookup {
    guard case .order(let order) = key else {
      return LedgerLookup(account: account, numbers: numbers)
    }
    return LedgerLookup(account: account, order: order, numbers: [])
  }
}
