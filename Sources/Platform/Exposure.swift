internal import CPlatform
internal import Glibc

/// How somebody else can change what a path leads to, or read a secret there.
///
/// Somebody else is every user but this one and root. A group may write if it is root's or one that this process is in:
/// on Debian the files of many users belong to a group of their own, and a volume of Kubernetes to the pod's `fsGroup`.
package struct Exposure: Hashable, Sendable {
  /// What lets somebody else in.
  package enum Reason: Hashable, Sendable {
    /// Another user owns it, and may change it and its mode.
    case owner
    /// Its mode lets every user write.
    case writable
    /// Its mode lets a group write that this process is not in.
    case groupWritable
    /// An access control list may let others write (acl(5)).
    case accessList
    /// Its mode lets group or others read or write a secret.
    case readable
  }

  /// The file, link or folder that is exposed; no link leads to it any more.
  package let path: String
  /// Its kind, mode and owner.
  package let facts: FileFacts
  /// What lets somebody else in.
  package let reason: Reason

  /// How to repair it, as a command.
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
  /// What is wrong, with path, mode and owner.
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
  /// Whether somebody else can change an entry, or what is in a folder; `nil` if nobody can.
  ///
  /// - Parameters:
  ///   - facts: Of the entry itself, a link not followed.
  ///   - path: Its path, the folders of which were resolved.
  ///   - rootOwner: The owner of `/`, who decides everything: another than 0 in a user namespace that does not
  ///     know the machine's root (user_namespaces(7)).
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
    // A link has no mode, and a device keeps nothing that is written to it.
    case .link, .other: return nil
    // In a folder such as /tmp each may replace only what is their own; the owner of each entry is looked at as well.
    case .folder where facts.mode & UInt32(S_ISVTX) != 0: return nil
    case .file, .folder, .pipe: break
    }
    if facts.mode & UInt32(S_IWOTH) != 0 { return .writable }
    guard facts.mode & UInt32(S_IWGRP) != 0 else { return nil }
    guard isOurs(group: facts.group) else { return .groupWritable }
    // With a list, the bits of the group are the most that any entry of the list gives.
    return unsafe cplatform_has_access_list(path) != 0 ? .accessList : nil
  }

  /// Whether group or others may read or write a secret; `nil` if not.
  ///
  /// A service that does not run as root reads root's secrets as a member of their group, or by the list that systemd
  /// gives its credentials: a group that this process is in may read what root owns. Kubernetes mounts secrets
  /// read-only from memory, with whatever mode.
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
