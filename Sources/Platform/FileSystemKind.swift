internal import CPlatform
internal import Glibc

/// What kind of file system a path lies on.
package enum FileSystemKind: Hashable, Sendable {
  /// On a disk of this machine or in its memory.
  case local
  /// Reached over a network, or handed through from another kernel: locks and shared memory do not work there
  /// between machines.
  case network

  /// The kind, by its magic number (statfs(2)); what is not known as a network's counts as local.
  package static func of(_ path: String) throws(FileError) -> FileSystemKind {
    let facts = try facts(of: path)
    return networkKinds.contains(UInt32(truncatingIfNeeded: facts.f_type)) ? .network : .local
  }

  /// Whether a block is free there for this process; true of what does not count blocks.
  static func hasRoom(_ path: String) throws(FileError) -> Bool {
    let facts = try facts(of: path)
    // What is kept back for root counts for root alone.
    return facts.f_blocks == 0 || (geteuid() == 0 ? facts.f_bfree : facts.f_bavail) > 0
  }

  /// Whether nobody can change anything there: it is mounted to be read only.
  package static func isReadOnly(_ path: String) throws(FileError) -> Bool {
    UInt64(truncatingIfNeeded: try facts(of: path).f_flags) & readOnlyFlag != 0
  }

  /// `ST_RDONLY` of statfs(2).
  private static let readOnlyFlag: UInt64 = 1

  private static func facts(of path: String) throws(FileError) -> statfs {
    var facts = statfs()
    guard retrying({ unsafe statfs(path, &facts) }) == 0 else {
      throw FileError("look at", path)
    }
    return facts
  }

  /// From linux/magic.h and statfs(2): NFS, SMB, CIFS, SMB2, Coda, AFS, AFS of the kernel, Ceph, 9P, OCFS2,
  /// GFS2, Lustre, NCP, FUSE (sshfs, GlusterFS and others cannot be told apart from it).
  private static let networkKinds: [UInt32] = [
    0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x7375_7245, 0x5346_414F, 0x6B41_4653,
    0x00C3_6400, 0x0102_1997, 0x7461_636F, 0x0116_1970, 0x0BD0_0BD0, 0x564C, 0x6573_5546,
  ]
}
