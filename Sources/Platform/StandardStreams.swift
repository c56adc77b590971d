internal import Glibc

/// Descriptors 0, 1 and 2.
package enum StandardStreams {
  /// Standard input: events.
  package static let input: Int32 = 0
  /// Standard output: results and nothing else.
  package static let output: Int32 = 1
  /// Standard error: messages for people.
  package static let error: Int32 = 2

  /// Opens /dev/null for each of the three that is closed, so that no later file or connection gets its number.
  ///
  /// Standard output gets it read-only: a write must fail, or a result would be lost silently. Messages on a closed
  /// standard error are dropped.
  ///
  /// - Returns: The descriptors that were closed.
  @discardableResult
  package static func ensureOpen() -> [Int32] {
    [input, output, error].filter { number in
      guard fcntl(number, F_GETFD) < 0, errno == EBADF else { return false }
      // The lowest free number is this one, since the lower ones are open now.
      _ = unsafe open("/dev/null", number == error ? O_WRONLY : O_RDONLY)
      return true
    }
  }

  /// Whether the descriptor is a terminal (isatty(3)).
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Whether the descriptor leads to the journal of systemd.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor.
  ///   - stream: The value of `JOURNAL_STREAM`: device and inode of the stream (systemd.exec(5)). They are compared,
  ///     since a process with a redirected standard error inherits the variable too.
  package static func isJournal(_ descriptor: Int32, stream: String?) -> Bool {
    var facts = stat()
    guard let stream, unsafe fstat(descriptor, &facts) == 0 else { return false }
    return stream == "\(facts.st_dev):\(facts.st_ino)"
  }
}
