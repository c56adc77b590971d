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
    let target = try Files.linkTarget(entry)
    if target.utf8.first == UInt8(ascii: "/") { path = "" }
    push(target)
  }

  /// Whether the names here are the descriptors of this process (proc(5)); those links have no path.
  private var isOwnDescriptor: Bool {
    guard path.hasPrefix("/proc/"), path.hasSuffix("/fd"),
      let own = try? Files.linkTarget("/proc/self")
    else { return false }
    return path == "/proc/\(own)/fd" || path.hasPrefix("/proc/\(own)/task/")
  }

  private static func workingDirectory() throws(FileError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard unsafe getcwd(&buffer, buffer.count) != nil else { throw FileError("examine", ".") }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The kernel's own limit (path_resolution(7)).
  private static let maximumLinks = 40
}

extension Files {
  /// The text of a symbolic link.
  static func linkTarget(_ path: String) throws(FileError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &buffer, buffer.count)
    guard count >= 0 else { throw FileError("examine", path) }
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
