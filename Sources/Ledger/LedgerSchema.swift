// The schema of the SQLite ledger, and the steps from older versions.

import Platform
import SQLite

/// The schema of the SQLite ledger.
enum LedgerSchema {
  /// "NCRL", by which file(1) and this program recognize the file (`PRAGMA application_id`).
  static let applicationID = 0x4E43_524C
  /// The version that this program writes (`PRAGMA user_version`).
  static var version: Int { migrations.count }

  /// The step from each version to the next. Steps are only added, never changed.
  ///
  /// The record is `body`; the columns beside it serve look-ups and filters. `changed` is in milliseconds and `day` in
  /// days since 1970.
  fileprivate static let migrations = [
    """
    CREATE TABLE record (account TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
      changed INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (account, key)) STRICT, WITHOUT ROWID;
    CREATE TABLE number (account TEXT NOT NULL, number TEXT NOT NULL, key TEXT NOT NULL,
      PRIMARY KEY (account, number),
      FOREIGN KEY (account, key) REFERENCES record (account, key) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
    CREATE INDEX number_key ON number (account, key);
    CREATE INDEX record_state ON record (state, changed);
    CREATE TABLE day (account TEXT NOT NULL, day INTEGER NOT NULL, count INTEGER NOT NULL,
      PRIMARY KEY (account, day)) STRICT, WITHOUT ROWID;
    """
  ]

  /// The longest pause between two tries, in milliseconds: about what creating the file takes. The pauses are random, so
  /// that processes do not retry in step.
  fileprivate static let longestPause = 20
}

extension SQLiteLedger {
  /// Brings the file to the current version of the schema.
  ///
  /// - Parameter busyTimeout: How long to wait for another process that does the same, in milliseconds.
  /// - Throws: ``LedgerError`` for a file that is not a ledger, is from a later version, or lost its log.
  func bringSchema(busyTimeout: Int) throws(LedgerError) {
    try execute("PRAGMA foreign_keys = ON")
    if try !isCurrent() {
      try execute("BEGIN IMMEDIATE")
      do throws(LedgerError) { try migrate() } catch {
        rollBack()
        throw error
      }
    }
    // Only after the migration: a schema in the log alone would be lost with the log, and the file would look new.
    try sql { (connection) throws(SQLiteError) in
      try useLog(connection, until: SystemClock.monotonicMilliseconds() + busyTimeout)
    }
  }

  private func isCurrent() throws(LedgerError) -> Bool {
    let found = try marks()
    return found.application == LedgerSchema.applicationID && found.version == LedgerSchema.version
  }

  private func migrate() throws(LedgerError) {
    // Read again: another process may have migrated the file before this one had the lock.
    let found = try marks()
    guard found.isEmpty || found.application == LedgerSchema.applicationID, found.version >= 0
    else { throw .foreign(path) }
    guard found.version <= LedgerSchema.version else {
      throw .newer(path, version: found.version)
    }
    // A file with pages but without tables is the remainder of a ledger whose log was lost.
    guard !found.isEmpty || (try? Files.facts(path))?.size == 0 else {
      throw .damaged(path, "ledger \(path): it has no tables, and its log is lost")
    }
    for step in LedgerSchema.migrations.dropFirst(found.version) { try execute(step) }
    try execute(
      """
      PRAGMA application_id = \(LedgerSchema.applicationID);
      PRAGMA user_version = \(LedgerSchema.version); COMMIT
      """)
  }

  private func marks() throws(LedgerError) -> (application: Int, version: Int, isEmpty: Bool) {
    try sql { (connection) throws(SQLiteError) in
      let application = try connection.integer("PRAGMA application_id") ?? 0
      let version = try connection.integer("PRAGMA user_version") ?? 0
      guard application == 0, version == 0 else { return (application, version, false) }
      let objects = try connection.integer("SELECT count(*) FROM sqlite_schema") ?? 0
      return (application, version, objects == 0)
    }
  }

  /// Switches the file to the write-ahead log, if it does not use it yet. Several processes may do so at once.
  ///
  /// SQLite reads before it locks here. If another connection takes the lock in between, SQLite fails at once, without
  /// the busy timeout, because it does not know whether anything depends on what it read.
  private func useLog(
    _ connection: borrowing SQLiteConnection, until deadline: Int
  ) throws(SQLiteError) {
    while true {
      do throws(SQLiteError) {
        return try connection.execute("PRAGMA journal_mode = WAL")
      } catch {
        guard error.code == .busy, SystemClock.monotonicMilliseconds() < deadline,
          patience.mayWait
        else { throw error }
        SystemClock.sleep(milliseconds: 1 + Entropy.uniform(below: LedgerSchema.longestPause))
      }
    }
  }
}
