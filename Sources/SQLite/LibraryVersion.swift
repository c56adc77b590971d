internal import CSQLite

/// The SQLite that is loaded, for example `3.40.1`.
package var sqliteVersion: String {
  // Text in the library, which stays as long as the process.
  unsafe String(cString: sqlite3_libversion())
}
