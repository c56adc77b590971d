internal import CSQLite

/// A prepared statement, which goes back to its connection when the value ends. As in SQLite, parameters count from 1 and
/// columns from 0.
@safe
package struct SQLiteStatement: ~Copyable {
  /// Its connection lives longer (`sqlite3_close_v2`).
  private let handle: OpaquePointer
  private let sql: String
  private let idle: IdleStatements

  init(handle: OpaquePointer, sql: String, idle: IdleStatements) {
    unsafe self.handle = unsafe handle
    self.sql = sql
    self.idle = idle
  }

  deinit { unsafe idle.put(handle, sql) }

  /// Binds an integer.
  package borrowing func bind(_ value: Int, at index: Int) throws(SQLiteError) {
    try check(unsafe sqlite3_bind_int64(handle, Int32(clamping: index), Int64(value)))
  }

  /// Binds text, which may contain NUL; `nil` is bound as NULL.
  package borrowing func bind(_ value: String?, at index: Int) throws(SQLiteError) {
    let index = Int32(clamping: index)
    guard var value else { return try check(unsafe sqlite3_bind_null(handle, index)) }
    // SQLite copies the text before the call returns.
    let code = value.withUTF8 { text in
      unsafe text.withMemoryRebound(to: CChar.self) { text in
        unsafe csqlite_bind_text(handle, index, text.baseAddress, UInt64(text.count))
      }
    }
    try check(code)
  }

  /// Goes to the next row.
  ///
  /// - Returns: Whether there is one; `false` when the statement has run to its end.
  package borrowing func step() throws(SQLiteError) -> Bool {
    switch unsafe sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw error(code)
    }
  }

  /// Runs a statement without rows, and resets it.
  package borrowing func run() throws(SQLiteError) {
    while try step() {}
    reset()
  }

  /// Resets the statement; bound values stay.
  package borrowing func reset() {
    // Returns the error of the last step again, which `step` has thrown already.
    unsafe sqlite3_reset(handle)
  }

  /// An integer of the current row; 0 for NULL; SQLite converts other types.
  package borrowing func integer(_ column: Int) -> Int {
    Int(unsafe sqlite3_column_int64(handle, Int32(clamping: column)))
  }

  /// Text of the current row; `nil` for NULL.
  package borrowing func text(_ column: Int) -> String? {
    let column = Int32(clamping: column)
    // The text belongs to the statement until the next step; it is copied here. The length is read after the text,
    // since reading the text may convert the value.
    guard let start = unsafe sqlite3_column_text(handle, column) else { return nil }
    let count = Int(unsafe sqlite3_column_bytes(handle, column))
    return unsafe String(
      decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  private borrowing func check(_ code: Int32) throws(SQLiteError) {
    guard code == SQLITE_OK else { throw error(code) }
  }

  private borrowing func error(_ code: Int32) -> SQLiteError {
    // Both texts belong to SQLite and are copied here. The SQL is the one with `?`, not the expanded one.
    let message = unsafe sqlite3_errmsg(sqlite3_db_handle(handle)).map {
      unsafe String(cString: $0)
    }
    let sql = unsafe sqlite3_sql(handle).map { unsafe String(cString: $0) }
    return SQLiteError(extendedCode: code, message: message ?? "no reason given", sql: sql)
  }
}

/// The statements of a connection that are compiled and not in use. Compiling one takes longer than running it.
///
/// The program's statements are constants, so there are few of them.
@safe
final class IdleStatements {
  /// The connection has given these handles up, and nobody else has them.
  private var handles: [(sql: String, handle: OpaquePointer)] = unsafe []
  private var isClosed = false

  /// Takes a statement with this text; `nil` if there is none.
  func take(_ sql: String) -> OpaquePointer? {
    guard let index = unsafe handles.firstIndex(where: { unsafe $0.sql == sql }) else { return nil }
    return unsafe handles.remove(at: index).handle
  }

  /// Keeps a statement without its values and its lock; after ``close()`` finalizes it.
  func put(_ handle: OpaquePointer, _ sql: String) {
    guard !isClosed else {
      unsafe sqlite3_finalize(handle)
      return
    }
    unsafe sqlite3_reset(handle)
    unsafe sqlite3_clear_bindings(handle)
    unsafe handles.append((sql, handle))
  }

  /// Finalizes all statements: the connection ends.
  func close() {
    isClosed = true
    for unsafe(_, handle) in unsafe handles { unsafe sqlite3_finalize(handle) }
    unsafe handles.removeAll()
  }
}
