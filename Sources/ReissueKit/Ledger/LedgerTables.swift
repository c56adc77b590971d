// Records and counts in the tables of the SQLite ledger. All of it runs inside of a transaction.

import JSON
import Platform
import SQLite

/// Reads and writes the tables for one file; the path is for messages.
struct LedgerTables {
  let path: String

  /// The records that one of the look-ups wants, each once.
  func records(
    of lookups: [LedgerLookup], in connection: borrowing SQLiteConnection
  ) throws(LedgerError) -> [LedgerRecord] {
    guard !lookups.isEmpty else { return [] }
    var bodies: [String: String] = [:]
    do throws(SQLiteError) {
      // Often no order is known yet.
      let ordered = lookups.filter { $0.order != nil }
      if !ordered.isEmpty { try read(ordered, from: connection, into: &bodies) }
      let byNumber = try connection.prepare(
        """
        SELECT account || ' ' || key, body FROM number JOIN record USING (account, key)
          WHERE account = ? AND number = ?
        """)
      for lookup in lookups {
        for number in lookup.numbers { try read(byNumber, lookup.account, number, into: &bodies) }
      }
    } catch {
      throw LedgerError(error, path: path)
    }
    var records: [LedgerRecord] = []
    for (key, body) in bodies.sorted(by: { $0.key < $1.key }) {
      records.append(try record(body, key: key))
    }
    return records
  }

  /// Reads the records of the orders.
  private func read(
    _ lookups: [LedgerLookup], from connection: borrowing SQLiteConnection,
    into bodies: inout [String: String]
  ) throws(SQLiteError) {
    let byKey = try connection.prepare(
      "SELECT account || ' ' || key, body FROM record WHERE account = ? AND key = ?")
    for lookup in lookups {
      guard let order = lookup.order else { continue }
      try read(byKey, lookup.account, LedgerRecord.Key.order(order).text, into: &bodies)
    }
  }

  private func read(
    _ select: borrowing SQLiteStatement, _ account: String, _ name: String,
    into bodies: inout [String: String]
  ) throws(SQLiteError) {
    try select.bind(account, at: 1)
    try select.bind(name, at: 2)
    while try select.step() {
      if let key = select.text(0) { bodies[key] = select.text(1) }
    }
    select.reset()
  }

  /// All records in these states.
  func records(
    in states: Set<LedgerRecord.State>, of connection: borrowing SQLiteConnection
  ) throws(LedgerError) -> [LedgerRecord] {
    var bodies: [(key: String, body: String)] = []
    do throws(SQLiteError) {
      let select = try connection.prepare(
        "SELECT account || ' ' || key, body FROM record WHERE state = ?")
      for state in states {
        try select.bind(state.rawValue, at: 1)
        while try select.step() { bodies.append((select.text(0) ?? "", select.text(1) ?? "")) }
        select.reset()
      }
    } catch {
      throw LedgerError(error, path: path)
    }
    var records: [LedgerRecord] = []
    for (key, body) in bodies.sorted(by: { $0.key < $1.key }) {
      records.append(try record(body, key: key))
    }
    return records
  }

  private func record(_ body: String, key: String) throws(LedgerError) -> LedgerRecord {
    try LedgerRecord.read(Array(body.utf8), key: key, place: path)
  }

  func counts(
    of days: [LedgerDay], in connection: borrowing SQLiteConnection
  ) throws(LedgerError) -> LedgerCounts {
    var counts = LedgerCounts()
    guard !days.isEmpty else { return counts }
    do throws(SQLiteError) {
      let select = try connection.prepare("SELECT count FROM day WHERE account = ? AND day = ?")
      for day in days {
        try select.bind(day.account, at: 1)
        try select.bind(day.day, at: 2)
        counts[day] = try select.step() ? select.integer(0) : 0
        select.reset()
      }
    } catch {
      throw LedgerError(error, path: path)
    }
    return counts
  }

  /// Makes what changed in the book the content of the tables.
  func write(
    _ book: LedgerBook, to connection: borrowing SQLiteConnection
  ) throws(LedgerError) {
    guard book.hasChanges else { return }
    do throws(SQLiteError) {
      for identity in book.removed {
        // Its numbers go with it.
        let delete = try connection.prepare("DELETE FROM record WHERE account = ? AND key = ?")
        try delete.bind(identity.account, at: 1)
        try delete.bind(identity.key.text, at: 2)
        try delete.run()
      }
      for record in book.changed {
        try write(record, before: book.original[record.identity.text], to: connection)
      }
      for (day, count) in book.changedCounts {
        let upsert = try connection.prepare("INSERT OR REPLACE INTO day VALUES (?, ?, ?)")
        try upsert.bind(day.account, at: 1)
        try upsert.bind(day.day, at: 2)
        try upsert.bind(count, at: 3)
        try upsert.run()
      }
    } catch {
      throw LedgerError(error, path: path)
    }
  }

  private func write(
    _ record: LedgerRecord, before: LedgerRecord?, to connection: borrowing SQLiteConnection
  ) throws(SQLiteError) {
    // Not REPLACE, which deletes first, and the numbers with it.
    let upsert = try connection.prepare(
      """
      INSERT INTO record VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, key)
        DO UPDATE SET state = excluded.state, changed = excluded.changed, body = excluded.body
      """)
    try upsert.bind(record.account, at: 1)
    try upsert.bind(record.key.text, at: 2)
    try upsert.bind(record.state.rawValue, at: 3)
    try upsert.bind(record.changedAt.milliseconds, at: 4)
    try upsert.bind(JSONEncoder.text(record.json), at: 5)
    try upsert.run()
    guard record.numbers != before?.numbers else { return }
    if before != nil {
      let delete = try connection.prepare("DELETE FROM number WHERE account = ? AND key = ?")
      try delete.bind(record.account, at: 1)
      try delete.bind(record.key.text, at: 2)
      try delete.run()
    }
    let insert = try connection.prepare("INSERT OR REPLACE INTO number VALUES (?, ?, ?)")
    try insert.bind(record.account, at: 1)
    try insert.bind(record.key.text, at: 3)
    for number in record.numbers {
      try insert.bind(number, at: 2)
      try insert.run()
    }
  }
}

extension LedgerRecord {
  /// Reads a record as a store keeps it.
  ///
  /// - Parameters:
  ///   - key: What it was found under, for the message.
  ///   - place: The store, for the message.
  ///   - body: The record as JSON.
  static func read(
    _ body: [UInt8], key: String, place: String
  ) throws(LedgerError) -> LedgerRecord {
    guard let json = try? JSONDecoder.decode(body) else {
      throw .damaged(place, "ledger \(place): the record of \(key) is no JSON")
    }
    do throws(LedgerRecordError) { return try LedgerRecord(json: json) } catch {
      switch error {
      case .version(let version): throw .newer(place, version: version)
      case .member(let name):
        throw .damaged(place, "ledger \(place): the record of \(key) has no usable \"\(name)\"")
      }
    }
  }
}
