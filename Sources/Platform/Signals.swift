internal import Glibc
internal import Synchronization

/// The signals that a well-behaved command answers.
package enum Signals {
  /// Lets a write to a closed pipe or connection fail with `EPIPE` instead of ending the process.
  package static func ignoreBrokenPipes() {
    // The handler that was there before is of no use to anybody.
    _ = signal(SIGPIPE, SIG_IGN)
  }

  /// From now on SIGTERM, SIGINT and SIGHUP are noted instead of ending the process; one that is ignored stays so:
  /// nohup(1) ignores SIGHUP, and a shell SIGINT for what it starts in the background.
  ///
  /// Waiting system calls return early (`EINTR`), so a wait ends at once; look at ``pending`` then.
  package static func noteTermination() {
    // Touched here, so that the handler finds it initialised.
    noted.store(0, ordering: .relaxed)
    for number in [SIGTERM, SIGINT, SIGHUP] {
      var action = sigaction()
      if unsafe sigaction(number, nil, &action) == 0, isIgnored(action) { continue }
      action = sigaction()
      // Async-signal-safe: one atomic store, nothing else. Without SA_RESTART.
      unsafe action.__sigaction_handler.sa_handler = { number in
        noted.store(number, ordering: .relaxed)
      }
      _ = unsafe sigaction(number, &action, nil)
    }
  }

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
