// What the ledger knows ends an item before anything is spent on it: an earlier request, another process, a limit.

internal import Core
internal import JSON
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

extension Run {
  /// Ends the open items that the ledger alone can answer, and marks those that need a look at the service first.
  ///
  /// - Parameter event: What the ledger calls the event: the name of the template.
  /// - Throws: ``ReissueError``, exit 74, if the ledger cannot be read.
  mutating func judge(_ event: String) throws(ReissueError) {
    self.event = event
    try decide(for: items.open, isClaiming: false) { _ in .notYet }
  }

  /// Ends the items that needed a look with what the look showed; `nil` if it failed.
  mutating func judge(seeing account: Account?) throws(ReissueError) {
    if let account {
      // The ledger could not be asked about items without a number; now they get the one of their order.
      for index in items.open where items[index].result.certificateNumber == nil {
        items[index].findNumber(in: account)
      }
    }
    try decide(for: items.open.filter { items[$0].isLookWanted }, isClaiming: false) {
      $0.facts(in: account)
    }
  }

  /// Asks the ledger about some open items, and carries out what it decides. If `isClaiming`, the ledger makes the
  /// intent of the items durable that may be sent. `look` is what the service showed of an item.
  mutating func decide(
    for indices: [Int], isClaiming: Bool, _ look: (Item) -> LedgerLook
  ) throws(ReissueError) {
    guard let ledger else { return }
    let now = context.now()
    var asked: [Int] = []
    var intents: [LedgerIntent] = []
    for index in indices {
      guard
        let intent = ledger.intent(
          of: items[index], event: event, look: look(items[index]), now: now)
      else { continue }
      asked.append(index)
      intents.append(intent)
    }
    guard !intents.isEmpty else { return }
    let terms = ledger.terms(at: now)
    let decisions = try mapError(ReissueError.init) { () throws(LedgerError) in
      isClaiming
        ? try ledger.ledger.claim(intents, terms: terms)
        : try ledger.ledger.judge(intents, terms: terms)
    }
    for (index, decision) in zip(asked, decisions) { items[index].apply(decision) }
  }
}

extension Item {
  /// Carries out the ledger's decision. Nothing of an earlier request goes into the result of an item that may
  /// still be sent.
  fileprivate mutating func apply(_ decision: LedgerDecision) {
    isLookWanted = false
    switch decision {
    case .send(let ticket):
      claim(ticket)
      warn(isKeyUsed: ticket.isKeyUsed)
    case .wouldSend(let isKeyUsed): warn(isKeyUsed: isKeyUsed)
    case .lookFirst: isLookWanted = true
    case .inProgress(let record):
      note(record.claim)
      end(.skipped, reason: .inProgress)
    case .cooldown(let until, let record):
      note(record.standing)
      result.until = until
      end(.skipped, reason: .cooldown)
    case .backingOff(let until, let record):
      note(record.refusal)
      result.until = until
      end(.failed, error: .backingOff(record))
    case .held(let hold, let record):
      note(record.claim)
      end(.unknown, error: .held(hold))
    case .dailyCap(let limit): end(.failed, error: .dailyCap(limit))
    case .duplicate: end(.skipped, reason: .duplicateItem)
    case .conflict: end(.failed, error: .conflict)
    }
  }

  /// The authority asks for a new key pair at every renewal (NAVER Cloud Trust Services, CPS 4.6.1).
  private mutating func warn(isKeyUsed: Bool) {
    guard isKeyUsed else { return }
    result.warnings.append(
      "the signing request has the key of the last reissue, and the authority asks for a new one: "
        + "make another, or let the template make it with generate")
  }

  /// Adds the earlier request that blocks this one, and its outcome, to the result.
  private mutating func note(_ outcome: LedgerOutcomeRecord?) {
    guard let outcome else { return }
    notePrevious(outcome.signedAt, outcome.event, outcome.reference, outcome.state)
    // What belonged to a refused request was removed.
    guard outcome.state != .refused else { return }
    result.stage = outcome.stage
    result.newCertificateNumber = outcome.newNumber.flatMap { CertificateNumber($0) }
    result.store = outcome.store
  }

  /// Adds the request under way that blocks this one to the result; it has no outcome yet.
  private mutating func note(_ claim: LedgerClaim?) {
    guard let claim else { return }
    notePrevious(
      claim.claimedAt, claim.event, claim.reference, claim.doubt == nil ? .claimed : .unknown)
  }

  private mutating func notePrevious(
    _ time: Timestamp, _ event: String, _ reference: String?, _ state: LedgerRecord.State
  ) {
    result.previous = .object(
      .present([
        ("at", .string(time.rfc3339Seconds)), ("event", .string(event)),
        ("reference", reference.map(JSONValue.string)), ("state", .string(state.rawValue)),
      ]))
  }

  /// What a look at the service showed of the item's order, in the ledger's terms.
  fileprivate func facts(in account: Account?) -> LedgerLook {
    guard let account else { return .failed }
    guard let number = result.certificateNumber, let order = account.order(of: number) else {
      return .facts(ServiceFacts(order: nil, certificates: [], seenAt: account.seenAt))
    }
    return .facts(order.facts(seenAt: account.seenAt))
  }

  /// Takes the number of the one order that its names lead to, so that the ledger can be asked about it.
  fileprivate mutating func findNumber(in account: Account) {
    guard let parameters = request?.parameters else { return }
    let orders = account.orders(
      certificateName: parameters.certificateName.text, commonName: parameters.commonName)
    guard let order = orders.first, orders.count == 1,
      let certificate = order.representative ?? order.inProgress
    else { return }
    result.certificateNumber = certificate.number
    isLookWanted = true
  }
}

extension ReissueError {
  fileprivate static func backingOff(_ record: LedgerRecord) -> ReissueError {
    ReissueError(
      "limit.backing-off",
      "the service refused the same request before (\(record.refusal?.code ?? "refused"))",
      hint: "repair the cause; changed parameters are sent at once, --force sends the same again",
      exit: .refused)
  }

  fileprivate static func dailyCap(_ limit: Int) -> ReissueError {
    ReissueError(
      "limit.daily-cap", "the account has asked for \(limit) reissues today",
      hint:
        "run again tomorrow (UTC); raise maxPerDay in the configuration if that number is intended",
      exit: .tryAgain)
  }

  static func held(_ hold: LedgerHold) -> ReissueError {
    let (reason, hint): (String, String) =
      switch hold {
      case .tooEarly(let until):
        (
          "it may still be on its way until \(until.rfc3339Seconds)",
          "run again after that; the service is looked at first"
        )
      case .notVisible: ("the service does not show the certificate", Self.byHand)
      case .inProgressAtService:
        ("something of the order is in progress, and was so before", Self.byHand)
      case .unreadable:
        ("the service lists something of the order without a number", Self.byHand)
      case .undated: ("a certificate of the order may be new or old", Self.byHand)
      case .notLooked: ("the service could not be looked at", "run again; it is looked at first")
      }
    return ReissueError(
      "ledger.unknown", "an earlier request may have been carried out: \(reason)", hint: hint,
      exit: .unknown)
  }

  /// The hint for an outcome that only an operator can find out.
  static let byHand =
    "look into the console, then record what you found: ncloud-reissue ledger settle NUMBER "
    + "--carried-out, or --not-carried-out"
}
