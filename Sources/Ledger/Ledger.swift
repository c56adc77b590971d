// The ledger as the rest of the program uses it. The verbs are written once, over the one transaction that a
// store offers.

internal import Core
package import Platform

/// The memory that makes a certificate be asked for once.
///
/// A run asks ``judge(_:terms:)`` what the ledger alone can answer, looks at the service for the rest, and
/// ``claim(_:terms:)`` s what is left: when that returns, the intent is durable, and the request may leave.
/// What came of it is ``settle(_:as:signedAt:now:)`` d.
package protocol Ledger: AnyObject {
  /// What a user should know of the place, a line each.
  var warnings: [String] { get }

  /// How many keys one transaction may touch.
  var largestBatch: Int { get }

  /// Reads records, lets them be changed, and makes the changes durable as a whole or not at all.
  ///
  /// - Parameters:
  ///   - lookups: Which records the book shall hold.
  ///   - days: Which counts it shall hold.
  ///   - observer: The process that looks at owners of claims.
  ///   - body: May run more than once; only the last run counts.
  /// - Throws: ``LedgerError``; nothing was changed then, except that the loss of etcd's answer leaves it open.
  func transact<Result>(
    _ lookups: [LedgerLookup], days: [LedgerDay], observer: ProcessIdentity,
    _ body: (inout LedgerTransaction) -> Result
  ) throws(LedgerError) -> Result

  /// The records of all accounts in these states, in the order of account and key.
  func records(in states: Set<LedgerRecord.State>) throws(LedgerError) -> [LedgerRecord]

  /// Forgets all records that changed last before that moment, but for those claimed, unknown or accepted.
  ///
  /// - Returns: How many.
  func prune(before: Timestamp) throws(LedgerError) -> Int
}

/// What holds for all items of a batch.
package struct LedgerTerms: Hashable, Sendable {
  /// The time at which the items are judged.
  package var now: Timestamp
  /// The process that will send them.
  package var owner: ProcessIdentity
  /// The owner's promise: no request of these claims will be signed later.
  ///
  /// The deadline of the run, as a rule.
  package var signBy: Timestamp

  /// The terms of one run.
  package init(now: Timestamp, owner: ProcessIdentity, signBy: Timestamp) {
    self.now = now
    self.owner = owner
    self.signBy = signBy
  }

  /// A lease outlasts the time in which a request could still be carried out, and one more minute.
  var leaseUntil: Timestamp {
    max(now, signBy).adding(milliseconds: LedgerFinding.absenceWindow + 60_000)
  }
}

/// One item that wants to be sent.
package struct LedgerIntent: Hashable, Sendable {
  /// As ``LedgerDigest/account(named:)`` names it.
  package var account: String
  /// The number the request is for.
  package var number: String
  /// The number that was asked for, where another one represents its order.
  package var askedNumber: String?
  /// The order, if it is known.
  package var order: String?
  /// What people call it.
  package var name: String
  /// ``LedgerDigest/parameters(_:)``, without a CSR that is made here.
  package var digest: String
  /// The event, in a few words.
  package var event: String
  /// What template and caller allow.
  package var policy: LedgerPolicy
  /// What the service showed of it in this run, if it was looked at.
  package var look: LedgerLook

  /// An intent, of which the service was not asked yet unless `look` says so.
  package init(
    account: String, number: String, askedNumber: String? = nil, order: String? = nil, name: String,
    digest: String, event: String, policy: LedgerPolicy, look: LedgerLook = .notYet
  ) {
    self.account = account
    self.number = number
    self.askedNumber = askedNumber
    self.order = order
    self.name = name
    self.digest = digest
    self.event = event
    self.policy = policy
    self.look = look
  }

  /// All that may name the record.
  package var lookup: LedgerLookup {
    var numbers = [number]
    if let askedNumber, askedNumber != number { numbers.insert(askedNumber, at: 0) }
    let lookup = LedgerLookup(account: account, order: order, numbers: numbers)
    guard case .facts(let facts) = look else { return lookup }
    return lookup.widened(by: facts)
  }
}

/// The answer to one item of a batch.
package enum LedgerDecision: Hashable, Sendable {
  /// The intent is durable: send, and settle.
  case send(LedgerTicket)
  /// ``Ledger/judge(_:terms:)`` alone: nothing stands against it.
  case wouldSend
  /// Skip: another process is at it.
  case inProgress(LedgerRecord)
  /// Skip: it was asked for, and may be again then.
  case cooldown(until: Timestamp, LedgerRecord)
  /// Fail: it was refused, and may be asked again then.
  case backingOff(until: Timestamp, LedgerRecord)
  /// Look at the service, and ask again with what it showed.
  case lookFirst
  /// Unknown: it may have been carried out.
  case held(LedgerHold, LedgerRecord)
  /// Fail: the account has sent so many today.
  case dailyCap(limit: Int)
  /// Skip: an earlier item of the batch is the same.
  case duplicate
  /// Fail: another item of the batch wants something else of the same record.
  case conflict
}

/// A claim, as its owner holds it.
package struct LedgerTicket: Hashable, Sendable {
  /// Names the claim and no other.
  package let token: String
  let lookup: LedgerLookup
  let key: LedgerRecord.Key
  let name: String
  /// The claim as it was written.
  package internal(set) var claim: LedgerClaim
}
