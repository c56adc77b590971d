// Whether the files that are open are those at the ledger's path, and whether its log is whole.

import Platform
import SQLite

extension SQLiteLedger {
  /// The ledger, its write-ahead log and the log's index: SQLite names the last two by the path of the first.
  static let suffixes = ["", "-wal", "-shm"]

  /// The path without links, so that every link to a ledger leads to one log.
  ///
  /// - Throws: ``LedgerError`` for a file with a second name, which has no second log.
  static func resolve(_ path: String) throws(LedgerError) -> String {
    guard let file = FileIdentity(of: path) else { return path }
    if file.otherKind == nil, file.linkCount > 1 {
      throw LedgerError(
        .inaccessible, "\(path) is a file with \(file.linkCount) names (hard links)",
        hint: "the log beside it goes by one name: remove the others, or use a symbolic link")
    }
    return FileIdentity.resolved(path) ?? path
  }

  /// What is at the path is no file.
  static func notAFile(_ path: String) throws(LedgerError) {
    guard let kind = FileIdentity(of: path)?.otherKind else { return }
    throw LedgerError(
      .inaccessible, "\(path) is \(kind), not a file", hint: "give another place with --ledger")
  }

  /// Looks for lost frames of the log before SQLite reads it, which would take the log for ended there.
  ///
  /// - Throws: ``LedgerError/Code/damaged``.
  static func requireWholeLog(_ path: String) throws(LedgerError) {
    var before: [UInt8]?
    for _ in 0..<logTries {
      // The index first: what it counts is in the log that is read after it.
      let index = content(path + "-shm")
      let log = content(path + "-wal")
      let isEmpty = (FileIdentity(of: path)?.size ?? 0) == 0
      // SQLite would remove the log of an empty file.
      let damage =
        isEmpty && log.count > logHeader
        ? "it is empty, and its log is not" : WriteAheadLog(log).damage(index: index)
      guard let damage else { return }
      // Another process may be writing: only what stays so is damage.
      if log == before { throw .damaged(path, "ledger \(path): \(damage)") }
      before = log
      SystemClock.sleep(milliseconds: 1)
    }
    throw LedgerError(
      .busy, "ledger \(path): its log changes faster than it can be read", hint: "try again")
  }

  /// One transaction takes some milliseconds, and hundreds of processes may write one after the other.
  private static let logTries = 1_000
  /// A log that is longer holds a frame.
  private static let logHeader = 32
  /// Far beyond what a transaction of ten thousand items writes.
  private static let longestLog = 1 << 30

  private static func content(_ path: String) -> [UInt8] {
    (try? Files.read(path, limit: longestLog)) ?? []
  }
}

/// The files of a ledger that this process has open, to notice when others take their place.
struct OpenFiles {
  private let path: String
  private var known: [FileIdentity?]

  init(of path: String) {
    self.path = path
    known = SQLiteLedger.suffixes.map { FileIdentity(of: path + $0) }
  }

  /// Fails if one of the files at the ledger's path is another one than before, or is gone: what is written to a file
  /// that nobody finds any more is not remembered.
  mutating func requireInPlace() throws(LedgerError) {
    for (index, suffix) in SQLiteLedger.suffixes.enumerated() {
      let now = FileIdentity(of: path + suffix)
      guard let before = known[index] else {
        known[index] = now
        continue
      }
      guard let now, now.isSame(as: before), now.linkCount == 1 else {
        throw LedgerError(
          .inaccessible, "\(path)\(suffix) was moved, removed or replaced while it was open",
          hint: "put the file back, and start this program anew")
      }
    }
  }
}
