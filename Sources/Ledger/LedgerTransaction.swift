// The working copy of one transaction: records are taken out of it, changed and put back; a store then
// makes the difference durable at once.

internal import Core
package import Platform

/// Which records a transaction wants: those of an order, and those that know one of the numbers.
package struct LedgerLookup: Hashable, Sendable {
  /// As ``LedgerDigest/account(named:)`` names it.
  package var account: String
  /// The order, if it is known.
  package var order: String?
  /// Certificate numbers, any of which may name the record.
  package var numbers: [String]

  /// A look-up within one account.
  package init(account: String, order: String? = nil, numbers: [String]) {
    self.account = account
    self.order = order
    self.numbers = numbers
  }

  /// The same order by everything that a look showed of it: another record that knows one of these numbers is
  /// about the same, and may hold what must not be lost.
  func widened(by facts: ServiceFacts) -> LedgerLookup {
    var known = Set(numbers)
    let more = facts.numbers.filter { known.insert($0).inserted }
    return LedgerLookup(account: account, order: order ?? facts.order, numbers: numbers + more)
  }

  func matches(_ record: LedgerRecord) -> Bool {
    guard record.account == account else { return false }
    if let order, record.key == .order(order) { return true }
    guard numbers.count > 8 else { return numbers.contains { record.numbers.contains($0) } }
    return !Set(numbers).isDisjoint(with: record.numbers)
  }
}

/// What a record is filed under, account and key.
package struct LedgerIdentity: Hashable, Sendable {
  /// As ``LedgerDigest/account(named:)`` names it.
  package var account: String
  /// The order, or a number as long as its order is not known.
  package var key: LedgerRecord.Key

  /// The identity of one record of an account.
  package init(account: String, key: LedgerRecord.Key) {
    self.account = account
    self.key = key
  }
}

/// A day of one account, by which requests are counted.
package struct LedgerDay: Equatable, Sendable {
  /// As ``LedgerDigest/account(named:)`` names it.
  package var account: String
  /// Days of UTC since 1970.
  package var day: Int

  /// The day that a time falls on.
  package init(account: String, at time: Timestamp) {
    self.account = account
    day = time.day
  }
}

/// Requests by day. A transaction has one day, as a rule, so that a list is enough.
struct LedgerCounts: Sendable {
  private(set) var entries: [(day: LedgerDay, count: Int)] = []

  /// The requests of a day; none of one that is not known.
  subscript(day: LedgerDay) -> Int {
    get { entries.first { $0.day == day }?.count ?? 0 }
    set {
      entries.removeAll { $0.day == day }
      entries.append((day, newValue))
    }
  }
}

/// The working copy of a transaction.
///
/// Records are kept by the text of their identity: for every type that is a key of a dictionary Swift's runtime
/// looks through all conformances of the program once, which a process of a few milliseconds feels.
package struct LedgerTransaction: Sendable {
  /// The records as they were read.
  let original: [String: LedgerRecord]
  private(set) var records: [String: LedgerRecord]
  /// Owners of claims, by token, as far as the store can tell.
  let lives: [String: LedgerLife]
  private let originalCounts: LedgerCounts
  private(set) var counts: LedgerCounts

  /// A copy of what a store has read.
  init(records: [LedgerRecord], lives: [String: LedgerLife], counts: LedgerCounts) {
    original = Dictionary(records.map { ($0.identity.text, $0) }) { first, _ in first }
    self.records = original
    self.lives = lives
    originalCounts = counts
    self.counts = counts
  }

  /// The record of a look-up, several folded into one; the book holds it no more.
  mutating func take(_ lookup: LedgerLookup) -> LedgerRecord? {
    let found = records.values.filter(lookup.matches)
      .sorted { $0.identity.text < $1.identity.text }
    for record in found { records[record.identity.text] = nil }
    guard let first = found.first else { return nil }
    var record = found.dropFirst().reduce(first) { $0.merged(with: $1) }
    if let order = lookup.order { record.key = .order(order) }
    record.add(numbers: lookup.numbers)
    return record
  }

  /// What ``take(_:)`` would give, left where it is.
  func find(_ lookup: LedgerLookup) -> LedgerRecord? {
    var copy = self
    return copy.take(lookup)
  }

  /// Puts a record in, folded with one that is there under the same key.
  mutating func put(_ record: LedgerRecord) {
    let key = record.identity.text
    records[key] = records[key].map(record.merged(with:)) ?? record
  }

  func count(_ day: LedgerDay) -> Int { counts[day] }

  mutating func add(_ change: Int, to day: LedgerDay) {
    counts[day] = max(0, count(day) + change)
  }

  func life(of claim: LedgerClaim) -> LedgerLife { lives[claim.token] ?? .unknowable }

  /// The records that have to be written.
  var changed: [LedgerRecord] {
    records.values.filter { original[$0.identity.text] != $0 }
      .sorted { $0.identity.text < $1.identity.text }
  }

  /// The identities that nothing is filed under any more.
  var removed: [LedgerIdentity] {
    original.filter { records[$0.key] == nil }.sorted { $0.key < $1.key }.map(\.value.identity)
  }

  var changedCounts: [(day: LedgerDay, count: Int)] {
    counts.entries.filter { originalCounts[$0.day] != $0.count }
  }

  var hasChanges: Bool { !changed.isEmpty || !removed.isEmpty || !changedCounts.isEmpty }
}

extension LedgerIdentity {
  /// For an order that does not change from run to run.
  var text: String { "\(account) \(key.text)" }
}

extension LedgerRecord {
  /// What it is filed under.
  package var identity: LedgerIdentity { LedgerIdentity(account: account, key: key) }

  /// Whether there is anything left that a later event could want to know.
  var isWorthKeeping: Bool { state != .free || !attempts.isEmpty }
}
