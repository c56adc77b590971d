// The two streams that a command writes to, and the exit.

internal import Core
internal import Glibc
internal import Platform
internal import Synchronization

enum Terminal {
  /// Prepares the process, whatever it inherits from its caller: a closed stream is opened on /dev/null, a failed write
  /// is an error instead of SIGPIPE, no core dump can hold the secret key, new files are private, and a termination
  /// signal is noted instead of ending the process during a request.
  static func prepare() {
    StandardStreams.ensureOpen()
    Signals.ignoreFailedWrites()
    CoreDumps.disable()
    Files.keepNewOnesPrivate()
    Signals.noteTermination()
  }

  /// Writes to standard output; every write is checked.
  ///
  /// - Parameter deadline: The end of the wait for a reader that does not read, in monotonic milliseconds; after a
  ///   signal the wait is at most ``secondsAfterSignal``.
  /// - Returns: The status of the write. A reader that went away wants no more, and no message either.
  static func write(_ bytes: [UInt8], until deadline: Int = .max) -> ExitStatus {
    var deadline = deadline
    var isEnding = false
    do throws(FileError) {
      try Files.write(bytes, to: StandardStreams.output, name: "standard output") {
        let now = SystemClock.monotonicMilliseconds()
        if Signals.pending != nil, !isEnding {
          isEnding = true
          deadline = min(deadline, now + secondsAfterSignal * 1000)
        }
        return now < deadline
      }
      return .done
    } catch {
      guard !error.isReaderGone else { return .readerGone }
      complain("ncloud-reissue: error: \(error)")
      return .inputOutput
    }
  }

  /// Writes to standard output, and returns the graver of the status of the command and that of the write.
  static func write(
    _ bytes: [UInt8], until deadline: Int = .max, exit: ExitStatus
  ) -> ExitStatus {
    .gravest(of: [exit, write(bytes, until: outputDeadline(deadline))])
  }

  /// The end of the wait for the reader of standard output, in monotonic milliseconds: the deadline of the work, but at
  /// least ``shortestWait`` from now, since the work may have used all its time.
  static func outputDeadline(_ deadline: Int) -> Int {
    max(deadline, SystemClock.monotonicMilliseconds() + shortestWait)
  }

  /// Writes a text and a line feed to standard error; control characters are escaped, except line feeds.
  static func complain(_ text: String) {
    complain(bytes: Array((VisibleText.lines(text) + "\n").utf8))
  }

  /// Writes to standard error, or drops the message if the reader does not read. All messages together wait at most
  /// ``messagePatience``, so that they delay neither a request nor the result.
  static func complain(bytes: [UInt8]) {
    let cleared = isStatusShown.exchange(false, ordering: .relaxed) ? clearLine : []
    // A message longer than PIPE_BUF may be cut in the middle of a line.
    let separator = isLineCut.exchange(false, ordering: .relaxed) ? [UInt8(ascii: "\n")] : []
    let began = SystemClock.monotonicMilliseconds()
    let end = began + messagePatience - waitedMilliseconds.load(ordering: .relaxed)
    do throws(FileError) {
      try Files.write(
        cleared + separator + bytes, to: StandardStreams.error, name: "standard error"
      ) {
        Signals.pending == nil && SystemClock.monotonicMilliseconds() < end
      }
      isReaderStuck.store(false, ordering: .relaxed)
    } catch {
      // If standard error cannot be written, there is nowhere to report it.
      isReaderStuck.store(true, ordering: .relaxed)
      isLineCut.store(bytes.count > pipeBytes, ordering: .relaxed)
    }
    let waited = SystemClock.monotonicMilliseconds() - began
    _ = waitedMilliseconds.add(waited, ordering: .relaxed)
  }

  /// Resets the wait for the messages of the next event of a stream, unless the last message was dropped.
  static func beginEvent() {
    guard !isReaderStuck.load(ordering: .relaxed) else { return }
    waitedMilliseconds.store(0, ordering: .relaxed)
  }

  /// Whether a person reads standard output.
  static var isOutput: Bool { StandardStreams.isTerminal(StandardStreams.output) }

  /// Whether standard output shows colours: a terminal, and NO_COLOR (no-color.org) is not set.
  static func isColored(_ context: Context) -> Bool {
    isOutput && context.environment["TERM"] != "dumb"
      && (context.environment["NO_COLOR"] ?? "").isEmpty
  }

  /// Shows a status line on the terminal, which the next output replaces; `nil` removes it.
  static func show(_ status: String?) {
    complain(bytes: status.map { clearLine + Array($0.utf8) } ?? [])
    isStatusShown.store(status != nil, ordering: .relaxed)
  }

  /// The longest wait for the reader of standard output after a signal; service managers wait longer before they kill.
  private static let secondsAfterSignal = 4
  /// The least wait, in milliseconds: longer than a reader waits for a processor on a busy machine.
  private static let shortestWait = 1_000
  /// The total wait for the reader of standard error, in milliseconds; the work is more important than messages.
  private static let messagePatience = 1_000
  /// PIPE_BUF of Linux (pipe(7)): a write up to this length is atomic.
  private static let pipeBytes = 4_096

  private static let waitedMilliseconds = Atomic<Int>(0)
  private static let isReaderStuck = Atomic<Bool>(false)
  private static let isLineCut = Atomic<Bool>(false)
  private static let isStatusShown = Atomic<Bool>(false)

  /// Moves to the first column and clears the line (ECMA-48, EL).
  private static let clearLine = Array("\r\u{1B}[K".utf8)

  /// Ends the process. Nothing is buffered, so nothing is lost.
  static func exit(_ status: ExitStatus) -> Never { _exit(status.rawValue) }
}
