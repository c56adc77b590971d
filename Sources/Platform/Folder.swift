internal import CPlatform
internal import Glibc

/// An open folder: names are looked up below it and cannot lead out of it.
///
/// The descriptor stays on the same folder whatever becomes of its path. A *name* may have several
/// components; symbolic links inside are followed as long as they stay below. Empty names, absolute names,
/// names with a `..` component, names with NUL and links that lead out are refused with `EXDEV`.
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

  /// Makes sure that nobody else can change what is in the folder, or put another one in its place.
  package borrowing func requireUnexposed() throws(FileError) {
    let place = try FilePlace(of: path)
    if let exposure = place.exposure {
      throw FileError(operation: "use", path: path, exposure: exposure)
    }
    guard try place.facts?.isSameFile(as: facts()) == true else {
      throw FileError(operation: "use", path: path, number: EAGAIN)
    }
  }

  /// Opens a name below, by the kernel's own check where there is one (openat2(2), Linux 5.6).
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
      // Something was renamed meanwhile, anywhere, and the kernel cannot be sure about a `..` in a link.
      case EAGAIN: continue
      // No such call, or a sandbox that does not know it.
      case ENOSYS, EPERM: return try walkBelow(name, flags: flags, operation: operation)
      case EXDEV: throw refusal(name, operation)
      default: throw FileError(operation, full(name))
      }
    }
    throw FileError(operation: operation, path: full(name), number: EAGAIN)
  }

  /// The same without the kernel's help: component by component, and no symbolic link at all.
  borrowing func walkBelow(
    _ name: String, flags: Int32, operation: String
  ) throws(FileError) -> Descriptor {
    guard Folder.isPlain(name) else { throw refusal(name, operation) }
    // By bytes, as the kernel sees it: a combining mark makes no other character of the slash before it.
    let components = name.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    var current: Int32 = descriptor.number
    // Each step's folder is closed when the next one is open.
    var opened: [Int32] = []
    defer { for number in opened { _ = close(number) } }
    for (index, component) in components.enumerated() {
      let isLast = index == components.count - 1
      let stepFlags = (isLast ? flags : Folder.folderFlags) | O_NOFOLLOW
      let number = retrying { [current] in unsafe openat(current, component, stepFlags) }
      guard number >= 0 else {
        // O_NOFOLLOW on a link: ELOOP, or ENOTDIR where a folder is wanted.
        if errno == ELOOP || (errno == ENOTDIR && isLink(component, in: current)) {
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

  private borrowing func isLink(_ name: String, in folder: Int32) -> Bool {
    var facts = stat()
    return unsafe fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0
      && facts.st_mode & S_IFMT == S_IFLNK
  }

  /// Not empty, not absolute, no NUL, no component `..`.
  static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && !name.utf8.contains(0) && name.utf8.first != UInt8(ascii: "/")
      && !name.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
  }

  /// One component that is not `.` or `..`: what may be created, removed and renamed.
  borrowing func requireComponent(_ name: String, _ operation: String) throws(FileError) {
    guard Folder.isPlain(name), name != ".", !name.utf8.contains(UInt8(ascii: "/")) else {
      throw refusal(name, operation)
    }
  }

  borrowing func refusal(_ name: String, _ operation: String) -> FileError {
    FileError(operation: operation, path: full(name), number: EXDEV)
  }

  /// The name with the folder's path before it, for messages.
  borrowing func full(_ name: String) -> String {
    path.hasSuffix("/") ? path + name : "\(path)/\(name)"
  }

  /// openat2(2) leaves it to the caller to try again; of 66,520 opens beside a process that renamed without a pause
  /// one in 55 failed.
  private static let maximumTries = 32
  static let folderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
}
