internal import Core

/// Why the ledger could not be read or written.
///
/// No memory, no action: nothing may be sent then.
package struct LedgerError: Error, Hashable, Sendable {
  /// What kind of failure it is; stable, made for programs.
  package enum Code: String, Hashable, Sendable {
    /// The place of the ledger is not given as it must be.
    case location = "ledger.location"
    /// The file or its folder cannot be opened, made or written.
    case inaccessible = "ledger.inaccessible"
    /// The file is damaged, or a record in it is.
    case damaged = "ledger.damaged"
    /// The file is something else.
    case foreign = "ledger.foreign"
    /// It was written by a later version of this program.
    case newer = "ledger.newer"
    /// Another process held it for too long.
    case busy = "ledger.busy"
    /// No space is left.
    case full = "ledger.full"
    /// The etcd cluster gives no answer, or no definite one.
    case unreachable = "ledger.unreachable"
    /// The etcd cluster refuses the user or its certificate.
    case refused = "ledger.refused"
  }

  /// What kind of failure it is.
  package let code: Code
  /// What failed, and where.
  package let message: String
  /// The next step.
  package let hint: String

  /// A failure with what a user can do about it; no text may hold a password.
  package init(_ code: Code, _ message: String, hint: String) {
    self.code = code
    self.message = message
    self.hint = hint
  }
}

extension LedgerError: CustomStringConvertible {
  package var description: String { message }
}

extension ReissueError {
  /// No memory, no action.
  package init(_ error: LedgerError) {
    self.init(error.code.rawValue, error.message, hint: error.hint, exit: .inputOutput)
  }
}
