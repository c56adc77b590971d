import Foundation
import Platform
import SQLite
import TestSupport
import Testing

@testable import Ledger

@Suite("Damage of the SQLite ledger is an error, never a missing record")
struct LedgerDamageTests {
  let place: SQLitePlace

  init() throws { place = try SQLitePlace() }

  private func code(_ path: String? = nil) -> LedgerError.Code? {
    do throws(LedgerError) {
      let ledger = try SQLiteLedger(path: path ?? place.path)
      _ = try ledger.claim([.of("1")], terms: .at(moment(1)))
      return nil
    } catch {
      return error.code
    }
  }

  /// Writes two transactions to the log: a claim and its outcome.
  private func sow() throws {
    let ledger = try SQLiteLedger(path: place.path)
    let ticket = try #require(try ledger.claim([.of("1")], terms: .at(moment(0))).first?.ticket)
    try ledger.settle(
      ticket, as: .accepted(newNumber: nil, stage: .accepted), signedAt: moment(0), now: moment(0))
  }

  private func bytes(_ suffix: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: place.path + suffix)))
  }

  private func write(_ bytes: [UInt8], _ suffix: String) throws {
    try Data(bytes).write(to: URL(filePath: place.path + suffix))
  }

  private func restore(_ saved: [String: [UInt8]]) throws {
    for (suffix, bytes) in saved { try write(bytes, suffix) }
  }

  @Test("The schema is in the database before the log is used")
  func schema() throws {
    do { _ = try SQLiteLedger(path: place.path) }
    for suffix in ["-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: place.path + suffix)
    }
    let connection = try SQLiteConnection.open(place.path, busyTimeout: 0)
    let count = try { try connection.integer("SELECT count(*) FROM record") }()
    #expect(count == 0)
  }

  @Test("A flipped bit in the log is damage", arguments: [true, false])
  func log(hasIndex: Bool) throws {
    try sow()
    let saved = try ["": bytes(""), "-wal": bytes("-wal"), "-shm": bytes("-shm")]
    let log = try #require(saved["-wal"])
    let pages = (log.count - 32) / 4_120
    #expect(pages > 3)
    // Without the index, damage of the last transaction looks like an interrupted write.
    let end = hasIndex ? log.count : 32 + 4_120
    for offset in stride(from: 0, to: end, by: hasIndex ? 701 : 101) {
      try restore(saved)
      if !hasIndex { try FileManager.default.removeItem(atPath: place.path + "-shm") }
      var damaged = log
      damaged[offset] ^= 4
      try write(damaged, "-wal")
      #expect(code() == .damaged || offset < 16, "byte \(offset)")
    }
  }

  @Test("A log that is truncated, empty or missing is damage")
  func lost() throws {
    try sow()
    let saved = try ["": bytes(""), "-wal": bytes("-wal"), "-shm": bytes("-shm")]
    let log = try #require(saved["-wal"])
    for length in [0, 31, 32, 4_152, log.count - 4_120, log.count - 1] {
      try restore(saved)
      try write(Array(log.prefix(length)), "-wal")
      #expect(code() == .damaged, "\(length) of \(log.count) bytes")
    }
    try restore(saved)
    try FileManager.default.removeItem(atPath: place.path + "-wal")
    #expect(code() == .damaged)
    try restore(saved)
    try FileManager.default.removeItem(atPath: place.path)
    #expect(code() == .damaged, "a new file beside the log of another one")
    try restore(saved)
    #expect(code() == nil)
  }

  @Test("An interrupted write is not damage, because it was not reported as done")
  func cutWrite() throws {
    try sow()
    var log = try bytes("-wal")
    log += Array(repeating: 7, count: 4_120) + [1, 2, 3]
    try write(log, "-wal")
    #expect(code() == nil)
  }

  @Test("Frames of a write that was interrupted may remain behind a shorter one")
  func remainingFrames() throws {
    try sow()
    let saved = try bytes("")
    var log: [UInt8] = []
    do {
      let connection = try SQLiteConnection.open(place.path, busyTimeout: 1_000)
      try connection.execute("PRAGMA wal_autocheckpoint = 0; BEGIN; CREATE TABLE long (bytes)")
      try connection.execute("INSERT INTO long VALUES (zeroblob(40000)); COMMIT")
      log = try bytes("-wal")
    }
    // Killed before its last frame, which would have ended the transaction.
    log.removeLast(4_120)
    try restore(["": saved, "-wal": log])
    try? FileManager.default.removeItem(atPath: place.path + "-shm")
    let length = log.count
    #expect(code() == nil)
    #expect(try bytes("-wal").count == length, "the shorter write left frames behind it")
    #expect(code() == nil)
  }

  @Test(
    "A record that its row or its numbers contradict is damage",
    arguments: [
      "UPDATE record SET account = 'b'", "UPDATE record SET key = 'number:2'",
      "UPDATE record SET state = 'none'", "UPDATE number SET number = '3'",
      "UPDATE number SET account = 'b'", "UPDATE number SET key = 'number:2'",
      "DELETE FROM number", "DELETE FROM record",
      "INSERT INTO number VALUES ('a', '7', 'number:1')",
      "UPDATE record SET body = json_remove(body, '$.standing')",
      "UPDATE record SET body = json_set(body, '$.standing.signedAt', 1)",
      "UPDATE record SET body = json_set(body, '$.numbers', json('[\"8\"]'))",
      "UPDATE record SET body = json_set(body, '$.account', 'b')",
    ])
  func contradiction(statement: String) throws {
    try sow()
    do {
      let connection = try SQLiteConnection.open(place.path, busyTimeout: 1_000)
      try connection.execute("PRAGMA foreign_keys = OFF; \(statement)")
    }
    #expect(code() == .damaged)
  }

  @Test(
    "A file that is moved, removed or replaced while it is open is an error",
    arguments: ["", "-wal", "-shm"])
  func moved(suffix: String) throws {
    let ledger = try SQLiteLedger(path: place.path)
    _ = try ledger.claim([.of("1")], terms: .at(moment(0)))
    let file = place.path + suffix
    for step in ["moved", "replaced", "back"] {
      switch step {
      case "moved": try FileManager.default.moveItem(atPath: file, toPath: file + ".old")
      case "replaced": try FileManager.default.copyItem(atPath: file + ".old", toPath: file)
      default:
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.moveItem(atPath: file + ".old", toPath: file)
        #expect(try ledger.claim([.of("2")], terms: .at(moment(0)))[0].ticket != nil)
        continue
      }
      let error = #expect(throws: LedgerError.self) {
        try ledger.claim([.of("2")], terms: .at(moment(0)))
      }
      #expect(error?.code == .inaccessible && error?.message.contains("while it was open") == true)
    }
  }

  @Test("A symbolic link leads to the same log, and a hard link is an error")
  func links() throws {
    try sow()
    let link = place.folder.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.path)
    let ledger = try SQLiteLedger(path: link)
    #expect(try ledger.judge([.of("1")], terms: .at(moment(1)))[0].cooldownUntil == moment(week))
    #expect(!FileManager.default.fileExists(atPath: link + "-wal"))
    let second = place.folder.path("second")
    try FileManager.default.linkItem(atPath: place.path, toPath: second)
    for path in [second, place.path, link] { #expect(code(path) == .inaccessible) }
    try FileManager.default.removeItem(atPath: second)
    #expect(code(link) == nil)
  }

  @Test(
    "A path to a pipe, device or folder is an error, without waiting",
    arguments: [
      ("fifo", "a named pipe"), ("/dev/null", "a socket or device"), ("folder", "a folder"),
    ])
  func kinds(name: String, kind: String) throws {
    let path = name.hasPrefix("/") ? name : place.folder.path(name)
    if name == "fifo" { try #require(unsafe mkfifo(path, 0o600) == 0) }
    if name == "folder" { _ = try Folder.openOrCreate(path) }
    let error = #expect(throws: LedgerError.self) { try SQLiteLedger(path: path) }
    #expect(error?.code == .inaccessible && error?.message == "\(path) is \(kind), not a file")
  }

  @Test("A ledger on tmpfs works with a warning")
  func memory() throws {
    try #require(try FileSystemKind.of("/dev/shm") == .memory)
    let path = "/dev/shm/ncloud-reissue-\(UUID().uuidString)"
    defer { for suffix in ["", "-wal", "-shm"] { unsafe unlink(path + suffix) } }
    let ledger = try SQLiteLedger(path: path)
    #expect(ledger.warnings.count == 1 && ledger.warnings[0].contains("in memory (tmpfs)"))
  }
}
