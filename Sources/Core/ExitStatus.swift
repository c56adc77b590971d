/// The exit status of the process (sysexits.h). A caller must take a status that it does not know for a failure.
package enum ExitStatus: Int32, Hashable, Sendable {
  /// Done, or nothing to do.
  case done = 0
  /// Only from `ledger check`: a record needs an operator.
  case attention = 1
  /// With `--detailed-exitcode`: at least one certificate was reissued (with `follow`: is pending).
  case changed = 2
  /// Wrong usage (EX_USAGE).
  case usage = 64
  /// This event cannot be used (EX_DATAERR).
  case event = 65
  /// Refused permanently, by the service or by a rule (EX_UNAVAILABLE).
  case refused = 69
  /// A fault in this program (EX_SOFTWARE).
  case fault = 70
  /// Ledger, store or output could not be read or written (EX_IOERR).
  case inputOutput = 74
  /// Not carried out: run again with the same event (EX_TEMPFAIL).
  case tryAgain = 75
  /// The request may have been carried out (EX_PROTOCOL).
  case unknown = 76
  /// Credentials missing or refused (EX_NOPERM).
  case credentials = 77
  /// Configuration or template wrong (EX_CONFIG).
  case configuration = 78
  /// The reader of standard output went away, as `head` does: what a shell reports of a process that SIGPIPE ended.
  case readerGone = 141

  /// From the most serious to the least serious.
  private static let gravity: [ExitStatus] = [
    .unknown, .fault, .inputOutput, .credentials, .configuration, .tryAgain, .refused, .event,
    .usage, .readerGone, .attention, .changed, .done,
  ]

  /// The most serious of `statuses`; ``done`` if there are none.
  package static func gravest(of statuses: some Collection<ExitStatus>) -> ExitStatus {
    // The usual case needs no search.
    guard statuses.contains(where: { $0 != .done }) else { return .done }
    return gravity.first { statuses.contains($0) } ?? .done
  }
}
