// The two streams that a command writes to, and the exit.

internal import Core
internal import Glibc
internal import Platform
internal import ReissueKit
internal import Synchronization

enum Terminal {
  /// Prepares the process for being called by others: a closed stream is opened on /dev/null, a failed write is an
  /// error that can be reported, no core dump can hold the secret key, and a signal that asks for the end does not cut
  /// a request in two.
  static func prepare() {
    StandardStreams.ensureOpen()
    Signals.ignoreFailedWrites()
    CoreDumps.disable()
    Files.keepNewOnesPrivate()
    Signals.noteTermination()
  }

  /// Writes to standard output; every write is checked.
  ///
  /// - Parameter deadline: How long a reader that takes nothing is waited for, by the monotonic clock; after a signal
  ///   it gets ``secondsAfterSignal``, whatever the deadline.
  static func write(_ bytes: [UInt8], until deadline: Int = .max) -> Bool {
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
      return true
    } catch {
      complain("ncloud-reissue: error: \(error)")
      return false
    }
  }

  /// Writes to standard output, and returns the graver of the command's own status and that of the writing.
  static func write(
    _ bytes: [UInt8], until deadline: Int = .max, exit: ExitStatus
  ) -> ExitStatus {
    .gravest(of: [exit, write(bytes, until: outputDeadline(deadline)) ? .done : .inputOutput])
  }

  /// The moment until which the reader of standard output is waited for: the deadline of the work, but at least
  /// ``shortestWait`` from now, since the work may have used all its time.
  static func outputDeadline(_ deadline: Int) -> Int {
    max(deadline, SystemClock.monotonicMilliseconds() + shortestWait)
  }

  /// Writes a text and a line feed to standard error; control characters in it are escaped, its line feeds aside.
  static func complain(_ text: String) {
    complain(bytes: Array((VisibleText.lines(text) + "\n").utf8))
  }

  /// Writes to standard error, or drops the message if its reader reads nothing: all messages together wait for
  /// ``messagePatience``, so that they hold up neither a request nor the result.
  static func complain(bytes: [UInt8]) {
    let cleared = isStatusShown.exchange(false, ordering: .relaxed) ? clearLine : []
    // A message beyond PIPE_BUF may have been cut in the middle of a line.
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

  /// Gives the messages of the next event of a stream their own patience, unless the last one was dropped.
  static func beginEvent() {
    guard !isReaderStuck.load(ordering: .relaxed) else { return }
    waitedMilliseconds.store(0, ordering: .relaxed)
  }

  /// Shows a line on the terminal that the next one takes the place of; `nil` takes it away.
  static func show(_ status: String?) {
    complain(bytes: status.map { clearLine + Array($0.utf8) } ?? [])
    isStatusShown.store(status != nil, ordering: .relaxed)
  }

  /// What a reader of standard output gets after a signal: service managers wait longer before they kill.
  private static let secondsAfterSignal = 4
  /// What it gets at least, in milliseconds: longer than a busy machine lets a reader wait for its turn.
  private static let shortestWait = 1_000
  /// What the reader of standard error gets in all, in milliseconds: messages are for people, the work goes first.
  private static let messagePatience = 1_000
  /// PIPE_BUF of Linux (pipe(7)): so much is written whole or not at all.
  private static let pipeBytes = 4_096

  private static let waitedMilliseconds = Atomic<Int>(0)
  private static let isReaderStuck = Atomic<Bool>(false)
  private static let isLineCut = Atomic<Bool>(false)
  private static let isStatusShown = Atomic<Bool>(false)

  /// To the first column, and clear to the end of the line (ECMA-48, EL).
  private static let clearLine = Array("\r\u{1B}[K".utf8)

  /// Ends the process; nothing is buffered that could be lost.
  static func exit(_ status: ExitStatus) -> Never { _exit(status.rawValue) }
}
