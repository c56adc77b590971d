// The verbs of a run: judge, claim, amend, settle.

package import Platform

extension Ledger {
  /// Answers a batch from what the ledger knows, and claims nothing.
  ///
  /// - Returns: An answer for each intent; ``LedgerDecision/wouldSend`` where ``claim(_:terms:)`` would send.
  package func judge(
    _ intents: [LedgerIntent], terms: LedgerTerms
  ) throws(LedgerError) -> [LedgerDecision] {
    try answer(intents, terms: terms, isClaiming: false)
  }

  /// Answers a batch, and makes the intent of all that may be sent durable before it returns.
  ///
  /// One transaction for the whole batch, where the store's ``largestBatch`` allows it. If one of several
  /// fails, what the others have claimed is given back, as far as the store can still be written.
  ///
  /// - Returns: An answer for each intent.
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
        let part = part(of: intents[decisions.count...])
        let days = part.reduce(into: [LedgerDay]()) { days, intent in
          let day = LedgerDay(account: intent.account, at: terms.now)
          if !days.contains(day) { days.append(day) }
        }
        decisions += try transact(part.map(\.lookup), days: days, observer: terms.owner) { book in
          book.answer(part, terms: terms, isClaiming: isClaiming)
        }
      }
    } catch {
      giveBack(decisions, for: error, now: terms.now)
      throw error
    }
    return decisions
  }

  /// Gives back what was claimed for a batch that nobody will send now.
  private func giveBack(_ decisions: [LedgerDecision], for error: LedgerError, now: Timestamp) {
    for case .send(let ticket) in decisions {
      do throws(LedgerError) {
        try settle(ticket, as: .notSent(code: error.code.rawValue), signedAt: nil, now: now)
      } catch {
        // Each further one would take the whole deadline too; their leases end by themselves.
        if error.code == .unreachable { return }
      }
    }
  }

  /// The first of the intents, as many as one transaction can hold; at least one.
  private func part(of intents: ArraySlice<LedgerIntent>) -> [LedgerIntent] {
    guard largestBatch < Int.max else { return Array(intents) }
    var part: [LedgerIntent] = []
    var keys = 0
    for intent in intents {
      // Besides its numbers: the record, a sign of life, a count, and a record it may be folded with.
      keys += intent.lookup.numbers.count + 4
      if keys > largestBatch, !part.isEmpty { break }
      part.append(intent)
    }
    return part
  }

  /// Names the folder of a key that was made for a claim that is held.
  ///
  /// - Returns: Whether the claim is still held. If not, nothing may be sent for it.
  package func amend(
    _ ticket: inout LedgerTicket, store: String
  ) throws(LedgerError) -> Bool {
    var changed = ticket.claim
    changed.store = store
    let (lookup, token, amended) = (ticket.lookup, ticket.token, changed)
    let isHeld = try transact([lookup], days: [], observer: amended.owner) { book in
      guard var record = book.take(lookup) else { return false }
      let isHeld = record.claims.contains { $0.token == token && $0.doubt == nil }
      if isHeld { record.put(amended) }
      book.put(record)
      return isHeld
    }
    if isHeld { ticket.claim = amended }
    return isHeld
  }

  /// Makes the outcome of a claim durable.
  ///
  /// A request that was accepted, or may have been, is recorded even if the claim is gone meanwhile.
  ///
  /// - Parameters:
  ///   - signedAt: The timestamp of the last request that left; `nil` if none did.
  ///   - ticket: The claim that the request was sent under.
  ///   - outcome: What became of it.
  ///   - now: The time of this process.
  /// - Returns: The record as it stands now.
  @discardableResult
  package func settle(
    _ ticket: LedgerTicket, as outcome: LedgerOutcome, signedAt: Timestamp?, now: Timestamp
  ) throws(LedgerError) -> LedgerRecord {
    let day = LedgerDay(account: ticket.lookup.account, at: ticket.claim.claimedAt)
    let owner = ticket.claim.owner
    return try transact([ticket.lookup], days: [day], observer: owner) { book in
      var record = book.take(ticket.lookup) ?? ticket.newRecord
      if record.claims.contains(where: { $0.token == ticket.token }) {
        record.settle(outcome, of: ticket.token, signedAt: signedAt, now: now)
        if case .notSent = outcome { book.add(-1, to: day) }
      } else {
        record.settleLate(ticket.claim, as: outcome, signedAt: signedAt, now: now)
      }
      if record.isWorthKeeping { book.put(record) }
      return record
    }
  }
}

extension LedgerTicket {
  /// The record of a claim that somebody forgot meanwhile.
  fileprivate var newRecord: LedgerRecord {
    LedgerRecord(account: lookup.account, key: key, numbers: lookup.numbers, name: name)
  }
}
