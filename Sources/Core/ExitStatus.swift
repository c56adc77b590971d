/// What the process tells its caller (sysexits.h); a caller that meets an unknown status must take it
/// for a failure.
package enum ExitStatus: Int32, Hashable, Sendable {
  /// Done, or nothing to do.
  case done = 0
  /// Of `ledger check` alone: something needs a person.
  case attention = 1
  /// With `--detailed-exitcode`: at least one certificate was reissued (or is pending, for `follow`).
  case changed = 2
  /// Wrong usage (EX_USAGE).
  case usage = 64
  /// This event cannot be used (EX_DATAERR).
  case event = 65
  /// Refused for good, by the service or by a rule that it would break (EX_UNAVAILABLE).
  case refused = 69
  /// A fault in this program (EX_SOFTWARE).
  case fault = 70
  /// Ledger, store or output could not be read or written (EX_IOERR).
  case inputOutput = 74
  /// Surely not carried out: run again with the same event (EX_TEMPFAIL).
  case tryAgain = 75
  /// It may have been carried out (EX_PROTOCOL).
  case unknown = 76
  /// Credentials missing or refused (EX_NOPERM).
  case credentials = 77
  /// Configuration or template wrong (EX_CONFIG).
  case configuration = 78

  /// From the gravest to the lightest: what one status of several items is chosen by.
  private static let gravity: [ExitStatus] = [
    .unknown, .fault, .inputOutput, .credentials, .configuration, .tryAgain, .refused, .event,
    .usage, .attention, .changed, .done,
  ]

  /// The gravest of them; ``done`` of none.
  package static func gravest(of statuses: some Collection<ExitStatus>) -> ExitStatus {
    // Most often there is nothing to weigh.
    guard statuses.contains(where: { $0 != .done }) else { return .done }
    return gravity.first { statuses.contains($0) } ?? .done
  }
}
