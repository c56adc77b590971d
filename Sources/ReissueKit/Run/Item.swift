// One item of a run, from what the template made of it to its result. The steps of the run beside this file
// read items and write items; nothing else changes them.

internal import Core
internal import Ledger
internal import Parameters
internal import Platform
internal import Service
internal import Templates

/// One item of a run: its result as known so far, and how far it has come.
struct Item: Sendable {
  /// What is to be sent.
  struct Request: Sendable {
    /// The parameters of the body.
    let parameters: ReissueParameters
    /// `nil` until its key is made, just before the call.
    var signingRequest: SigningRequest?
    /// Where key, signing request and chain are kept.
    let store: StoreName?
  }

  /// How far an item has come.
  enum Phase: Sendable {
    /// Its parameters are valid; its signing request was not compared with them yet.
    case prepared(Request)
    /// Its signing request fits the parameters.
    case checked(Request)
    /// It may be sent. The ledger holds its claim; `nil` if no ledger is kept.
    case claimed(Request, LedgerTicket?)
    /// Its result is final. The ledger still holds its claim if there is one.
    case ended(LedgerTicket?)
  }

  /// What is known of the item.
  var result: ItemResult
  /// How far it has come.
  private(set) var phase: Phase
  /// The rules of its template.
  let policy: Policy
  /// The order as the look before the request showed it, and when that look began.
  var look: (order: AccountOrder, seenAt: Timestamp)?
  /// The order as the latest look after the request showed it, in the ledger's terms.
  var news: ServiceFacts?
  /// What its signing request says, once that was compared with the parameters.
  var requestFacts: SigningRequest.Facts?
  /// Whether the ledger wants a look at the service before it answers.
  var isLookWanted = false
  /// Whether the ledger could not note what became of it.
  var isUnrecorded = false
  /// The folder that this run has put a key or a signing request into; `nil` for a folder of an earlier run, which
  /// is not removed.
  var madeStore: String?
  /// Whether only the store knows it, not the ledger.
  var isRecovered = false
  /// Whether its chain was fetched, successfully or not.
  var isDelivered = false
  /// The new certificate as the latest look showed it.
  var newCertificate: AccountCertificate?
  /// Whether the key of the new certificate is to be registered: its template says so, or the ledger.
  var wantsKey: Bool
  /// Whether this run has tried to register its key.
  var isKeyTried = false
  /// The names that are validated.
  var names: [DomainName] = []

  init(_ result: ItemResult, _ phase: Phase, policy: Policy = Policy()) {
    self.result = result
    self.phase = phase
    self.policy = policy
    wantsKey = policy.registerKey
  }

  /// The request of an item that is not ended.
  var request: Request? {
    switch phase {
    case .prepared(let request), .checked(let request), .claimed(let request, _): request
    case .ended: nil
    }
  }

  /// Whether the item is still to be sent.
  var isOpen: Bool { request != nil }

  /// The claim that the ledger holds for the item.
  var ticket: LedgerTicket? {
    switch phase {
    case .claimed(_, let ticket), .ended(let ticket): ticket
    case .prepared, .checked: nil
    }
  }

  /// Notes that the signing request fits the parameters.
  mutating func pass() {
    if case .prepared(let request) = phase { phase = .checked(request) }
  }

  /// Notes that the item may be sent, with the claim that the ledger holds.
  mutating func claim(_ ticket: LedgerTicket?) {
    if let request { phase = .claimed(request, ticket) }
  }

  /// Adds the signing request that was made for the item.
  mutating func add(_ signingRequest: SigningRequest) {
    guard case .claimed(var request, let ticket) = phase else { return }
    request.signingRequest = signingRequest
    phase = .claimed(request, ticket)
  }

  /// Makes the result final. A claim stays until it is settled.
  mutating func end(
    _ status: ItemResult.Status, reason: SkipReason? = nil, error: ReissueError? = nil
  ) {
    phase = .ended(ticket)
    result.status = status
    result.reason = reason
    result.error = error
  }

  /// Takes the claim of an item that has ended, to settle it.
  mutating func takeClaim() -> LedgerTicket? {
    guard case .ended(let ticket) = phase else { return nil }
    phase = .ended(nil)
    return ticket
  }
}

extension [Item] {
  /// The indices of the items that are still to be sent.
  var open: [Int] { indices.filter { self[$0].isOpen } }

  /// The indices of the items for which a condition holds.
  func indices(where isWanted: (Item) -> Bool) -> [Int] { indices.filter { isWanted(self[$0]) } }

  /// An error that concerns the whole run fails the items that are still open.
  mutating func fail(_ error: ReissueError, where isConcerned: (Item) -> Bool = { _ in true }) {
    for index in open where isConcerned(self[index]) { self[index].end(.failed, error: error) }
  }
}
