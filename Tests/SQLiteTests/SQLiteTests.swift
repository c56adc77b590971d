import Foundation
import SQLite
import TestSupport
import Testing

// `#expect` copies its operands to show them, so values of noncopyable owners are compared in a closure.
@Suite("SQLite files are opened, written and read")
struct SQLiteTests {
  let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func open(
    _ name: String = "test.db", busyTimeout: Int = 0
  ) throws(SQLiteError) -> SQLiteConnection {
    let path = folder.path(name)
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    return try SQLiteConnection.open(path, busyTimeout: busyTimeout)
  }

  @Test("Values come back as they were bound")
  func roundTrip() throws {
    let connection = try open()
    try connection.execute("CREATE TABLE t (i INTEGER, s TEXT) STRICT")
    let insert = try connection.prepare("INSERT INTO t VALUES (?, ?)")
    let long = String(repeating: "7", count: 70_000)
    for (integer, text) in [(Int.max, "é\0ü"), (Int.min, ""), (0, "😀"), (1, long)] {
      try insert.bind(integer, at: 1)
      try insert.bind(text, at: 2)
      try insert.run()
      #expect({ connection.changedRows == 1 }())
      let select = try connection.prepare("SELECT i, s FROM t ORDER BY rowid DESC LIMIT 1")
      #expect(try { try select.step() }())
      #expect({ select.integer(0) == integer }())
      #expect({ select.text(1) == text }())
      #expect(try { try !select.step() }())
    }
    #expect(try { try connection.integer("SELECT count(*) FROM t") == 4 }())
    #expect(try { try connection.integer("SELECT i FROM t WHERE i = 5") == nil }())
  }

  @Test(
    "A statement that is prepared again has no values of its last use, and two of them are independent"
  )
  func reuse() throws {
    let connection = try open()
    let sql = "SELECT ?, 2"
    func firstText() throws -> String? {
      let select = try connection.prepare(sql)
      guard try select.step() else { return "no row" }
      return select.text(0)
    }
    do {
      let select = try connection.prepare(sql)
      try select.bind("old", at: 1)
      #expect(try { try select.step() }())
      // The first one still has its row.
      #expect(try firstText() == nil)
      #expect({ select.text(0) == "old" }())
    }
    #expect(try firstText() == nil)
    // A statement that was dropped in the middle of its rows holds no lock.
    let other = try open()
    try other.execute("CREATE TABLE t (i INTEGER) STRICT")
    #expect(try firstText() == nil)
  }

  @Test("NULL is neither text nor an error")
  func null() throws {
    let connection = try open()
    let select = try connection.prepare("SELECT ?, NULL, ''")
    try select.bind(nil as String?, at: 1)
    #expect(try { try select.step() }())
    #expect({ select.text(0) == nil && select.text(1) == nil }())
    #expect({ select.integer(0) == 0 }())
    #expect({ select.text(2) == "" && select.text(99) == nil }())
  }

  @Test("An error has code, text and statement, and no bound value")
  func error() throws {
    let connection = try open()
    try connection.execute("CREATE TABLE t (k TEXT PRIMARY KEY) STRICT")
    let insert = try connection.prepare("INSERT INTO t VALUES (?)")
    try insert.bind("fake-secret", at: 1)
    try insert.run()
    let error = #expect(throws: SQLiteError.self) { _ = try insert.step() }
    #expect(
      error
        == SQLiteError(
          extendedCode: 1555, message: "UNIQUE constraint failed: t.k",
          sql: "INSERT INTO t VALUES (?)"))
    #expect(error?.code == .constraint)
    #expect(error?.description.contains("fake-secret") == false)
  }

  @Test(
    "A text that is not a statement is an error",
    arguments: [("SELEKT 1", "near \"SELEKT\": syntax error"), ("  ", "no statement in the text")])
  func noStatement(sql: String, message: String) throws {
    let connection = try open()
    let error = #expect(throws: SQLiteError.self) {
      let statement = try connection.prepare(sql)
      _ = try statement.step()
    }
    #expect(error?.message == message && error?.sql == sql)
  }

  @Test("Binding an unknown parameter is an error")
  func range() throws {
    let statement = try open().prepare("SELECT ?")
    for index in [0, 2, Int.max] {
      #expect(throws: SQLiteError.self) { try statement.bind(1, at: index) }
    }
    try statement.bind(1, at: 1)
  }

  @Test("A statement may live longer than its connection")
  func order() throws {
    func statement() throws -> SQLiteStatement { try open().prepare("SELECT 7") }
    let statement = try statement()
    #expect(try { try statement.step() }())
    #expect({ statement.integer(0) == 7 }())
  }

  @Test(
    "Files that cannot be opened are errors",
    arguments: ["", ":memory:", "a\0b", "missing/t.db", "./absent.db"])
  func cannotOpen(path: String) {
    let path = path.contains("/") ? folder.path(path) : path
    let error = #expect(throws: SQLiteError.self) {
      let connection = try SQLiteConnection.open(path, busyTimeout: 0)
      _ = try connection.integer("PRAGMA user_version")
    }
    #expect(error?.code.rawValue == 14, "SQLITE_CANTOPEN")
    #expect(!FileManager.default.fileExists(atPath: folder.path("absent.db")))
  }

  @Test("A file of another kind is not a database, and a cut one is corrupt")
  func foreign() throws {
    try Data(repeating: 0x41, count: 4_096).write(to: URL(filePath: folder.path("text.db")))
    let text = #expect(throws: SQLiteError.self) {
      _ = try open("text.db").integer("SELECT count(*) FROM sqlite_schema")
    }
    #expect(text?.code == .notADatabase)

    do {
      let connection = try open("cut.db")
      try connection.execute(
        "CREATE TABLE t (s TEXT); INSERT INTO t VALUES (hex(randomblob(9000)))")
    }
    let whole = try Data(contentsOf: URL(filePath: folder.path("cut.db")))
    try whole.prefix(8_192).write(to: URL(filePath: folder.path("cut.db")))
    let cut = #expect(throws: SQLiteError.self) {
      _ = try open("cut.db").integer("SELECT * FROM t")
    }
    #expect(cut?.code == .corrupt)
  }

  @Test("A write that the connection does not allow is the error readOnly")
  func readOnly() throws {
    let connection = try open()
    try connection.execute("CREATE TABLE t (i); PRAGMA query_only = 1")
    let error = #expect(throws: SQLiteError.self) {
      try connection.execute("INSERT INTO t VALUES (1)")
    }
    #expect(error?.code == .readOnly)
    #expect({ !connection.isReadOnly }())
  }

  @Test("A lock is waited for until the busy timeout")
  func busy() throws {
    let holder = try open()
    try holder.execute("CREATE TABLE t (i)")
    #expect({ !holder.isInTransaction }())
    try holder.execute("BEGIN IMMEDIATE")
    #expect({ holder.isInTransaction }())
    let waiting = try open(busyTimeout: 150)
    let start = ContinuousClock.now
    let error = #expect(throws: SQLiteError.self) { try waiting.execute("BEGIN IMMEDIATE") }
    #expect(error?.code == .busy)
    #expect(ContinuousClock.now - start >= .milliseconds(140))
    try holder.execute("COMMIT")
    try waiting.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES (1); ROLLBACK")
    #expect(try { try holder.integer("SELECT count(*) FROM t") == 0 }())
  }

  @Test("The caller ends the wait for a lock")
  func endedWait() throws {
    let holder = try open()
    try holder.execute("CREATE TABLE t (i); BEGIN IMMEDIATE")
    var tries = 0
    let waiting = try SQLiteConnection.open(folder.path("test.db"), busyTimeout: 60_000) {
      tries += 1
      return tries < 3
    }
    let error = #expect(throws: SQLiteError.self) { try waiting.execute("BEGIN IMMEDIATE") }
    #expect(error?.code == .busy && tries == 3)
  }

  @Test("A statement that lives longer than its connection does not wait for a lock")
  func waitWithoutConnection() throws {
    let holder = try open()
    try holder.execute("CREATE TABLE t (i); BEGIN EXCLUSIVE")
    func statement() throws -> SQLiteStatement {
      try open(busyTimeout: 60_000).prepare("BEGIN IMMEDIATE")
    }
    let statement = try statement()
    let error = #expect(throws: SQLiteError.self) { _ = try statement.step() }
    #expect(error?.code == .busy)
  }

  @Test("The write-ahead log is kept on request with the written data")
  func log() throws {
    let log = folder.path("test.db-wal")
    do {
      let connection = try open()
      try connection.execute(
        "PRAGMA journal_mode = WAL; CREATE TABLE t (i); INSERT INTO t VALUES (7)")
    }
    #expect(!FileManager.default.fileExists(atPath: log))
    do {
      let connection = try open()
      try connection.keepLogOnClose()
      try connection.execute("INSERT INTO t VALUES (8)")
    }
    #expect(FileManager.default.fileExists(atPath: log))
    #expect(try { try open().integer("SELECT sum(i) FROM t") == 15 }())
  }

  /// An existing log with frames is opened, and an empty or missing one is created: all data is there.
  @Test("A database opens with a kept, empty or missing log")
  func logOfEarlierProcesses() throws {
    let log = folder.path("test.db-wal")
    func write(_ number: Int, _ more: String = "") throws {
      let connection = try open()
      try connection.keepLogOnClose()
      try connection.execute("INSERT INTO t VALUES (\(number)); \(more)")
    }
    do {
      let connection = try open()
      try connection.keepLogOnClose()
      try connection.execute("PRAGMA journal_mode = WAL; CREATE TABLE t (i)")
    }
    let header = 32
    #expect(try Data(contentsOf: URL(filePath: log)).count > header)
    try write(1)
    try write(2, "PRAGMA wal_checkpoint(TRUNCATE)")
    #expect(try Data(contentsOf: URL(filePath: log)).isEmpty)
    try write(4, "PRAGMA wal_checkpoint(TRUNCATE)")
    try FileManager.default.removeItem(atPath: log)
    try write(8)
    #expect(try Data(contentsOf: URL(filePath: log)).count > header)
    try write(16)
    #expect(try { try open().integer("SELECT sum(i) FROM t") == 31 }())
  }
}
