internal import Glibc

/// Which file a path leads to, links followed: another file under the same path is another one.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  /// How many names the file has.
  package let linkCount: Int
  /// Its length in bytes.
  package let size: Int
  /// What it is, where it is no regular file: `a named pipe`, for messages.
  package let otherKind: String?

  /// The file at a path now; `nil` if nothing is there, or nothing that can be looked at.
  package init?(of path: String) {
    var facts = stat()
    guard unsafe stat(path, &facts) == 0 else { return nil }
    device = UInt64(facts.st_dev)
    inode = UInt64(facts.st_ino)
    linkCount = Int(facts.st_nlink)
    size = Int(facts.st_size)
    otherKind =
      switch facts.st_mode & S_IFMT {
      case S_IFREG: nil
      case S_IFDIR: "a folder"
      case S_IFIFO: "a named pipe"
      case S_IFSOCK: "a socket"
      default: "a device"
      }
  }

  /// Whether both are one file, whatever became of its size.
  package func isSame(as other: FileIdentity) -> Bool {
    device == other.device && inode == other.inode
  }

  /// The path without links, as SQLite names the files beside a database; `nil` if nothing is there.
  package static func resolved(_ path: String) -> String? {
    guard let text = unsafe realpath(path, nil) else { return nil }
    // realpath(3) allocated it for the caller.
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }
}
