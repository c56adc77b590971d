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
    var rows: [String: Row] = [:]
    do throws(SQLiteError) {
      let byKey = try connection.prepare(
        "SELECT account, key, state, body FROM record WHERE account = ? AND key = ?")
      // Left: a number that leads nowhere is damage, not a number that is not known.
      let byNumber = try connection.prepare(
        """
        SELECT number.account, number.key, state, body FROM number LEFT JOIN record USING (account, key)
          WHERE number.account = ? AND number = ?
        """)
      for lookup in lookups {
        // A record is also found by the number that it is filed under, should its row in `number` be damaged.
        let keys =
          lookup.order.map { [.order($0)] } ?? [] + lookup.numbers.map(LedgerRecord.Key.number)
        for key in keys { try read(byKey, lookup.account, key.text, into: &rows) }
        for number in lookup.numbers { try read(byNumber, lookup.account, number, into: &rows) }
      }
    } catch {
      throw LedgerError(error, path: path)
    }
    return try records(rows, in: connection)
  }

  /// All records in these states.
  func records(
    in states: Set<LedgerRecord.State>, of connection: borrowing SQLiteConnection
  ) throws(LedgerError) -> [LedgerRecord] {
    var rows: [String: Row] = [:]
    do throws(SQLiteError) {
      let select = try connection.prepare(
        "SELECT account, key, state, body FROM record WHERE state = ?")
      for state in states {
        try select.bind(state.rawValue, at: 1)
        try read(select, into: &rows)
      }
    } catch {
      throw LedgerError(error, path: path)
    }
    return try records(rows, in: connection)
  }

  /// A record as the table holds it.
  private struct Row {
    let account: String
    let key: String
    let state: String?
    let body: String?
  }

  private func read(
    _ select: borrowing SQLiteStatement, _ account: String, _ name: String,
    into rows: inout [String: Row]
  ) throws(SQLiteError) {
    try select.bind(account, at: 1)
    try select.bind(name, at: 2)
    try read(select, into: &rows)
  }

  private func read(
    _ select: borrowing SQLiteStatement, into rows: inout [String: Row]
  ) throws(SQLiteError) {
    while try select.step() {
      guard let account = select.text(0), let key = select.text(1) else { continue }
      rows["\(account) \(key)"] = Row(
        account: account, key: key, state: select.text(2), body: select.text(3))
    }
    select.reset()
  }

  /// The records of these rows. A record that its row contradicts is damage.
  private func records(
    _ rows: [String: Row], in connection: borrowing SQLiteConnection
  ) throws(LedgerError) -> [LedgerRecord] {
    var records: [LedgerRecord] = []
    for (name, row) in rows.sorted(by: { $0.key < $1.key }) {
      guard let body = row.body else { throw contradiction(name, "is not there") }
      let record = try LedgerRecord.read(Array(body.utf8), key: name, place: path)
      guard record.account == row.account, record.key.text == row.key,
        record.state.rawValue == row.state
      else { throw contradiction(name, "is not what its row says") }
      guard try isFound(record, in: connection) else {
        throw contradiction(name, "has other numbers than its rows say")
      }
      records.append(record)
    }
    return records
  }

  /// Whether every number of a record leads to a record, and no other number leads to this one.
  private func isFound(
    _ record: LedgerRecord, in connection: borrowing SQLiteConnection
  ) throws(LedgerError) -> Bool {
    var missing = Set(record.numbers)
    do throws(SQLiteError) {
      let select = try connection.prepare(
        "SELECT number FROM number WHERE account = ? AND key = ?")
      try select.bind(record.account, at: 1)
      try select.bind(record.key.text, at: 2)
      while try select.step() {
        guard missing.remove(select.text(0) ?? "") != nil else { return false }
      }
      // Version 1.0.0 could give a number of one record to another.
      let other = try connection.prepare("SELECT 1 FROM number WHERE account = ? AND number = ?")
      try other.bind(record.account, at: 1)
      for number in missing {
        try other.bind(number, at: 2)
        guard try other.step() else { return false }
        other.reset()
      }
      return true
    } catch {
      throw LedgerError(error, path: path)
    }
  }

  private func contradiction(_ name: String, _ what: String) -> LedgerError {
    .damaged(path, "ledger \(path): the record of \(name) \(what)")
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
    _ book: LedgerTransaction, to connection: borrowing SQLiteConnection
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
    try upsert.bind(String(decoding: record.stored, as: UTF8.self), at: 5)
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
