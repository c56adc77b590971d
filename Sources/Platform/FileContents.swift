internal import Glibc

/// A file as it was read: its bytes, and who else decides what they are or knows them.
package struct FileContents: Hashable, Sendable {
  /// The whole file.
  package let bytes: [UInt8]
  /// How somebody else can change the file, or put another one in its place; `nil` if nobody can.
  package let change: Exposure?
  /// How somebody else can read it, which matters for secrets; `nil` if nobody can.
  package let reading: Exposure?

  /// What a reader found.
  package init(bytes: [UInt8], change: Exposure? = nil, reading: Exposure? = nil) {
    self.bytes = bytes
    self.change = change
    self.reading = reading
  }
}

extension Files {
  /// Reads a whole file, or a named pipe to its end, and looks at the way that led to it.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that may come; one more is the error `EFBIG`.
  ///   - mayWait: Asked again and again while a pipe gives nothing; `false` is the error `ECANCELED`.
  ///   - path: The file; links are followed.
  package static func contents(
    _ path: String, limit: Int, while mayWait: () -> Bool = { true }
  ) throws(FileError) -> FileContents {
    try contents(path, limit: limit, while: mayWait) { () throws(FileError) in
      try open(path)
    }
  }

  fileprivate static func contents(
    _ path: String, limit: Int, isRegular: Bool = false, while mayWait: () -> Bool,
    open: () throws(FileError) -> Descriptor
  ) throws(FileError) -> FileContents {
    for _ in 0..<maximumTries {
      let file = try open()
      let facts = try FileFacts(of: file, path)
      guard facts.kind == .file || !isRegular || facts.kind == .folder else {
        throw FileError(operation: "read", path: path, number: FileError.notRegular)
      }
      let place = try FilePlace(of: path)
      var (change, reading): (Exposure?, Exposure?) = (place.exposure, nil)
      if place.isInherited {
        // A pipe from whoever started this process is theirs; a file is looked at by itself.
        change = facts.kind == .file ? Exposure.ofChange(facts, path) : nil
      } else if place.facts?.isSameFile(as: facts) != true {
        // Another file got this name between the two looks.
        continue
      }
      if facts.kind == .file || (facts.kind == .pipe && !place.isInherited) {
        reading = Exposure.ofReading(facts, place.isInherited ? path : place.path)
      }
      let bytes = try read(descriptor: file.number, limit: limit, name: path, while: mayWait)
      return FileContents(bytes: bytes, change: change, reading: reading)
    }
    throw FileError(operation: "read", path: path, number: EAGAIN)
  }

  /// A file is replaced once in a while, not again and again.
  private static let maximumTries = 8
}

extension Folder {
  /// Reads a regular file below; `EFBIG` beyond the limit, which counts bytes.
  package borrowing func read(_ name: String, limit: Int) throws(FileError) -> [UInt8] {
    try contents(name, limit: limit).bytes
  }

  /// The same, with a look at the way that led to it.
  package borrowing func contents(
    _ name: String, limit: Int
  ) throws(FileError) -> FileContents {
    func open() throws(FileError) -> Descriptor {
      let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
      return try openBelow(name, flags: flags, operation: "read")
    }
    return try Files.contents(
      full(name), limit: limit, isRegular: true, while: { true }, open: open)
  }
}
