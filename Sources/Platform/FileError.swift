internal import Glibc

/// What the system answered when a file could not be used.
package struct FileError: Error, Hashable, Sendable {
  /// What was tried, as a verb with what belongs to it: `read`, `write`, `open`.
  package let operation: String
  /// The path as the caller named it.
  package let path: String
  /// The error number of errno(3).
  package let number: Int32
  /// Who else can change what should have been used; the error is then ours and not the system's.
  package let exposure: Exposure?

  /// An error by its number.
  package init(operation: String, path: String, number: Int32) {
    self.operation = operation
    self.path = path
    self.number = number
    exposure = nil
  }

  /// A file that is not used, since somebody else can change it.
  package init(operation: String, path: String, exposure: Exposure) {
    self.operation = operation
    self.path = path
    self.number = EPERM
    self.exposure = exposure
  }

  /// The error that errno holds right now.
  init(_ operation: String, _ path: String) {
    self.init(operation: operation, path: path, number: errno)
  }

  /// Whether nothing is there under that name (`ENOENT`, `ENOTDIR`).
  package var isMissing: Bool { number == ENOENT || number == ENOTDIR }

  /// Whether something is there already (`EEXIST`).
  package var isTaken: Bool { number == EEXIST }

  /// Whether there was more than the limit allows (`EFBIG`).
  package var isTooLarge: Bool { number == EFBIG }

  /// Whether the caller wanted to wait no longer (`ECANCELED`).
  package var isCanceled: Bool { number == ECANCELED }

  /// Whether the name leads out of its folder, or is none (``Folder`` refuses those with `EXDEV`).
  package var isEscape: Bool { number == EXDEV }

  /// Whether the name itself is wrong: nothing or a folder is there, or what is there is not a regular file, or too
  /// large, or outside the folder. Any other error may be gone the next time.
  package var isOfName: Bool {
    switch number {
    case ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP, ENXIO, EXDEV, EFBIG, Self.notRegular:
      true
    default: false
    }
  }

  /// Whether this process has not the right (`EACCES`, `EPERM`).
  package var isOfRights: Bool { number == EACCES || number == EPERM }

  /// The error of what is a pipe or device where a file is expected (`EMEDIUMTYPE`, which no file gives).
  static let notRegular = EMEDIUMTYPE

  /// The reason alone, lower case.
  package var reason: String {
    if let exposure { return exposure.description }
    switch number {
    case Self.notRegular: return "it is not a regular file"
    case EXDEV: return "the name leads out of its folder"
    case EFBIG where operation == "read": return "larger than allowed"
    case ECANCELED:
      return operation == "read" ? "nothing comes from it" : "its reader takes nothing"
    default:
      var buffer = [CChar](repeating: 0, count: FileError.longestReason)
      // The POSIX form, which fills our buffer and ends it with NUL.
      guard unsafe strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
      let text = String(
        decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      return text.prefix(1).lowercased() + text.dropFirst()
    }
  }

  /// glibc's longest text has 50 characters.
  private static let longestReason = 128
}

extension FileError: CustomStringConvertible {
  package var description: String { "cannot \(operation) \(path): \(reason)" }
}
