internal import CPlatform
internal import Glibc

/// How another user can change the target of a path, or read a secret there.
///
/// Other users are all but this one and root. A group may write if it is root's or if this process is a member: on
/// Debian the files of many users belong to a group of their own, and a Kubernetes volume to the pod's `fsGroup`.
package struct Exposure: Hashable, Sendable {
  /// The reason for the exposure.
  package enum Reason: Hashable, Sendable {
    /// Another user owns it, and may change it and its mode.
    case owner
    /// Its mode lets every user write.
    case writable
    /// Its mode lets a group write of which this process is no member.
    case groupWritable
    /// An access control list may let others write (acl(5)).
    case accessList
    /// Its mode lets group or others read or write a secret.
    case readable
  }

  /// The exposed file, link or folder; its folders are resolved.
  package let path: String
  /// The owner and mode of ``path`` at the time of the check.
  package let facts: FileFacts
  /// The first of the reasons that holds.
  package let reason: Reason

  /// The command that fixes it.
  package var repair: String {
    switch reason {
    case .owner:
      "chown \(geteuid() == 0 ? "root" : String(geteuid())) \(path), or run as its owner (user \(facts.owner))"
    case .writable: "chmod o-w \(path)"
    case .groupWritable: "chmod g-w \(path)"
    case .accessList: "setfacl -b \(path)"
    case .readable: "chmod 600 \(path)"
    }
  }

  private var subject: String {
    let name =
      switch facts.kind {
      case .folder: "the folder \(path)"
      case .link: "the link \(path)"
      case .file, .pipe, .other: path
      }
    let mode = String(facts.mode, radix: 8)
    let zeros = String(repeating: "0", count: max(0, 4 - mode.count))
    return "\(name) (mode \(zeros)\(mode), owner \(facts.owner))"
  }
}

extension Exposure: CustomStringConvertible {
  /// The problem, with path, mode and owner.
  package var description: String {
    switch reason {
    case .owner: "another user owns \(subject)"
    case .writable: "every user can change \(subject)"
    case .groupWritable: "the group \(facts.group) can change \(subject)"
    case .accessList: "an access control list may let other users change \(subject)"
    case .readable: "group or others can read or change \(subject)"
    }
  }
}

extension Exposure {
  /// How another user can change an entry, or the contents of a folder; `nil` if no other user can.
  ///
  /// - Parameters:
  ///   - facts: The facts of the entry itself; a link is not followed.
  ///   - path: Its path, with resolved folders.
  ///   - rootOwner: The owner of `/`, who may change everything: not 0 in a user namespace that does not map the
  ///     machine's root (user_namespaces(7)).
  static func ofChange(_ facts: FileFacts, _ path: String, rootOwner: UInt32 = 0) -> Exposure? {
    guard let reason = changeReason(facts, path, rootOwner),
      !FileSystemKind.isMountedReadOnly(facts.kind == .link ? Folder.split(path).folder : path)
    else { return nil }
    return Exposure(path: path, facts: facts, reason: reason)
  }

  private static func changeReason(
    _ facts: FileFacts, _ path: String, _ rootOwner: UInt32
  ) -> Reason? {
    guard [0, geteuid(), rootOwner].contains(facts.owner) else { return .owner }
    switch facts.kind {
    // A link has no mode, and a device does not store what is written to it.
    case .link, .other: return nil
    // In a folder such as /tmp only the owner of an entry may replace it; the owner of each entry is checked as well.
    case .folder where facts.mode & UInt32(S_ISVTX) != 0: return nil
    case .file, .folder, .pipe: break
    }
    if facts.mode & UInt32(S_IWOTH) != 0 { return .writable }
    guard facts.mode & UInt32(S_IWGRP) != 0 else { return nil }
    guard isOurs(group: facts.group) else { return .groupWritable }
    // With a list, the group bits are the upper bound of all entries.
    return unsafe cplatform_has_access_list(path) != 0 ? .accessList : nil
  }

  /// How group or others can read or write a secret; `nil` if they cannot.
  ///
  /// A service that does not run as root reads root's secrets as a member of their group, or through the list that
  /// systemd adds to credentials: a group of this process may read files of root. Kubernetes mounts secrets read-only
  /// from memory, with any mode.
  static func ofReading(_ facts: FileFacts, _ path: String) -> Exposure? {
    let isRoots = facts.owner == 0
    let isGroupTrusted = isRoots && geteuid() != 0 && isOurs(group: facts.group)
    guard facts.mode & (isGroupTrusted ? 0o026 : 0o066) != 0 else { return nil }
    if isRoots, FileSystemKind.isMountedReadOnly(path), FileSystemKind.isMemory(path) { return nil }
    return Exposure(path: path, facts: facts, reason: .readable)
  }

  private static func isOurs(group: UInt32) -> Bool {
    if group == 0 || group == getegid() { return true }
    let count = getgroups(0, nil)
    guard count > 0 else { return false }
    var groups = [gid_t](repeating: 0, count: Int(count))
    let got = unsafe getgroups(count, &groups)
    return groups.prefix(max(0, Int(got))).contains(group)
  }
}
