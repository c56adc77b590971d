internal import CPlatform
internal import Glibc

/// The target of a path, with a check of each link and folder on the way.
///
/// The check starts at the root and takes several calls. Each folder is checked before the names in it: when no other
/// user can change a folder, no other user can change its names later.
package struct FilePlace: Sendable {
  /// The path without links.
  package private(set) var path = ""
  /// The facts of the target; `nil` if it does not exist.
  package private(set) var facts: FileFacts?
  /// The first exposed entry on the way, or the exposed target.
  package private(set) var exposure: Exposure?
  /// Whether the path is a descriptor of this process (`/dev/stdin`, `/dev/fd/63`): the parent process opened it, and
  /// no path leads to it.
  package private(set) var isInherited = false

  private var rootOwner: UInt32 = 0
  private var links = 0
  /// The names still to be followed; the next one is the last element.
  private var pending: [String] = []

  /// Follows a path; a relative one starts at the working directory.
  ///
  /// - Throws: ``FileError`` if an entry cannot be examined, or a file is used as a folder.
  package init(of path: String) throws(FileError) {
    let root = try FileFacts(ofEntry: "/")
    rootOwner = root.owner
    exposure = Exposure.ofChange(root, "/", rootOwner: rootOwner)
    facts = root
    push(path)
    if path.utf8.first != UInt8(ascii: "/") { push(try Self.workingDirectory()) }
    while let name = pending.popLast() { try follow(name, from: path) }
    if self.path.isEmpty { self.path = "/" }
  }

  /// Checks a file that a library will open by its path. It has to be a regular file: a library would wait for a pipe
  /// without end. If no other user can change the path, the library opens the checked file.
  package static func regularFile(_ path: String) throws(FileError) -> FilePlace {
    var place = try FilePlace(of: path)
    if place.isInherited {
      let facts = try Files.facts(path)
      (place.facts, place.exposure) = (facts, Exposure.ofChange(facts, path))
    }
    guard let facts = place.facts else {
      throw FileError(operation: "read", path: path, number: ENOENT)
    }
    guard facts.kind == .file else {
      throw FileError(operation: "read", path: path, number: FileError.notRegular)
    }
    return place
  }

  /// How another user can add files to a folder; `nil` if no other user can.
  package var addition: Exposure? {
    // The sticky bit prevents others from replacing files, not from adding new ones.
    guard exposure == nil, let facts, facts.mode & UInt32(S_IWOTH) != 0,
      !FileSystemKind.isMountedReadOnly(path)
    else { return exposure }
    return Exposure(path: path, facts: facts, reason: .writable)
  }

  /// How another user can read a secret there; `nil` if no other user can, or nothing is there.
  package var reading: Exposure? { facts.flatMap { Exposure.ofReading($0, path) } }

  private mutating func push(_ path: String) {
    let names = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    pending.append(contentsOf: names.reversed().filter { $0 != "." })
  }

  private mutating func follow(_ name: String, from start: String) throws(FileError) {
    guard name != ".." else {
      let parent = Folder.split(path).folder
      path = parent == "/" || parent == "." ? "" : parent
      facts = try FileFacts(ofEntry: path.isEmpty ? "/" : path)
      return
    }
    let entry = "\(path)/\(name)"
    let found: FileFacts
    do throws(FileError) { found = try FileFacts(ofEntry: entry) } catch {
      guard error.number == ENOENT else { throw error }
      (path, facts) = (([entry] + pending.reversed()).joined(separator: "/"), nil)
      pending = []
      return
    }
    if found.kind == .link, isOwnDescriptor {
      (path, facts, isInherited) = (entry, nil, true)
      pending = []
      return
    }
    if exposure == nil { exposure = Exposure.ofChange(found, entry, rootOwner: rootOwner) }
    guard found.kind == .link else {
      (path, facts) = (entry, found)
      return
    }
    links += 1
    guard links <= Self.maximumLinks else {
      throw FileError(operation: "examine", path: start, number: ELOOP)
    }
    guard let target = Files.linkTarget(entry) else { throw FileError("examine", entry) }
    if target.utf8.first == UInt8(ascii: "/") { path = "" }
    push(target)
  }

  /// Whether the names here are the descriptors of this process (proc(5)); those links have no path.
  private var isOwnDescriptor: Bool {
    guard path.hasPrefix("/proc/"), path.hasSuffix("/fd"),
      let own = Files.linkTarget("/proc/self")
    else { return false }
    return path == "/proc/\(own)/fd" || path.hasPrefix("/proc/\(own)/task/")
  }

  private static func workingDirectory() throws(FileError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard unsafe getcwd(&buffer, buffer.count) != nil else { throw FileError("examine", ".") }
    return textBeforeNUL(in: buffer)
  }

  /// The kernel's own limit (path_resolution(7)).
  private static let maximumLinks = 40
}

extension Files {
  /// The text of a symbolic link, whose name may be relative to an open folder; `nil` sets errno.
  static func linkTarget(_ name: String, below folder: Int32 = AT_FDCWD) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlinkat(folder, name, &buffer, buffer.count)
    guard count >= 0 else { return nil }
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

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
    return "\(name) (mode \(padded(facts.mode, 4, radix: 8)), owner \(facts.owner))"
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
