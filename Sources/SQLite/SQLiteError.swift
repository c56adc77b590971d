/// An error of SQLite; it never contains bound values.
package struct SQLiteError: Error, Hashable, Sendable {
  /// A primary result code (<https://www.sqlite.org/rescode.html>), the low 8 bits of every code.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
  }

  /// The primary result code.
  package var code: Code { Code(rawValue: extendedCode & 0xFF) }
  /// The extended result code, for example `SQLITE_IOERR_WRITE`.
  package let extendedCode: Int32
  /// SQLite's text.
  package let message: String
  /// The failed statement with `?` for its parameters; `nil` outside of statements.
  package let sql: String?

  /// An error of SQLite.
  package init(extendedCode: Int32, message: String, sql: String? = nil) {
    self.extendedCode = extendedCode
    self.message = message
    self.sql = sql
  }
}

extension SQLiteError {
  /// The shared index of the log cannot grow (`SQLITE_IOERR_SHMSIZE`), usually for lack of space.
  package static let noRoomForIndex: Int32 = 4_874
}

extension SQLiteError.Code {
  /// A statement does not fit the schema (`SQLITE_ERROR`).
  package static let mistake = Self(rawValue: 1)
  /// Another connection kept the lock until the wait for it ended (`SQLITE_BUSY`).
  package static let busy = Self(rawValue: 5)
  /// The table is locked within this process (`SQLITE_LOCKED`).
  package static let locked = Self(rawValue: 6)
  /// The file, its folder or the connection does not allow writing (`SQLITE_READONLY`).
  package static let readOnly = Self(rawValue: 8)
  /// The file is damaged (`SQLITE_CORRUPT`).
  package static let corrupt = Self(rawValue: 11)
  /// No space is left (`SQLITE_FULL`).
  package static let full = Self(rawValue: 13)
  /// A constraint of the schema is violated (`SQLITE_CONSTRAINT`).
  package static let constraint = Self(rawValue: 19)
  /// The file is not a SQLite database (`SQLITE_NOTADB`).
  package static let notADatabase = Self(rawValue: 26)
}

extension SQLiteError: CustomStringConvertible {
  /// `sqlite 19: UNIQUE constraint failed: record.key - while executing INSERT …`.
  package var description: String {
    let text = "sqlite \(extendedCode): \(message)"
    return sql.map { "\(text) - while executing \($0)" } ?? text
  }
}
