internal import Glibc

extension Files {
  /// What is there under a path, links followed.
  package static func facts(_ path: String) throws(FileError) -> FileFacts {
    var facts = stat()
    guard unsafe stat(path, &facts) == 0 else { throw FileError("look at", path) }
    return FileFacts(facts)
  }

  /// Whether something bears that name, even a link that leads nowhere.
  ///
  /// What cannot be looked at counts as there: only of a name that the system does not find
  /// (`ENOENT`, `ENOTDIR`) can be said that there is nothing.
  package static func isTaken(_ path: String) -> Bool {
    var facts = stat()
    guard unsafe lstat(path, &facts) != 0 else { return true }
    return !FileError("look at", path).isMissing
  }
}

extension Files {
  /// Whether something is there under a path, links followed; what cannot be looked at counts as there.
  package static func exists(_ path: String) -> Bool {
    do throws(FileError) {
      _ = try facts(path)
      return true
    } catch { return !error.isMissing }
  }
}

extension Folder {
  /// What is there under a name of one component, a link itself not followed.
  package borrowing func facts(_ name: String) throws(FileError) -> FileFacts {
    try requireComponent(name, "look at")
    var facts = stat()
    guard unsafe fstatat(descriptor.number, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw FileError("look at", full(name))
    }
    return FileFacts(facts)
  }

  /// The facts of the folder itself.
  package borrowing func facts() throws(FileError) -> FileFacts {
    try FileFacts(of: descriptor, path)
  }

  /// The names in the folder in byte order, without `.` and `..`; names that are not UTF-8 are left out.
  package borrowing func names() throws(FileError) -> [String] {
    // fdopendir takes the descriptor over, so it gets one of its own, at the start of the list.
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

  /// Room of `d_name` (readdir(3)).
  private static let nameCapacity = 256
}
