// What the ledger remembers, as plain values. LedgerRules and LedgerTransitions change them, StoredRecord writes them.

package import Platform

/// What is known of one order of one account: the requests under way, the outcome of the last ones, and the history.
///
/// Requests under way (``claims``) and outcomes of earlier requests (``standing``, ``refusal``) are separate members: a
/// request that was not carried out leaves the earlier outcomes unchanged.
package struct LedgerRecord: Hashable, Sendable {
  /// What a record is filed under: the order, or one certificate number while the order is unknown.
  package enum Key: Hashable, Sendable {
    /// The number of the order, which stays the same when certificates are reissued.
    case order(String)
    /// The number of one certificate.
    case number(String)
  }

  /// The state of a record, as commands show it and filter by it.
  package enum State: String, Hashable, Sendable, CaseIterable {
    /// A request may be on its way.
    case claimed
    /// A request was sent, or may have been, and its outcome is not known.
    case unknown
    /// The service accepted the request; the new certificate is not issued yet.
    case accepted
    /// The new certificate is issued.
    case issued
    /// The service gave the new certificate up.
    case validationFailed = "validation-failed"
    /// The service refused the request.
    case refused
    /// No request is under way, and no outcome is stored.
    case free = "none"
  }

  /// The maximum length of ``attempts``; the oldest are dropped first. They are shown to operators; no rule reads them.
  static let maximumAttempts = 20

  /// The account, as ``LedgerDigest/account(named:)`` names it.
  package var account: String
  /// What the record is filed under.
  package var key: Key
  /// All numbers seen for the order, oldest first.
  ///
  /// No number is ever dropped: an event may name any of them, and a forgotten number would be requested again. The
  /// service's list of the order bounds them.
  package internal(set) var numbers: [String] = []
  /// The common name, for operators; may be empty.
  package var name: String
  /// The requests under way or of unknown outcome: unknown ones first, then the latest first.
  ///
  /// Usually there is at most one. When two records turn out to be about one order, the merged record keeps the claims of
  /// both: each owner settles its own, and the outcome of one says nothing about the other.
  package private(set) var claims: [LedgerClaim] = []
  /// The outcome of the last request that the service accepted.
  package var standing: LedgerOutcomeRecord?
  /// The last refusal; `nil` once a later request was accepted.
  ///
  /// It does not replace ``standing``: a refused repeat does not undo an accepted request.
  package var refusal: LedgerOutcomeRecord?
  /// How many refusals came in a row for the same parameters.
  package var refusals = 0
  /// When the service was last queried for the order.
  package var lastLook: Timestamp?
  /// When the clock was first seen to be behind a time stored here; `nil` while it is not behind.
  package var clockBehindSince: Timestamp?
  /// The history, oldest first.
  package internal(set) var attempts: [LedgerAttempt] = []

  /// A record without claims and outcomes.
  package init(account: String, key: Key, numbers: [String], name: String) {
    self.account = account
    self.key = key
    self.name = name
    add(numbers: numbers)
  }

  /// The first of ``claims``; setting it replaces all of them.
  package var claim: LedgerClaim? {
    get { claims.first }
    set { claims = newValue.map { [$0] } ?? [] }
  }

  /// The state, from claims and outcomes.
  package var state: State {
    if let claim { return claim.doubt == nil ? .claimed : .unknown }
    return outcome?.state ?? .free
  }

  /// The outcome to show: the later one, except that a refusal never hides a request that is accepted and not finished.
  package var outcome: LedgerOutcomeRecord? {
    guard let standing, let refusal else { return standing ?? refusal }
    let isHidden = standing.state == .accepted || refusal.settledAt < standing.settledAt
    return isHidden ? standing : refusal
  }

  /// Since when the record is in its state; an accepted request counts from its timestamp. `nil` without a state.
  package var since: Timestamp? {
    if let claim { return claim.doubt?.since ?? claim.claimedAt }
    return outcome.map { $0.state == .accepted ? $0.signedAt : $0.settledAt }
  }

  /// The time of the last change; a look that changed nothing does not count.
  package var changedAt: Timestamp {
    let outcomes = [standing?.settledAt, refusal?.settledAt, attempts.last?.at]
    let times = outcomes + claims.flatMap { [$0.claimedAt, $0.doubt?.since] }
    return times.compactMap(\.self).max() ?? Timestamp(milliseconds: 0)
  }

  /// Whether the last accepted request had a public key of this digest, and led to a certificate or may do so.
  func isUsed(_ key: String?) -> Bool {
    guard let key, let standing, standing.state != .validationFailed else { return false }
    return standing.key == key
  }

  /// Account and key as one text, unique in a ledger and the same in every process.
  var identity: String { "\(account) \(key.text)" }

  /// Whether a later event could need anything of the record.
  var isWorthKeeping: Bool { state != .free || !attempts.isEmpty }

  /// Adds numbers of the order; known ones are skipped.
  mutating func add(numbers more: [String]) {
    var known = Set(numbers)
    for number in more where known.insert(number).inserted { numbers.append(number) }
  }

  /// Adds a claim, or replaces the claim with the same token.
  mutating func put(_ claim: LedgerClaim) {
    removeClaim(claim.token)
    claims.append(claim)
    claims.sort { $0.weight > $1.weight }
  }

  mutating func removeClaim(_ token: String) { claims.removeAll { $0.token == token } }

  mutating func add(_ attempt: LedgerAttempt) {
    attempts.append(attempt)
    attempts.removeFirst(max(0, attempts.count - Self.maximumAttempts))
  }

  /// One record of two that turned out to be about the same order.
  ///
  /// Whatever blocks a request in either record blocks it in the result. The claims of both are kept. Of two outcomes the
  /// accepted one is kept, then the later one.
  func merged(with other: LedgerRecord) -> LedgerRecord {
    var result = self
    if case .order = other.key { result.key = other.key }
    result.add(numbers: other.numbers)
    if result.name.isEmpty { result.name = other.name }
    for claim in other.claims {
      // Of two copies of one claim keep the one in doubt: nobody may take the other one for a live claim.
      let own = claims.first { $0.token == claim.token }
      if own?.doubt == nil { result.put(claim) }
    }
    result.standing = [standing, other.standing].compactMap(\.self).max { $0.weight < $1.weight }
    result.refusal = [refusal, other.refusal].compactMap(\.self).max {
      $0.settledAt < $1.settledAt
    }
    result.refusals = max(refusals, other.refusals)
    result.lastLook = [lastLook, other.lastLook].compactMap(\.self).min()
    result.clockBehindSince = [clockBehindSince, other.clockBehindSince].compactMap(\.self).min()
    result.attempts = []
    for attempt in (attempts + other.attempts).sorted(by: { $0.at < $1.at }) { result.add(attempt) }
    return result
  }
}

extension LedgerRecord.Key {
  /// The key as text, which ``init(text:)`` reads: `order:1234`, `number:55882`.
  package var text: String {
    switch self {
    case .order(let order): "order:\(order)"
    case .number(let number): "number:\(number)"
    }
  }

  /// Reads what ``text`` writes; `nil` for anything else.
  init?(text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else { return nil }
    switch parts[0] {
    case "order": self = .order(String(parts[1]))
    case "number": self = .number(String(parts[1]))
    default: return nil
    }
  }
}

/// The intent to send a request, durable before the first byte is sent.
package struct LedgerClaim: Hashable, Sendable {
  /// Why the outcome of a request is unknown.
  package struct Doubt: Hashable, Sendable {
    /// Since when the outcome is unknown.
    package var since: Timestamp
    /// A stable code: that of the lost answer, or ``ownerGone``.
    package var code: String

    /// The owner ended, or its lease did, before it settled the claim.
    static let ownerGone = "ledger.owner-gone"
  }

  /// Identifies the claim.
  package var token: String
  /// The process that holds the claim.
  package var owner: ProcessIdentity
  /// When the claim was made.
  package var claimedAt: Timestamp
  /// The owner's promise: no request of this claim is signed later.
  package var signBy: Timestamp
  /// Until when the owner counts as alive where another process cannot check it.
  package var leaseUntil: Timestamp
  /// The timestamp of the last request that was sent; `nil` until the owner records it.
  package var signedAt: Timestamp?
  /// The certificate number of the request.
  package var number: String
  /// The numbers of the order just before the request.
  package var baseline: LedgerBaseline
  /// The digest of the parameters, see ``LedgerDigest/parameters(_:)``.
  package var digest: String
  /// The SHA-256 of the request's public key; `nil` if the key is made after the claim.
  package var key: String?
  /// The event that caused the request, in a few words.
  package var event: String
  /// What the sender called the event; `nil` in records of version 1.0.0.
  package var reference: String?
  /// The folder below the store with key and signing request, if this program made them.
  package var store: String?
  /// Whether the key of the new certificate is to be registered at the service.
  package var registersKey = false
  /// Why the outcome is unknown; `nil` while the owner works on the request.
  package var doubt: Doubt?

  /// The latest timestamp that a request of this claim can have.
  var lastSigned: Timestamp { signedAt ?? signBy }

  /// The order of claims: unknown ones first, then by time; the token makes the order total.
  fileprivate var weight: (Int, Int, String) {
    (doubt == nil ? 0 : 1, lastSigned.milliseconds, token)
  }
}

/// The outcome of a settled request.
package struct LedgerOutcomeRecord: Hashable, Sendable {
  /// The timestamp of the request; the cooldown starts here.
  package var signedAt: Timestamp
  /// When the outcome became known.
  package var settledAt: Timestamp
  /// The certificate number of the request.
  package var number: String
  /// The number of the new certificate; `nil` until it is known.
  package var newNumber: String?
  /// The progress of the new certificate; `nil` for a refused request.
  package var stage: LedgerStage?
  /// The numbers of the order just before the request.
  package var baseline: LedgerBaseline
  /// The digest of the parameters.
  package var digest: String
  /// The SHA-256 of the request's public key; `nil` if it was made for the request.
  package var key: String?
  /// The event that caused the request, in a few words.
  package var event: String
  /// What the sender called the event; `nil` in records of version 1.0.0.
  package var reference: String?
  /// The folder below the store with key and signing request; `nil` for a refused request, whose folder is removed.
  package var store: String?
  /// The stable code of a refusal.
  package var code: String?
  /// The registration of the key of the new certificate; `nil` if it is not wanted, or not any more.
  package var registration: LedgerRegistration?
  /// The token of the claim that this outcome settles; `nil` in records of version 1.0.0.
  package var token: String?

  /// The outcome: ``LedgerRecord/State/refused`` without a stage, else what the stage says.
  package var state: LedgerRecord.State {
    switch stage {
    case .accepted, .waitingForDNS: .accepted
    case .issued: .issued
    case .validationFailed: .validationFailed
    case nil: .refused
    }
  }

  /// The order in which a merge prefers outcomes: accepted ones, then the later one.
  fileprivate var weight: (Int, Int) {
    switch state {
    case .accepted, .issued: (1, signedAt.milliseconds)
    default: (0, settledAt.milliseconds)
    }
  }
}

/// The progress of an accepted reissue.
package enum LedgerStage: String, Hashable, Sendable {
  /// The service accepted the request; nothing more is known.
  case accepted
  /// The service waits for DNS records that prove the domains.
  case waitingForDNS = "waiting-for-dns"
  /// The new certificate is issued.
  case issued
  /// The service gave the new certificate up.
  case validationFailed = "validation-failed"
}

/// How far the registration of a private key at the service is.
package struct LedgerRegistration: Hashable, Sendable {
  /// Whether the service has the key.
  package var isRegistered = false
  /// The stable code of the last failure; `nil` without one.
  package var code: String?
  /// When it failed for the first time; `nil` without a failure.
  package var failingSince: Timestamp?

  /// A registration that is still to be done.
  package init() {}
}

/// The result of an attempt to register a key.
package enum LedgerKeyOutcome: Hashable, Sendable {
  /// The service has the key.
  case registered
  /// It does not; the next run tries again.
  case failed(code: String)
  /// The certificate is not in use any more: nothing is left to do.
  case notNeeded
}

/// One entry of a record's history.
package struct LedgerAttempt: Hashable, Sendable {
  /// The timestamp of the request, or the time of the change.
  package var at: Timestamp
  /// `accepted`, `refused`, `unknown`, `not-sent`, `absent`, `found`, `issued`, `validation-failed`, `key-registered`.
  package var outcome: String
  /// The event that caused the request, in a few words.
  package var event: String
  /// What the sender called the event; `nil` in records of version 1.0.0.
  package var reference: String?
  /// A stable code of the failure.
  package var code: String?
  /// The number of the new certificate.
  package var newNumber: String?
}
