import JSON
import Platform

/// The keys in the cluster. Parts are escaped, so no text can reach another key.
struct EtcdKeys {
  let prefix: String

  /// The key of a record, without a lease.
  func record(_ account: String, _ key: LedgerRecord.Key) -> String {
    "\(prefix)/record/\(escaped(account))/\(escaped(key.text))"
  }

  func record(_ record: LedgerRecord) -> String { self.record(record.account, record.key) }

  /// The key of a number; its value is the key of the record as text.
  func number(_ number: String, account: String) -> String {
    "\(prefix)/number/\(escaped(account))/\(escaped(number))"
  }

  /// The key of the sign of life of a claim's owner, with a lease.
  func life(_ token: String) -> String { "\(prefix)/life/\(escaped(token))" }

  /// The key of the number of requests on a day.
  func day(_ day: Int, account: String) -> String { "\(prefix)/day/\(escaped(account))/\(day)" }

  /// The day in a key from ``day(_:account:)``.
  func day(of key: String) -> Int? { key.split(separator: "/").last.flatMap { Int($0) } }

  /// All counts: from the first key up to, but not including, the second.
  var days: (from: String, to: String) { ("\(prefix)/day/", "\(prefix)/day0") }

  /// All records: from the first key up to, but not including, the second.
  var records: (from: String, to: String) { ("\(prefix)/record/", "\(prefix)/record0") }

  /// The keys that are known before anything is read.
  func first(_ lookups: [LedgerLookup], day: Int?) -> [String] {
    var names: [String] = []
    for lookup in lookups {
      if let day { names.append(self.day(day, account: lookup.account)) }
      names += lookup.numbers.map { number($0, account: lookup.account) }
      names += lookup.keys.map { record(lookup.account, $0) }
    }
    return names
  }

  /// Keeps letters, digits, `-`, `.`, `_` and `:`, and writes other bytes as `%xx`.
  private func escaped(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return result
  }
}

/// The entries of the cluster that were read for one transaction.
struct EtcdSnapshot {
  let keys: EtcdKeys
  private(set) var entries: [String: EtcdEntry] = [:]
  /// The revision of every key that was read; 0 if it does not exist.
  private(set) var revisions: [String: Int] = [:]
  /// The keys of the records, each with the numbers that lead to it.
  private var recordKeys: [String: [String]] = [:]

  init(keys: EtcdKeys) { self.keys = keys }

  /// Adds the reply to a request for some keys.
  mutating func add(_ found: [EtcdEntry], for asked: [String]) {
    for key in asked { revisions[key] = 0 }
    for entry in found {
      entries[entry.key] = entry
      revisions[entry.key] = entry.modRevision
    }
  }

  /// Finds the keys of all records of the look-ups, from the numbers that were read.
  mutating func findRecords(_ lookups: [LedgerLookup]) throws(LedgerError) -> [String] {
    for lookup in lookups {
      for key in lookup.keys { recordKeys[keys.record(lookup.account, key), default: []] += [] }
      for number in lookup.numbers {
        guard let way = entries[keys.number(number, account: lookup.account)] else { continue }
        guard let key = LedgerRecord.Key(text: String(decoding: way.value, as: UTF8.self)) else {
          throw .lost(record: number)
        }
        recordKeys[keys.record(lookup.account, key), default: []].append(number)
      }
    }
    return Array(recordKeys.keys)
  }

  /// A number that leads to a missing record: the record moved between two reads, or it is lost.
  var lostNumber: String? {
    recordKeys.first { entries[$0.key] == nil && !$0.value.isEmpty }?.value.first
  }

  /// The records that were found. A number that leads to a record belongs to it, even if the record does not list it.
  func records() throws(LedgerError) -> [LedgerRecord] {
    var records: [LedgerRecord] = []
    for (key, numbers) in recordKeys.sorted(by: { $0.key < $1.key }) {
      guard var record = try entries[key]?.record(keys) else { continue }
      record.add(numbers: numbers)
      records.append(record)
    }
    return records
  }

  /// The working copy of these records, and of the counts of a day.
  func transaction(
    lookups: [LedgerLookup], day: Int?, observer: ProcessIdentity
  ) throws(LedgerError) -> LedgerTransaction {
    var counts: [String: Int] = [:]
    for account in lookups.map(\.account) {
      guard let day else { break }
      let value = entries[keys.day(day, account: account)]?.value ?? []
      counts[account] = Int(String(decoding: value, as: UTF8.self)) ?? 0
    }
    return LedgerTransaction(records: try records(), counts: counts, observer: observer) {
      entries[keys.life($0.token)] != nil
    }
  }
}

extension EtcdEntry {
  /// Reads the entry as a record.
  func record(_ keys: EtcdKeys) throws(LedgerError) -> LedgerRecord {
    do throws(LedgerError) {
      let record = try LedgerRecord.read(value, key: key, place: "etcd")
      guard keys.record(record) == key else {
        throw .damaged("etcd", "ledger etcd: the record of \(key) belongs to another key")
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
  /// A number leads to a missing record, so earlier requests for it are not known.
  static func lost(record number: String) -> LedgerError {
    LedgerError(
      .damaged, "ledger etcd: the record of number \(number) is missing",
      hint: "restore the cluster from a snapshot, or delete the key of the number with etcdctl")
  }
}
