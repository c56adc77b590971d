// What a transaction of the ledger changes in the cluster, in one transaction of etcd or in several.

import JSON

extension EtcdLedger {
  /// The changes of a book. Every key that is written or removed must be as it was read.
  ///
  /// What a decision was based on is written too: a record that is claimed, the numbers that led to none before, the
  /// day that is counted. So these conditions are enough, and there are no more of them than operations.
  func difference(of book: LedgerTransaction, to snapshot: EtcdSnapshot) -> EtcdTransaction {
    var result = EtcdTransaction()
    var ways: Set<String> = []
    for identity in book.removed {
      result.deletions.insert(keys.record(identity))
      for number in book.original[identity.text]?.numbers ?? [] {
        ways.insert(keys.number(number, account: identity.account))
      }
    }
    for record in book.changed {
      put(record, leading: book.missingNumbers(of: record), into: &result)
    }
    for (day, count) in book.changedCounts {
      result.counts[keys.day(day)] = Array(String(count).utf8)
    }
    // What moved from one record to another is put, not removed.
    result.deletions.formUnion(ways.subtracting(result.puts.keys))
    return conditioned(result, by: snapshot)
  }

  /// Carries out a part of a change that has too many operations: numbers that a record gets, and what is known of
  /// them by other records. Called again until the rest fits.
  ///
  /// Each part leaves records that are true by themselves: whatever a number led to before, the record that it leads
  /// to now says it too.
  func carryOutPart(
    of book: LedgerTransaction, _ lookups: [LedgerLookup], _ snapshot: EtcdSnapshot,
    until deadline: Int
  ) throws(LedgerError) {
    let missing = book.changed.map { ($0, book.missingNumbers(of: $0)) }
    guard let (record, numbers) = missing.max(by: { $0.1.count < $1.1.count }), !numbers.isEmpty
    else { return try removePart(of: book, snapshot, until: deadline) }
    // By those that are looked for the other records are found again.
    let wanted = Set(lookups.flatMap(\.numbers))
    let ordered = numbers.filter { !wanted.contains($0) } + numbers.filter(wanted.contains)
    let part = Set(ordered.prefix(Self.largestPart))
    let original = book.original[record.identity.text]
    var base =
      original
      ?? LedgerRecord(account: record.account, key: record.key, numbers: [], name: record.name)
    var transaction = EtcdTransaction()
    for (text, other) in book.original.sorted(by: { $0.key < $1.key })
    where text != record.identity.text && other.account == record.account
      && !part.isDisjoint(with: other.numbers)
    {
      base = base.merged(with: other)
      var rest = other
      rest.numbers.removeAll(where: part.contains)
      if rest.numbers.isEmpty {
        transaction.deletions.insert(keys.record(other.identity))
      } else {
        put(rest, leading: [], into: &transaction)
      }
    }
    base.key = record.key
    base.numbers = original?.numbers ?? []
    base.add(numbers: numbers.filter(part.contains))
    put(base, leading: Array(part), into: &transaction)
    let message = conditioned(transaction, by: snapshot).message
    // Whether it was carried out shows when everything is read again.
    _ = try client.write("kv/txn", message, until: deadline)
  }

  /// The same for records that are removed and had more numbers than one transaction can remove.
  private func removePart(
    of book: LedgerTransaction, _ snapshot: EtcdSnapshot, until deadline: Int
  ) throws(LedgerError) {
    let removed = book.removed.compactMap { book.original[$0.text] }
    guard var rest = removed.max(by: { $0.numbers.count < $1.numbers.count }),
      rest.numbers.count > 1
    else { throw .etcd(.full, "a change of too many records at once") }
    // The first number stays: by it the record is found again.
    let part = Set(rest.numbers.dropFirst().prefix(Self.largestPart))
    rest.numbers.removeAll(where: part.contains)
    var transaction = EtcdTransaction()
    put(rest, leading: [], into: &transaction)
    for number in part {
      transaction.deletions.insert(keys.number(number, account: rest.account))
    }
    let message = conditioned(transaction, by: snapshot).message
    _ = try client.write("kv/txn", message, until: deadline)
  }

  /// Each number may lead to a record of its own, and the record it is moved to is one more.
  private static let largestPart = largestTransaction / 2 - 2

  private func put(
    _ record: LedgerRecord, leading numbers: [String], into transaction: inout EtcdTransaction
  ) {
    transaction.puts[keys.record(record.identity)] = record.stored
    for number in numbers {
      transaction.puts[keys.number(number, account: record.account)] = Array(record.key.text.utf8)
    }
  }

  private func conditioned(
    _ transaction: EtcdTransaction, by snapshot: EtcdSnapshot
  ) -> EtcdTransaction {
    var result = transaction
    for key in transaction.deletions.union(transaction.puts.keys).union(transaction.counts.keys) {
      result.conditions[key] = snapshot.revisions[key]
    }
    return result
  }
}

extension LedgerTransaction {
  /// The numbers of a changed record that did not lead to it before.
  fileprivate func missingNumbers(of record: LedgerRecord) -> [String] {
    let known = Set(original[record.identity.text]?.numbers ?? [])
    return record.numbers.filter { !known.contains($0) }
  }

  /// The claims with an owner that need a sign of life.
  var freshClaims: [LedgerClaim] {
    let before = Set(original.values.flatMap(\.claims).map(\.token))
    return records.values.flatMap(\.claims).filter { $0.doubt == nil && !before.contains($0.token) }
  }
}
