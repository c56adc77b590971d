internal import Glibc
internal import Synchronization

/// Signals whose default action would end the process between a request and its result.
///
/// | signal | what it does here |
/// |---|---|
/// | PIPE, XFSZ | ignored: the write fails with `EPIPE` or `EFBIG`, which is reported |
/// | TERM, INT, HUP, QUIT, USR1, USR2, PWR | a request to end: it is recorded |
/// | XCPU, ALRM, VTALRM, PROF | a limit or timer that the caller set before execve(2): recorded too |
/// | IO, STKFLT, 34 to 64 | unexpected, but they would end the process: recorded too |
/// | TSTP, TTIN, TTOU, CONT | the default: job control belongs to the shell |
/// | ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS | the default: a fault of the program has no result |
///
/// The program starts no other process, so none inherits these settings.
package enum Signals {
  /// Makes writes fail instead of ending the process: `EPIPE` on a closed pipe or connection, `EFBIG` beyond
  /// `RLIMIT_FSIZE`.
  package static func ignoreFailedWrites() {
    // The earlier handlers are not needed again.
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
  }

  /// Records requests to end instead of ending the process. Signals that are ignored stay ignored: nohup(1) ignores
  /// SIGHUP, and a shell ignores SIGINT for background processes.
  ///
  /// Blocked signals are unblocked: a mask can be inherited by accident from a thread of the parent, and SIGTERM would
  /// be lost. Blocking system calls return early (`EINTR`); check ``pending`` then.
  package static func noteTermination() {
    // Initialises the atomic before the handler can use it.
    noted.store(0, ordering: .relaxed)
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for number in ending {
      unsafe sigaddset(&mask, number)
      var action = sigaction()
      if unsafe sigaction(number, nil, &action) == 0, isIgnored(action) { continue }
      action = sigaction()
      // Async-signal-safe: one atomic store. Without SA_RESTART.
      unsafe action.__sigaction_handler.sa_handler = { number in
        noted.store(number, ordering: .relaxed)
      }
      _ = unsafe sigaction(number, &action, nil)
    }
    _ = unsafe sigprocmask(SIG_UNBLOCK, &mask, nil)
  }

  /// Signals 32 and 33 are glibc's own (signal(7)).
  private static let ending: [Int32] =
    [
      SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPWR, SIGXCPU, SIGALRM, SIGVTALRM,
      SIGPROF, SIGIO, SIGSTKFLT,
    ] + Array(34...64)

  /// The last recorded signal.
  package static var pending: Int32? {
    let number = noted.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    // SIG_IGN is the pointer 1, which no function has.
    unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }
}

/// The recorded signal; 0 for none.
private let noted = Atomic<Int32>(0)
