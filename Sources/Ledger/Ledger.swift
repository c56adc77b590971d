// The ledger as the rest of the program uses it. Each operation is written once, on top of the one transaction that every
// store implements.

import Core
package import Platform

/// The memory of requests, by which each certificate is requested once.
///
/// A run first calls ``judge(_:terms:)``, which needs the ledger alone, queries the service where a decision requires it,
/// and passes the remaining items to ``claim(_:terms:)``. When that returns, the intents are durable, and the requests
/// may be sent. ``settle(_:as:signedAt:now:)`` makes each outcome durable.
package protocol Ledger: AnyObject {
  /// Warnings about the place of the ledger, one line each.
  var warnings: [String] { get }

  /// The number of keys that one transaction may touch.
  var largestBatch: Int { get }

  /// Reads records, lets `body` change them, and makes all changes durable, or none.
  ///
  /// - Parameters:
  ///   - lookups: Which records the transaction reads.
  ///   - day: The day whose request counts it reads, for the accounts of the look-ups; in days of UTC since 1970.
  ///   - observer: The process that checks whether owners of claims run.
  ///   - isSettling: Whether it records what became of a request: then the end of the run does not end the wait for the
  ///     lock of another process.
  ///   - body: May run several times; only the last run takes effect.
  /// - Throws: ``LedgerError``: nothing was changed, or, if the reply of etcd was lost, it is open whether it was.
  func transact<Result>(
    _ lookups: [LedgerLookup], day: Int?, observer: ProcessIdentity, isSettling: Bool,
    _ body: (inout LedgerTransaction) -> Result
  ) throws(LedgerError) -> Result

  /// Reads the records of all accounts in these states, all as of one moment, in any order.
  func forEachRecord(
    in states: Set<LedgerRecord.State>, _ body: (LedgerRecord) -> Void
  ) throws(LedgerError)

  /// Deletes all records whose last change is earlier, except those claimed, unknown or accepted.
  ///
  /// - Returns: The number of deleted records.
  func prune(before: Timestamp) throws(LedgerError) -> Int
}

/// What applies to all items of a batch.
package struct LedgerTerms: Hashable, Sendable {
  /// The time at which the items are judged.
  package var now: Timestamp
  /// The process that will send them.
  package var owner: ProcessIdentity
  /// The owner's promise: no request of these claims is signed later. Usually the deadline of the run.
  package var signBy: Timestamp

  /// The terms of one run.
  package init(now: Timestamp, owner: ProcessIdentity, signBy: Timestamp) {
    self.now = now
    self.owner = owner
    self.signBy = signBy
  }

  /// The end of a lease: one minute after the last moment at which a request could still be carried out.
  var leaseUntil: Timestamp {
    max(now, signBy).adding(milliseconds: LedgerFinding.absenceWindow + 60_000)
  }
}

/// One item to send.
package struct LedgerIntent: Hashable, Sendable {
  /// The account, the order if it is known, the number that the event named, and the number of the request.
  package var known: LedgerLookup
  /// The certificate number of the request.
  package var number: String
  /// The common name, for operators.
  package var name: String
  /// ``LedgerDigest/parameters(_:)``, without a signing request that this program makes.
  package var digest: String
  /// The SHA-256 of the request's public key; `nil` if the key is not made yet.
  package var key: String?
  /// The event, in a few words.
  package var event: String
  /// What the sender calls the event, if it does. It does not identify a request.
  package var reference: String?
  /// What template and caller allow.
  package var policy: LedgerPolicy
  /// What this run knows from the service.
  package var look: LedgerLook
  /// Whether the key of the new certificate is to be registered.
  package var registersKey: Bool

  /// An intent; by default the service has not been queried.
  package init(
    known: LedgerLookup, number: String, name: String, digest: String, key: String? = nil,
    event: String, reference: String? = nil, policy: LedgerPolicy, look: LedgerLook = .notYet,
    registersKey: Bool = false
  ) {
    self.known = known
    self.number = number
    self.name = name
    self.digest = digest
    self.key = key
    self.event = event
    self.reference = reference
    self.policy = policy
    self.look = look
    self.registersKey = registersKey
  }

  /// Everything that may lead to the record.
  var lookup: LedgerLookup {
    guard case .facts(let facts) = look else { return known }
    return known.widened(by: facts)
  }
}

/// The decision on one item of a batch.
package enum LedgerDecision: Hashable, Sendable {
  /// The intent is durable: send the request, then settle the claim.
  case send(LedgerTicket)
  /// From ``Ledger/judge(_:terms:)`` only: nothing prevents the request. It may have the key of the last accepted one.
  case wouldSend(isKeyUsed: Bool)
  /// Skip: another process is sending.
  case inProgress(LedgerRecord)
  /// Skip: a request was accepted; the next one is possible after `until`.
  case cooldown(until: Timestamp, LedgerRecord)
  /// Fail: a request was refused; the same one is possible after `until`.
  case backingOff(until: Timestamp, LedgerRecord)
  /// Query the service, and call again with the result.
  case lookFirst
  /// Unknown: an earlier request may have been carried out.
  case held(LedgerHold, LedgerRecord)
  /// Fail: the account has reached its number of requests for today.
  case dailyCap(limit: Int)
  /// Skip: an earlier item of the batch is the same.
  case duplicate
  /// Fail: another item of the batch has other parameters for the same record.
  case conflict
}

/// The outcome of a claim.
package struct LedgerSettlement: Hashable, Sendable {
  /// The claim of the request.
  let ticket: LedgerTicket
  /// The outcome of the request.
  let outcome: LedgerOutcome
  /// The timestamp of the last request that was sent; `nil` if none was.
  let signedAt: Timestamp?

  /// An outcome to be recorded.
  package init(_ ticket: LedgerTicket, as outcome: LedgerOutcome, signedAt: Timestamp?) {
    self.ticket = ticket
    self.outcome = outcome
    self.signedAt = signedAt
  }
}

/// A claim, as its owner holds it.
package struct LedgerTicket: Hashable, Sendable {
  let lookup: LedgerLookup
  /// The record without claims and outcomes, in case another process removes the stored one.
  let record: LedgerRecord
  /// Whether the request has the key of the last accepted one.
  package let isKeyUsed: Bool
  /// The claim as it was written.
  package internal(set) var claim: LedgerClaim

  /// Identifies the claim.
  package var token: String { claim.token }
}

extension Ledger {
  /// A transaction that records no outcome.
  func transact<Result>(
    _ lookups: [LedgerLookup], day: Int?, observer: ProcessIdentity,
    _ body: (inout LedgerTransaction) -> Result
  ) throws(LedgerError) -> Result {
    try transact(lookups, day: day, observer: observer, isSettling: false, body)
  }
}

// The operations of a run: judge, claim, amend, settle.
extension Ledger {
  /// Decides a batch by what the ledger knows, and claims nothing.
  ///
  /// - Returns: One decision for each intent; ``LedgerDecision/wouldSend(isKeyUsed:)`` where ``claim(_:terms:)`` would claim.
  package func judge(
    _ intents: [LedgerIntent], terms: LedgerTerms
  ) throws(LedgerError) -> [LedgerDecision] {
    try answer(intents, terms: terms, isClaiming: false)
  }

  /// Decides a batch, and makes the intent of every item that may be sent durable before it returns.
  ///
  /// It takes one transaction, or as many as ``largestBatch`` requires. If one of them fails, the claims of the earlier
  /// ones are given back, as far as the store can still be written.
  ///
  /// - Returns: One decision for each intent.
  package func claim(
    _ intents: [LedgerIntent], terms: LedgerTerms
  ) throws(LedgerError) -> [LedgerDecision] {
    try answer(intents, terms: terms, isClaiming: true)
  }

  private func answer(
    _ intents: [LedgerIntent], terms: LedgerTerms, isClaiming: Bool
  ) throws(LedgerError) -> [LedgerDecision] {
    var decisions: [LedgerDecision] = []
    do throws(LedgerError) {
      while decisions.count < intents.count {
        let rest = intents[decisions.count...]
        let part = Array(rest.prefix(count(fitting: rest.lazy.map(\.lookup))))
        decisions += try transact(
          part.map(\.lookup), day: terms.now.day, observer: terms.owner
        ) { $0.answer(part, terms: terms, isClaiming: isClaiming) }
      }
    } catch {
      giveBack(decisions, for: error, now: terms.now)
      throw error
    }
    return decisions
  }

  /// Gives back the claims of a batch that will not be sent.
  private func giveBack(_ decisions: [LedgerDecision], for error: LedgerError, now: Timestamp) {
    for case .send(let ticket) in decisions {
      do throws(LedgerError) {
        try settle(ticket, as: .notSent(code: error.code.rawValue), signedAt: nil, now: now)
      } catch {
        // Each of the others would take the whole deadline too; their leases end without help.
        if error.code == .unreachable { return }
      }
    }
  }

  /// How many of the first look-ups fit in one transaction, at least one.
  private func count(fitting lookups: some Collection<LedgerLookup>) -> Int {
    guard largestBatch < Int.max else { return lookups.count }
    var (count, keys) = (0, 0)
    for lookup in lookups {
      // Besides its numbers: the record, a sign of life, a count, and a record that it may be merged with.
      keys += lookup.numbers.count + 4
      if keys > largestBatch, count > 0 { break }
      count += 1
    }
    return count
  }

  /// Records the folder of a key that was made for a claim.
  ///
  /// - Returns: Whether the claim is still held; if not, no request may be sent for it.
  package func amend(
    _ ticket: inout LedgerTicket, store: String
  ) throws(LedgerError) -> Bool {
    var changed = ticket.claim
    changed.store = store
    let (lookup, amended) = (ticket.lookup, changed)
    let isHeld = try transact([lookup], day: nil, observer: amended.owner) { transaction in
      guard var record = transaction.take(lookup) else { return false }
      let isHeld = record.claims.contains { $0.token == amended.token && $0.doubt == nil }
      if isHeld { record.put(amended) }
      transaction.put(record)
      return isHeld
    }
    if isHeld { ticket.claim = amended }
    return isHeld
  }

  /// Makes the outcome of a claim durable.
  ///
  /// A request that was accepted, or may have been, is recorded even if the claim no longer exists.
  ///
  /// - Parameters:
  ///   - signedAt: The timestamp of the last request that was sent; `nil` if none was.
  ///   - ticket: The claim of the request.
  ///   - outcome: The outcome of the request.
  ///   - now: The time of this process.
  /// - Returns: The record after the change.
  @discardableResult
  package func settle(
    _ ticket: LedgerTicket, as outcome: LedgerOutcome, signedAt: Timestamp?, now: Timestamp
  ) throws(LedgerError) -> LedgerRecord {
    let settlement = LedgerSettlement(ticket, as: outcome, signedAt: signedAt)
    return try transact(
      [ticket.lookup], day: ticket.claim.claimedAt.day, observer: ticket.claim.owner,
      isSettling: true
    ) { $0.settle(settlement, now: now) }
  }

  /// Makes the outcomes of several claims durable, in as few transactions as ``largestBatch`` and the days of the claims
  /// allow.
  ///
  /// - Throws: ``LedgerError``: some of them were not recorded.
  package func settle(_ settlements: [LedgerSettlement], now: Timestamp) throws(LedgerError) {
    var rest = settlements[...]
    while let claim = rest.first?.ticket.claim {
      let ofDay = rest.prefix { $0.ticket.claim.claimedAt.day == claim.claimedAt.day }
      let part = ofDay.prefix(count(fitting: ofDay.lazy.map(\.ticket.lookup)))
      try transact(
        part.map(\.ticket.lookup), day: claim.claimedAt.day, observer: claim.owner,
        isSettling: true
      ) { transaction in
        for settlement in part { _ = transaction.settle(settlement, now: now) }
      }
      rest = rest.dropFirst(part.count)
    }
  }
}

extension LedgerTransaction {
  /// Settles a claim.
  ///
  /// - Returns: The record after the change.
  fileprivate mutating func settle(_ settlement: LedgerSettlement, now: Timestamp) -> LedgerRecord {
    let (ticket, outcome) = (settlement.ticket, settlement.outcome)
    var record = take(ticket.lookup) ?? ticket.record
    if record.claims.contains(where: { $0.token == ticket.token }) {
      record.settle(outcome, of: ticket.token, signedAt: settlement.signedAt, now: now)
      if case .notSent = outcome { add(-1, to: ticket.lookup.account) }
    } else {
      record.settleLate(ticket.claim, as: outcome, signedAt: settlement.signedAt, now: now)
    }
    if record.isWorthKeeping { put(record) }
    return record
  }
}

// The operations of commands that inspect and repair the ledger.
extension Ledger {
  /// The records in these states that `isWanted` accepts, sorted by account and key. The others take no memory.
  package func records(
    in states: Set<LedgerRecord.State> = Set(LedgerRecord.State.allCases),
    where isWanted: (LedgerRecord) -> Bool = { _ in true }
  ) throws(LedgerError) -> [LedgerRecord] {
    var records: [(identity: String, record: LedgerRecord)] = []
    try forEachRecord(in: states) { record in
      if isWanted(record) { records.append((record.identity, record)) }
    }
    return records.sorted { $0.identity < $1.identity }.map(\.record)
  }

  /// The record of an order or a number.
  package func find(_ lookup: LedgerLookup) throws(LedgerError) -> LedgerRecord? {
    try transact([lookup], day: nil, observer: ProcessIdentity()) { $0.find(lookup) }
  }

  /// The number of requests that an account claimed on the day of that time, in UTC.
  package func requestCount(account: String, at now: Timestamp) throws(LedgerError) -> Int {
    let lookup = LedgerLookup(account: account, numbers: [])
    return try transact([lookup], day: now.day, observer: ProcessIdentity()) { $0.count(account) }
  }

  /// Applies what the service showed: settles an unknown request if possible, and updates the stage of an accepted one.
  ///
  /// All records under any number of the order are merged into one.
  ///
  /// - Returns: The record after the change; `nil` if there is none.
  @discardableResult
  package func note(
    _ facts: ServiceFacts, for lookup: LedgerLookup, observer: ProcessIdentity, now: Timestamp
  ) throws(LedgerError) -> LedgerRecord? {
    try change(lookup.widened(by: facts), observer: observer, now: now) { record in
      record.take(.facts(facts), now: now)
    }
  }

  /// Notes an attempt to register the key of a new certificate.
  ///
  /// - Parameters:
  ///   - outcome: The result of the attempt.
  ///   - newNumber: The number of the new certificate.
  ///   - lookup: Leads to the record.
  ///   - observer: The process that checks whether owners of claims run.
  ///   - now: The time of this process.
  package func noteKey(
    _ outcome: LedgerKeyOutcome, of newNumber: String, for lookup: LedgerLookup,
    observer: ProcessIdentity, now: Timestamp
  ) throws(LedgerError) {
    _ = try change(lookup, observer: observer, now: now) { record in
      record.noteKey(outcome, of: newNumber, now: now)
    }
  }

  /// Settles an unknown request as an operator decides.
  ///
  /// - Returns: The record after the change; `nil` if there is none. It is unchanged if no request is unknown.
  package func settleByHand(
    _ lookup: LedgerLookup, isCarriedOut: Bool, newNumber: String?, observer: ProcessIdentity,
    now: Timestamp
  ) throws(LedgerError) -> LedgerRecord? {
    try change(lookup, observer: observer, now: now) { record in
      record.settleByHand(isCarriedOut: isCarriedOut, newNumber: newNumber, now: now)
    }
  }

  /// Removes a record in any state.
  ///
  /// - Returns: The removed record; `nil` if there was none.
  package func forget(_ lookup: LedgerLookup) throws(LedgerError) -> LedgerRecord? {
    try transact([lookup], day: nil, observer: ProcessIdentity()) { $0.take(lookup) }
  }

  /// Changes a record, after clock and owners are brought up to date in it.
  private func change(
    _ lookup: LedgerLookup, observer: ProcessIdentity, now: Timestamp,
    _ body: (inout LedgerRecord) -> Void
  ) throws(LedgerError) -> LedgerRecord? {
    try transact([lookup], day: nil, observer: observer) { transaction in
      guard var record = transaction.take(lookup) else { return nil }
      record.noteClock(now)
      record.doubtAbandoned(life: transaction.life, now: now)
      body(&record)
      transaction.put(record)
      return record
    }
  }
}
