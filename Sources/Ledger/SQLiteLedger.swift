// The ledger in one SQLite file, for all processes of one machine.

import Core
import JSON
package import Platform
import SQLite

/// A ledger in a SQLite file.
///
/// Every change is durable before its transaction returns (`synchronous = FULL`). For one thread.
package final class SQLiteLedger: Ledger {
  /// How long a transaction waits for those of other processes, in milliseconds.
  ///
  /// Each takes a few milliseconds, so this is enough for hundreds of processes.
  package static let busyTimeout = 10_000

  package var warnings: [String] { file.warnings }
  package let largestBatch = Int.max
  /// The path of the file, without links.
  var path: String { file.path }
  private var file: LedgerFile
  private let connection: SQLiteConnection
  let patience: LockPatience

  /// Opens the ledger at a path; creates the file with mode 0600, and its folder with mode 0700, if they do not exist.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - busyTimeout: How long to wait for other processes, in milliseconds.
  ///   - mayWait: Called repeatedly during such a wait; `false` ends it, unless an outcome is to be recorded.
  /// - Throws: ``LedgerError``; a file that is not a ledger, or that a later version wrote, is not changed.
  package init(
    path: String, busyTimeout: Int = SQLiteLedger.busyTimeout,
    while mayWait: @escaping () -> Bool = { true }
  ) throws(LedgerError) {
    let patience = LockPatience(mayWait)
    self.patience = patience
    file = try LedgerFile(preparing: path)
    try file.requireWholeLog()
    do throws(SQLiteError) {
      connection = try SQLiteConnection.open(file.path, busyTimeout: busyTimeout) {
        patience.mayWait
      }
    } catch {
      throw LedgerError(error, path: file.path)
    }
    try sql { (connection) throws(SQLiteError) in
      try connection.keepLogOnClose()
      try connection.execute("PRAGMA synchronous = FULL")
    }
    try bringSchema(busyTimeout: busyTimeout)
    // Every opener reads the log, so it must stay short. A checkpoint costs three more syncs; a request writes seven
    // pages, so one request in nine pays for a checkpoint.
    try execute("PRAGMA wal_autocheckpoint = 64")
    // One large batch makes the log long; the next checkpoint truncates it.
    try execute("PRAGMA journal_size_limit = 1048576")
    try file.requireInPlace()
  }

  package func transact<Result>(
    _ lookups: [LedgerLookup], day: Int?, observer: ProcessIdentity, isSettling: Bool,
    _ body: (inout LedgerTransaction) -> Result
  ) throws(LedgerError) -> Result {
    // SQLite lets even BEGIN IMMEDIATE pass on a file that it may only read.
    guard !connection.isReadOnly else { throw .readOnly(path) }
    patience.isSettling = isSettling
    defer { patience.isSettling = false }
    try execute("BEGIN IMMEDIATE")
    do throws(LedgerError) {
      try file.requireInPlace()
      let rows = try sql { (connection) throws(SQLiteError) in
        try connection.rows(of: lookups)
      }
      let counts = try sql { (connection) throws(SQLiteError) in
        try connection.counts(of: Set(lookups.map(\.account)), on: day)
      }
      var records: [LedgerRecord] = []
      for row in rows { records.append(try record(of: row)) }
      var transaction = LedgerTransaction(records: records, counts: counts, observer: observer)
      let result = body(&transaction)
      try sql { (connection) throws(SQLiteError) in
        try connection.write(transaction, on: day)
        try connection.execute("COMMIT")
      }
      try file.requireInPlace()
      return result
    } catch {
      rollBack()
      throw error
    }
  }

  package func forEachRecord(
    in states: Set<LedgerRecord.State>, _ body: (LedgerRecord) -> Void
  ) throws(LedgerError) {
    // One transaction: other processes change records, and the numbers that lead to them, between two statements.
    try execute("BEGIN")
    defer { rollBack() }
    let select = try sql { (connection) throws(SQLiteError) in
      try connection.selectRowsOfState()
    }
    for state in states {
      try sql { (_) throws(SQLiteError) in try select.bind(state.rawValue) }
      while let row = try sql({ (_) throws(SQLiteError) in try select.row() }) {
        body(try record(of: row))
      }
    }
  }

  package func prune(before: Timestamp) throws(LedgerError) -> Int {
    try sql { (connection) throws(SQLiteError) in
      try connection.execute("BEGIN IMMEDIATE")
      defer { rollBack() }
      let delete = try connection.prepare(
        "DELETE FROM record WHERE changed < ? AND state NOT IN ('claimed', 'unknown', 'accepted')")
      try delete.bind(before.milliseconds, at: 1)
      try delete.run()
      let count = connection.changedRows
      let days = try connection.prepare("DELETE FROM day WHERE day < ?")
      try days.bind(before.day, at: 1)
      try days.run()
      try connection.execute("COMMIT")
      return count
    }
  }

  /// Checks the whole file, for `ledger check` and `doctor`.
  ///
  /// - Throws: ``LedgerError/Code/damaged`` with the first fault that SQLite found.
  package func verify() throws(LedgerError) {
    let report = try sql { (connection) throws(SQLiteError) in
      let check = try connection.prepare("PRAGMA quick_check(1)")
      return try check.step() ? check.text(0) : nil
    }
    guard report == "ok" else { throw .damaged(path, report ?? "SQLite gives no result") }
  }

  /// The record of a row. A record that its row or its numbers contradict is damage.
  private func record(of row: LedgerRow) throws(LedgerError) -> LedgerRecord {
    func contradiction(_ what: String) -> LedgerError {
      .damaged(path, "ledger \(path): the record of \(row.account) \(row.key) \(what)")
    }
    guard let body = row.body else { throw contradiction("is missing") }
    let record = try LedgerRecord.read(
      Array(body.utf8), key: "\(row.account) \(row.key)", place: path)
    guard record.account == row.account, record.key.text == row.key,
      record.state.rawValue == row.state
    else { throw contradiction("differs from its row") }
    let isReachable = try sql { (connection) throws(SQLiteError) in
      try connection.isReachable(record)
    }
    guard isReachable else { throw contradiction("has other numbers than its rows") }
    return record
  }

  func execute(_ statement: String) throws(LedgerError) {
    try sql { (connection) throws(SQLiteError) in try connection.execute(statement) }
  }

  /// Runs statements; an error of SQLite becomes one of the ledger.
  func sql<Result: ~Copyable>(
    _ body: (borrowing SQLiteConnection) throws(SQLiteError) -> Result
  ) throws(LedgerError) -> Result {
    do throws(SQLiteError) { return try body(connection) } catch {
      throw error.code == .busy && !patience.mayWait
        ? .ended(path) : LedgerError(error, path: path)
    }
  }

  /// Ends the transaction, unless SQLite itself has rolled it back already.
  func rollBack() { if connection.isInTransaction { try? connection.execute("ROLLBACK") } }
}

/// Whether a ledger goes on waiting for the lock of another process. For one thread.
final class LockPatience {
  private let isRunGoingOn: () -> Bool
  /// Whether an outcome is being recorded: the request was sent, so it is recorded even if the run is to end.
  var isSettling = false

  init(_ isRunGoingOn: @escaping () -> Bool) { self.isRunGoingOn = isRunGoingOn }

  var mayWait: Bool { isSettling || isRunGoingOn() }
}
