internal import Glibc

/// Whole files by path, and descriptors by number.
package enum Files {
  /// Reads a whole file, or a named pipe to its end, and follows links. More than `limit` bytes are the error
  /// ``FileError/tooLarge``. `mayWait` is called repeatedly while a pipe is empty; `false` is the error `ECANCELED`.
  package static func read(
    _ path: String, limit: Int, while mayWait: () -> Bool = { true }
  ) throws(FileError) -> [UInt8] {
    let file = try open(path)
    return try read(descriptor: file.number, limit: limit, name: path, while: mayWait)
  }

  /// Uses O_NONBLOCK: opening a pipe without a writer would block and could not be interrupted.
  static func open(_ path: String) throws(FileError) -> Descriptor {
    let number = retrying {
      unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    }
    guard number >= 0 else { throw FileError("read", path) }
    return Descriptor(number)
  }

  /// Reads a descriptor to its end, and leaves it open; `name` is its name in errors. The limits are those of
  /// ``read(_:limit:while:)``.
  package static func read(
    descriptor: Int32, limit: Int, name: String = "standard input",
    while mayWait: () -> Bool = { true }
  ) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    if let size = regularSize(descriptor) {
      // In one buffer: a growing one would leave copies of a secret in memory that was freed.
      bytes = try readOnce(descriptor: descriptor, atMost: min(size, limit) + 1, name: name)
      guard bytes.count <= limit else {
        throw FileError(operation: "read", path: name, number: FileError.tooLarge)
      }
      if bytes.count == size { return bytes }
    }
    // A device or a pipe may be endless: the caller is asked before each read.
    let mayBeEndless = !isFile(descriptor)
    while true {
      guard !mayBeEndless || mayWait() else {
        throw FileError(operation: "read", path: name, number: ECANCELED)
      }
      let wanted = min(max(bytes.count, readSize), mayBeEndless ? longestRead : .max)
      let left = limit - bytes.count
      // One byte more than allowed proves the excess.
      let chunk = try readNext(
        descriptor: descriptor, atMost: left < wanted ? left + 1 : wanted, name: name,
        while: mayWait)
      guard !chunk.isEmpty else { return bytes }
      guard chunk.count <= left else {
        throw FileError(operation: "read", path: name, number: FileError.tooLarge)
      }
      bytes.append(contentsOf: chunk)
    }
  }

  /// Waits until the descriptor is readable and reads once: at least one byte, or none at the end.
  /// `mayWait` is called repeatedly while nothing arrives; `false` is the error `ECANCELED`.
  package static func readNext(
    descriptor: Int32, atMost count: Int, name: String = "standard input",
    while mayWait: () -> Bool
  ) throws(FileError) -> [UInt8] {
    while true {
      guard isReady(descriptor, for: POLLIN, while: mayWait) else {
        throw FileError(operation: "read", path: name, number: ECANCELED)
      }
      do throws(FileError) {
        return try readOnce(descriptor: descriptor, atMost: count, name: name)
      } catch {
        // Another reader took the bytes of the pipe.
        guard error.number == EAGAIN else { throw error }
      }
    }
  }

  /// Waits until read or write would not block (also true at end of file and on error).
  ///
  /// - Returns: `false` if `mayWait` returned false; it is called on signals and every 250 ms.
  private static func isReady(
    _ descriptor: Int32, for event: Int32, while mayWait: () -> Bool
  ) -> Bool {
    // poll(2) ignores negative numbers; the call itself reports the error.
    guard descriptor >= 0 else { return true }
    var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    while unsafe poll(&request, 1, 0) <= 0 {
      guard mayWait() else { return false }
      _ = unsafe poll(&request, 1, 250)
    }
    return true
  }

  /// The size of a regular file; `nil` of anything else.
  private static func regularSize(_ descriptor: Int32) -> Int? {
    FileFacts(descriptor).flatMap { $0.kind == .file ? $0.size : nil }
  }

  private static func readOnce(
    descriptor: Int32, atMost count: Int, name: String
  ) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, initialized in
      let got = retrying { unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
      initialized = max(got, 0)
      if got < 0 { failure = FileError("read", name) }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes all bytes, in as many calls as necessary; `name` is that of the descriptor in errors. `mayWait` is called
  /// repeatedly while the reader accepts nothing; `false` is the error `ECANCELED`.
  package static func write(
    _ bytes: [UInt8], to descriptor: Int32, name: String, while mayWait: () -> Bool = { true }
  ) throws(FileError) {
    // A pipe accepts this many bytes at once anyway, for example a line of a stream.
    let most = bytes.count <= pipeBytes || isFile(descriptor) ? Int.max : pipeBytes
    var failure: FileError?
    unsafe bytes.withUnsafeBytes { buffer in
      var rest = unsafe buffer[...]
      while unsafe !rest.isEmpty {
        guard isReady(descriptor, for: POLLOUT, while: mayWait) else {
          failure = FileError(operation: "write", path: name, number: ECANCELED)
          return
        }
        let chunk = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(most))
        let count = retrying {
          unsafe Glibc.write(descriptor, chunk.baseAddress, chunk.count)
        }
        // Another writer filled the pipe.
        if count < 0, errno == EAGAIN { continue }
        guard count >= 0 else {
          failure = FileError("write", name)
          return
        }
        unsafe rest = rest.dropFirst(count)
      }
    }
    if let failure { throw failure }
  }

  private static func isFile(_ descriptor: Int32) -> Bool { regularSize(descriptor) != nil }

  /// Appends with one write(2), so that lines of several processes do not mix; a new file gets mode 0600. Links are
  /// followed. `mayWait` is called repeatedly while the reader of a pipe accepts nothing; `false` is the error
  /// `ECANCELED`.
  ///
  /// - Throws: ``FileError``: with an exposure if another user can change the file or its path (then nothing is
  ///   written); `ENOSPC` on a full file system or `EFBIG` beyond `RLIMIT_FSIZE` (then the written part is removed,
  ///   unless another process has appended since).
  package static func append(
    _ bytes: [UInt8], to path: String, while mayWait: () -> Bool = { true }
  ) throws(FileError) {
    let file = try openToAppend(path)
    let written = unsafe bytes.withUnsafeBytes { buffer in
      retrying { unsafe Glibc.write(file.number, buffer.baseAddress, buffer.count) }
    }
    let problem = FileError("append to", path)
    guard written >= 0 || problem.number == EAGAIN else { throw problem }
    if written < bytes.count {
      // A pipe takes the rest when its reader has read; for a file the second write gives the error.
      let start = lseek(file.number, 0, SEEK_CUR) - written
      do throws(FileError) {
        try write(
          Array(bytes.dropFirst(max(0, written))), to: file.number, name: path, while: mayWait)
      } catch {
        if isFile(file.number) { shorten(file.number, to: start, from: start + written) }
        throw FileError(operation: "append to", path: path, number: error.number)
      }
    }
    try file.closed(path)
  }

  /// Checks whether ``append(_:to:while:)`` would succeed, without changing anything.
  package static func requireAppendable(_ path: String) throws(FileError) {
    let place = try FilePlace(of: path)
    guard !place.isInherited else { return }
    if let exposure = place.exposure {
      throw FileError(operation: "append to", path: path, exposure: exposure)
    }
    guard let facts = place.facts else {
      let folder = Folder.split(place.path).folder
      _ = try Folder.open(folder)
      guard unsafe access(folder, W_OK | X_OK) == 0 else { throw FileError("write to", folder) }
      return
    }
    guard facts.kind != .folder else {
      throw FileError(operation: "append to", path: path, number: EISDIR)
    }
    guard unsafe access(place.path, W_OK) == 0 else { throw FileError("append to", path) }
  }

  /// Removes a partly written line, if the file still ends with it.
  private static func shorten(_ file: Int32, to start: Int, from end: Int) {
    guard FileFacts(file)?.size == end, start >= 0 else { return }
    _ = ftruncate(file, start)
  }

  /// Makes new files and folders accessible to their owner only, whatever the caller's umask: a wider one would expose
  /// them, a narrower one would make them unusable in the next run.
  package static func keepNewOnesPrivate() { _ = umask(0o077) }

  private static func openToAppend(_ path: String) throws(FileError) -> Descriptor {
    let place = try FilePlace(of: path)
    if let exposure = place.exposure {
      throw FileError(operation: "append to", path: path, exposure: exposure)
    }
    // O_NONBLOCK: a named pipe without a reader is an error instead of a wait.
    var flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    // Links are resolved already, except those to an open descriptor.
    if !place.isInherited { flags |= O_NOFOLLOW }
    let number = retrying { [flags] in
      unsafe Glibc.open(place.isInherited ? path : place.path, flags, 0o600)
    }
    guard number >= 0 else { throw FileError("append to", path) }
    let file = Descriptor(number)
    let facts = try FileFacts(of: file, path)
    if !place.isInherited, let exposure = Exposure.ofChange(facts, place.path) {
      throw FileError(operation: "append to", path: path, exposure: exposure)
    }
    return file
  }

  /// A pipe that is ready accepts this many bytes without waiting (pipe(7), PIPE_BUF). A file accepts everything at
  /// once, so that lines of several processes do not mix.
  private static let pipeBytes = 4_096
  /// The first read of a file: four pages, enough for most files here.
  private static let readSize = 16_384
  /// The longest read of a device between two calls of the caller's function.
  private static let longestRead = 1 << 20
}

/// The content of a file, and who else can change or read it.
package struct FileContents: Hashable, Sendable {
  /// The whole content.
  package let bytes: [UInt8]
  /// How another user can change or replace the file; `nil` if no other user can.
  package let change: Exposure?
  /// How another user can read it, for secrets; `nil` if no other user can.
  package let reading: Exposure?

  /// Contents without a check of the path; also for tests with files in memory.
  package init(bytes: [UInt8], change: Exposure? = nil, reading: Exposure? = nil) {
    self.bytes = bytes
    self.change = change
    self.reading = reading
  }
}

extension Files {
  /// As ``read(_:limit:while:)``, with a check of the path for exposures.
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
        // A pipe from the parent process is trusted; a file is checked by itself.
        change = facts.kind == .file ? Exposure.ofChange(facts, path) : nil
      } else if place.facts?.isSameFile(as: facts) != true {
        // Another file got this name after it was opened.
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

  /// Files are replaced now and then, not continuously.
  private static let maximumTries = 8
}

extension Folder {
  /// Reads a regular file below the folder; more bytes than the limit are the error ``FileError/tooLarge``.
  package borrowing func read(_ name: String, limit: Int) throws(FileError) -> [UInt8] {
    try contents(name, limit: limit).bytes
  }

  /// As ``read(_:limit:)``, with a check of the path for exposures.
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

/// Owns one file descriptor and closes it.
@safe
struct Descriptor: ~Copyable {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { _ = close(number) }

  /// Closes now and reports errors of close(2): on some network file systems a failed write is reported only here.
  consuming func closed(_ path: String) throws(FileError) {
    let number = self.number
    discard self
    // EINTR: Linux has closed the descriptor anyway (close(2)).
    guard close(number) == 0 || errno == EINTR else { throw FileError("close", path) }
  }
}

/// Repeats a system call that a signal interrupted; its result is negative on failure.
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
