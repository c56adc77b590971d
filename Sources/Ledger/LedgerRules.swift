// The rules that decide an event for a record. They are pure: time, parameters and what the service showed are arguments.

import Core
import Platform

/// What template, caller and configuration allow for one item.
package struct LedgerPolicy: Hashable, Sendable {
  /// How long an accepted request prevents another one, in milliseconds.
  package var cooldown: Int
  /// Whether to send in spite of an accepted, issued or refused request.
  package var force: Bool
  /// The maximum number of requests of an account on one day of UTC.
  package var maximumPerDay: Int

  /// A policy; 50 requests a day is the default of the configuration.
  package init(cooldown: Int, force: Bool = false, maximumPerDay: Int = 50) {
    self.cooldown = cooldown
    self.force = force
    self.maximumPerDay = maximumPerDay
  }
}

/// What this run knows from the service about the item.
package enum LedgerLook: Hashable, Sendable {
  /// The service was not queried yet; ``LedgerDecision/lookFirst`` may require it.
  case notYet
  /// The query failed.
  case failed
  /// What the query showed.
  case facts(ServiceFacts)
}

/// The decision on an event for a record.
enum LedgerRuling: Hashable {
  case send
  case inProgress
  case cooldown(until: Timestamp)
  case backingOff(until: Timestamp)
  /// A request may have been carried out, or the last query about an accepted one is more than an hour old.
  case lookFirst
  case held(LedgerHold)
  case dailyCap
}

/// The rules: each row of the table of states is one branch of ``rule(_:digest:policy:look:life:sentToday:now:)``.
///
/// **Owners.** A claim whose owner runs holds, whatever a clock says. A claim whose owner has ended is in doubt. Where
/// this process cannot check the owner, the lease decides.
///
/// **Clocks.** The gateway refuses a request whose timestamp is off by more than five minutes, so a fast clock unlocks
/// nothing: what it sends early is refused, and not carried out. If the clock shows less than a stored time, either the
/// clock is slow or the stored time is wrong. The stored time counts as long as it gives the earlier end; but a lock never
/// lasts longer than its own length from the moment at which this was first seen (``LedgerRecord/clockBehindSince``), so
/// a wrong time in the ledger locks nothing for ever.
enum LedgerRules {
  /// The difference, in milliseconds, from which on a clock counts as wrong: the gateway tolerates five minutes.
  static let clockTolerance = 300_000
  /// The first event later than this, in milliseconds, queries the service again about an accepted request: one hour.
  static let lookInterval = 3_600_000
  /// The wait after the first refusal, in milliseconds; doubled with each further one up to ``longestBackoff``.
  static let firstBackoff = 3_600_000
  static let longestBackoff = 86_400_000

  /// Decides an event.
  ///
  /// - Parameters:
  ///   - record: The record; updated from the clock, the owners of its claims and `look`.
  ///   - digest: The digest of the event's parameters.
  ///   - policy: What template, caller and configuration allow.
  ///   - look: What this run knows from the service.
  ///   - life: Whether the owner of a claim runs.
  ///   - sentToday: The number of requests that the account claimed today.
  ///   - now: The time of this process.
  static func rule(
    _ record: inout LedgerRecord?, digest: String, policy: LedgerPolicy, look: LedgerLook,
    life: (LedgerClaim) -> ProcessIdentity.Life, sentToday: Int, now: Timestamp
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

  /// The ruling of a settled record; `nil` if it does not block a new request.
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

  /// The wait after a number of refusals in a row, in milliseconds.
  static func backoff(refusals: Int) -> Int {
    let doublings = min(max(refusals, 1), 6) - 1
    return min(firstBackoff << doublings, longestBackoff)
  }
}

extension LedgerRecord {
  /// Updates ``clockBehindSince``.
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

  /// The end of a wait, in milliseconds, that began at a stored time.
  func end(of wait: Int, from start: Timestamp, now: Timestamp) -> Timestamp {
    believable(start, now: now).adding(milliseconds: wait)
  }

  /// The stored time; or, if the clock is behind it, the moment since which this is known.
  func believable(_ time: Timestamp, now: Timestamp) -> Timestamp {
    isAhead(time, of: now) ? clockBehindSince ?? now : time
  }

  private func isAhead(_ time: Timestamp, of now: Timestamp) -> Bool {
    time > now.adding(milliseconds: LedgerRules.clockTolerance)
  }

  /// Whether no process works on a claim any more; its request may have been sent.
  func isAbandoned(_ claim: LedgerClaim, life: ProcessIdentity.Life, now: Timestamp) -> Bool {
    guard claim.doubt == nil else { return true }
    return switch life {
    case .alive: false
    case .dead: true
    case .unknown: isLeaseOver(claim, now: now)
    }
  }

  /// Whether the lease of a claim has ended.
  func isLeaseOver(_ claim: LedgerClaim, now: Timestamp) -> Bool {
    let length = claim.leaseUntil.milliseconds(since: claim.claimedAt)
    return now >= end(of: length, from: claim.claimedAt, now: now)
  }

  /// Marks the claims that no process works on any more as unknown.
  mutating func doubtAbandoned(life: (LedgerClaim) -> ProcessIdentity.Life, now: Timestamp) {
    for var claim in claims where claim.doubt == nil {
      guard isAbandoned(claim, life: life(claim), now: now) else { continue }
      claim.doubt = LedgerClaim.Doubt(since: now, code: LedgerClaim.Doubt.ownerGone)
      put(claim)
    }
  }

  /// Whether the last query of the service is more than an hour old, or its time is ahead of this clock.
  func isLookDue(_ now: Timestamp) -> Bool {
    guard let last = lastLook ?? standing?.settledAt else { return true }
    return now.milliseconds(since: last) > LedgerRules.lookInterval || isAhead(last, of: now)
  }
}
