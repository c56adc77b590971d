// The ledger in an etcd cluster, for the processes of several machines.

import Core
import Crypto
import JSON
package import Platform

/// A ledger in an etcd cluster.
///
/// A record never expires: the intent to send must outlive its owner. Only the owner's sign of life beside it has a lease.
/// Each write is one transaction, on the condition that the keys still have the revisions that were read. So it may be
/// sent again when its reply is lost: of all tries at most one is carried out, and reading the keys again shows whether
/// one was. For one thread.
package final class EtcdLedger: Ledger {
  package let warnings: [String] = []
  /// Less than `largestTransaction`: a batch also finds records that it does not name.
  package let largestBatch = 100
  /// The operations that etcd allows in one transaction (`--max-txn-ops`, 128 by default).
  private static let largestTransaction = 128
  private let configuration: EtcdConfiguration
  private let keys: EtcdKeys
  private var client: EtcdClient
  /// The leases of this process, each with the keys of its signs of life.
  private var leases: [Int: Set<String>] = [:]

  /// A ledger; the first transaction connects.
  package init(_ configuration: EtcdConfiguration) throws(LedgerError) {
    self.configuration = configuration
    keys = EtcdKeys(prefix: configuration.prefix)
    client = try EtcdClient(configuration)
  }

  private var deadline: Int { SystemClock.monotonicMilliseconds() + configuration.deadline }

  package func transact<Result>(
    _ lookups: [LedgerLookup], day: Int?, observer: ProcessIdentity, isSettling _: Bool,
    _ body: (inout LedgerTransaction) -> Result
  ) throws(LedgerError) -> Result {
    let deadline = deadline
    // Transactions without a reply. A member may carry one out long after the connection broke, and a proxy that repeats
    // a request receives the failure of its own repetition.
    var sent: [(change: EtcdTransaction, result: Result)] = []
    while true {
      var snapshot = try read(lookups, day: day, until: deadline)
      for (change, result) in sent {
        let missing = Set(change.puts.keys).union(change.deletions)
        try load(Array(missing), into: &snapshot, until: deadline)
        guard change.isCarriedOut(in: snapshot.entries) else { continue }
        revokeLeases(after: change)
        return result
      }
      var transaction = try snapshot.transaction(lookups: lookups, day: day, observer: observer)
      let result = body(&transaction)
      guard transaction.hasChanges else {
        revokeLeases(after: EtcdTransaction())
        return result
      }
      var change = difference(of: transaction, day: day, to: snapshot)
      guard change.count + transaction.newClaims <= Self.largestTransaction else {
        try writePart(of: transaction, lookups, snapshot, until: deadline)
        continue
      }
      try addLives(to: &change, transaction, until: deadline)
      if let reply = try client.write("kv/txn", change.message, until: deadline),
        EtcdMessage.isSuccess(reply, operations: change.count)
      {
        revokeLeases(after: change)
        return result
      }
      // Another process was faster, or an earlier copy of this transaction: read again.
      sent.append((change, result))
    }
  }

  package func forEachRecord(
    in states: Set<LedgerRecord.State>, _ body: (LedgerRecord) -> Void
  ) throws(LedgerError) {
    try forEachEntry(keys.records, until: deadline) { (entry) throws(LedgerError) in
      let record = try entry.record(keys)
      if states.contains(record.state) { body(record) }
    }
  }

  package func prune(before: Timestamp) throws(LedgerError) -> Int {
    var count = 0
    for old in try records(in: [.issued, .refused, .validationFailed, .free])
    where old.changedAt < before {
      let isGone = try transact([old.ownLookup], day: nil, observer: .current()) { transaction in
        guard let record = transaction.take(old.ownLookup), record != old else { return true }
        transaction.put(record)
        return false
      }
      count += isGone ? 1 : 0
    }
    let deadline = deadline
    try forEachEntry(keys.days, until: deadline) { (entry) throws(LedgerError) in
      guard let day = keys.day(of: entry.key), day < before.day else { return }
      _ = try client.read("kv/deleterange", EtcdMessage.key(entry.key), until: deadline)
    }
    return count
  }
}

// Reading.
extension EtcdLedger {
  /// Reads all entries of a range of keys, page by page.
  ///
  /// All pages show the revision of the first one: a record that gets another key between two pages would be missed.
  private func forEachEntry(
    _ range: (from: String, to: String), until deadline: Int,
    _ body: (EtcdEntry) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    var from = range.from
    var revision: Int?
    while true {
      let message = EtcdMessage.range(
        from: from, to: range.to, limit: Self.pageSize, revision: revision)
      let reply = try client.read("kv/range", message, until: deadline)
      let page = try EtcdMessage.page(reply, limit: Self.pageSize)
      for entry in page { try body(entry) }
      guard page.count == Self.pageSize, let last = page.last else { return }
      if revision == nil { revision = try EtcdMessage.revision(of: reply) }
      // The next key in byte order.
      from = last.key + "\0"
    }
  }

  /// A record has a few kilobytes, so a page is far below the limit of a reply.
  private static let pageSize = 500

  /// Reads what the look-ups need: first the numbers and the counts, then the records that the numbers lead to, then the
  /// signs of life of their owners. The conditions of the write detect changes in between.
  private func read(
    _ lookups: [LedgerLookup], day: Int?, until deadline: Int
  ) throws(LedgerError) -> EtcdSnapshot {
    var lost: String?
    for _ in 0..<Self.readTries {
      var snapshot = EtcdSnapshot(keys: keys)
      try load(keys.first(lookups, day: day), into: &snapshot, until: deadline)
      try load(try snapshot.findRecords(lookups), into: &snapshot, until: deadline)
      let tokens = try snapshot.records().flatMap(\.claims).map(\.token)
      try load(tokens.map(keys.life), into: &snapshot, until: deadline)
      lost = snapshot.lostNumber
      if lost == nil { return snapshot }
    }
    throw .lost(record: lost ?? "")
  }

  /// A record may move between two reads, but hardly five times in a row.
  private static let readTries = 5

  private func load(
    _ wanted: [String], into snapshot: inout EtcdSnapshot, until deadline: Int
  ) throws(LedgerError) {
    let missing = Set(wanted).subtracting(snapshot.revisions.keys).sorted()
    for start in stride(from: 0, to: missing.count, by: largestBatch) {
      let part = Array(missing[start...].prefix(largestBatch))
      let reply = try client.read("kv/txn", EtcdMessage.read(part), until: deadline)
      snapshot.add(try EtcdMessage.entries(reply, for: part), for: part)
    }
  }
}

// Signs of life: leased keys beside the claims, which show the other machines that an owner still runs.
extension EtcdLedger {
  /// Creates the signs of life of new claims, renews those of longer leases, and deletes those of settled claims.
  private func addLives(
    to change: inout EtcdTransaction, _ transaction: LedgerTransaction, until deadline: Int
  ) throws(LedgerError) {
    func live(_ records: some Sequence<LedgerRecord>) -> [String: LedgerClaim] {
      let claims = records.flatMap(\.claims).filter { $0.doubt == nil }
      return Dictionary(claims.map { ($0.token, $0) }) { first, _ in first }
    }
    let before = live(transaction.original.values)
    let after = live(transaction.records.values)
    for token in before.keys where after[token] == nil {
      change.deletions.insert(keys.life(token))
    }
    let fresh = after.filter { before[$0.key]?.leaseUntil != $0.value.leaseUntil }
    guard !fresh.isEmpty else { return }
    let length = fresh.values.map { $0.leaseUntil.milliseconds(since: $0.claimedAt) }.max() ?? 0
    // Rounded up: the sign of life must not end before the lease in the record.
    let seconds = min(max(length / 1_000 + 1, 1), Self.longestLease)
    let reply = try client.read(
      "lease/grant", ["TTL": .string(String(seconds))], until: deadline)
    guard let lease = EtcdMessage.integer(reply["ID"]) else {
      throw .etcd(.unreachable, "no lease was granted")
    }
    leases[lease] = []
    for (token, claim) in fresh {
      change.puts[keys.life(token)] = JSONEncoder.encode(claim.owner.json)
      change.leased[keys.life(token)] = lease
    }
  }

  /// One month in seconds, longer than any deadline; etcd allows 9,000,000,000.
  private static let longestLease = 2_678_400

  /// Revokes the leases without a sign of life, after a transaction was carried out. A failure does no harm: the lease ends
  /// without help.
  private func revokeLeases(after change: EtcdTransaction) {
    let gone = change.deletions.union(change.leased.keys)
    for lease in leases.keys { leases[lease]?.subtract(gone) }
    for (life, lease) in change.leased { leases[lease]?.insert(life) }
    for (lease, lives) in leases where lives.isEmpty {
      leases[lease] = nil
      let deadline = SystemClock.monotonicMilliseconds() + Self.longestRevocation
      _ = try? client.write("lease/revoke", ["ID": .string(String(lease))], until: deadline)
    }
  }

  /// In milliseconds; the run waits for it, so it may take no longer than the reply of one member.
  private static let longestRevocation = 1_000
}

// Writing: the changes of a transaction as one transaction of etcd, or as several.
extension EtcdLedger {
  /// The changes of a transaction. Each key that is written or deleted must still have the revision that was read.
  ///
  /// Everything that a decision depends on is written too: the claimed record, the numbers that led to no record before,
  /// the count of the day. So these conditions are sufficient, and there is one for each operation at most.
  private func difference(
    of transaction: LedgerTransaction, day: Int?, to snapshot: EtcdSnapshot
  ) -> EtcdTransaction {
    var change = EtcdTransaction()
    for record in transaction.removed {
      change.deletions.insert(keys.record(record))
      for number in record.numbers {
        change.deletions.insert(keys.number(number, account: record.account))
      }
    }
    for record in transaction.changed {
      put(record, leading: transaction.newNumbers(of: record), into: &change)
    }
    for (account, count) in transaction.changedCounts {
      guard let day else { continue }
      change.counts[keys.day(day, account: account)] = Array(String(count).utf8)
    }
    // A number that moved from one record to another is put, not deleted.
    change.deletions.subtract(change.puts.keys)
    return conditioned(change, by: snapshot)
  }

  /// Carries out a part of a change with too many operations: moves some numbers to one record, with what other records
  /// hold about them. The caller repeats this until the rest fits.
  ///
  /// Each part leaves valid records: whatever the old record of a number said, its new record says it too.
  private func writePart(
    of transaction: LedgerTransaction, _ lookups: [LedgerLookup], _ snapshot: EtcdSnapshot,
    until deadline: Int
  ) throws(LedgerError) {
    let missing = transaction.changed.map { ($0, transaction.newNumbers(of: $0)) }
    guard let (record, numbers) = missing.max(by: { $0.1.count < $1.1.count }), !numbers.isEmpty
    else { return try deletePart(of: transaction, snapshot, until: deadline) }
    // The numbers of the look-ups last: the next round finds the other records by them.
    let wanted = Set(lookups.flatMap(\.numbers))
    let ordered = numbers.filter { !wanted.contains($0) } + numbers.filter(wanted.contains)
    let part = Set(ordered.prefix(Self.largestPart))
    let original = transaction.original[record.identity]
    var base =
      original
      ?? LedgerRecord(account: record.account, key: record.key, numbers: [], name: record.name)
    var change = EtcdTransaction()
    for (identity, other) in transaction.original.sorted(by: { $0.key < $1.key })
    where identity != record.identity && other.account == record.account
      && !part.isDisjoint(with: other.numbers)
    {
      base = base.merged(with: other)
      var rest = other
      rest.numbers.removeAll(where: part.contains)
      if rest.numbers.isEmpty {
        change.deletions.insert(keys.record(other))
      } else {
        put(rest, leading: [], into: &change)
      }
    }
    base.key = record.key
    base.numbers = original?.numbers ?? []
    base.add(numbers: numbers.filter(part.contains))
    put(base, leading: Array(part), into: &change)
    // The next read shows whether it was carried out.
    _ = try client.write("kv/txn", conditioned(change, by: snapshot).message, until: deadline)
  }

  /// Carries out a part of the deletion of a record that has more numbers than one transaction can delete.
  private func deletePart(
    of transaction: LedgerTransaction, _ snapshot: EtcdSnapshot, until deadline: Int
  ) throws(LedgerError) {
    guard var rest = transaction.removed.max(by: { $0.numbers.count < $1.numbers.count }),
      rest.numbers.count > 1
    else { throw .etcd(.full, "a change of too many records at once") }
    // Keep the first number: the next round finds the record by it.
    let part = Set(rest.numbers.dropFirst().prefix(Self.largestPart))
    rest.numbers.removeAll(where: part.contains)
    var change = EtcdTransaction()
    put(rest, leading: [], into: &change)
    for number in part { change.deletions.insert(keys.number(number, account: rest.account)) }
    _ = try client.write("kv/txn", conditioned(change, by: snapshot).message, until: deadline)
  }

  /// Each number may have a record of its own, and one more record receives them.
  private static let largestPart = largestTransaction / 2 - 2

  private func put(
    _ record: LedgerRecord, leading numbers: [String], into change: inout EtcdTransaction
  ) {
    change.puts[keys.record(record)] = record.stored
    for number in numbers {
      change.puts[keys.number(number, account: record.account)] = Array(record.key.text.utf8)
    }
  }

  private func conditioned(
    _ change: EtcdTransaction, by snapshot: EtcdSnapshot
  ) -> EtcdTransaction {
    var result = change
    for key in change.deletions.union(change.puts.keys).union(change.counts.keys) {
      result.conditions[key] = snapshot.revisions[key]
    }
    return result
  }
}

extension LedgerTransaction {
  /// The numbers of a changed record that did not lead to it before.
  fileprivate func newNumbers(of record: LedgerRecord) -> [String] {
    let known = Set(original[record.identity]?.numbers ?? [])
    return record.numbers.filter { !known.contains($0) }
  }

  /// How many claims with a running owner are new; each needs a sign of life.
  fileprivate var newClaims: Int {
    let before = Set(original.values.flatMap(\.claims).map(\.token))
    let claims = records.values.flatMap(\.claims)
    return claims.filter { $0.doubt == nil && !before.contains($0.token) }.count
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
