internal import Glibc
internal import Synchronization

/// Every signal whose default would end the process between a request and its result.
///
/// | signal | what it does here |
/// |---|---|
/// | PIPE, XFSZ | ignored: the write fails with `EPIPE` or `EFBIG`, which is reported |
/// | TERM, INT, HUP, QUIT, USR1, USR2, PWR | the caller wants an end: it is noted |
/// | XCPU, ALRM, VTALRM, PROF | a limit or timer that the caller set before execve(2): noted, too |
/// | IO, STKFLT, 34 to 64 | nobody should send them; they would end the process, so they are noted |
/// | TSTP, TTIN, TTOU, CONT | the default: job control belongs to the shell |
/// | ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS | the default: a fault of the program has no result |
///
/// The program starts no other process, so nobody inherits this.
package enum Signals {
  /// Lets a write fail instead of ending the process: to a closed pipe or connection with `EPIPE`, beyond
  /// `RLIMIT_FSIZE` with `EFBIG`.
  package static func ignoreFailedWrites() {
    // The handler that was there before is of no use to anybody.
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
  }

  /// From now on a signal that asks for the end is noted instead of ending the process; one that is ignored stays
  /// so: nohup(1) ignores SIGHUP, and a shell SIGINT for what it starts in the background.
  ///
  /// One that is blocked no longer is: a mask is inherited by accident from a thread of the parent, and SIGTERM would
  /// be lost. Waiting system calls return early (`EINTR`), so a wait ends at once; look at ``pending`` then.
  package static func noteTermination() {
    // Touched here, so that the handler finds it initialised.
    noted.store(0, ordering: .relaxed)
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for number in ending {
      unsafe sigaddset(&mask, number)
      var action = sigaction()
      if unsafe sigaction(number, nil, &action) == 0, isIgnored(action) { continue }
      action = sigaction()
      // Async-signal-safe: one atomic store, nothing else. Without SA_RESTART.
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

  /// The last termination signal that came, or `nil`.
  package static var pending: Int32? {
    let number = noted.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    // SIG_IGN is the pointer 1, which no function has.
    unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }
}

/// The signal noted by the handler; 0 for none.
private let noted = Atomic<Int32>(0)
