internal import Core
internal import JSON
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

extension Job {
  /// Takes the ledger's answer.
  mutating func take(_ decision: LedgerDecision) {
    isLookWanted = false
    switch decision {
    case .send(let ticket): self.ticket = ticket
    case .wouldSend: break
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
    // Nothing of an earlier request goes into the result of one that may still be sent.
    case .lookFirst: isLookWanted = true
    case .held(let hold, let record):
      note(record.claim)
      end(.unknown, error: .held(hold))
    case .dailyCap(let limit): end(.failed, error: .dailyCap(limit))
    case .duplicate: end(.skipped, reason: .duplicateItem)
    case .conflict: end(.failed, error: .conflict)
    }
  }

  /// The earlier request that keeps this one back goes into the result, with what came of it.
  private mutating func note(_ standing: LedgerOutcomeRecord?) {
    guard let standing else { return }
    notePrevious(at: standing.signedAt, by: standing.event, is: standing.state.rawValue)
    // What belonged to a refused one is gone.
    guard standing.state != .refused else { return }
    result.stage = standing.stage.flatMap { ItemResult.Stage(rawValue: $0.rawValue) }
    result.newCertificateNumber = standing.newNumber.flatMap { CertificateNumber($0) }
    result.store = standing.store
  }

  /// The request under way that keeps this one back: nothing came of it yet.
  private mutating func note(_ claim: LedgerClaim?) {
    guard let claim else { return }
    let state: LedgerRecord.State = claim.doubt == nil ? .claimed : .unknown
    notePrevious(at: claim.claimedAt, by: claim.event, is: state.rawValue)
  }

  private mutating func notePrevious(at time: Timestamp, by event: String, is state: String) {
    result.previous = [
      "at": .string(time.rfc3339Seconds), "event": .string(event), "state": .string(state),
    ]
  }

  /// What this run's look at the service showed of the item's order.
  func look(at account: Account?) -> LedgerLook {
    guard let account else { return .failed }
    guard let number = request?.certificateNumber, let order = account.order(of: number) else {
      return .facts(ServiceFacts(order: nil, certificates: [], seenAt: account.seenAt))
    }
    return .facts(order.facts(seenAt: account.seenAt))
  }

  /// What is known of the order when the claim is made.
  var lastLook: LedgerLook {
    guard let order, let seenAt = orderSeenAt else { return .notYet }
    return .facts(order.facts(seenAt: seenAt))
  }

  /// Notes which folder the key was made in, so that whoever settles later finds it; comes to its end if the
  /// claim is lost.
  mutating func noteStore(in memory: Memory) {
    guard var ticket, let madeStore else { return }
    do throws(LedgerError) {
      let isHeld = try memory.ledger.amend(&ticket, store: madeStore)
      self.ticket = ticket
      if isHeld { return }
      end(.failed, error: .claimLost)
    } catch {
      end(.failed, error: ReissueError(error))
    }
    // No request goes with the key, so it need not be kept.
    isRefused = true
  }

  private static let unrecorded =
    "the ledger could not note this outcome; the next event looks at the service first"

  /// Makes the outcome durable. If that fails after a good answer, the item keeps its status: the record
  /// still says claimed, and is looked up next time.
  mutating func settle(
    in memory: Memory, as outcome: LedgerOutcome, signedAt: Timestamp?, now: Timestamp, log: Log
  ) {
    guard let ticket else { return }
    self.ticket = nil
    do throws(LedgerError) {
      try memory.ledger.settle(ticket, as: outcome, signedAt: signedAt, now: now)
    } catch {
      isUnrecorded = true
      result.warnings.append(Self.unrecorded)
      log.log(ReissueError(error), subject: "item \(result.index)")
    }
  }
}

extension AccountOrder {
  /// The order in the ledger's terms.
  func facts(seenAt: Timestamp) -> ServiceFacts {
    ServiceFacts(
      order: id,
      certificates: certificates.map {
        .init(
          number: $0.number.digits, condition: $0.ledgerCondition, startsAt: $0.notBefore,
          issuedAt: $0.issuedAt)
      }, hasUnreadable: !unnumbered.isEmpty, seenAt: seenAt)
  }
}

extension AccountCertificate {
  fileprivate var ledgerCondition: ServiceFacts.Certificate.Condition {
    switch condition {
    case .inProgress: .inProgress
    case .normal: .issued
    case .failed: .failed
    case .other: .other
    }
  }
}

extension ReissueError {
  fileprivate static func backingOff(_ record: LedgerRecord) -> ReissueError {
    ReissueError(
      "limit.backing-off",
      "the service refused the same request before (\(record.refusal?.code ?? "refused"))",
      hint: "mend the cause; changed parameters are sent at once, --force sends the same again",
      exit: .refused)
  }

  fileprivate static func dailyCap(_ limit: Int) -> ReissueError {
    ReissueError(
      "limit.daily-cap", "the account has asked for \(limit) reissues today",
      hint: "run again tomorrow (UTC); raise maxPerDay in the configuration if so many are meant",
      exit: .tryAgain)
  }

  /// Another process took this one for dead. Nothing was sent, and it is not sure that anybody else will send.
  static let claimLost = ReissueError(
    "ledger.claim-lost", "another process took the claim of this request over before it was sent",
    hint: "run again with the same event; compare the clocks of the hosts that share the ledger",
    exit: .tryAgain)

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

  private static let byHand =
    "look into the console, then say so: ncloud-reissue ledger settle NUMBER"
}
