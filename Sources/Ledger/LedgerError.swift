import Core

/// Why the ledger could not be read or written. Without the ledger no request may be sent.
package struct LedgerError: Error, Hashable, Sendable {
  /// The kind of failure: stable, for programs.
  package enum Code: String, Hashable, Sendable {
    /// The place of the ledger is not valid.
    case location = "ledger.location"
    /// The file or its folder cannot be opened, created or written.
    case inaccessible = "ledger.inaccessible"
    /// The file or a record is damaged.
    case damaged = "ledger.damaged"
    /// The file is not a ledger.
    case foreign = "ledger.foreign"
    /// A later version of this program wrote the ledger.
    case newer = "ledger.newer"
    /// Another process held the lock for too long.
    case busy = "ledger.busy"
    /// The run ended while another process held the lock.
    case ended = "run.ended"
    /// The disk or the cluster is full.
    case full = "ledger.full"
    /// The etcd cluster gives no reply, or no reliable one.
    case unreachable = "ledger.unreachable"
    /// The etcd cluster refuses the user or the certificate.
    case refused = "ledger.refused"
    /// The library for calls of a cluster is missing; the code of the service's calls too.
    case missingLibrary = "network.library"
  }

  /// The kind of failure.
  package let code: Code
  /// What failed, and where.
  package let message: String
  /// What to do.
  package let hint: String

  /// A failure; no text may contain a password.
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
  /// A failure of the ledger, with exit status 74; 75 if the run ended during a wait, 78 if a library is missing.
  package init(_ error: LedgerError) {
    let exit: ExitStatus =
      switch error.code {
      case .ended: .tryAgain
      case .missingLibrary: .configuration
      default: .inputOutput
      }
    self.init(error.code.rawValue, error.message, hint: error.hint, exit: exit)
  }
}
