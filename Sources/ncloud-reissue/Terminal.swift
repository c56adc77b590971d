// The two streams that a command writes to, and the exit.

internal import Glibc
internal import Platform
internal import ReissueKit
internal import Synchronization

enum Terminal {
  /// Makes the process fit for being a hook: whatever is closed is opened on /dev/null, a reader that
  /// went away is an error and no death, no core dump can hold the secret key, and a wish to end is
  /// noted instead of cutting a request in two.
  static func prepare() {
    StandardStreams.ensureOpen()
    Signals.ignoreBrokenPipes()
    CoreDumps.disable()
    Signals.noteTermination()
  }

  /// Writes to standard output; every write is checked.
  static func write(_ bytes: [UInt8]) -> Bool {
    // A reader that takes nothing is waited for; once the run is to end, for some seconds more.
    var turns = lastTurns
    do throws(FileError) {
      try Files.write(bytes, to: StandardStreams.output, name: "standard output") {
        if Signals.pending != nil { turns -= 1 }
        return turns > 0
      }
      return true
    } catch {
      complain("ncloud-reissue: error: \(error)")
      return false
    }
  }

  /// Writes a text and a line feed to standard error.
  static func complain(_ text: String) { complain(bytes: Array((text + "\n").utf8)) }

  /// Writes to standard error. If that fails there is nobody left to tell.
  static func complain(bytes: [UInt8]) {
    let cleared = isStatusShown.exchange(false, ordering: .relaxed) ? clearLine : []
    try? Files.write(cleared + bytes, to: StandardStreams.error, name: "standard error") {
      Signals.pending == nil
    }
  }

  /// Shows a line on the terminal that the next one takes the place of; `nil` takes it away.
  static func show(_ status: String?) {
    complain(bytes: status.map { clearLine + Array($0.utf8) } ?? [])
    isStatusShown.store(status != nil, ordering: .relaxed)
  }

  /// Of a quarter of a second each.
  private static let lastTurns = 20

  private static let isStatusShown = Atomic<Bool>(false)

  /// To the first column, and clear to the end of the line (ECMA-48, EL).
  private static let clearLine = Array("\r\u{1B}[K".utf8)

  /// Ends the process; nothing is buffered that could be lost.
  static func exit(_ status: ExitStatus) -> Never { _exit(status.rawValue) }
}
