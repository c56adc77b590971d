import Foundation
import Platform
import SQLite
import TestSupport
import Testing

@testable import Ledger

@Suite("The SQLite ledger uses only a file of its own, or reports why it does not")
struct LedgerFileTests {
  let place: SQLitePlace

  init() throws { place = try SQLitePlace() }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  private func code(_ path: String? = nil, busyTimeout: Int = 50) -> LedgerError.Code? {
    do {
      _ = try SQLiteLedger(path: path ?? place.path, busyTimeout: busyTimeout)
    } catch {
      return error.code
    }
    return nil
  }

  @Test("The folder has mode 0700, and all files in it have mode 0600")
  func modes() throws {
    let ledger = try SQLiteLedger(path: place.path)
    _ = try ledger.claim([.of("1")], terms: .at(moment(0)))
    #expect(try mode(place.folder.path("state")) == 0o700)
    for suffix in ["", "-wal", "-shm"] { #expect(try mode(place.path + suffix) == 0o600) }
    #expect(ledger.warnings.isEmpty)
    try ledger.verify()
  }

  @Test("A file that others can read causes a warning")
  func readable() throws {
    _ = FileManager.default.createFile(
      atPath: place.folder.path("l"), contents: nil, attributes: [.posixPermissions: 0o644])
    let ledger = try SQLiteLedger(path: place.folder.path("l"))
    #expect(ledger.warnings.count == 1 && ledger.warnings[0].contains("chmod 600"))
  }

  @Test("The file has the application id, the version of the schema and WAL mode")
  func marks() throws {
    do { _ = try SQLiteLedger(path: place.path) }
    let connection = try SQLiteConnection.open(place.path, busyTimeout: 0)
    #expect(try { try connection.integer("PRAGMA application_id") == 0x4E43_524C }())
    #expect(try { try connection.integer("PRAGMA user_version") == LedgerSchema.version }())
    let mode = try connection.prepare("PRAGMA journal_mode")
    #expect(try { try mode.step() ? mode.text(0) : nil }() == "wal")
  }

  @Test("A file that is foreign, newer or broken is an error and stays unchanged")
  func refused() throws {
    let path = place.folder.path("other")
    func change(_ sql: String, _ path: String) throws {
      if !FileManager.default.fileExists(atPath: path) {
        try Data().write(to: URL(filePath: path))
      }
      let connection = try SQLiteConnection.open(path, busyTimeout: 0)
      try connection.execute(sql)
    }
    try change("CREATE TABLE t (i)", path)
    #expect(code(path) == .foreign)
    try Data("not a database, but long enough to be looked at".utf8).write(to: URL(filePath: path))
    #expect(code(path) == .foreign)
    try Data(repeating: 0, count: 4_096).write(to: URL(filePath: path))
    #expect(code(path) == .foreign)

    #expect(code() == nil)
    try change("PRAGMA user_version = 99", place.path)
    #expect(code() == .newer)
    try change("PRAGMA user_version = 1; PRAGMA application_id = 7", place.path)
    #expect(code() == .foreign)
    #expect(code(place.folder.path) == .inaccessible)
    #expect(code("/proc/nothing/ledger") == .inaccessible)
    #expect(code("") == .location && code("a/") == .location && code("a\0b") == .location)
  }

  @Test("A damaged record is an error, not a missing record")
  func damaged() throws {
    let ledger = try SQLiteLedger(path: place.path)
    _ = try ledger.claim([.of("1")], terms: .at(moment(0)))
    let connection = try SQLiteConnection.open(place.path, busyTimeout: 1_000)
    for (body, code) in [
      ("{", .damaged), (#"{"version":1}"#, .damaged), (#"{"version":9}"#, .newer),
    ]
      as [(String, LedgerError.Code)]
    {
      try connection.execute("UPDATE record SET body = '\(body)'")
      let error = #expect(throws: LedgerError.self) {
        _ = try ledger.claim([.of("1")], terms: .at(moment(0)))
      }
      #expect(error?.code == code && error?.hint.isEmpty == false)
    }
    try Data(repeating: 0x55, count: 8_192).write(to: URL(filePath: place.path + "-wal"))
    try Data(repeating: 0x55, count: 8_192).write(to: URL(filePath: place.path))
    #expect(code() == .damaged, "its index counts frames that no longer exist")
    try FileManager.default.removeItem(atPath: place.path + "-shm")
    #expect(code() == .foreign)
  }

  @Test("A missing table is damage")
  func incomplete() throws {
    let ledger = try SQLiteLedger(path: place.path)
    let connection = try SQLiteConnection.open(place.path, busyTimeout: 1_000)
    try connection.execute("DROP TABLE number")
    let error = #expect(throws: LedgerError.self) {
      _ = try ledger.find(LedgerLookup(account: "a", numbers: ["1"]))
    }
    #expect(error?.code == .damaged)
  }

  @Test("A lock that is never released is an error after the time limit")
  func busy() throws {
    let ledger = try SQLiteLedger(path: place.path, busyTimeout: 50)
    let holder = try SQLiteConnection.open(place.path, busyTimeout: 0)
    try holder.execute("BEGIN IMMEDIATE")
    let error = #expect(throws: LedgerError.self) {
      _ = try ledger.claim([.of("1")], terms: .at(moment(0)))
    }
    #expect(error?.code == .busy)
    try holder.execute("ROLLBACK")
    #expect(try ledger.claim([.of("1")], terms: .at(moment(0))).first?.ticket != nil)
  }

  @Test("A run that ends does not wait for a lock, except to record an outcome")
  func ending() throws {
    var isEnding = false
    let ledger = try SQLiteLedger(path: place.path, busyTimeout: 300) { !isEnding }
    let claimed = try ledger.claim([.of("1")], terms: .at(moment(0)))
    let ticket = try #require(claimed.first?.ticket)
    let holder = try SQLiteConnection.open(place.path, busyTimeout: 0)
    try holder.execute("BEGIN IMMEDIATE")
    isEnding = true
    let started = ContinuousClock.now
    let ended = #expect(throws: LedgerError.self) {
      _ = try ledger.claim([.of("2")], terms: .at(moment(0)))
    }
    #expect(ended?.code == .ended)
    let settled = #expect(throws: LedgerError.self) {
      try ledger.settle(
        ticket, as: .accepted(newNumber: nil, stage: .accepted), signedAt: moment(1), now: moment(1)
      )
    }
    #expect(settled?.code == .busy)
    #expect(ContinuousClock.now - started >= .milliseconds(300))
    let ignored = #expect(throws: LedgerError.self) { _ = try ledger.prune(before: moment(0)) }
    #expect(ignored?.code == .ended, "the next wait ends again")
  }

  @Test("A run that ends does not wait for another process that creates the file")
  func endingWhileMaking() throws {
    let path = place.folder.path("made/ledger.sqlite3")
    _ = try Folder.openOrCreate(place.folder.path("made"))
    try Data().write(to: URL(filePath: path))
    let holder = try SQLiteConnection.open(path, busyTimeout: 0)
    try holder.execute("BEGIN IMMEDIATE")
    let error = #expect(throws: LedgerError.self) { _ = try SQLiteLedger(path: path) { false } }
    #expect(error?.code == .ended)
  }

  @Test("The ledger waits for another process that creates the file")
  func making() async throws {
    let path = place.folder.path("made/ledger.sqlite3")
    _ = try Folder.openOrCreate(place.folder.path("made"))
    try Data().write(to: URL(filePath: path))
    let holder = try SQLiteConnection.open(path, busyTimeout: 0)
    try holder.execute("BEGIN IMMEDIATE")
    #expect(code(path) == .busy, "after the time limit")
    let later = Task { code(path, busyTimeout: SQLiteLedger.busyTimeout) }
    usleep(300_000)
    try holder.execute("ROLLBACK")
    #expect(await later.value == nil)
  }

  @Test("Processes that create the file at the same time all open it")
  func creation() async throws {
    for round in 0..<12 {
      let path = place.folder.path("race\(round)/ledger.sqlite3")
      let codes = await withTaskGroup(of: LedgerError.Code?.self) { group in
        for _ in 0..<12 { group.addTask { self.code(path, busyTimeout: SQLiteLedger.busyTimeout) } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(codes.compactMap(\.self) == [])
    }
  }
}
