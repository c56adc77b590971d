// The file of the SQLite ledger, which is checked before SQLite opens it, and SQLite's errors as errors of the ledger.

package import Platform
import SQLite

/// The file of a ledger, with the write-ahead log and its index beside it.
struct LedgerFile {
  /// The path without links, so that all links to a ledger lead to one log.
  let path: String
  /// Warnings about the place of the file.
  let warnings: [String]
  /// The files when they were opened, by which their replacement is noticed; `nil` for a file that was missing.
  private var opened: [FileFacts?] = []

  /// Creates the file if it is missing, and makes sure that only this user can change it.
  ///
  /// - Throws: ``LedgerError`` for a path that does not name a regular file, or whose file others can change.
  init(preparing path: String) throws(LedgerError) {
    let (folder, name) = Folder.split(path)
    guard !name.isEmpty, name != ".", name != "..", !path.hasSuffix("/"), !path.utf8.contains(0)
    else {
      throw LedgerError(
        .location, "\"\(path)\" is not the path of a file", hint: "use sqlite:PATH")
    }
    let facts: FileFacts?
    do throws(FileError) { facts = try Self.facts(path) } catch { throw LedgerError(error) }
    if let facts { try Self.requireOneRegularFile(facts, path) }
    self.path = try Self.unexposed(path)
    do throws(FileError) {
      if facts == nil { try Self.create(name, in: folder) }
      warnings = try Self.warnings(path, facts, in: folder)
    } catch {
      throw LedgerError(error)
    }
    opened = current
  }

  /// The facts of an existing file; `nil` if it is missing.
  private static func facts(_ path: String) throws(FileError) -> FileFacts? {
    do throws(FileError) { return try Files.facts(path) } catch {
      guard error.isMissing else { throw error }
      return nil
    }
  }

  private static func requireOneRegularFile(
    _ facts: FileFacts, _ path: String
  ) throws(LedgerError) {
    let otherKind: String? =
      switch facts.kind {
      case .file, .link: nil
      case .folder: "a folder"
      case .pipe: "a named pipe"
      case .other: "a socket or device"
      }
    if let otherKind {
      throw LedgerError(
        .inaccessible, "\(path) is \(otherKind), not a file", hint: "use another path with --ledger"
      )
    }
    guard facts.linkCount == 1 else {
      throw LedgerError(
        .inaccessible, "\(path) is a file with \(facts.linkCount) names (hard links)",
        hint: "SQLite finds the log by the file's name: remove the others, or use a symbolic link")
    }
  }

  /// The path without links. Nobody else may change what decides whether a request is sent: the file, the files that SQLite
  /// keeps beside it, and every folder and link on the way.
  private static func unexposed(_ path: String) throws(LedgerError) -> String {
    let ledger = try place(path)
    for suffix in ["", "-wal", "-shm", "-journal"] {
      let name = ledger.path + suffix
      let file = suffix.isEmpty ? ledger : try place(name)
      if let exposure = file.exposure {
        throw LedgerError(FileError(operation: "use", path: path, exposure: exposure))
      }
      // A named pipe in place of the log would block its reader for ever; of a link, SQLite refuses to open the target.
      guard suffix.isEmpty || (file.path == name && (file.facts?.kind ?? .file) == .file) else {
        throw LedgerError(
          .inaccessible, "\(name), which SQLite keeps beside the ledger, is not a file",
          hint: "move it away if no process uses the ledger, or use another path with --ledger")
      }
    }
    return ledger.path
  }

  private static func place(_ path: String) throws(LedgerError) -> FilePlace {
    do throws(FileError) { return try FilePlace(of: path) } catch { throw LedgerError(error) }
  }

  /// SQLite gives the files beside the ledger the permissions of the ledger.
  private static func create(_ name: String, in path: String) throws(FileError) {
    let folder = try Folder.openOrCreate(path)
    do throws(FileError) { try folder.create(name, [], mode: 0o600) } catch {
      // Another process was faster.
      guard error.isTaken else { throw error }
    }
  }

  private static func warnings(
    _ path: String, _ facts: FileFacts?, in folder: String
  ) throws(FileError) -> [String] {
    var warnings: [String] = []
    if facts?.isOpenToOthers == true {
      warnings.append("others can read \(path): chmod 600 \(path)")
    }
    switch try FileSystemKind.of(folder) {
    case .local: break
    case .memory:
      warnings.append(
        "\(path) is in memory (tmpfs), so the next restart of the machine or container deletes it: earlier "
          + "requests would then be sent again")
    case .network:
      warnings.append(
        "\(path) is on a network file system, where locks do not work between machines: "
          + "use etcd:// for several hosts")
    }
    return warnings
  }
}

extension LedgerFile {
  /// Checks the write-ahead log before SQLite reads it: SQLite takes the first damaged frame for the end of the log.
  ///
  /// - Throws: ``LedgerError/Code/damaged`` if frames are lost.
  func requireWholeLog() throws(LedgerError) {
    var before: [UInt8]?
    for _ in 0..<Self.logTries {
      // The index first: the frames that it counts are in the log that is read after it.
      let index = try Self.content(path + "-shm")
      let log = try Self.content(path + "-wal")
      let isEmpty = ((try? Files.facts(path))?.size ?? 0) == 0
      // SQLite would delete the log of an empty file.
      let damage =
        isEmpty && log.count > WriteAheadLog.headerBytes
        ? "it is empty, and its log is not" : WriteAheadLog(log).damage(index: index)
      guard let damage else { return }
      // Another process may be writing; damage is only what does not change.
      if log == before { throw .damaged(path, "ledger \(path): \(damage)") }
      before = log
      SystemClock.sleep(milliseconds: 1)
    }
    throw LedgerError(
      .busy, "ledger \(path): its log changes faster than it can be read", hint: "try again")
  }

  /// One transaction takes a few milliseconds, and hundreds of processes may write one after the other.
  private static let logTries = 1_000
  /// In bytes; far more than a transaction of ten thousand items writes.
  private static let longestLog = 1 << 30

  /// The bytes of a file; none if it is missing. A file that cannot be read is no damage: its owner can repair that.
  private static func content(_ path: String) throws(LedgerError) -> [UInt8] {
    do throws(FileError) { return try Files.read(path, limit: longestLog) } catch {
      guard !error.isMissing else { return [] }
      throw LedgerError(
        .inaccessible, "\(error)", hint: "check the owner and the mode of this file")
    }
  }
}

extension LedgerFile {
  /// The ledger, its log and the index of the log; SQLite names the last two after the ledger.
  private static let suffixes = ["", "-wal", "-shm"]

  private var current: [FileFacts?] { Self.suffixes.map { try? Files.facts(path + $0) } }

  /// Makes sure that the files at the ledger's path are the open ones: what is written to a file that no path leads to is
  /// lost.
  mutating func requireInPlace() throws(LedgerError) {
    for (index, (suffix, now)) in zip(Self.suffixes, current).enumerated() {
      guard let before = opened[index] else {
        opened[index] = now
        continue
      }
      guard let now, now.isSameFile(as: before), now.linkCount == 1 else {
        throw LedgerError(
          .inaccessible, "\(path)\(suffix) was moved, removed or replaced while it was open",
          hint: "put the file back, and restart this program")
      }
    }
  }
}

extension LedgerError {
  /// A file that cannot be used.
  package init(_ error: FileError) {
    self.init(
      .inaccessible, "\(error)",
      hint: error.exposure?.repair
        ?? "make the folder writable for this user, or use another path with --ledger")
  }

  /// An error of SQLite with a file.
  init(_ error: SQLiteError, path: String) {
    let text = "ledger \(path): \(error.message) (sqlite \(error.extendedCode))"
    switch error.code {
    case .busy, .locked:
      self.init(
        .busy, text,
        hint: "another process holds the ledger: find it with fuser \(path), or try again")
    case .corrupt: self = .damaged(path, text)
    case .notADatabase: self = .foreign(path)
    case .full,
      _ where error.extendedCode == SQLiteError.noRoomForIndex:
      self.init(.full, text, hint: "free space on the disk")
    // All statements are constant, so one that fails shows a fault of the file.
    case .constraint, .mistake: self = .damaged(path, text)
    default: self.init(.inaccessible, text, hint: Self.writableHint)
    }
  }

  static func ended(_ path: String) -> LedgerError {
    LedgerError(
      .ended, "the run ended while another process held the ledger \(path)",
      hint: "find the process with fuser \(path), and run again")
  }

  static func readOnly(_ path: String) -> LedgerError {
    LedgerError(.inaccessible, "ledger \(path): it is read-only", hint: writableHint)
  }

  private static let writableHint =
    "the file and its folder must be writable for this user: check owner, mode and mount"

  static func damaged(_ path: String, _ text: String) -> LedgerError {
    LedgerError(
      .damaged, text,
      hint: "move \(path) away, restore a backup or recover it with sqlite3 .recover; until then "
        + "earlier requests are not known")
  }

  static func foreign(_ path: String) -> LedgerError {
    LedgerError(
      .foreign, "\(path) is not a ledger of this program", hint: "use another path with --ledger")
  }

  static func newer(_ path: String, version: Int) -> LedgerError {
    LedgerError(
      .newer, "a later version of this program wrote \(path) (schema \(version))",
      hint: "update this program")
  }
}
