// How a record moves: by a claim, by what came of it, and by a look at the service. Pure.

import Platform

/// What came of a claimed request.
package enum LedgerOutcome: Hashable, Sendable {
  /// The service took it.
  case accepted(newNumber: String?, stage: LedgerStage)
  /// A definite no.
  case refused(code: String)
  /// It was sent, and no trustworthy answer came.
  case unknown(code: String)
  /// It surely was not carried out: the claim is given back.
  case notSent(code: String)
}

extension LedgerRecord {
  /// Settles a claim; does nothing where it is not there.
  ///
  /// - Parameters:
  ///   - token: Which claim; the first one without it.
  ///   - signedAt: The timestamp of the last request that left; `nil` if none did.
  ///   - outcome: What became of the request.
  ///   - now: The time of this process.
  mutating func settle(
    _ outcome: LedgerOutcome, of token: String? = nil, signedAt: Timestamp?, now: Timestamp
  ) {
    guard var claim = claims.first(where: { token == nil || $0.token == token }) else { return }
    claim.signedAt = signedAt ?? claim.signedAt
    let sent = claim.signedAt ?? claim.claimedAt
    switch outcome {
    case .accepted(let newNumber, let stage):
      accept(claim, newNumber: newNumber, stage: stage, now: now)
      log(claim, at: sent, "accepted", newNumber: newNumber)
    case .refused(let code):
      refusals = refusal?.digest == claim.digest ? refusals + 1 : 1
      refusal = LedgerOutcomeRecord(
        claim, state: .refused, stage: nil, signedAt: sent, now: now, code: code)
      // A failed validation does not block later requests.
      if standing?.state == .validationFailed { standing = nil }
      removeClaim(claim.token)
      log(claim, at: sent, "refused", code: code)
    case .unknown(let code):
      claim.doubt = LedgerClaim.Doubt(since: now, code: code)
      put(claim)
      log(claim, at: sent, "unknown", code: code)
    case .notSent(let code):
      removeClaim(claim.token)
      log(claim, at: sent, "not-sent", code: code)
    }
  }

  /// Takes in an outcome whose claim is no longer in the record: a look settled it, or somebody forgot it.
  ///
  /// A request that was accepted, or may have been, must stand in the record whatever became of it meanwhile. What
  /// surely was not carried out changes nothing.
  mutating func settleLate(
    _ claim: LedgerClaim, as outcome: LedgerOutcome, signedAt: Timestamp?, now: Timestamp
  ) {
    switch outcome {
    case .accepted(let newNumber, let stage):
      acceptLate(claim, newNumber: newNumber, stage: stage, signedAt: signedAt, now: now)
    case .unknown(let code):
      // A look has found this very request.
      guard standing?.token != claim.token else { return }
      var late = claim
      late.signedAt = signedAt ?? claim.signedAt
      late.doubt = LedgerClaim.Doubt(since: now, code: code)
      put(late)
      log(late, at: late.signedAt ?? late.claimedAt, "unknown", code: code)
    case .refused, .notSent: return
    }
  }

  private mutating func acceptLate(
    _ claim: LedgerClaim, newNumber: String?, stage: LedgerStage, signedAt: Timestamp?,
    now: Timestamp
  ) {
    var late = claim
    late.signedAt = signedAt ?? claim.signedAt
    if var standing, standing.state == .accepted || standing.state == .issued,
      standing.signedAt >= claim.claimedAt
    {
      // A look has found it already; the answer may know more.
      standing.newNumber = standing.newNumber ?? newNumber
      self.standing = standing
    } else {
      accept(late, newNumber: newNumber, stage: stage, now: now)
    }
    log(late, at: late.signedAt ?? late.claimedAt, "accepted", code: "late", newNumber: newNumber)
  }

  /// Takes a look at the service in.
  ///
  /// A claim is judged only if it is unknown: what its owner is about to do, a look cannot tell.
  ///
  /// - Returns: Why an unknown request stays unknown; `nil` if it does not, or none is.
  @discardableResult
  mutating func take(_ look: LedgerLook, now: Timestamp) -> LedgerHold? {
    guard case .facts(let facts) = look else { return nil }
    if let order = facts.order { key = .order(order) }
    add(numbers: facts.numbers)
    lastLook = facts.seenAt
    let unknown = claims.filter { $0.doubt != nil }.sorted { $0.claimedAt < $1.claimedAt }
    guard unknown.isEmpty else {
      // The latest last: its outcome is the one that counts.
      return unknown.compactMap { resolve($0, facts: facts, now: now) }.last
    }
    if standing?.state == .accepted { follow(facts, now: now) }
    return nil
  }

  /// Settles an unknown request by hand, or does nothing if there is none.
  ///
  /// - Parameters:
  ///   - isCarriedOut: Whether the service did it.
  ///   - newNumber: The number that the service gave, if it is known.
  ///   - now: The time of this process.
  mutating func settleByHand(isCarriedOut: Bool, newNumber: String?, now: Timestamp) {
    let unknown = claims.filter { $0.doubt != nil }
    guard let latest = unknown.first else { return }
    for claim in unknown { removeClaim(claim.token) }
    if isCarriedOut {
      accept(latest, newNumber: newNumber, stage: .accepted, now: now)
      log(latest, at: now, "found", code: "by-hand", newNumber: newNumber)
    } else {
      log(latest, at: now, "absent", code: "by-hand")
    }
  }

  /// Makes an accepted outcome of the claim.
  mutating func accept(
    _ claim: LedgerClaim, newNumber: String?, stage: LedgerStage, now: Timestamp
  ) {
    // Where the owner did not tell, the latest moment that is possible: never a shorter cooldown.
    let signedAt = max(claim.claimedAt, min(claim.lastSigned, now))
    standing = LedgerOutcomeRecord(
      claim, state: stage.state, stage: stage, signedAt: signedAt, now: now, newNumber: newNumber)
    refusal = nil
    refusals = 0
    removeClaim(claim.token)
    if let newNumber { add(numbers: [newNumber]) }
  }

  private mutating func resolve(
    _ claim: LedgerClaim, facts: ServiceFacts, now: Timestamp
  ) -> LedgerHold? {
    let lastSigned = believable(claim.lastSigned, now: now)
    let finding = LedgerFinding.of(
      claim, facts: facts, lastSigned: lastSigned, now: min(now, facts.seenAt))
    switch finding {
    case .undecided(let hold): return hold
    case .absent:
      removeClaim(claim.token)
      log(claim, at: now, "absent")
    case .found(let certificate):
      accept(
        claim, newNumber: certificate.number, stage: certificate.condition.stage ?? .accepted,
        now: now)
      log(claim, at: now, "found", newNumber: certificate.number)
    }
    return nil
  }

  /// Moves an accepted request on.
  private mutating func follow(_ facts: ServiceFacts, now: Timestamp) {
    guard var standing else { return }
    if standing.newNumber == nil {
      let news = standing.baseline.compare(facts, since: standing.signedAt)
      standing.newNumber = LedgerFinding.newest(of: news.fresh)?.number
    }
    let certificate = standing.newNumber.flatMap { facts.certificate($0) }
    if let stage = certificate?.condition.stage, stage != standing.stage {
      standing.stage = stage
      standing.state = stage.state
      if standing.state != .accepted {
        standing.settledAt = now
        add(
          LedgerAttempt(
            at: now, outcome: stage.rawValue, event: standing.event, newNumber: standing.newNumber))
      }
    }
    self.standing = standing
  }

  private mutating func log(
    _ claim: LedgerClaim, at time: Timestamp, _ outcome: String, code: String? = nil,
    newNumber: String? = nil
  ) {
    add(
      LedgerAttempt(
        at: time, outcome: outcome, event: claim.event, code: code, newNumber: newNumber))
  }
}

extension ServiceFacts.Certificate.Condition {
  /// The stage of a reissue whose certificate stands so; `nil` if that says nothing.
  var stage: LedgerStage? {
    switch self {
    case .inProgress: .waitingForDNS
    case .issued: .issued
    case .failed: .validationFailed
    case .other: nil
    }
  }
}

extension LedgerStage {
  /// The outcome of a request that has come so far.
  var state: LedgerOutcomeRecord.State {
    switch self {
    case .accepted, .waitingForDNS: .accepted
    case .issued: .issued
    case .validationFailed: .validationFailed
    }
  }
}

extension LedgerOutcomeRecord {
  init(
    _ claim: LedgerClaim, state: State, stage: LedgerStage?, signedAt: Timestamp, now: Timestamp,
    newNumber: String? = nil, code: String? = nil
  ) {
    self.init(
      state: state, signedAt: signedAt, settledAt: now, number: claim.number, newNumber: newNumber,
      stage: stage, baseline: claim.baseline, digest: claim.digest, event: claim.event,
      store: claim.store, code: code, token: claim.token)
  }
}
