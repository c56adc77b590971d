// The rules by which an event for a record is answered. Pure: time, parameters and what the service showed
// are arguments.

internal import Core
internal import Platform

/// What may happen to one item, in the terms of its template and caller.
package struct LedgerPolicy: Hashable, Sendable {
  /// How long an accepted request keeps others back, in milliseconds.
  package var cooldown: Int
  /// Whether to send in spite of an accepted, issued or refused one.
  package var force: Bool
  /// How many requests an account may send on one day of UTC.
  package var maximumPerDay: Int

  /// The rules of one template under the limit of the configuration.
  package init(cooldown: Int, force: Bool = false, maximumPerDay: Int = 50) {
    self.cooldown = cooldown
    self.force = force
    self.maximumPerDay = maximumPerDay
  }
}

/// Whether the service was looked at for the item in this run.
package enum LedgerLook: Hashable, Sendable {
  /// Not yet: ``LedgerRuling/lookFirst`` may ask for it.
  case notYet
  /// It was tried in vain.
  case failed
  /// This is what it showed.
  case facts(ServiceFacts)
}

/// Whether the owner of a claim is still there.
package enum LedgerLife: Hashable, Sendable {
  /// It is: its claim holds whatever a clock says, and nobody else may send.
  case alive
  /// It surely ended: what it left open is unknown now.
  case gone
  /// It cannot be asked from here: its lease decides.
  case unknowable
}

/// The answer to an event for a record.
enum LedgerRuling: Hashable, Sendable {
  case send
  case inProgress
  case cooldown(until: Timestamp)
  case backingOff(until: Timestamp)
  /// A request may have been carried out, or an accepted one was last looked at more than an hour ago.
  case lookFirst
  case held(LedgerHold)
  case dailyCap
}

/// The rules.
///
/// Every row of the table of states is one branch of ``rule(_:digest:policy:look:life:sentToday:now:)``.
///
/// **Clocks.** The gateway refuses a request whose timestamp is more than five minutes off, so a clock that
/// runs ahead unlocks nothing: what it sends early is refused, and surely not carried out. A clock that shows
/// less than a stored time is behind, or the stored time was wrong. The stored time counts as long as it is
/// the earlier end; but a lock never lasts longer than it would have from the moment this was first seen
/// (``LedgerRecord/clockBehindSince``), so that a wrong time in the ledger locks nobody out for ever.
enum LedgerRules {
  /// How far two clocks may differ before one counts as wrong: what the gateway grants, five minutes.
  static let clockTolerance = 300_000
  /// An accepted request is looked at again by the first event after an hour.
  static let lookInterval = 3_600_000
  /// The first wait after a refusal, doubled with each further one up to ``longestBackoff``.
  static let firstBackoff = 3_600_000
  static let longestBackoff = 86_400_000

  /// Answers an event.
  ///
  /// - Parameters:
  ///   - record: What is known; brought up to date with the look and the clock.
  ///   - sentToday: How many requests of the account were claimed on this day.
  ///   - digest: What the parameters come to, as ``LedgerDigest/parameters(_:)`` says.
  ///   - policy: The rules of the template and of the run.
  ///   - look: What this run saw of the service.
  ///   - life: Whether the owner of each claim still runs.
  ///   - now: The time of this process.
  static func rule(
    _ record: inout LedgerRecord?, digest: String, policy: LedgerPolicy, look: LedgerLook,
    life: (LedgerClaim) -> LedgerLife, sentToday: Int, now: Timestamp
  ) -> LedgerRuling {
    let free: LedgerRuling = sentToday < policy.maximumPerDay ? .send : .dailyCap
    guard var current = record else { return free }
    defer { record = current }
    current.noteClock(now)
    current.doubtAbandoned(life: life, now: now)
    if let claim = current.claim, claim.doubt == nil { return .inProgress }
    let hold = current.take(look, now: now)
    if let claim = current.claim {
      guard claim.doubt != nil else { return .inProgress }
      return look == .notYet ? .lookFirst : .held(hold ?? .notLooked)
    }
    return settled(current, digest: digest, policy: policy, look: look, now: now) ?? free
  }

  /// The answer that a settled outcome gives; `nil` if it keeps nobody back.
  private static func settled(
    _ record: LedgerRecord, digest: String, policy: LedgerPolicy, look: LedgerLook, now: Timestamp
  ) -> LedgerRuling? {
    guard !policy.force else { return nil }
    if let standing = record.standing, standing.state != .validationFailed {
      let until = record.end(of: policy.cooldown, from: standing.signedAt, now: now)
      if now < until {
        let isLookDue = standing.state == .accepted && look == .notYet && record.isLookDue(now)
        return isLookDue ? .lookFirst : .cooldown(until: until)
      }
    }
    guard let refusal = record.refusal, refusal.digest == digest else { return nil }
    let wait = backoff(refusals: record.refusals)
    let until = record.end(of: wait, from: refusal.settledAt, now: now)
    return now < until ? .backingOff(until: until) : nil
  }

  /// How long to wait after so many refusals in a row, in milliseconds.
  static func backoff(refusals: Int) -> Int {
    let doublings = min(max(refusals, 1), 6) - 1
    return min(firstBackoff << doublings, longestBackoff)
  }
}

extension LedgerRecord {
  /// Notes whether the clock is behind the record, or no longer.
  mutating func noteClock(_ now: Timestamp) {
    let outcomes = [standing?.signedAt, standing?.settledAt, refusal?.settledAt]
    let times = outcomes + claims.flatMap { [$0.claimedAt, $0.signedAt] }
    let latest = times.compactMap(\.self).max() ?? now
    guard isAhead(latest, of: now) else {
      clockBehindSince = nil
      return
    }
    clockBehindSince = min(clockBehindSince ?? now, now)
  }

  /// When a wait ends that began at a stored time.
  func end(of wait: Int, from start: Timestamp, now: Timestamp) -> Timestamp {
    believable(start, now: now).adding(milliseconds: wait)
  }

  /// A stored time, or the moment since which the clock is known to be behind it.
  func believable(_ time: Timestamp, now: Timestamp) -> Timestamp {
    isAhead(time, of: now) ? clockBehindSince ?? now : time
  }

  private func isAhead(_ time: Timestamp, of now: Timestamp) -> Bool {
    time > now.adding(milliseconds: LedgerRules.clockTolerance)
  }

  /// Whether nobody is at a claim any more, so that its request may have left.
  ///
  /// An owner that is seen to run holds its claim: a clock that is wrong here must not take it away. Only where the
  /// owner cannot be asked does the lease decide.
  func isAbandoned(_ claim: LedgerClaim, life: LedgerLife, now: Timestamp) -> Bool {
    guard claim.doubt == nil else { return true }
    return switch life {
    case .alive: false
    case .gone: true
    case .unknowable: isLeaseOver(claim, now: now)
    }
  }

  /// Whether the time is over for which the owner counts as alive where it cannot be asked.
  func isLeaseOver(_ claim: LedgerClaim, now: Timestamp) -> Bool {
    let length = claim.leaseUntil.milliseconds(since: claim.claimedAt)
    return now >= end(of: length, from: claim.claimedAt, now: now)
  }

  /// Marks every claim as unknown that nobody is at any more.
  mutating func doubtAbandoned(life: (LedgerClaim) -> LedgerLife, now: Timestamp) {
    for var claim in claims where claim.doubt == nil {
      guard isAbandoned(claim, life: life(claim), now: now) else { continue }
      claim.doubt = LedgerClaim.Doubt(since: now, code: LedgerClaim.Doubt.ownerGone)
      put(claim)
    }
  }

  /// Whether the last look is more than an hour ago, or lies in a future that this clock does not know.
  func isLookDue(_ now: Timestamp) -> Bool {
    guard let last = lastLook ?? standing?.settledAt else { return true }
    return now.milliseconds(since: last) > LedgerRules.lookInterval || isAhead(last, of: now)
  }
}
