internal import Glibc

/// What a name stands for.
package struct FileFacts: Hashable, Sendable {
  /// The kinds of files that matter here.
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

  /// What it is; a link is not followed by ``Folder/facts(_:)`` and followed by ``Files/facts(_:)``.
  package let kind: Kind
  /// The twelve permission bits.
  package let mode: UInt32
  /// The user id of its owner.
  package let owner: UInt32
  /// The id of its group.
  package let group: UInt32
  /// Its length in bytes.
  package let size: Int
  /// The file system that it lies on, and its number there: two names with equal ones lead to one file.
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
    device = UInt64(facts.st_dev)
    inode = UInt64(facts.st_ino)
  }

  /// The facts of an open file.
  init(of file: borrowing Descriptor, _ path: String) throws(FileError) {
    var facts = stat()
    guard unsafe fstat(file.number, &facts) == 0 else { throw FileError("look at", path) }
    self.init(facts)
  }

  /// Whether group or others may read or write it.
  package var isOpenToOthers: Bool { mode & 0o066 != 0 }

  /// Whether both describe one file.
  package func isSameFile(as other: FileFacts) -> Bool {
    device == other.device && inode == other.inode
  }
}

extension FileFacts {
  /// The facts of what bears a name, a link itself not followed.
  init(ofEntry path: String) throws(FileError) {
    var facts = stat()
    guard unsafe lstat(path, &facts) == 0 else { throw FileError("look at", path) }
    self.init(facts)
  }
}
