internal import CSQLite

/// An open database file, closed when the value ends. Each thread opens its own.
@safe
package struct SQLiteConnection: ~Copyable {
  /// The handle is ours from open to `deinit`.
  private let handle: OpaquePointer
  private let idle = IdleStatements()
  private let wait: LockWait

  private init(handle: OpaquePointer, wait: LockWait) {
    unsafe self.handle = unsafe handle
    self.wait = wait
  }

  deinit {
    idle.close()
    // A statement may live longer than `wait`, to which the handler leads.
    unsafe sqlite3_busy_handler(handle, nil, nil)
    // close_v2 waits for open statements, so the order of destruction does not matter.
    unsafe sqlite3_close_v2(handle)
  }

  /// Opens an existing file to read and write it; an empty file is an empty database. Nothing is read before the
  /// first statement. The corresponding C function is `sqlite3_open_v2`.
  ///
  /// - Parameters:
  ///   - path: The path of a file: `:memory:` has no special meaning, and neither has a URI where SQLite is built
  ///     without them, as in Debian.
  ///   - busyTimeout: How long a statement waits for another connection's lock, in milliseconds.
  ///   - mayWait: Called repeatedly during such a wait; `false` ends it, with the error ``SQLiteError/Code/busy``.
  package static func open(
    _ path: String, busyTimeout: Int, while mayWait: @escaping () -> Bool = { true }
  ) throws(SQLiteError) -> SQLiteConnection {
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    // A NUL would cut the path short; "" and ":memory:" would keep nothing.
    guard !path.isEmpty, !path.utf8.contains(0), !path.hasPrefix(":") else {
      throw SQLiteError(
        extendedCode: SQLITE_CANTOPEN, message: "not a path of a file: \"\(path)\"")
    }
    var handle: OpaquePointer?
    let code = unsafe sqlite3_open_v2(path, &handle, flags, LogFile.fileSystem)
    guard let opened = unsafe handle else {
      throw SQLiteError(extendedCode: code, message: "out of memory")
    }
    // SQLite returns a handle on failure too, for its error text; it is closed with the value.
    let wait = LockWait(limit: busyTimeout, while: mayWait)
    let connection = unsafe SQLiteConnection(handle: opened, wait: wait)
    guard code == SQLITE_OK else { throw connection.error(code) }
    try connection.handleLocks()
    return connection
  }

  /// Lets `wait` decide how long a statement waits for a lock (`sqlite3_busy_handler`).
  private borrowing func handleLocks() throws(SQLiteError) {
    // The connection owns the object, and `deinit` removes the handler before it.
    let object = unsafe Unmanaged.passUnretained(wait).toOpaque()
    let code = unsafe sqlite3_busy_handler(
      handle,
      { object, tries in
        // SQLite gives back the pointer that it got here.
        guard let object = unsafe object else { return 0 }
        let wait = unsafe Unmanaged<LockWait>.fromOpaque(object).takeUnretainedValue()
        return wait.pause(afterTries: tries) ? 1 : 0
      }, object)
    try check(code)
  }

  /// Runs statements without rows, separated by `;` (`sqlite3_exec`).
  package borrowing func execute(_ sql: String) throws(SQLiteError) {
    try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil), sql: sql)
  }

  /// A statement with this text: compiled (`sqlite3_prepare_v3`), or one that was used before.
  package borrowing func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
    if let known = unsafe idle.take(sql) {
      return unsafe SQLiteStatement(handle: known, sql: sql, idle: idle)
    }
    var statement: OpaquePointer?
    let isKept = UInt32(SQLITE_PREPARE_PERSISTENT)
    // -1: the text ends at the NUL that Swift adds during the call.
    try check(unsafe sqlite3_prepare_v3(handle, sql, -1, isKept, &statement, nil), sql: sql)
    guard let prepared = unsafe statement else {
      throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "no statement in the text", sql: sql)
    }
    // The new owner gives it back to `idle`.
    return unsafe SQLiteStatement(handle: prepared, sql: sql, idle: idle)
  }

  /// The integer in the first row and column of a statement without parameters; `nil` without a row.
  package borrowing func integer(_ sql: String) throws(SQLiteError) -> Int? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.integer(0) : nil
  }

  /// Keeps the write-ahead log when the last connection closes, without copying it back.
  ///
  /// Otherwise each short process would pay for a checkpoint and for deleting and creating the log. The next connection
  /// reads the log; `wal_autocheckpoint` bounds it.
  package borrowing func keepLogOnClose() throws(SQLiteError) {
    var on: Int32 = 1
    // "main" is the name of the opened file; `on` is only read during the call.
    try check(unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on))
    try check(unsafe csqlite_set_option(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1))
  }

  /// Whether nothing can be written (`sqlite3_db_readonly`): SQLite opens unwritable files for reading, and accepts
  /// even `BEGIN IMMEDIATE` then.
  package var isReadOnly: Bool {
    // "main" is the name of the opened file.
    unsafe sqlite3_db_readonly(handle, "main") != 0
  }

  /// Whether a transaction is open.
  package var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  /// How many rows the last statement changed.
  package var changedRows: Int { Int(unsafe sqlite3_changes(handle)) }

  private borrowing func check(_ code: Int32, sql: String? = nil) throws(SQLiteError) {
    guard code == SQLITE_OK else { throw error(code, sql: sql) }
  }

  private borrowing func error(_ code: Int32, sql: String? = nil) -> SQLiteError {
    // The text belongs to the connection until its next call; it is copied here.
    let message = unsafe sqlite3_errmsg(handle).map { unsafe String(cString: $0) }
    return SQLiteError(extendedCode: code, message: message ?? "no reason given", sql: sql)
  }
}

/// The loaded SQLite, for example `3.40.1`.
package var sqliteVersion: String {
  // A constant of the library.
  unsafe String(cString: sqlite3_libversion())
}
