internal import Glibc

/// The facts about a name in the file system.
package struct FileFacts: Hashable, Sendable {
  /// The type of file, from `st_mode` (inode(7)).
  package enum Kind: Hashable, Sendable {
    /// A regular file.
    case file
    /// A directory.
    case folder
    /// A symbolic link.
    case link
    /// A pipe, named or not.
    case pipe
    /// A socket or device.
    case other
  }

  /// The kind; a link is followed by ``Files/facts(_:)``, not by ``Folder/facts(_:)``.
  package let kind: Kind
  /// The twelve permission bits.
  package let mode: UInt32
  /// The user id of its owner.
  package let owner: UInt32
  /// The id of its group.
  package let group: UInt32
  /// The length in bytes.
  package let size: Int
  /// How many names the file has (hard links).
  package let linkCount: Int
  /// The file system, and the number of the file there: names with equal values are one file.
  package let device: UInt64
  /// See ``device``.
  package let inode: UInt64

  init(_ facts: stat) {
    kind =
      switch facts.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFLNK: .link
      case S_IFIFO: .pipe
      default: .other
      }
    mode = facts.st_mode & 0o7777
    owner = facts.st_uid
    group = facts.st_gid
    size = Int(facts.st_size)
    linkCount = Int(facts.st_nlink)
    device = UInt64(facts.st_dev)
    inode = UInt64(facts.st_ino)
  }

  /// The facts of an open file.
  init(of file: borrowing Descriptor, _ path: String) throws(FileError) {
    var facts = stat()
    guard unsafe fstat(file.number, &facts) == 0 else { throw FileError("examine", path) }
    self.init(facts)
  }

  /// Whether the mode lets group or others read or write.
  package var isOpenToOthers: Bool { mode & 0o066 != 0 }

  /// Whether both are one file.
  package func isSameFile(as other: FileFacts) -> Bool {
    device == other.device && inode == other.inode
  }
}

extension FileFacts {
  /// The facts of a name; a link is not followed.
  init(ofEntry path: String) throws(FileError) {
    var facts = stat()
    guard unsafe lstat(path, &facts) == 0 else { throw FileError("examine", path) }
    self.init(facts)
  }
}
