// How SQLite opens its files: as it always does, but for one flag.

internal import CSQLite
internal import Glibc

/// Opens a write-ahead log that is there already as a file that is there.
///
/// SQLite opens the log "or makes it", and syncs the folder of a file that it may have made, at the first sync of
/// every process: a third of what a durable claim costs, for a log that is years old. Nothing is lost without it:
/// the header of a log is synced, and the folder with it, before the first frame is written (`walFrames` in wal.c of
/// SQLite), so the folder knows every log that holds a frame.
enum LogFile {
  /// The name by which a connection asks for it.
  ///
  /// Registered at the first use. Opening falls back on the default where that fails, which only costs time.
  static let fileSystem: String? = register()

  /// A log that is longer holds a frame (https://www.sqlite.org/fileformat2.html#walformat).
  private static let headerBytes = 32

  private static func register() -> String? {
    let name = "ncloud-reissue"
    // Both live as long as the process: SQLite keeps the record, and the record its name.
    guard let original = unsafe sqlite3_vfs_find(nil), let text = unsafe strdup(name) else {
      return nil
    }
    let copy = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    unsafe copy.initialize(to: original.pointee)
    // Version 3 is the record as it was compiled here; a later SQLite would look for more behind it.
    unsafe copy.pointee.iVersion = min(copy.pointee.iVersion, 3)
    unsafe copy.pointee.pNext = nil
    unsafe copy.pointee.zName = UnsafePointer(text)
    unsafe copy.pointee.xOpen = { _, path, file, flags, reached in
      // The default one is never unregistered, and all pointers are SQLite's own, handed through.
      guard let original = unsafe sqlite3_vfs_find(nil), let open = unsafe original.pointee.xOpen
      else {
        return SQLITE_CANTOPEN
      }
      if flags & SQLITE_OPEN_WAL != 0, let path = unsafe path, unsafe LogFile.holdsFrame(path) {
        let code = unsafe open(original, path, file, flags & ~SQLITE_OPEN_CREATE, reached)
        // It may have been deleted just now, as the last of other programs does that closes the file.
        if code == SQLITE_OK { return code }
      }
      return unsafe open(original, path, file, flags, reached)
    }
    return unsafe sqlite3_vfs_register(copy, 0) == SQLITE_OK ? name : nil
  }

  /// The path is SQLite's and only read during the call.
  private static func holdsFrame(_ path: UnsafePointer<CChar>) -> Bool {
    var facts = stat()
    return unsafe stat(path, &facts) == 0 && facts.st_size > headerBytes
  }
}
