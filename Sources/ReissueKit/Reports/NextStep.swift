// What a person or a program has to do next about a certificate.

internal import JSON
internal import Ledger
internal import Platform

/// What is to be done next about a certificate.
struct NextStep: Hashable, Sendable {
  /// The kind of a step; programs choose by it.
  enum Action: String {
    /// Set DNS records.
    case setDNS = "set-dns"
    /// Nothing: the service or another process goes on.
    case wait
    /// Bring the chain to the store.
    case deliver
    /// Put the certificate into service.
    case deploy
    /// Register the private key at the service.
    case registerKey = "register-key"
    /// Extend the order: a reissue would gain nothing.
    case extendOrder = "extend-order"
    /// Find out what became of a request.
    case settle
    /// Correct the cause of a failure; the next event sends a new request.
    case fixAndRetry = "fix-and-retry"
    /// Request a reissue: the certificate is due.
    case reissue
  }

  let action: Action
  /// The step in a few words.
  let text: String

  init(_ action: Action, _ text: String) {
    self.action = action
    self.text = text
  }

  /// The step that ends a trouble of a record, which commands find by `name`.
  init(_ trouble: LedgerTrouble, _ name: String) {
    let action: Action =
      switch trouble {
      case .unknown, .stuck, .overdue: .settle
      case .validationFailed, .refused: .fixAndRetry
      case .expiring, .waiting: .setDNS
      case .undelivered: .deliver
      case .undeployed: .deploy
      case .unregistered: .registerKey
      }
    self.init(action, trouble.hint(name))
  }

  var json: JSONValue { ["action": .string(action.rawValue), "text": .string(text)] }
}

extension LedgerRecord {
  /// The number by which messages name the record: that of the new certificate, or of the request.
  var shownNumber: String {
    claim?.number ?? outcome?.newNumber ?? outcome?.number ?? numbers.last ?? ""
  }
}
