// What a process prepares before it works: signals, memory and the standard streams.

internal import CPlatform
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
    for number in 1...Int32(64) where isEnding(number) {
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

  /// Whether a signal is a request to end. 64 is the last one, and 32 and 33 are glibc's own (signal(7)).
  private static func isEnding(_ number: Int32) -> Bool {
    switch number {
    case SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPWR, SIGXCPU, SIGALRM, SIGVTALRM,
      SIGPROF, SIGIO, SIGSTKFLT, 34...:
      true
    default: false
    }
  }

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

/// Protection of the process's memory after a crash and against other processes.
package enum CoreDumps {
  /// Disables core dumps, also those that are piped to a program, and keeps other processes of the same user from
  /// reading the memory (`RLIMIT_CORE` 0, `PR_SET_DUMPABLE` 0).
  ///
  /// - Returns: Whether both succeeded.
  @discardableResult
  package static func disable() -> Bool {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    let limited = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
    return cplatform_set_dumpable(0) == 0 && limited
  }
}

/// Descriptors 0, 1 and 2.
package enum StandardStreams {
  /// Standard input: events.
  package static let input: Int32 = 0
  /// Standard output: results and nothing else.
  package static let output: Int32 = 1
  /// Standard error: messages for people.
  package static let error: Int32 = 2

  /// Opens /dev/null, or something unusable without it, for each of the three that is closed, so that no later file or
  /// connection gets its number.
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
      if unsafe open("/dev/null", number == error ? O_WRONLY : O_RDONLY) < 0 {
        // A chroot may have no devices. A folder cannot be read or written as a file.
        _ = unsafe open("/", O_RDONLY | O_DIRECTORY)
      }
      return true
    }
  }

  /// Whether the descriptor is a terminal (isatty(3)).
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Whether the descriptor leads to the journal of systemd. `stream` is the value of `JOURNAL_STREAM`, device and
  /// inode of the stream (systemd.exec(5)). They are compared, since a process with a redirected standard error
  /// inherits the variable too.
  package static func isJournal(_ descriptor: Int32, stream: String?) -> Bool {
    FileFacts(descriptor).map { "\($0.device):\($0.inode)" == stream } ?? false
  }
}
