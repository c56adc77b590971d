internal import CPlatform
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

  /// The facts of an open file; `nil` sets errno.
  init?(_ descriptor: Int32) {
    var facts = stat()
    guard unsafe fstat(descriptor, &facts) == 0 else { return nil }
    self.init(facts)
  }

  /// The facts of an open file.
  init(of file: borrowing Descriptor, _ path: String) throws(FileError) {
    guard let facts = FileFacts(file.number) else { throw FileError("examine", path) }
    self = facts
  }

  /// Whether the mode lets group or others read or write.
  package var isOpenToOthers: Bool { mode & 0o066 != 0 }

  /// Whether both are one file.
  package func isSameFile(as other: FileFacts) -> Bool {
    device == other.device && inode == other.inode
  }
}

extension FileFacts {
  /// The facts of a name, which may be relative to an open folder; a link is not followed. `nil` sets errno.
  init?(_ name: String, below folder: Int32 = AT_FDCWD) {
    var facts = stat()
    guard unsafe fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    self.init(facts)
  }

  /// The facts of a name; a link is not followed.
  init(ofEntry path: String) throws(FileError) {
    guard let facts = FileFacts(path) else { throw FileError("examine", path) }
    self = facts
  }
}

/// The kind of a file system.
package enum FileSystemKind: Hashable, Sendable {
  /// On a disk of this machine.
  case local
  /// In the memory of this machine: lost at the next start.
  case memory
  /// On a network, or shared with another kernel: locks and shared memory do not work between machines.
  case network

  /// The kind by its magic number (statfs(2)); unknown ones count as local.
  package static func of(_ path: String) throws(FileError) -> FileSystemKind {
    let kind = UInt32(truncatingIfNeeded: try facts(of: path).f_type)
    if networkKinds.contains(kind) { return .network }
    return memoryKinds.contains(kind) ? .memory : .local
  }

  /// Whether a free block is left for this process; true for file systems that do not count blocks.
  static func hasRoom(_ path: String) throws(FileError) -> Bool {
    let facts = try facts(of: path)
    // Reserved blocks count for root only.
    return facts.f_blocks == 0 || (geteuid() == 0 ? facts.f_bfree : facts.f_bavail) > 0
  }

  /// Whether the path is on a read-only mount of its own, as the configuration of a container is: then no process next
  /// to this one can change anything there, whatever modes and owners are.
  ///
  /// The mount of `/` does not count: a service that systemd protects sees it read-only, and other processes write to
  /// it. FUSE does not count either: any user may serve it.
  static func isMountedReadOnly(_ path: String) -> Bool {
    guard let facts = try? facts(of: path),
      UInt64(truncatingIfNeeded: facts.f_flags) & readOnlyFlag != 0,
      UInt32(truncatingIfNeeded: facts.f_type) != fuse
    else { return false }
    let (own, root) = unsafe (cplatform_mount_id(path), cplatform_mount_id("/"))
    return own != 0 && own != root
  }

  /// Whether the path is in memory (tmpfs, ramfs).
  static func isMemory(_ path: String) -> Bool {
    (try? facts(of: path)).map { memoryKinds.contains(UInt32(truncatingIfNeeded: $0.f_type)) }
      ?? false
  }

  /// `ST_RDONLY` of statfs(2).
  private static let readOnlyFlag: UInt64 = 1
  /// From linux/magic.h.
  private static let fuse: UInt32 = 0x6573_5546
  private static let memoryKinds: [UInt32] = [0x0102_1994, 0x8584_58F6]

  private static func facts(of path: String) throws(FileError) -> statfs {
    var facts = statfs()
    guard retrying({ unsafe statfs(path, &facts) }) == 0 else {
      throw FileError("examine", path)
    }
    return facts
  }

  /// From linux/magic.h and statfs(2): NFS, SMB, CIFS, SMB2, Coda, AFS, AFS of the kernel, Ceph, 9P, OCFS2, GFS2,
  /// Lustre, NCP, FUSE (which includes sshfs and GlusterFS).
  private static let networkKinds: [UInt32] = [
    0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x7375_7245, 0x5346_414F, 0x6B41_4653,
    0x00C3_6400, 0x0102_1997, 0x7461_636F, 0x0116_1970, 0x0BD0_0BD0, 0x564C, 0x6573_5546,
  ]
}
