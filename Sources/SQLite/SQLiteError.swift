/// Why SQLite could not do what it was asked.
///
/// Values bound to a statement never appear in it.
package struct SQLiteError: Error, Hashable, Sendable {
  /// A primary result code (<https://www.sqlite.org/rescode.html>), the low 8 bits of every code.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
  }

  /// What kind of failure it is.
  package var code: Code { Code(rawValue: extendedCode & 0xFF) }
  /// The extended result code, which tells more: `SQLITE_IOERR_WRITE`, `SQLITE_READONLY_DBMOVED`.
  package let extendedCode: Int32
  /// SQLite's own words, in English.
  package let message: String
  /// The statement that failed, its parameters as `?`; `nil` if none was at work.
  package let sql: String?

  /// An error with all that is known about it.
  package init(extendedCode: Int32, message: String, sql: String? = nil) {
    self.extendedCode = extendedCode
    self.message = message
    self.sql = sql
  }
}

extension SQLiteError {
  /// The shared index of the log cannot be made as large as it must be (`SQLITE_IOERR_SHMSIZE`): no space is
  /// left, as a rule.
  package static let noRoomForIndex: Int32 = 4_874
}

extension SQLiteError.Code {
  /// A statement that does not fit the schema (`SQLITE_ERROR`).
  package static let mistake = Self(rawValue: 1)
  /// Another connection holds the lock, longer than the busy timeout (`SQLITE_BUSY`).
  package static let busy = Self(rawValue: 5)
  /// The table is locked within this process (`SQLITE_LOCKED`).
  package static let locked = Self(rawValue: 6)
  /// The file, its folder or the connection does not allow writing (`SQLITE_READONLY`).
  package static let readOnly = Self(rawValue: 8)
  /// The disk or the network below failed (`SQLITE_IOERR`).
  package static let inputOutput = Self(rawValue: 10)
  /// The file is damaged (`SQLITE_CORRUPT`).
  package static let corrupt = Self(rawValue: 11)
  /// No space is left (`SQLITE_FULL`).
  package static let full = Self(rawValue: 13)
  /// A constraint of the schema does not hold (`SQLITE_CONSTRAINT`).
  package static let constraint = Self(rawValue: 19)
  /// The file is something else than a SQLite database (`SQLITE_NOTADB`).
  package static let notADatabase = Self(rawValue: 26)
}

extension SQLiteError: CustomStringConvertible {
  /// `sqlite 19: UNIQUE constraint failed: record.key - while executing INSERT …`.
  package var description: String {
    let text = "sqlite \(extendedCode): \(message)"
    return sql.map { "\(text) - while executing \($0)" } ?? text
  }
}
