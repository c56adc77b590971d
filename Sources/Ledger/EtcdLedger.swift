// The ledger in an etcd cluster, for the processes of several machines.

internal import Core
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
  /// Below ``largestTransaction``, for the keys of records that a batch finds besides those it names.
  package let largestBatch = 100
  /// A transaction may have 128 operations (`--max-txn-ops`).
  static let largestTransaction = 128
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
    _ body: (inout LedgerTransaction) -> Result
  ) throws(LedgerError) -> Result {
    let deadline = SystemClock.monotonicMilliseconds() + configuration.deadline
    // What was sent and not surely carried out. A member may carry it out long after the connection to it broke, and a
    // proxy that repeats a request gets the refusal of its own repetition.
    var sent: [(transaction: EtcdTransaction, result: Result)] = []
    while true {
      var snapshot = try read(lookups, days: days, until: deadline)
      for (transaction, result) in sent {
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
      var transaction = difference(of: book, to: snapshot)
      guard transaction.count + book.freshClaims.count <= Self.largestTransaction else {
        try carryOutPart(of: book, lookups, snapshot, until: deadline)
        continue
      }
      try addLives(to: &transaction, book: book, until: deadline)
      if case .answer(let answer) = try client.write(
        "kv/txn", transaction.message, until: deadline),
        EtcdMessage.isSuccess(answer, operations: transaction.count)
      {
        revokeLeases(after: transaction)
        return result
      }
      // Another process was faster, or an earlier copy of this transaction: the next round reads what is there.
      sent.append((transaction, result))
    }
  }

  package func records(
    in states: Set<LedgerRecord.State>
  ) throws(LedgerError) -> [LedgerRecord] {
    let deadline = SystemClock.monotonicMilliseconds() + configuration.deadline
    var records: [LedgerRecord] = []
    for entry in try entries(keys.records, until: deadline) {
      records.append(try entry.record(keys))
    }
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
      let page = try EtcdMessage.page(answer, limit: Self.pageSize)
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
    var lost: String?
    for _ in 0..<Self.readTries {
      var snapshot = EtcdSnapshot()
      try load(keys.first(lookups, days), into: &snapshot, until: deadline)
      try load(try snapshot.recordKeys(keys, lookups), into: &snapshot, until: deadline)
      let tokens = try snapshot.records(keys).flatMap(\.claims).map(\.token)
      try load(tokens.map(keys.life), into: &snapshot, until: deadline)
      lost = snapshot.lostNumber
      if lost == nil { return snapshot }
    }
    throw .lost(record: lost ?? "")
  }

  /// A record may move between two reads, but hardly so often.
  private static let readTries = 5

  private func load(
    _ wanted: [String], into snapshot: inout EtcdSnapshot, until deadline: Int
  ) throws(LedgerError) {
    let fresh = Set(wanted).subtracting(snapshot.revisions.keys).sorted()
    for start in stride(from: 0, to: fresh.count, by: largestBatch) {
      let part = Array(fresh[start...].prefix(largestBatch))
      let answer = try client.read("kv/txn", EtcdMessage.read(part), until: deadline)
      snapshot.add(try EtcdMessage.entries(answer, asked: part), asked: part)
    }
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
