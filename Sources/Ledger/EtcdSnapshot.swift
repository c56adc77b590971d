import JSON
import Platform

/// What was read of the cluster for one transaction.
struct EtcdSnapshot: Sendable {
  private(set) var entries: [String: EtcdEntry] = [:]
  /// The revision of every key that was asked for; 0 if it does not exist.
  private(set) var revisions: [String: Int] = [:]
  /// The keys of records among them, with the numbers that lead to each.
  private var recordKeys: [String: [String]] = [:]

  mutating func add(_ found: [EtcdEntry], asked: [String]) {
    for key in asked { revisions[key] = 0 }
    for entry in found {
      entries[entry.key] = entry
      revisions[entry.key] = entry.modRevision
    }
  }

  /// The keys of all records that the look-ups want, as far as the numbers' ways are known.
  mutating func recordKeys(
    _ keys: EtcdKeys, _ lookups: [LedgerLookup]
  ) throws(LedgerError) -> [String] {
    for lookup in lookups {
      let named =
        lookup.order.map { [.order($0)] } ?? [] + lookup.numbers.map(LedgerRecord.Key.number)
      for key in named {
        recordKeys[keys.record(LedgerIdentity(account: lookup.account, key: key)), default: []] +=
          []
      }
      for number in lookup.numbers {
        guard let way = entries[keys.number(number, account: lookup.account)] else { continue }
        guard let key = LedgerRecord.Key(text: String(decoding: way.value, as: UTF8.self)) else {
          throw .lost(record: number)
        }
        let record = keys.record(LedgerIdentity(account: lookup.account, key: key))
        recordKeys[record, default: []].append(number)
      }
    }
    return Array(recordKeys.keys)
  }

  /// A number that leads to a record which is not there: it was moved between two reads, or it is lost.
  var lostNumber: String? {
    recordKeys.first { entries[$0.key] == nil && !$0.value.isEmpty }?.value.first
  }

  /// The records that were found. A number that leads to a record belongs to it, also where the record does not
  /// list it.
  func records(_ keys: EtcdKeys) throws(LedgerError) -> [LedgerRecord] {
    var records: [LedgerRecord] = []
    for (key, numbers) in recordKeys.sorted(by: { $0.key < $1.key }) {
      guard var record = try entries[key]?.record(keys) else { continue }
      record.add(numbers: numbers)
      records.append(record)
    }
    return records
  }

  func book(
    _ keys: EtcdKeys, lookups: [LedgerLookup], days: [LedgerDay], observer: ProcessIdentity
  ) throws(LedgerError) -> LedgerTransaction {
    let records = try records(keys)
    var lives: [String: LedgerLife] = [:]
    for claim in records.flatMap(\.claims) {
      let life = claim.owner == observer ? .alive : claim.owner.life(seenFrom: observer)
      // The sign of life speaks only for processes that cannot be seen from here; there the lease decides.
      let isSigned = entries[keys.life(claim.token)] != nil
      lives[claim.token] = life == .unknown && !isSigned ? .gone : LedgerLife(life)
    }
    var counts = LedgerCounts()
    for day in days {
      let text = entries[keys.day(day)].map { String(decoding: $0.value, as: UTF8.self) }
      counts[day] = text.flatMap { Int($0) } ?? 0
    }
    return LedgerTransaction(records: records, lives: lives, counts: counts)
  }
}

extension EtcdKeys {
  /// The keys that can be named before anything is read.
  func first(_ lookups: [LedgerLookup], _ days: [LedgerDay]) -> [String] {
    var names = days.map(day)
    for lookup in lookups {
      for number in lookup.numbers {
        names.append(self.number(number, account: lookup.account))
        names.append(record(LedgerIdentity(account: lookup.account, key: .number(number))))
      }
      if let order = lookup.order {
        names.append(record(LedgerIdentity(account: lookup.account, key: .order(order))))
      }
    }
    return names
  }
}

extension EtcdEntry {
  func record(_ keys: EtcdKeys) throws(LedgerError) -> LedgerRecord {
    do throws(LedgerError) {
      let record = try LedgerRecord.read(value, key: key, place: "etcd")
      guard keys.record(record.identity) == key else {
        throw .damaged("etcd", "ledger etcd: the record of \(key) is that of another")
      }
      return record
    } catch {
      guard error.code == .damaged else { throw error }
      throw LedgerError(
        .damaged, error.message,
        hint: "restore the cluster from a snapshot, or delete the key with etcdctl")
    }
  }
}

extension LedgerError {
  /// A number is known, and the record that it leads to is not there: what was asked for it nobody knows.
  static func lost(record number: String) -> LedgerError {
    LedgerError(
      .damaged, "ledger etcd: the record of number \(number) is not there",
      hint: "restore the cluster from a snapshot, or delete the key of the number with etcdctl")
  }
}
