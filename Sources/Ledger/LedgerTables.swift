// Records and counts in the tables of the SQLite ledger. All of it runs inside a transaction.

import Platform
import SQLite

/// A record as the tables hold it; `nil` where a number leads to a record that is missing.
struct LedgerRow {
  let account: String
  let key: String
  let state: String?
  let body: String?
}

extension SQLiteConnection {
  /// The rows that one of the look-ups matches, each once, sorted by account and key.
  borrowing func rows(of lookups: [LedgerLookup]) throws(SQLiteError) -> [LedgerRow] {
    guard lookups.contains(where: { !$0.keys.isEmpty }) else { return [] }
    let byKey = try prepare(
      "SELECT account, key, state, body FROM record WHERE account = ? AND key = ?")
    // LEFT: a number that leads to no record is damage, not an unknown number.
    let byNumber = try prepare(
      """
      SELECT number.account, number.key, state, body FROM number LEFT JOIN record USING (account, key)
        WHERE number.account = ? AND number = ?
      """)
    var rows: [String: LedgerRow] = [:]
    for lookup in lookups {
      // A record is also found by the number in its key, in case its row in `number` is damaged.
      for key in lookup.keys {
        try byKey.bind(lookup.account, key.text)
        try byKey.read(into: &rows)
      }
      for number in lookup.numbers {
        try byNumber.bind(lookup.account, number)
        try byNumber.read(into: &rows)
      }
    }
    return rows.sorted { $0.key < $1.key }.map(\.value)
  }

  /// A query for the rows in one state, which is bound to it.
  borrowing func selectRowsOfState() throws(SQLiteError) -> SQLiteStatement {
    try prepare("SELECT account, key, state, body FROM record WHERE state = ?")
  }

  /// Whether every number of a record leads to a record, and no other number leads to this one.
  borrowing func isReachable(_ record: LedgerRecord) throws(SQLiteError) -> Bool {
    var missing = Set(record.numbers)
    let own = try prepare("SELECT number FROM number WHERE account = ? AND key = ?")
    try own.bind(record.account, record.key.text)
    while try own.step() {
      guard missing.remove(own.text(0) ?? "") != nil else { return false }
    }
    // Version 1.0.0 could move a number of one record to another.
    let any = try prepare("SELECT 1 FROM number WHERE account = ? AND number = ?")
    for number in missing {
      try any.bind(record.account, number)
      guard try any.step() else { return false }
      any.reset()
    }
    return true
  }

  /// The requests of these accounts on a day; empty without a day.
  borrowing func counts(
    of accounts: Set<String>, on day: Int?
  ) throws(SQLiteError) -> [String: Int] {
    guard let day else { return [:] }
    let select = try prepare("SELECT count FROM day WHERE account = ? AND day = ?")
    try select.bind(day, at: 2)
    var counts: [String: Int] = [:]
    for account in accounts {
      try select.bind(account)
      counts[account] = try select.step() ? select.integer(0) : 0
      select.reset()
    }
    return counts
  }

  /// Writes the changes of a transaction.
  borrowing func write(
    _ transaction: LedgerTransaction, on day: Int?
  ) throws(SQLiteError) {
    for record in transaction.removed {
      // Its rows in `number` go with it (ON DELETE CASCADE).
      let delete = try prepare("DELETE FROM record WHERE account = ? AND key = ?")
      try delete.bind(record.account, record.key.text)
      try delete.run()
    }
    for record in transaction.changed {
      try write(record, before: transaction.original[record.identity])
    }
    guard let day else { return }
    for (account, count) in transaction.changedCounts {
      let upsert = try prepare("INSERT OR REPLACE INTO day VALUES (?, ?, ?)")
      try upsert.bind(account)
      try upsert.bind(day, at: 2)
      try upsert.bind(count, at: 3)
      try upsert.run()
    }
  }

  private borrowing func write(
    _ record: LedgerRecord, before: LedgerRecord?
  ) throws(SQLiteError) {
    // Not INSERT OR REPLACE: it deletes the row first, and with it the rows in `number`.
    let upsert = try prepare(
      """
      INSERT INTO record (account, key, state, body, changed) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (account, key)
        DO UPDATE SET state = excluded.state, changed = excluded.changed, body = excluded.body
      """)
    let body = String(decoding: record.stored, as: UTF8.self)
    try upsert.bind(record.account, record.key.text, record.state.rawValue, body)
    try upsert.bind(record.changedAt.milliseconds, at: 5)
    try upsert.run()
    guard record.numbers != before?.numbers else { return }
    if before != nil {
      let delete = try prepare("DELETE FROM number WHERE account = ? AND key = ?")
      try delete.bind(record.account, record.key.text)
      try delete.run()
    }
    let insert = try prepare(
      "INSERT OR REPLACE INTO number (account, key, number) VALUES (?, ?, ?)")
    for number in record.numbers {
      try insert.bind(record.account, record.key.text, number)
      try insert.run()
    }
  }
}

extension SQLiteStatement {
  /// Binds texts to the first parameters.
  borrowing func bind(_ texts: String...) throws(SQLiteError) {
    for (index, text) in texts.enumerated() { try bind(text, at: index + 1) }
  }

  /// The next row of a query for account, key, state and body; `nil` after the last one, and the statement is reset.
  borrowing func row() throws(SQLiteError) -> LedgerRow? {
    guard try step() else {
      reset()
      return nil
    }
    // The schema has both as NOT NULL.
    return LedgerRow(account: text(0) ?? "", key: text(1) ?? "", state: text(2), body: text(3))
  }

  /// Reads all rows of such a query.
  fileprivate borrowing func read(into rows: inout [String: LedgerRow]) throws(SQLiteError) {
    while let row = try row() { rows["\(row.account) \(row.key)"] = row }
  }
}
