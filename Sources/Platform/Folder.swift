internal import CPlatform
internal import Glibc

/// An open folder; names are opened below it and cannot lead out of it.
///
/// The descriptor stays on the same folder if its path changes. A *name* may have several components; symbolic links
/// are followed as long as they stay below. Empty and absolute names, names with a `..` component or NUL, and links
/// that lead out are refused with `EXDEV`.
@safe
package struct Folder: ~Copyable {
  /// The path as it was opened, for messages.
  package let path: String
  let descriptor: Descriptor

  init(path: String, descriptor: consuming Descriptor) {
    self.path = path
    self.descriptor = descriptor
  }

  /// Opens a folder by its path, links in the path followed.
  package static func open(_ path: String) throws(FileError) -> Folder {
    let number = retrying { unsafe Glibc.open(path, folderFlags) }
    guard number >= 0 else { throw FileError("open", path) }
    return Folder(path: path, descriptor: Descriptor(number))
  }

  /// Opens a folder below.
  package borrowing func subfolder(_ name: String) throws(FileError) -> Folder {
    let number = try openBelow(name, flags: Folder.folderFlags, operation: "open")
    return Folder(path: full(name), descriptor: number)
  }

  /// Checks that no other user can change the contents of the folder, or replace it.
  package borrowing func requireUnexposed() throws(FileError) {
    let place = try FilePlace(of: path)
    if let exposure = place.exposure {
      throw FileError(operation: "use", path: path, exposure: exposure)
    }
    guard try place.facts?.isSameFile(as: facts()) == true else {
      throw FileError(operation: "use", path: path, number: EAGAIN)
    }
  }

  /// Opens a name below, checked by the kernel (openat2(2), Linux 5.6) if possible.
  borrowing func openBelow(
    _ name: String, flags: Int32, operation: String
  ) throws(FileError) -> Descriptor {
    guard Folder.isPlain(name) else { throw refusal(name, operation) }
    let resolve = UInt64(RESOLVE_BENEATH) | UInt64(RESOLVE_NO_MAGICLINKS)
    let folder = descriptor.number
    for _ in 0..<Folder.maximumTries {
      let number = retrying { unsafe cplatform_openat2(folder, name, flags, resolve) }
      if number >= 0 { return Descriptor(number) }
      switch errno {
      // A rename somewhere, at the same time: the kernel cannot verify a `..` in a link.
      case EAGAIN: continue
      // No such system call, or a sandbox that blocks it.
      case ENOSYS, EPERM: return try walkBelow(name, flags: flags, operation: operation)
      case EXDEV: throw refusal(name, operation)
      default: throw FileError(operation, full(name))
      }
    }
    throw FileError(operation: operation, path: full(name), number: EAGAIN)
  }

  /// As ``openBelow(_:flags:operation:)`` without the kernel's check: component by component, without any symbolic
  /// link.
  borrowing func walkBelow(
    _ name: String, flags: Int32, operation: String
  ) throws(FileError) -> Descriptor {
    guard Folder.isPlain(name) else { throw refusal(name, operation) }
    // By bytes, as the kernel does: a combining mark does not change the slash before it.
    let components = name.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    var current: Int32 = descriptor.number
    // Closed when the function returns.
    var opened: [Int32] = []
    defer { for number in opened { _ = close(number) } }
    for (index, component) in components.enumerated() {
      let isLast = index == components.count - 1
      let stepFlags = (isLast ? flags : Folder.folderFlags) | O_NOFOLLOW
      let number = retrying { [current] in unsafe openat(current, component, stepFlags) }
      guard number >= 0 else {
        // O_NOFOLLOW on a link: ELOOP, or ENOTDIR where a folder is expected.
        if errno == ELOOP
          || (errno == ENOTDIR && FileFacts(component, below: current)?.kind == .link)
        {
          throw refusal(name, operation)
        }
        throw FileError(operation, full(name))
      }
      if isLast { return Descriptor(number) }
      opened.append(number)
      current = number
    }
    throw refusal(name, operation)
  }

  /// Not empty, not absolute, no NUL, no component `..`.
  static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && !name.utf8.contains(0) && name.utf8.first != UInt8(ascii: "/")
      && !name.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
  }

  /// One component other than `.` and `..`: the names that may be created, removed and renamed.
  borrowing func requireComponent(_ name: String, _ operation: String) throws(FileError) {
    guard Folder.isPlain(name), name != ".", !name.utf8.contains(UInt8(ascii: "/")) else {
      throw refusal(name, operation)
    }
  }

  borrowing func refusal(_ name: String, _ operation: String) -> FileError {
    FileError(operation: operation, path: full(name), number: EXDEV)
  }

  borrowing func full(_ name: String) -> String {
    path.hasSuffix("/") ? path + name : "\(path)/\(name)"
  }

  /// openat2(2) leaves retries to the caller: next to a process that renamed continuously, one in 55 of 66,520 opens
  /// failed.
  private static let maximumTries = 32
  static let folderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
}

extension Files {
  /// The facts of a path; links are followed.
  package static func facts(_ path: String) throws(FileError) -> FileFacts {
    var facts = stat()
    guard unsafe stat(path, &facts) == 0 else { throw FileError("examine", path) }
    return FileFacts(facts)
  }

  /// Whether a name exists, even as a link without a target. A name that cannot be examined counts as existing: only
  /// `ENOENT` and `ENOTDIR` prove that it does not exist.
  package static func isTaken(_ path: String) -> Bool {
    FileFacts(path) != nil || !FileError("examine", path).isMissing
  }

  /// Whether the target of a path exists, links followed; a path that cannot be examined counts as existing.
  package static func exists(_ path: String) -> Bool {
    do throws(FileError) {
      _ = try facts(path)
      return true
    } catch { return !error.isMissing }
  }
}

extension Folder {
  /// The facts of a name of one component; a link is not followed.
  package borrowing func facts(_ name: String) throws(FileError) -> FileFacts {
    try requireComponent(name, "examine")
    guard let facts = FileFacts(name, below: descriptor.number) else {
      throw FileError("examine", full(name))
    }
    return facts
  }

  /// The facts of the folder itself.
  package borrowing func facts() throws(FileError) -> FileFacts {
    try FileFacts(of: descriptor, path)
  }

  /// The names in the folder in byte order, without `.` and `..` and names that are not UTF-8.
  package borrowing func names() throws(FileError) -> [String] {
    // fdopendir takes over a descriptor, so it gets its own, at the start of the list.
    let own = retrying { [number = descriptor.number] in
      unsafe openat(number, ".", Folder.folderFlags)
    }
    guard own >= 0 else { throw FileError("list", path) }
    guard let stream = unsafe fdopendir(own) else {
      let error = FileError("list", path)
      _ = close(own)
      throw error
    }
    // Frees the stream and closes the descriptor; entries live until the next readdir.
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: Folder.nameCapacity) {
          unsafe String(validatingCString: $0)
        }
      }
      if let name, name != ".", name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw FileError("list", path) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The size of `d_name` (readdir(3)).
  private static let nameCapacity = 256
}

// Changes that survive a power failure: first the content (fsync), then its name (link or rename), then the folder with
// the name (fsync).

extension Folder {
  /// Creates a file of one component; never replaces one. The umask does not apply to modes other than 0600.
  ///
  /// - Throws: ``FileError``; ``FileError/isTaken`` if the name exists. Then nothing has changed.
  package borrowing func create(
    _ name: String, _ bytes: [UInt8], mode: UInt32 = 0o600
  ) throws(FileError) {
    try requireComponent(name, "create")
    let temporary = Folder.temporaryName(for: name)
    do throws(FileError) {
      try write(temporary, bytes, mode: mode, as: full(name))
      guard rename(temporary, toNew: name) == 0 else { throw FileError("create", full(name)) }
    } catch {
      _ = unsafe unlinkat(descriptor.number, temporary, 0)
      throw error
    }
    try synchronize()
  }

  /// Gives a file a name that does not exist yet; the result is that of the system call.
  private borrowing func rename(_ temporary: String, toNew name: String) -> Int32 {
    let folder = descriptor.number
    // In one step: a process killed between linkat and unlinkat would leave a file with two names, and a ledger with
    // two names is refused.
    var result = unsafe cplatform_rename_new(folder, temporary, name)
    var error = errno
    // NFS has no RENAME_NOREPLACE (EINVAL), and a container's filter may block the call. linkat refuses an existing
    // name as well.
    if result != 0, [EINVAL, ENOSYS, EOPNOTSUPP, EPERM].contains(error) {
      result = unsafe linkat(folder, temporary, folder, name, 0)
      error = errno
      // NFS repeats a call whose reply was lost, and then finds the result of the first one (open(2), O_EXCL).
      if result != 0, error == EEXIST, FileFacts(temporary, below: folder)?.linkCount == 2 {
        result = 0
      }
    }
    _ = unsafe unlinkat(folder, temporary, 0)
    errno = error
    return result
  }

  /// Changes the target of a symbolic link, or creates the link; readers always find it. Anything but a link is not
  /// replaced (`EEXIST`).
  package borrowing func switchLink(_ name: String, to target: String) throws(FileError) {
    try requireComponent(name, "switch")
    if let present = try? facts(name), present.kind != .link {
      throw FileError(operation: "switch", path: full(name), number: EEXIST)
    }
    let temporary = Folder.temporaryName(for: name)
    guard unsafe symlinkat(target, descriptor.number, temporary) == 0 else {
      throw FileError("switch", full(name))
    }
    guard unsafe renameat(descriptor.number, temporary, descriptor.number, name) == 0 else {
      let error = FileError("switch", full(name))
      _ = unsafe unlinkat(descriptor.number, temporary, 0)
      throw error
    }
    try synchronize()
  }

  /// The text of a symbolic link.
  package borrowing func linkTarget(_ name: String) throws(FileError) -> String {
    try requireComponent(name, "read")
    guard let target = Files.linkTarget(name, below: descriptor.number) else {
      throw FileError("read", full(name))
    }
    return target
  }

  /// Creates a folder below, for the owner only (0700), and opens it.
  ///
  /// - Throws: ``FileError/isTaken`` if the name exists.
  package borrowing func createSubfolder(_ name: String) throws(FileError) -> Folder {
    try requireComponent(name, "create")
    guard unsafe mkdirat(descriptor.number, name, 0o700) == 0 else {
      throw FileError("create", full(name))
    }
    try synchronize()
    return try subfolder(name)
  }

  /// Opens a folder by its path; creates it and its missing parents, for the owner only (0700).
  package static func openOrCreate(_ path: String) throws(FileError) -> Folder {
    do throws(FileError) { return try open(path) } catch {
      let (parent, name) = split(path)
      guard error.number == ENOENT, !name.isEmpty, name != ".." else { throw error }
      let folder = try openOrCreate(parent)
      do throws(FileError) { return try folder.createSubfolder(name) } catch {
        // Another process was first.
        guard error.isTaken else { throw error }
        return try open(path)
      }
    }
  }

  /// Checks whether ``openOrCreate(_:)`` would succeed and the folder would be writable, without changing anything:
  /// this process may write to it, or to the nearest existing folder above it.
  ///
  /// - Throws: ``FileError`` if not: no permission, a read-only file system, no free space, or a file instead of a
  ///   folder.
  package static func requireWritable(_ path: String) throws(FileError) {
    guard unsafe access(path, W_OK | X_OK) != 0 else {
      // A file may be writable too; opening it as a folder fails.
      _ = try open(path)
      guard try FileSystemKind.hasRoom(path) else {
        throw FileError(operation: "write to", path: path, number: ENOSPC)
      }
      return
    }
    let error = FileError("write to", path)
    let (parent, name) = split(path)
    guard error.number == ENOENT, !name.isEmpty, name != "..",
      // Not a link without a target, under which nothing can be created.
      (try? open(parent).facts(name)) == nil
    else { throw error }
    try requireWritable(parent)
  }

  /// The folder and the name of a path, as dirname(1) and basename(1) give them.
  package static func split(_ path: String) -> (folder: String, name: String) {
    let path = path.utf8.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let name = String(path[path.utf8.index(after: slash)...])
    return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
  }

  /// Removes a file or link; a missing one is no error.
  package borrowing func removeFile(_ name: String) throws(FileError) {
    try remove(name, flags: 0)
  }

  /// Removes a folder with the given files; if it has other entries, it stays (`ENOTEMPTY`).
  package borrowing func removeSubfolder(
    _ name: String, files: [String]
  ) throws(FileError) {
    try requireComponent(name, "remove")
    do throws(FileError) {
      let inner = try subfolder(name)
      for file in files { try inner.removeFile(file) }
    } catch {
      guard error.number == ENOENT else { throw error }
    }
    try remove(name, flags: AT_REMOVEDIR)
  }

  /// Writes changes of names in this folder to the disk.
  package borrowing func synchronize() throws(FileError) {
    let number = descriptor.number
    // EINVAL: a file system without anything to write.
    guard retrying({ fsync(number) }) == 0 || errno == EINVAL else {
      throw FileError("synchronize", path)
    }
  }

  private borrowing func remove(_ name: String, flags: Int32) throws(FileError) {
    try requireComponent(name, "remove")
    guard unsafe unlinkat(descriptor.number, name, flags) == 0 || errno == ENOENT else {
      throw FileError("remove", full(name))
    }
    try synchronize()
  }

  private borrowing func write(
    _ temporary: String, _ bytes: [UInt8], mode: UInt32, as path: String
  ) throws(FileError) {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    // Other users cannot read it before its mode is set.
    let number = retrying { [folder = descriptor.number] in
      unsafe openat(folder, temporary, flags, 0o600)
    }
    guard number >= 0 else { throw FileError("create", path) }
    let file = Descriptor(number)
    try Files.write(bytes, to: file.number, name: path)
    guard mode == 0o600 || fchmod(file.number, mode) == 0, retrying({ fsync(number) }) == 0 else {
      throw FileError("create", path)
    }
    try file.closed(path)
  }

  /// Whether a name is that of a file or link which a killed process did not rename.
  package static func isTemporary(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "."))
    guard name.utf8.first == UInt8(ascii: "."), parts.count > 1, let end = parts.last else {
      return false
    }
    return end.count == Entropy.nameLength && end.allSatisfy("0123456789abcdef".utf8.contains)
  }

  /// A unique hidden name next to the final one.
  private static func temporaryName(for name: String) -> String {
    // A name has at most 255 bytes (NAME_MAX); the cut part does not matter.
    ".\(String(decoding: name.utf8.prefix(200), as: UTF8.self)).\(Entropy.name())"
  }
}

extension Folder {
  /// Renames a folder below to a name that does not exist yet.
  ///
  /// - Throws: ``FileError/isTaken`` if the name exists; then nothing has changed.
  package borrowing func nameSubfolder(
    _ temporary: String, as name: String
  ) throws(FileError) {
    try requireComponent(temporary, "rename")
    try requireComponent(name, "create")
    // rename(2) replaces an empty folder, but folders of this program are never empty: the error is ENOTEMPTY, and no
    // flag is needed that some file systems lack.
    guard unsafe renameat(descriptor.number, temporary, descriptor.number, name) == 0 else {
      let number = errno == ENOTEMPTY || errno == ENOTDIR ? EEXIST : errno
      throw FileError(operation: "create", path: full(name), number: number)
    }
    try synchronize()
  }

  /// Waits until no other process has locked this folder, then locks it until it is closed.
  ///
  /// The lock is flock(2): the kernel releases it when the process ends.
  ///
  /// - Parameter goOn: Called every 5 ms; `false` is the error `ECANCELED`.
  /// - Throws: ``FileError``; `EWOULDBLOCK` if another process keeps the lock for about ten seconds.
  package borrowing func lock(while goOn: () -> Bool) throws(FileError) {
    try lock(tries: Folder.lockTries, while: goOn)
  }

  borrowing func lock(tries: Int, while goOn: () -> Bool) throws(FileError) {
    let number = descriptor.number
    for _ in 0..<tries {
      if retrying({ flock(number, LOCK_EX | LOCK_NB) }) == 0 { return }
      guard errno == EWOULDBLOCK else { throw FileError("lock", path) }
      guard goOn() else {
        throw FileError(operation: "lock", path: path, number: ECANCELED)
      }
      _ = usleep(Folder.lockPause)
    }
    throw FileError(operation: "lock", path: path, number: EWOULDBLOCK)
  }

  /// About ten seconds in all; the holder of the lock writes two small files.
  private static let lockTries = 2_000
  /// In microseconds.
  private static let lockPause: UInt32 = 5_000
}
