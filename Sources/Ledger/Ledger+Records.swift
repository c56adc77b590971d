// The verbs of those who look into the ledger and mend it.

package import Platform

extension Ledger {
  /// The record that an order or a number belongs to.
  package func find(_ lookup: LedgerLookup) throws(LedgerError) -> LedgerRecord? {
    try transact([lookup], days: [], observer: .nobody) { $0.find(lookup) }
  }

  /// How many requests of an account were claimed on the day of that moment, in UTC.
  package func requestCount(account: String, at now: Timestamp) throws(LedgerError) -> Int {
    let day = LedgerDay(account: account, at: now)
    return try transact([], days: [day], observer: .nobody) { $0.count(day) }
  }

  /// Takes in what the service showed, and moves the record on: an unknown request is settled if that can be
  /// said, an accepted one becomes issued or given up.
  ///
  /// Whatever is filed under any number of the order is folded into one record.
  ///
  /// - Returns: The record as it stands now; `nil` if there is none.
  @discardableResult
  package func note(
    _ facts: ServiceFacts, for lookup: LedgerLookup, observer: ProcessIdentity, now: Timestamp
  ) throws(LedgerError) -> LedgerRecord? {
    try change(lookup.widened(by: facts), observer: observer) { record, life in
      record.noteOwner(life: life, now: now)
      record.take(.facts(facts), now: now)
    }
  }

  /// Settles an unknown request as somebody says who has looked.
  ///
  /// - Returns: The record as it stands now; `nil` if there is none. It is unchanged if nothing is unknown.
  package func settleByHand(
    _ lookup: LedgerLookup, isCarriedOut: Bool, newNumber: String?, observer: ProcessIdentity,
    now: Timestamp
  ) throws(LedgerError) -> LedgerRecord? {
    try change(lookup, observer: observer) { record, life in
      record.noteOwner(life: life, now: now)
      record.settleByHand(isCarriedOut: isCarriedOut, newNumber: newNumber, now: now)
    }
  }

  /// Removes a record, whatever it says.
  ///
  /// - Returns: What was forgotten; `nil` if there was nothing.
  package func forget(_ lookup: LedgerLookup) throws(LedgerError) -> LedgerRecord? {
    try transact([lookup], days: [], observer: .nobody) { $0.take(lookup) }
  }

  private func change(
    _ lookup: LedgerLookup, observer: ProcessIdentity,
    _ body: (inout LedgerRecord, (LedgerClaim) -> LedgerLife) -> Void
  ) throws(LedgerError) -> LedgerRecord? {
    try transact([lookup], days: [], observer: observer) { book in
      guard var record = book.take(lookup) else { return nil }
      let before = book
      body(&record) { before.life(of: $0) }
      book.put(record)
      return record
    }
  }
}

extension LedgerRecord {
  /// Brings clock and owner up to date before the record is mended.
  fileprivate mutating func noteOwner(life: (LedgerClaim) -> LedgerLife, now: Timestamp) {
    noteClock(now)
    doubtAbandoned(life: life, now: now)
  }
}

extension ProcessIdentity {
  /// For those to whom it does not matter whose claim is alive.
  fileprivate static let nobody = ProcessIdentity(
    host: "", bootID: "", pidNamespace: "", pid: 0, startTime: 0)
}
