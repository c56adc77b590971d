import Platform
import SQLite

/// The schema of the SQLite ledger, and how older ones become it.
enum LedgerSchema {
  /// "NCRL", which file(1) and we know the file by (`PRAGMA application_id`).
  static let applicationID = 0x4E43_524C
  /// The version that this program writes (`PRAGMA user_version`).
  static var version: Int { migrations.count }

  /// The step from each version to the next.
  ///
  /// Steps are never changed, only added.
  ///
  /// The columns beside `body` serve look-ups and filters; the record is what `body` says. `changed` counts
  /// milliseconds, `day` days since 1970.
  private static let migrations = [
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

  /// Makes a file that was opened one of this version, or says why it is none.
  ///
  /// - Parameters:
  ///   - busyTimeout: How long to wait for another process that makes it, in milliseconds.
  ///   - connection: The file, open for writing.
  ///   - path: Its name, for messages.
  static func bring(
    _ connection: borrowing SQLiteConnection, path: String, busyTimeout: Int
  ) throws(LedgerError) {
    do throws(SQLiteError) {
      try connection.execute("PRAGMA foreign_keys = ON")
      let found = try facts(of: connection)
      if found.application == applicationID, found.version == version {
        return try keepLog(connection, busyTimeout: busyTimeout)
      }
      try connection.execute("BEGIN IMMEDIATE")
    } catch {
      throw LedgerError(error, path: path)
    }
    do throws(LedgerError) {
      try migrate(connection, path: path)
    } catch {
      if connection.isInTransaction { try? connection.execute("ROLLBACK") }
      throw error
    }
    // Only now: a schema that lies in the log alone is lost with it, and the file would count as a new one.
    do throws(SQLiteError) { try keepLog(connection, busyTimeout: busyTimeout) } catch {
      throw LedgerError(error, path: path)
    }
  }

  /// Switches to the write-ahead log, where it is not in use yet. That another process does it too is no harm.
  ///
  /// SQLite reads before it locks here, and gives up at once, whatever the busy timeout, when another
  /// connection locks in between: it cannot know that nothing depends on what was read.
  private static func keepLog(
    _ connection: borrowing SQLiteConnection, busyTimeout: Int
  ) throws(SQLiteError) {
    let deadline = SystemClock.monotonicMilliseconds() + busyTimeout
    while true {
      do throws(SQLiteError) {
        return try connection.execute("PRAGMA journal_mode = WAL")
      } catch {
        guard error.code == .busy, SystemClock.monotonicMilliseconds() < deadline else {
          throw error
        }
        SystemClock.sleep(milliseconds: 1 + Entropy.uniform(below: longestPause))
      }
    }
  }

  /// Of the order of what making the file takes, in milliseconds; by chance, so that many do not come at once.
  private static let longestPause = 20

  private static func migrate(
    _ connection: borrowing SQLiteConnection, path: String
  ) throws(LedgerError) {
    let found: (application: Int, version: Int, isEmpty: Bool)
    do throws(SQLiteError) {
      // Asked again: another process may have been first.
      found = try facts(of: connection)
    } catch {
      throw LedgerError(error, path: path)
    }
    guard found.isEmpty || found.application == applicationID, found.version >= 0 else {
      throw .foreign(path)
    }
    guard found.version <= version else { throw .newer(path, version: found.version) }
    // A file in which nothing is, but that is not empty, is what a lost log leaves behind.
    guard !found.isEmpty || FileIdentity(of: path)?.size == 0 else {
      throw .damaged(path, "ledger \(path): it holds nothing, and its log is lost")
    }
    do throws(SQLiteError) {
      for step in migrations.dropFirst(found.version) { try connection.execute(step) }
      try connection.execute(
        "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version); COMMIT")
    } catch {
      throw LedgerError(error, path: path)
    }
  }

  private static func facts(
    of connection: borrowing SQLiteConnection
  ) throws(SQLiteError) -> (application: Int, version: Int, isEmpty: Bool) {
    let application = try connection.integer("PRAGMA application_id") ?? 0
    let version = try connection.integer("PRAGMA user_version") ?? 0
    guard application == 0, version == 0 else { return (application, version, false) }
    let objects = try connection.integer("SELECT count(*) FROM sqlite_schema") ?? 0
    return (application, version, objects == 0)
  }
}
