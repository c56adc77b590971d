internal import CSQLite
internal import Glibc

/// A file system of SQLite that does not sync the folder of an existing write-ahead log.
///
/// SQLite opens the log with "create if missing", and at the first sync of every process it syncs the folder, because
/// it may have created the file: a third of the time of a durable claim. Nothing is lost without it: SQLite syncs the
/// header of a new log and its folder before the first frame (`walFrames` in wal.c), so the folder already has the
/// entry of every log with a frame.
enum LogFile {
  /// Its name, registered at the first use. If registering fails, the default is used, which only takes longer.
  static let fileSystem: String? = register()

  private static func register() -> String? {
    let name = "ncloud-reissue"
    // Both stay as long as the process: SQLite keeps the record, and the record its name.
    guard let original = unsafe sqlite3_vfs_find(nil), let text = unsafe strdup(name) else {
      return nil
    }
    let copy = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    unsafe copy.initialize(to: original.pointee)
    // Version 3 is the record that was compiled here; a later SQLite would read beyond it.
    unsafe copy.pointee.iVersion = min(copy.pointee.iVersion, 3)
    unsafe copy.pointee.pNext = nil
    unsafe copy.pointee.zName = UnsafePointer(text)
    unsafe copy.pointee.xOpen = { _, path, file, flags, reached in
      // The default is never unregistered, and all pointers are SQLite's own.
      guard let original = unsafe sqlite3_vfs_find(nil), let open = unsafe original.pointee.xOpen
      else {
        return SQLITE_CANTOPEN
      }
      if flags & SQLITE_OPEN_WAL != 0, let path = unsafe path, unsafe LogFile.holdsFrame(path) {
        let code = unsafe open(original, path, file, flags & ~SQLITE_OPEN_CREATE, reached)
        // Another program may have deleted it just now, as the last one to close the database.
        if code == SQLITE_OK { return code }
      }
      return unsafe open(original, path, file, flags, reached)
    }
    return unsafe sqlite3_vfs_register(copy, 0) == SQLITE_OK ? name : nil
  }

  /// The path belongs to SQLite and is only read during the call.
  private static func holdsFrame(_ path: UnsafePointer<CChar>) -> Bool {
    var facts = stat()
    return unsafe stat(path, &facts) == 0 && facts.st_size > WriteAheadLog.headerBytes
  }
}
