internal import Glibc

/// What a name stands for.
package struct FileFacts: Hashable, Sendable {
  /// The kinds of files that matter here.
  package enum Kind: Hashable, Sendable {
    /// A regular file.
    case file
    /// A directory.
    case folder
    /// A symbolic link.
    case link
    /// Pipe, socket, device.
    case other
  }

  /// What it is; a link is not followed by ``Folder/facts(_:)`` and followed by ``Files/facts(_:)``.
  package let kind: Kind
  /// The twelve permission bits.
  package let mode: UInt32
  /// The user id of its owner.
  package let owner: UInt32
  /// Its length in bytes.
  package let size: Int

  init(_ facts: stat) {
    kind =
      switch facts.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFLNK: .link
      default: .other
      }
    mode = facts.st_mode & 0o7777
    owner = facts.st_uid
    size = Int(facts.st_size)
  }

  /// The facts of an open file.
  init(of file: borrowing Descriptor, _ path: String) throws(FileError) {
    var facts = stat()
    guard unsafe fstat(file.number, &facts) == 0 else { throw FileError("look at", path) }
    self.init(facts)
  }

  /// Whether group or others may read or write it: no place for a secret, nor for what must not be changed.
  package var isOpenToOthers: Bool { mode & 0o066 != 0 }
}

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
