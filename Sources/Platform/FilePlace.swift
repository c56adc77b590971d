internal import Glibc

/// Where a path leads, each link and folder on the way looked at from the root on.
///
/// From the root on, each folder is looked at before the next name in it is: once nobody else can change a folder, nobody
/// else can change what the names in it stand for, so that the answer holds although it takes several calls.
package struct FilePlace: Sendable {
  /// The path without links.
  package private(set) var path = ""
  /// What is there; `nil` if nothing is.
  package private(set) var facts: FileFacts?
  /// The first entry on the way that somebody else can change, or the last one itself.
  package private(set) var exposure: Exposure?
  /// Whether it is a descriptor of this process under another name (`/dev/stdin`, `/dev/fd/63`): whoever
  /// started the process chose it, and no path leads to it.
  package private(set) var isInherited = false

  private var rootOwner: UInt32 = 0
  private var links = 0
  /// The names that are still to be followed, the next one last.
  private var pending: [String] = []

  /// Follows a path; a relative one starts at the working directory.
  ///
  /// - Throws: ``FileError`` if something on the way cannot be looked at, or is a file where a folder has to be.
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

  /// Looks at a file that a library will read by its path: it has to be a regular one, since nothing ends the wait of a
  /// library for a pipe. Once nobody else can change what the path leads to, the library finds what was looked at.
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

  /// How somebody else can put files into a folder; `nil` if nobody can.
  package var addition: Exposure? {
    // The sticky bit keeps people from replacing files, not from adding some.
    guard exposure == nil, let facts, facts.mode & UInt32(S_IWOTH) != 0,
      !FileSystemKind.isMountedReadOnly(path)
    else { return exposure }
    return Exposure(path: path, facts: facts, reason: .writable)
  }

  /// How somebody else can read a secret there; `nil` if nobody can, or nothing is there.
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
      throw FileError(operation: "look at", path: start, number: ELOOP)
    }
    let target = try Files.linkTarget(entry)
    if target.utf8.first == UInt8(ascii: "/") { path = "" }
    push(target)
  }

  /// Whether the names here are the descriptors of this process (proc(5)); the links there have no path to follow.
  private var isOwnDescriptor: Bool {
    guard path.hasPrefix("/proc/"), path.hasSuffix("/fd"),
      let own = try? Files.linkTarget("/proc/self")
    else { return false }
    return path == "/proc/\(own)/fd" || path.hasPrefix("/proc/\(own)/task/")
  }

  private static func workingDirectory() throws(FileError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard unsafe getcwd(&buffer, buffer.count) != nil else { throw FileError("look at", ".") }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// As many as the kernel follows (path_resolution(7)).
  private static let maximumLinks = 40
}

extension Files {
  /// What a symbolic link says.
  static func linkTarget(_ path: String) throws(FileError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &buffer, buffer.count)
    guard count >= 0 else { throw FileError("look at", path) }
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
