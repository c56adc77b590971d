internal import Glibc

/// Descriptors 0, 1 and 2.
package enum StandardStreams {
  /// Standard input, where events come from.
  package static let input: Int32 = 0
  /// Standard output, where results go and nothing else.
  package static let output: Int32 = 1
  /// Standard error, for people.
  package static let error: Int32 = 2

  /// Puts /dev/null on whichever of the three is closed, so that no file or connection gets its number and
  /// then the result.
  ///
  /// Standard output gets it for reading only: a write there must fail, or a result would be lost in
  /// silence. Messages on a closed standard error have nobody to miss them.
  ///
  /// - Returns: The descriptors that were closed.
  @discardableResult
  package static func ensureOpen() -> [Int32] {
    [input, output, error].filter { number in
      guard fcntl(number, F_GETFD) < 0, errno == EBADF else { return false }
      // The lowest free number is this one: those below it have just been seen to.
      _ = unsafe open("/dev/null", number == error ? O_WRONLY : O_RDONLY)
      return true
    }
  }

  /// Whether the descriptor is a terminal.
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Whether the descriptor leads to the journal of systemd.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor that is asked about.
  ///   - stream: The value of `JOURNAL_STREAM`: device and inode of the stream (systemd.exec(5)). A process that
  ///     redirected its standard error still inherits the variable, so both are compared.
  package static func isJournal(_ descriptor: Int32, stream: String?) -> Bool {
    var facts = stat()
    guard let stream, unsafe fstat(descriptor, &facts) == 0 else { return false }
    return stream == "\(facts.st_dev):\(facts.st_ino)"
  }
}
