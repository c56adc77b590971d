// The ledger's file before SQLite opens it, and SQLite's errors in the ledger's words.

import Platform
import SQLite

extension SQLiteLedger {
  /// Makes sure that the file is there and ours alone.
  ///
  /// - Returns: What a user should know of the place.
  static func prepareFile(_ path: String) throws(LedgerError) -> [String] {
    let (folder, name) = Folder.split(path)
    guard !name.isEmpty, name != ".", name != "..", !path.hasSuffix("/"), !path.utf8.contains(0)
    else {
      throw LedgerError(
        .location, "not a path of a file: \"\(path)\"", hint: "give the ledger as sqlite:PATH")
    }
    do throws(FileError) {
      var warnings: [String] = []
      try requireUnexposed(path)
      if let facts = try facts(path) {
        // Pipes and the like were refused before.
        guard facts.kind == .file else { return [] }
        if facts.isOpenToOthers {
          warnings.append("\(path) can be read or changed by others: chmod 600 \(path)")
        }
      } else {
        try makeFile(name, in: folder)
      }
      switch try FileSystemKind.of(folder) {
      case .local: break
      case .memory:
        warnings.append(
          "\(path) lies in memory (tmpfs) and is lost with the next restart of the machine or container: "
            + "what was asked for before would be asked for again")
      case .network:
        warnings.append(
          "\(path) lies on a network file system, where locks do not hold between machines: "
            + "use etcd:// for several hosts")
      }
      return warnings
    } catch {
      throw LedgerError(
        .inaccessible, "\(error)",
        hint: error.exposure?.repair
          ?? "make the folder writable for this user, or give another place with --ledger")
    }
  }

  /// What decides whether a request is sent is nobody else's to change: the file, what SQLite keeps beside it, and
  /// every folder and link on the way.
  private static func requireUnexposed(_ path: String) throws(FileError) {
    let place = try FilePlace(of: path)
    for file in [place]
      + (try ["-wal", "-shm", "-journal"].map { suffix throws(FileError) in
        try FilePlace(of: place.path + suffix)
      })
    {
      guard let exposure = file.exposure else { continue }
      throw FileError(operation: "use", path: path, exposure: exposure)
    }
  }

  private static func facts(_ path: String) throws(FileError) -> FileFacts? {
    do throws(FileError) { return try Files.facts(path) } catch {
      guard error.isMissing else { throw error }
      return nil
    }
  }

  /// SQLite gives the files it puts beside the ledger the ledger's own permissions.
  private static func makeFile(_ name: String, in path: String) throws(FileError) {
    let folder = try Folder.openOrCreate(path)
    do throws(FileError) { try folder.create(name, [], mode: 0o600) } catch {
      // Another process was first.
      guard error.isTaken else { throw error }
    }
  }
}

extension LedgerError {
  /// A failure of SQLite with that file.
  init(_ error: SQLiteError, path: String) {
    let text = "ledger \(path): \(error.message) (sqlite \(error.extendedCode))"
    switch error.code {
    case .busy, .locked:
      self.init(
        .busy, text,
        hint: "another process holds the ledger: see who with fuser \(path), or try again")
    case .corrupt: self = .damaged(path, text)
    case .notADatabase: self = .foreign(path)
    case .full: self.init(.full, text, hint: "make room on the disk")
    case _ where error.extendedCode == SQLiteError.noRoomForIndex:
      self.init(.full, text, hint: "make room on the disk")
    // Statements are fixed, so what they do not fit is the file.
    case .constraint, .mistake: self = .damaged(path, text)
    default: self.init(.inaccessible, text, hint: Self.writableHint)
    }
  }

  static func readOnly(_ path: String) -> LedgerError {
    LedgerError(.inaccessible, "ledger \(path): it can only be read", hint: writableHint)
  }

  private static let writableHint =
    "the file and its folder must be writable for this user: check owner, mode and mount"

  static func damaged(_ path: String, _ text: String) -> LedgerError {
    LedgerError(
      .damaged, text,
      hint: "set \(path) aside, restore a backup or recover it with sqlite3 .recover; until then "
        + "nothing is known of earlier requests")
  }

  static func foreign(_ path: String) -> LedgerError {
    LedgerError(
      .foreign, "\(path) is not a ledger of this program", hint: "give another place with --ledger")
  }

  static func newer(_ path: String, version: Int) -> LedgerError {
    LedgerError(
      .newer, "\(path) was written by a later version of this program (schema \(version))",
      hint: "update this program")
  }
}
