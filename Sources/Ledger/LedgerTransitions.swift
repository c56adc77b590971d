// How outcomes of requests and queries of the service change a record. The functions are pure.

package import Core
import Platform

/// The outcome of a claimed request.
package enum LedgerOutcome: Hashable, Sendable {
  /// The service accepted it.
  case accepted(newNumber: String?, stage: LedgerStage)
  /// The service refused it, and would refuse the same request again.
  case refused(code: String)
  /// It was sent, and no reliable reply came.
  case unknown(code: String)
  /// It was certainly not carried out: the claim is given back.
  case notSent(code: String)
}

extension LedgerRecord {
  /// Settles a claim; does nothing if the record does not have it.
  ///
  /// - Parameters:
  ///   - outcome: The outcome of the request.
  ///   - token: The claim; `nil` for the first one.
  ///   - signedAt: The timestamp of the last request that was sent; `nil` if none was.
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
      refusal = LedgerOutcomeRecord(claim, stage: nil, signedAt: sent, now: now, code: code)
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

  /// Records an outcome whose claim is no longer in the record: a query settled it, or the record was removed.
  ///
  /// A request that was accepted, or may have been, must be in the record whatever happened in the meantime. A request
  /// that was certainly not carried out changes nothing.
  mutating func settleLate(
    _ claim: LedgerClaim, as outcome: LedgerOutcome, signedAt: Timestamp?, now: Timestamp
  ) {
    var late = claim
    late.signedAt = signedAt ?? claim.signedAt
    let sent = late.signedAt ?? late.claimedAt
    switch outcome {
    case .accepted(let newNumber, let stage):
      if let standing, [.accepted, .issued].contains(standing.state),
        standing.signedAt >= claim.claimedAt
      {
        // A query found the request already; the reply may add the new number.
        self.standing?.newNumber = standing.newNumber ?? newNumber
      } else {
        accept(late, newNumber: newNumber, stage: stage, now: now)
      }
      log(late, at: sent, "accepted", code: "late", newNumber: newNumber)
    case .unknown(let code):
      // A query found this very request.
      guard standing?.token != claim.token else { return }
      late.doubt = LedgerClaim.Doubt(since: now, code: code)
      put(late)
      log(late, at: sent, "unknown", code: code)
    case .refused, .notSent: return
    }
  }

  /// Applies what a query of the service showed.
  ///
  /// Only unknown claims are judged: a query cannot show what the owner of a live claim is about to do.
  ///
  /// - Returns: Why an unknown request stays unknown; `nil` if none does.
  @discardableResult
  mutating func take(_ look: LedgerLook, now: Timestamp) -> LedgerHold? {
    guard case .facts(let facts) = look else { return nil }
    if let order = facts.order { key = .order(order) }
    add(numbers: facts.numbers)
    lastLook = facts.seenAt
    let unknown = claims.filter { $0.doubt != nil }.sorted { $0.claimedAt < $1.claimedAt }
    guard unknown.isEmpty else {
      // The latest claim last: its outcome is the one to keep.
      return unknown.compactMap { resolve($0, facts: facts, now: now) }.last
    }
    if standing?.state == .accepted { follow(facts, now: now) }
    return nil
  }

  /// Settles an unknown request as an operator decides; does nothing if there is none.
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

  /// Notes an attempt to register the key of a certificate; does nothing if the record is about a later one.
  mutating func noteKey(_ outcome: LedgerKeyOutcome, of newNumber: String, now: Timestamp) {
    guard var standing, standing.newNumber == newNumber, var registration = standing.registration
    else { return }
    switch outcome {
    case .registered where !registration.isRegistered:
      registration = LedgerRegistration()
      registration.isRegistered = true
      add(
        LedgerAttempt(
          at: now, outcome: "key-registered", event: standing.event, newNumber: newNumber))
    case .failed(let code) where !registration.isRegistered:
      registration.code = code
      registration.failingSince = registration.failingSince ?? now
    case .registered, .failed: break
    case .notNeeded:
      self.standing?.registration = nil
      return
    }
    standing.registration = registration
    self.standing = standing
  }

  /// Turns a claim into an accepted outcome.
  mutating func accept(
    _ claim: LedgerClaim, newNumber: String?, stage: LedgerStage, now: Timestamp
  ) {
    // If the owner recorded no timestamp, take the latest one that is possible: the cooldown must not be too short.
    let signedAt = max(claim.claimedAt, min(claim.lastSigned, now))
    standing = LedgerOutcomeRecord(
      claim, stage: stage, signedAt: signedAt, now: now, newNumber: newNumber)
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

  /// Updates the new number and the stage of an accepted request.
  private mutating func follow(_ facts: ServiceFacts, now: Timestamp) {
    guard var standing else { return }
    if standing.newNumber == nil {
      let news = standing.baseline.compare(facts, since: standing.signedAt)
      standing.newNumber = LedgerFinding.newest(of: news.fresh)?.number
    }
    let certificate = standing.newNumber.flatMap { facts.certificate($0) }
    if let stage = certificate?.condition.stage, stage != standing.stage {
      standing.stage = stage
      if standing.state != .accepted {
        standing.settledAt = now
        add(
          LedgerAttempt(
            at: now, outcome: stage.rawValue, event: standing.event, reference: standing.reference,
            newNumber: standing.newNumber))
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
        at: time, outcome: outcome, event: claim.event, reference: claim.reference, code: code,
        newNumber: newNumber))
  }
}

extension CertificateCondition {
  /// The stage of a reissue whose new certificate has this condition; `nil` if the condition does not show it.
  package var stage: LedgerStage? {
    switch self {
    case .inProgress: .waitingForDNS
    case .issued: .issued
    case .failed: .validationFailed
    case .other: nil
    }
  }
}

extension LedgerOutcomeRecord {
  init(
    _ claim: LedgerClaim, stage: LedgerStage?, signedAt: Timestamp, now: Timestamp,
    newNumber: String? = nil, code: String? = nil
  ) {
    self.init(
      signedAt: signedAt, settledAt: now, number: claim.number, newNumber: newNumber,
      stage: stage, baseline: claim.baseline, digest: claim.digest, key: claim.key,
      event: claim.event, reference: claim.reference, store: stage == nil ? nil : claim.store,
      code: code,
      registration: claim.registersKey && stage != nil ? LedgerRegistration() : nil,
      token: claim.token)
  }
}
