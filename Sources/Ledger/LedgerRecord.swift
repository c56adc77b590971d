// What the ledger remembers, as plain values. How it changes stands in LedgerRules, where it is kept in
// the stores.

package import Platform

/// What is known of one order of one account: what is under way, what came of the last request, and how it
/// came to that.
///
/// A request under way (``claim``) and what came of earlier ones (``standing``, ``refusal``) are kept apart, so
/// that a request that surely was not carried out leaves behind what was true before it.
package struct LedgerRecord: Hashable, Sendable {
  /// What a record is filed under: the order, or a certificate's number as long as its order is not known.
  package enum Key: Hashable, Sendable {
    /// The number of the order, which stays when certificates are reissued.
    case order(String)
    /// The number of one certificate.
    case number(String)
  }

  /// Where a record stands, for people and filters.
  package enum State: String, Hashable, Sendable, CaseIterable {
    /// A request may be on its way.
    case claimed
    /// A request may have been carried out, and nobody knows.
    case unknown
    /// The service took the request.
    case accepted
    /// The new certificate is there.
    case issued
    /// The service gave the new certificate up.
    case validationFailed = "validation-failed"
    /// A definite no.
    case refused
    /// Nothing is under way, and nothing was settled.
    case free = "none"
  }

  /// The most attempts kept in ``attempts``; the oldest are dropped first. They are shown to people and decide
  /// nothing.
  package static let maximumAttempts = 20

  /// The account, as ``LedgerDigest/account(named:)`` names it.
  package var account: String
  /// What the record is filed under.
  package var key: Key
  /// All numbers seen for the order, oldest first.
  ///
  /// None is ever dropped: an event may name any of them, and a forgotten number would be asked for again. The
  /// service's list of the order is the bound.
  package internal(set) var numbers: [String]
  /// What people call it: the common name.
  ///
  /// May be empty.
  package var name: String
  /// The requests that may be under way or unknown, unknown ones first, then the latest first.
  ///
  /// One as a rule. Two records that turn out to be about one order keep the claims of both: each owner settles its
  /// own, and what one of them learns says nothing about the other.
  package private(set) var claims: [LedgerClaim] = []
  /// What came of the last request that the service took.
  package var standing: LedgerOutcomeRecord?
  /// The last definite no, unless a request was taken since.
  ///
  /// It stands beside ``standing``, not in its place: a refused repeat leaves an accepted request what it was.
  package var refusal: LedgerOutcomeRecord?
  /// How many definite refusals came in a row for the same parameters.
  package var refusals = 0
  /// When the service was last looked at for it.
  package var lastLook: Timestamp?
  /// The first moment at which the clock showed less than a time stored here; `nil` while it does not.
  package var clockBehindSince: Timestamp?
  /// What was tried, oldest first.
  package internal(set) var attempts: [LedgerAttempt] = []

  /// A record of which nothing is known yet.
  package init(account: String, key: Key, numbers: [String], name: String) {
    self.account = account
    self.key = key
    self.numbers = []
    self.name = name
    add(numbers: numbers)
  }

  /// The first of ``claims``; setting it replaces all of them.
  package var claim: LedgerClaim? {
    get { claims.first }
    set { claims = newValue.map { [$0] } ?? [] }
  }

  /// Where the record stands.
  package var state: State {
    if let claim { return claim.doubt == nil ? .claimed : .unknown }
    return switch outcome?.state {
    case .accepted: .accepted
    case .issued: .issued
    case .validationFailed: .validationFailed
    case .refused: .refused
    case nil: .free
    }
  }

  /// The outcome that the record is shown by: the later one, except that a refusal does not hide a request
  /// which is accepted and not finished.
  package var outcome: LedgerOutcomeRecord? {
    guard let standing, let refusal else { return standing ?? refusal }
    let isHidden = standing.state == .accepted || refusal.settledAt < standing.settledAt
    return isHidden ? standing : refusal
  }

  /// When something last changed.
  package var changedAt: Timestamp {
    let outcomes = [standing?.settledAt, refusal?.settledAt, attempts.last?.at, lastLook]
    let times = outcomes + claims.flatMap { [$0.claimedAt, $0.doubt?.since] }
    return times.compactMap(\.self).max() ?? Timestamp(milliseconds: 0)
  }

  /// Takes numbers up as further names of the order.
  package mutating func add(numbers more: [String]) {
    var known = Set(numbers)
    for number in more where known.insert(number).inserted { numbers.append(number) }
  }

  /// Adds a claim, or replaces the one with the same token.
  mutating func put(_ claim: LedgerClaim) {
    removeClaim(claim.token)
    claims.append(claim)
    claims.sort { $0.weight > $1.weight }
  }

  /// Removes the claim with that token.
  mutating func removeClaim(_ token: String) { claims.removeAll { $0.token == token } }

  mutating func add(_ attempt: LedgerAttempt) {
    attempts.append(attempt)
    attempts.removeFirst(max(0, attempts.count - Self.maximumAttempts))
  }
}

/// The intent to send a request, made durable before the first byte leaves.
package struct LedgerClaim: Hashable, Sendable {
  /// Why nobody knows what became of a request.
  package struct Doubt: Hashable, Sendable {
    /// Since when.
    package var since: Timestamp
    /// A stable code: that of the lost answer, or ``ownerGone``.
    package var code: String

    /// The owner ended, or its lease did, before it settled.
    package static let ownerGone = "ledger.owner-gone"

    /// A doubt that began at that time, for that reason.
    package init(since: Timestamp, code: String) {
      self.since = since
      self.code = code
    }
  }

  /// Names this claim and no other.
  package var token: String
  /// Who holds it.
  package var owner: ProcessIdentity
  /// When it was made.
  package var claimedAt: Timestamp
  /// The owner's promise: no request of this claim carries a later timestamp.
  package var signBy: Timestamp
  /// Until when the owner counts as alive where it cannot be asked.
  package var leaseUntil: Timestamp
  /// The timestamp of the last request that left, once it is known.
  package var signedAt: Timestamp?
  /// The number the request is for.
  package var number: String
  /// The numbers of the order just before.
  package var baseline: LedgerBaseline
  /// What ``LedgerDigest/parameters(_:)`` makes of the parameters.
  package var digest: String
  /// The event that asked, in a few words.
  package var event: String
  /// The folder below the store that holds key and request, if they are made here.
  package var store: String?
  /// Why it is unknown; `nil` while the owner is at it.
  package var doubt: Doubt?

  /// The latest timestamp that a request of this claim can carry.
  package var lastSigned: Timestamp { signedAt ?? signBy }

  /// The order of claims: unknown ones before those with an owner, then by time; the token only makes it total.
  fileprivate var weight: (Int, Int, String) {
    (doubt == nil ? 0 : 1, lastSigned.milliseconds, token)
  }
}

/// What came of a request that was settled.
package struct LedgerOutcomeRecord: Hashable, Sendable {
  /// What the outcome is.
  package enum State: String, Hashable, Sendable {
    /// The service took the request; its certificate is not there yet.
    case accepted
    /// The new certificate is there.
    case issued
    /// The service took the request, and then gave the new certificate up.
    case validationFailed = "validation-failed"
    /// The service said a definite no.
    case refused
  }

  /// The last outcome that is known.
  package var state: State
  /// The timestamp of the request; the cooldown counts from here.
  package var signedAt: Timestamp
  /// When the outcome became known.
  package var settledAt: Timestamp
  /// The number the request was for.
  package var number: String
  /// The number of the new certificate, once it is known.
  package var newNumber: String?
  /// How far the new certificate has come; `nil` for a refused one.
  package var stage: LedgerStage?
  /// The numbers of the order just before the request.
  package var baseline: LedgerBaseline
  /// The digest of the parameters.
  package var digest: String
  /// The event that asked, in a few words.
  package var event: String
  /// The folder below the store that holds key and request.
  package var store: String?
  /// The stable code of a refusal.
  package var code: String?
  /// The token of the claim that it settles; `nil` in records of version 1.0.0.
  package var token: String?
}

/// How far an accepted reissue has come.
package enum LedgerStage: String, Hashable, Sendable {
  /// The service took the request; nothing more is known.
  case accepted
  /// The service waits for DNS records that prove the domains.
  case waitingForDNS = "waiting-for-dns"
  /// The new certificate is there.
  case issued
  /// The service gave the new certificate up.
  case validationFailed = "validation-failed"
}

/// One line of a record's history.
package struct LedgerAttempt: Hashable, Sendable {
  /// The timestamp of the request, or the moment of the change.
  package var at: Timestamp
  /// `accepted`, `refused`, `unknown`, `not-sent`, `absent`, `found`, `issued`, `validation-failed`.
  package var outcome: String
  /// The event that asked, in a few words.
  package var event: String
  /// A stable code of what went wrong.
  package var code: String?
  /// The number of the new certificate.
  package var newNumber: String?

  /// A line of history about what happened at that time.
  package init(
    at: Timestamp, outcome: String, event: String, code: String? = nil, newNumber: String? = nil
  ) {
    self.at = at
    self.outcome = outcome
    self.event = event
    self.code = code
    self.newNumber = newNumber
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
  package init?(text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else { return nil }
    switch parts[0] {
    case "order": self = .order(String(parts[1]))
    case "number": self = .number(String(parts[1]))
    default: return nil
    }
  }
}
