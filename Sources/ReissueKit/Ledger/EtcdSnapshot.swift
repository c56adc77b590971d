import JSON
import Platform

/// What was read of the cluster for one transaction.
struct EtcdSnapshot: Sendable {
  private(set) var entries: [String: EtcdEntry] = [:]
  /// The revision of every key that was asked for; 0 if it does not exist.
  private(set) var revisions: [String: Int] = [:]
  /// The keys of records among them.
  private var recordKeys: Set<String> = []

  mutating func add(_ found: [EtcdEntry], asked: [String]) {
    for key in asked { revisions[key] = 0 }
    for entry in found {
      entries[entry.key] = entry
      revisions[entry.key] = entry.modRevision
    }
  }

  /// The keys of all records that the look-ups want, as far as the numbers' ways are known.
  mutating func recordKeys(_ keys: EtcdKeys, _ lookups: [LedgerLookup]) -> [String] {
    for lookup in lookups {
      if let order = lookup.order {
        recordKeys.insert(keys.record(LedgerIdentity(account: lookup.account, key: .order(order))))
      }
      for number in lookup.numbers {
        let way = entries[keys.number(number, account: lookup.account)]
        guard let way, let key = LedgerRecord.Key(text: String(decoding: way.value, as: UTF8.self))
        else { continue }
        recordKeys.insert(keys.record(LedgerIdentity(account: lookup.account, key: key)))
      }
    }
    return Array(recordKeys)
  }

  /// The records that were found.
  func records() throws(LedgerError) -> [LedgerRecord] {
    var records: [LedgerRecord] = []
    for key in recordKeys.sorted() {
      if let entry = entries[key] { records.append(try entry.record()) }
    }
    return records
  }

  func book(
    _ keys: EtcdKeys, lookups: [LedgerLookup], days: [LedgerDay], observer: ProcessIdentity
  ) throws(LedgerError) -> LedgerBook {
    let records = try records()
    var lives: [String: LedgerLife] = [:]
    for claim in records.compactMap(\.claim) {
      let isSigned = entries[keys.life(claim.token)] != nil
      let isDead = claim.owner.life(seenFrom: observer) == .dead
      lives[claim.token] = isSigned && !isDead ? .alive : .gone
    }
    var counts = LedgerCounts()
    for day in days {
      let text = entries[keys.day(day)].map { String(decoding: $0.value, as: UTF8.self) }
      counts[day] = text.flatMap { Int($0) } ?? 0
    }
    return LedgerBook(records: records, lives: lives, counts: counts)
  }
}

extension EtcdKeys {
  /// The keys that can be named before anything is read.
  func first(_ lookups: [LedgerLookup], _ days: [LedgerDay]) -> [String] {
    var names = days.map(day)
    for lookup in lookups {
      names += lookup.numbers.map { number($0, account: lookup.account) }
      if let order = lookup.order {
        names.append(record(LedgerIdentity(account: lookup.account, key: .order(order))))
      }
    }
    return names
  }
}

extension EtcdEntry {
  func record() throws(LedgerError) -> LedgerRecord {
    do throws(LedgerError) {
      return try LedgerRecord.read(value, key: key, place: "etcd")
    } catch {
      guard error.code == .damaged else { throw error }
      throw LedgerError(
        .damaged, error.message,
        hint: "restore the cluster from a snapshot, or delete the key with etcdctl")
    }
  }
}
