internal import Glibc

/// Whole files by path, and the standard streams by number.
package enum Files {
  /// Reads a whole file, or a named pipe to its end.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that may come; one more is the error `EFBIG`.
  ///   - mayWait: Asked again and again while a pipe gives nothing; `false` is the error `ECANCELED`.
  ///   - path: The file; a link is followed.
  package static func read(
    _ path: String, limit: Int, while mayWait: () -> Bool = { true }
  ) throws(FileError) -> [UInt8] {
    let file = try open(path)
    return try read(descriptor: file.number, limit: limit, name: path, while: mayWait)
  }

  /// O_NONBLOCK: to open a pipe that nobody writes to would wait where nobody can be asked.
  static func open(_ path: String) throws(FileError) -> Descriptor {
    let number = retrying {
      unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    }
    guard number >= 0 else { throw FileError("read", path) }
    return Descriptor(number)
  }

  /// Reads a descriptor to its end, for pipes as well as files.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that may come; one more is the error `EFBIG`.
  ///   - name: What an error calls it.
  ///   - mayWait: Asked again and again while nothing comes; `false` is the error `ECANCELED`.
  ///   - descriptor: What is read; it stays open.
  package static func read(
    descriptor: Int32, limit: Int, name: String = "standard input",
    while mayWait: () -> Bool = { true }
  ) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    // A device or a pipe may give bytes without an end: the caller is asked, although nothing has to be waited for.
    let mayBeEndless = !isFile(descriptor)
    while true {
      guard !mayBeEndless || mayWait() else {
        throw FileError(operation: "read", path: name, number: ECANCELED)
      }
      let wanted = min(max(bytes.count, readSize), mayBeEndless ? longestRead : .max)
      let left = limit - bytes.count
      // One byte more than allowed is enough to know.
      let chunk = try readNext(
        descriptor: descriptor, atMost: left < wanted ? left + 1 : wanted, name: name,
        while: mayWait)
      guard !chunk.isEmpty else { return bytes }
      guard chunk.count <= left else {
        throw FileError(operation: "read", path: name, number: EFBIG)
      }
      bytes.append(contentsOf: chunk)
    }
  }

  /// Waits until something can be read, and reads it: at least one byte unless the end is reached.
  ///
  /// - Parameters:
  ///   - count: The most bytes that are read.
  ///   - name: What an error calls it.
  ///   - mayWait: Asked again and again while nothing comes; `false` is the error `ECANCELED`.
  ///   - descriptor: What is read; it stays open.
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
        // Another reader of the same pipe was faster.
        guard error.number == EAGAIN else { throw error }
      }
    }
  }

  /// Waits until a call would not block, which it does not at the end or on an error either.
  ///
  /// - Returns: `false` once `mayWait` says so; it is asked when a signal comes, and four times a second.
  private static func isReady(
    _ descriptor: Int32, for event: Int32, while mayWait: () -> Bool
  ) -> Bool {
    // poll(2) passes a negative number over in silence; the call itself says what is wrong with it.
    guard descriptor >= 0 else { return true }
    var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    while unsafe poll(&request, 1, 0) <= 0 {
      guard mayWait() else { return false }
      _ = unsafe poll(&request, 1, 250)
    }
    return true
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

  /// Writes every byte, however many calls it takes.
  ///
  /// - Parameters:
  ///   - name: What an error calls it.
  ///   - mayWait: Asked again and again while a reader takes nothing; `false` is the error `ECANCELED`.
  ///   - bytes: What is written, to the last byte.
  ///   - descriptor: Where it is written; it stays open.
  package static func write(
    _ bytes: [UInt8], to descriptor: Int32, name: String, while mayWait: () -> Bool = { true }
  ) throws(FileError) {
    // What a pipe takes at once anyway, as a line of a stream, need not be cut, whatever it goes to.
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
        // Another writer of the same pipe was faster.
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

  private static func isFile(_ descriptor: Int32) -> Bool {
    var facts = stat()
    return unsafe fstat(descriptor, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
  }

  /// Appends in one write(2), so that lines of several processes do not mix; a new file gets mode 0600.
  ///
  /// - Parameters:
  ///   - mayWait: Asked again and again while the reader of a pipe takes nothing; `false` is the error `ECANCELED`.
  ///   - bytes: What is written, to the last byte.
  ///   - path: The file; links are followed.
  /// - Throws: ``FileError``; with an exposure if somebody else can change the file or decide where its name leads, and
  ///   then nothing is written; as `ENOSPC` on a full file system or `EFBIG` beyond `RLIMIT_FSIZE`. What was written of
  ///   the line is taken back then, unless another process has appended since.
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
      // A pipe whose reader is slow gets the rest when there is room; of a file the second attempt says what is wrong.
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

  /// Cuts a file back to where a half written line begins, if it still ends with it.
  private static func shorten(_ file: Int32, to start: Int, from end: Int) {
    var facts = stat()
    guard unsafe fstat(file, &facts) == 0, facts.st_size == end, start >= 0 else { return }
    _ = ftruncate(file, start)
  }

  /// From now on new files and folders are for their owner alone, whatever the umask of the caller: a wider one would
  /// show them to others, a narrower one would make what the next run cannot use.
  package static func keepNewOnesPrivate() { _ = umask(0o077) }

  private static func openToAppend(_ path: String) throws(FileError) -> Descriptor {
    let place = try FilePlace(of: path)
    if let exposure = place.exposure {
      throw FileError(operation: "append to", path: path, exposure: exposure)
    }
    // O_NONBLOCK: a named pipe that nobody reads is an error, and no place to wait at.
    var flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    // The links were followed already, but for those to an open descriptor.
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

  /// A pipe that is ready takes so much without waiting (pipe(7), PIPE_BUF). A file takes everything at once, so
  /// that the lines of several processes do not mix.
  private static let pipeBytes = 4_096
  /// First read of a file: a page of Linux's page cache times four, enough for most of ours.
  private static let readSize = 16_384
  /// A device fills so much in a moment, and then the caller is asked again.
  private static let longestRead = 1 << 20
}
