internal import Glibc

/// The file of a path, links followed; a different file under the same path is not equal.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  package let linkCount: Int
  /// Its length in bytes.
  package let size: Int
  /// Its kind for messages, if it is not a regular file: `a named pipe`.
  package let otherKind: String?

  /// The file at a path now; `nil` if it does not exist or cannot be examined.
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

  /// Whether both are one file, whatever its size.
  package func isSame(as other: FileIdentity) -> Bool {
    device == other.device && inode == other.inode
  }

  /// The path without links, which SQLite uses for the files next to a database; `nil` if it does not exist.
  package static func resolved(_ path: String) -> String? {
    guard let text = unsafe realpath(path, nil) else { return nil }
    // realpath(3) allocated it.
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }
}
