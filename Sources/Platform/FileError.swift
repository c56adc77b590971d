internal import Glibc

/// The system's error when a file could not be used.
package struct FileError: Error, Hashable, Sendable {
  /// The operation as a verb: `read`, `write`, `open`.
  package let operation: String
  /// The path as the caller wrote it.
  package let path: String
  /// The error number of errno(3).
  package let number: Int32
  /// Who else can change the file; then this program refused it, not the system.
  package let exposure: Exposure?

  /// An error of the system; `number` is a value of errno(3).
  package init(operation: String, path: String, number: Int32) {
    self.operation = operation
    self.path = path
    self.number = number
    exposure = nil
  }

  /// A file that is refused because other users can change it.
  package init(operation: String, path: String, exposure: Exposure) {
    self.operation = operation
    self.path = path
    self.number = EPERM
    self.exposure = exposure
  }

  /// The current error of errno.
  init(_ operation: String, _ path: String) {
    self.init(operation: operation, path: path, number: errno)
  }

  /// Whether the name does not exist (`ENOENT`, `ENOTDIR`).
  package var isMissing: Bool { number == ENOENT || number == ENOTDIR }

  /// Whether the name exists already (`EEXIST`).
  package var isTaken: Bool { number == EEXIST }

  /// Whether the content exceeds the reader's limit (``tooLarge``, not the system's `EFBIG`).
  package var isTooLarge: Bool { number == Self.tooLarge }

  /// Whether the reader of a pipe has closed it (`EPIPE`).
  package var isReaderGone: Bool { number == EPIPE }

  /// Whether the caller stopped waiting (`ECANCELED`).
  package var isCanceled: Bool { number == ECANCELED }

  /// Whether the name leads out of its folder or is invalid (``Folder`` refuses both with `EXDEV`).
  package var isEscape: Bool { number == EXDEV }

  /// Whether the name itself is wrong: it does not exist, is a folder, not a regular file, too large, or outside the
  /// folder. Any other error may be temporary.
  package var isOfName: Bool {
    switch number {
    case ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP, ENXIO, EXDEV, Self.tooLarge, Self.notRegular:
      true
    default: false
    }
  }

  /// Whether this process lacks the permission (`EACCES`, `EPERM`).
  package var isOfRights: Bool { number == EACCES || number == EPERM }

  /// The error for a pipe or device where a file is expected (`EMEDIUMTYPE`, which no file system returns).
  static let notRegular = EMEDIUMTYPE

  /// The error for content beyond the reader's limit (`EMSGSIZE`, which no file system returns). `EFBIG` is the
  /// system's own error, for example beyond `RLIMIT_FSIZE`, and says nothing about the name.
  package static let tooLarge = EMSGSIZE

  /// The reason in lower case without a full stop: the text of strerror(3), or a clearer one.
  package var reason: String {
    if let exposure { return exposure.description }
    switch number {
    case Self.notRegular: return "it is not a regular file"
    case EXDEV: return "the name leads out of its folder"
    case Self.tooLarge: return "larger than allowed"
    case ECANCELED:
      return operation == "read" ? "it gives no data" : "its reader reads nothing"
    default:
      var buffer = [CChar](repeating: 0, count: FileError.longestReason)
      // The POSIX version, which writes into the buffer and ends the text with NUL.
      guard unsafe strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
      let text = textBeforeNUL(in: buffer)
      return text.prefix(1).lowercased() + text.dropFirst()
    }
  }

  /// glibc's longest text has 50 characters.
  private static let longestReason = 128
}

/// The text in a buffer that the C library filled.
func textBeforeNUL(in buffer: [CChar]) -> String {
  String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

extension FileError: CustomStringConvertible {
  package var description: String { "cannot \(operation) \(path): \(reason)" }
}
