// The ledger in one SQLite file, for all processes of one machine.

internal import Core
import JSON
package import Platform
import SQLite

/// A ledger in a SQLite file.
///
/// The intent is durable before a transaction returns (`synchronous = FULL`). For one thread.
package final class SQLiteLedger: Ledger {
  /// How long a transaction waits for those of other processes, in milliseconds.
  ///
  /// Each takes some milliseconds; hundreds of processes fit in.
  package static let busyTimeout = 10_000

  package let warnings: [String]
  package let largestBatch = Int.max
  /// The file's path.
  package let path: String
  private let connection: SQLiteConnection
  private var files: OpenFiles

  /// Opens the ledger of that path, and makes it with its folder if it is not there: 0700 the folder, 0600 the
  /// file and those that SQLite puts beside it.
  ///
  /// - Throws: ``LedgerError``; the file was not changed then, if it is not ours or from a later version.
  package init(path: String, busyTimeout: Int = SQLiteLedger.busyTimeout) throws(LedgerError) {
    try Self.notAFile(path)
    // With the links that lead to it, before they are followed.
    warnings = try SQLiteLedger.prepareFile(path)
    let path = try Self.resolve(path)
    self.path = path
    try Self.requireWholeLog(path)
    files = OpenFiles(of: path)
    do throws(SQLiteError) {
      connection = try SQLiteConnection.open(path, busyTimeout: busyTimeout)
    } catch {
      throw LedgerError(error, path: path)
    }
    try translating { (connection) throws(SQLiteError) in
      try connection.keepLogOnClose()
      try connection.execute("PRAGMA synchronous = FULL")
    }
    try LedgerSchema.bring(connection, path: path, busyTimeout: busyTimeout)
    try translating { (connection) throws(SQLiteError) in
      // What the log holds is read by every opener, and copying it back costs three more syncs: a request writes
      // seven pages, so that one in nine pays for it.
      try connection.execute("PRAGMA wal_autocheckpoint = 64")
      // A log that one large batch has grown is read by every opener until it is cut.
      try connection.execute("PRAGMA journal_size_limit = 1048576")
    }
    try files.requireInPlace()
  }

  package func transact<Result>(
    _ lookups: [LedgerLookup], days: [LedgerDay], observer: ProcessIdentity,
    _ body: (inout LedgerTransaction) -> Result
  ) throws(LedgerError) -> Result {
    let tables = LedgerTables(path: path)
    guard !connection.isReadOnly else { throw .readOnly(path) }
    try translating { (connection) throws(SQLiteError) in
      try connection.execute("BEGIN IMMEDIATE")
    }
    do throws(LedgerError) {
      try files.requireInPlace()
      let found = try tables.records(of: lookups, in: connection)
      let counts = try tables.counts(of: days, in: connection)
      var book = LedgerTransaction(
        records: found, lives: lives(of: found, observer), counts: counts)
      let result = body(&book)
      try tables.write(book, to: connection)
      try translating { (connection) throws(SQLiteError) in try connection.execute("COMMIT") }
      try files.requireInPlace()
      return result
    } catch {
      // What SQLite has rolled back already by itself needs no more.
      if connection.isInTransaction { try? connection.execute("ROLLBACK") }
      throw error
    }
  }

  package func records(
    in states: Set<LedgerRecord.State>
  ) throws(LedgerError) -> [LedgerRecord] {
    try LedgerTables(path: path).records(in: states, of: connection)
  }

  package func prune(before: Timestamp) throws(LedgerError) -> Int {
    try translating { (connection) throws(SQLiteError) in
      try connection.execute("BEGIN IMMEDIATE")
      defer { if connection.isInTransaction { try? connection.execute("ROLLBACK") } }
      let delete = try connection.prepare(
        """
        DELETE FROM record WHERE changed < ? AND state NOT IN ('claimed', 'unknown', 'accepted')
        """)
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

  /// Looks the whole file over, for `ledger check` and `doctor`.
  ///
  /// - Throws: ``LedgerError/Code/damaged`` with the first of what SQLite found.
  package func verify() throws(LedgerError) {
    let report = try translating { (connection) throws(SQLiteError) in
      let check = try connection.prepare("PRAGMA quick_check(1)")
      return try check.step() ? check.text(0) : nil
    }
    guard report == "ok" else { throw .damaged(path, report ?? "no answer") }
  }

  private func lives(
    of records: [LedgerRecord], _ observer: ProcessIdentity
  ) -> [String: LedgerLife] {
    var lives: [String: LedgerLife] = [:]
    for claim in records.flatMap(\.claims) {
      // The observer is alive by definition: it does not look itself up in /proc.
      let life = claim.owner == observer ? .alive : claim.owner.life(seenFrom: observer)
      lives[claim.token] = LedgerLife(life)
    }
    return lives
  }

  private func translating<Result>(
    _ body: (borrowing SQLiteConnection) throws(SQLiteError) -> Result
  ) throws(LedgerError) -> Result {
    do throws(SQLiteError) { return try body(connection) } catch {
      throw LedgerError(error, path: path)
    }
  }
}

extension LedgerLife {
  init(_ life: ProcessIdentity.Life) {
    self =
      switch life {
      case .alive: .alive
      case .dead: .gone
      case .unknown: .unknowable
      }
  }
}
