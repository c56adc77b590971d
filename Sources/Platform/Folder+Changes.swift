internal import CPlatform
internal import Glibc

// Changes that survive a power cut once the call is back: content first (fsync), then its name (link or
// rename), then the folder that holds the name (fsync).

extension Folder {
  /// Writes a new file; never replaces one.
  ///
  /// - Parameters:
  ///   - name: One component.
  ///   - mode: Permission bits; others than 0600 are set whatever the umask.
  ///   - bytes: What the file is to hold.
  /// - Throws: ``FileError``; ``FileError/isTaken`` if the name is in use. Then nothing has changed.
  package borrowing func create(
    _ name: String, _ bytes: [UInt8], mode: UInt32 = 0o600
  ) throws(FileError) {
    try place(name, bytes, mode: mode, operation: "create") { (folder, temporary) in
      // One step: a process that is killed between linkat and unlinkat leaves a file with two names, and a ledger
      // with two names is refused.
      var result = unsafe cplatform_rename_new(folder, temporary, name)
      var error = errno
      // NFS does not know RENAME_NOREPLACE (EINVAL), and a container's filter may refuse the call. linkat refuses a
      // name in use as well.
      if result != 0, [EINVAL, ENOSYS, EOPNOTSUPP, EPERM].contains(error) {
        result = unsafe linkat(folder, temporary, folder, name, 0)
        error = errno
        // NFS repeats a call whose answer was lost, and then meets what the first one made (open(2), O_EXCL).
        if result != 0, error == EEXIST, linkCount(temporary, in: folder) == 2 { result = 0 }
      }
      _ = unsafe unlinkat(folder, temporary, 0)
      errno = error
      return result
    }
  }

  private borrowing func linkCount(_ name: String, in folder: Int32) -> UInt64 {
    var facts = stat()
    return unsafe fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0
      ? UInt64(facts.st_nlink) : 0
  }

  /// Makes the symbolic link of that name point elsewhere, or creates it; a reader never finds it missing.
  ///
  /// - Parameters:
  ///   - name: One component; something that is no link is not replaced (`EEXIST`).
  ///   - target: What the link says, as it is.
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

  /// What the symbolic link of that name says.
  package borrowing func linkTarget(_ name: String) throws(FileError) -> String {
    try requireComponent(name, "read")
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlinkat(descriptor.number, name, &buffer, buffer.count)
    guard count >= 0 else { throw FileError("read", full(name)) }
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Creates a folder below, for the owner alone (0700), and opens it.
  ///
  /// - Throws: ``FileError/isTaken`` if the name is in use.
  package borrowing func createSubfolder(_ name: String) throws(FileError) -> Folder {
    try requireComponent(name, "create")
    guard unsafe mkdirat(descriptor.number, name, 0o700) == 0 else {
      throw FileError("create", full(name))
    }
    try synchronize()
    return try subfolder(name)
  }

  /// Opens a folder by its path, and makes it and those above it where they are missing, for the owner alone
  /// (0700).
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

  /// Whether ``openOrCreate(_:)`` would succeed and names could be made in the folder, told without making
  /// anything: this process may write to it, or to the nearest folder above it that is there.
  ///
  /// - Throws: ``FileError`` if not: no right, a read-only file system, no space left, or a file in the place of
  ///   a folder.
  package static func requireWritable(_ path: String) throws(FileError) {
    guard unsafe access(path, W_OK | X_OK) != 0 else {
      // A file may be written to as well; opening tells that it is no folder.
      _ = try open(path)
      guard try FileSystemKind.hasRoom(path) else {
        throw FileError(operation: "write to", path: path, number: ENOSPC)
      }
      return
    }
    let error = FileError("write to", path)
    let (parent, name) = split(path)
    guard error.number == ENOENT, !name.isEmpty, name != "..",
      // Not a link that leads nowhere, which nothing can be made under.
      (try? open(parent).facts(name)) == nil
    else { throw error }
    try requireWritable(parent)
  }

  /// The folder and the name in it, as dirname(1) and basename(1) see a path.
  package static func split(_ path: String) -> (folder: String, name: String) {
    let path = path.utf8.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let name = String(path[path.utf8.index(after: slash)...])
    return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
  }

  /// Removes a file or link; one that is gone already is no error.
  package borrowing func removeFile(_ name: String) throws(FileError) {
    try remove(name, flags: 0)
  }

  /// Removes a folder and the files in it that are named; anything else in it stays, and then so does the
  /// folder (`ENOTEMPTY`).
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

  /// Brings changes of names in this folder to the disk.
  package borrowing func synchronize() throws(FileError) {
    let number = descriptor.number
    // EINVAL: a file system that has nothing to bring anywhere.
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

  /// Writes a temporary file, and lets the caller give it its name.
  private borrowing func place(
    _ name: String, _ bytes: [UInt8], mode: UInt32, operation: String,
    finally give: (_ folder: Int32, _ temporary: String) -> Int32
  ) throws(FileError) {
    try requireComponent(name, operation)
    let temporary = Folder.temporaryName(for: name)
    do throws(FileError) {
      try write(temporary, bytes, mode: mode, operation: operation, as: full(name))
      guard give(descriptor.number, temporary) == 0 else { throw FileError(operation, full(name)) }
    } catch {
      _ = unsafe unlinkat(descriptor.number, temporary, 0)
      throw error
    }
    try synchronize()
  }

  private borrowing func write(
    _ temporary: String, _ bytes: [UInt8], mode: UInt32, operation: String, as path: String
  ) throws(FileError) {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    // Nobody else reads it before its mode is set.
    let number = retrying { [folder = descriptor.number] in
      unsafe openat(folder, temporary, flags, 0o600)
    }
    guard number >= 0 else { throw FileError(operation, path) }
    let file = Descriptor(number)
    try Files.write(bytes, to: file.number, name: path)
    guard mode == 0o600 || fchmod(file.number, mode) == 0, retrying({ fsync(number) }) == 0 else {
      throw FileError(operation, path)
    }
    try file.closed(path)
  }

  /// Hidden, beside the name it will get, and never met twice.
  private static func temporaryName(for name: String) -> String {
    // A name may have 255 bytes (NAME_MAX); what is cut here does not matter.
    ".\(String(decoding: name.utf8.prefix(200), as: UTF8.self)).\(Entropy.name())"
  }
}
