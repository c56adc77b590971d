// The working copy of one transaction: records are taken out of it, changed and put back; a store then makes the
// difference durable in one step.

import Core
import Platform

/// Which records a transaction needs: those of an order, and those that hold one of the numbers.
package struct LedgerLookup: Hashable, Sendable {
  /// As ``LedgerDigest/account(named:)`` names it.
  package var account: String
  /// The order, if it is known.
  package var order: String?
  /// Certificate numbers; each of them may lead to the record.
  package var numbers: [String]

  /// A look-up in one account.
  package init(account: String, order: String? = nil, numbers: [String]) {
    self.account = account
    self.order = order
    self.numbers = numbers
  }

  /// The keys under which the record may be filed.
  var keys: [LedgerRecord.Key] {
    (order.map { [.order($0)] } ?? []) + numbers.map(LedgerRecord.Key.number)
  }

  /// Adds the order and the numbers that a query of the service showed: another record with one of these numbers is about
  /// the same order, and what it holds must not be lost.
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

/// The working copy of a transaction.
///
/// Its dictionaries have text as keys: for every other key type Swift's runtime searches all conformances of the program
/// once, which costs a process of a few milliseconds a measurable part of its time.
package struct LedgerTransaction: Sendable {
  /// The records as they were read, by ``LedgerRecord/identity``.
  let original: [String: LedgerRecord]
  private(set) var records: [String: LedgerRecord]
  /// The identities of the records under each key that may lead to them, with the account. Entries of removed records
  /// stay. Without it, each item of a batch would go through the records of all others.
  private var identities: [String: [String]] = [:]
  /// Whether the owner of each claim runs, by the claim's token.
  private let lives: [String: ProcessIdentity.Life]
  private let originalCounts: [String: Int]
  /// The requests of the transaction's day, by account.
  private var counts: [String: Int]

  /// A copy of what a store has read.
  ///
  /// - Parameters:
  ///   - records: The records of the look-ups.
  ///   - counts: The requests of the transaction's day, by account.
  ///   - observer: The process that checks whether owners of claims run.
  ///   - hasLife: Whether the owner of a claim shows a sign of life where no process id can be checked.
  init(
    records: [LedgerRecord], counts: [String: Int], observer: ProcessIdentity,
    hasLife: (LedgerClaim) -> Bool = { _ in true }
  ) {
    original = Dictionary(records.map { ($0.identity, $0) }) { first, _ in first }
    self.records = original
    originalCounts = counts
    self.counts = counts
    var lives: [String: ProcessIdentity.Life] = [:]
    for claim in records.flatMap(\.claims) {
      // The observer is alive by definition: skip /proc.
      let life = claim.owner == observer ? .alive : claim.owner.life(seenFrom: observer)
      lives[claim.token] = life == .unknown && !hasLife(claim) ? .dead : life
    }
    self.lives = lives
    for record in self.records.values { index(record) }
  }

  /// Removes and returns the record of a look-up; several matching records are merged into one.
  mutating func take(_ lookup: LedgerLookup) -> LedgerRecord? {
    let found = matches(of: lookup)
    for record in found { records[record.identity] = nil }
    return Self.merged(found, for: lookup)
  }

  /// What ``take(_:)`` would return; changes nothing.
  func find(_ lookup: LedgerLookup) -> LedgerRecord? {
    Self.merged(matches(of: lookup), for: lookup)
  }

  private func matches(of lookup: LedgerLookup) -> [LedgerRecord] {
    let found = lookup.keys.flatMap { identities["\(lookup.account) \($0.text)"] ?? [] }
    return Set(found).sorted().compactMap { records[$0] }.filter(lookup.matches)
  }

  private static func merged(
    _ records: [LedgerRecord], for lookup: LedgerLookup
  ) -> LedgerRecord? {
    guard let first = records.first else { return nil }
    var record = records.dropFirst().reduce(first) { $0.merged(with: $1) }
    if let order = lookup.order { record.key = .order(order) }
    record.add(numbers: lookup.numbers)
    return record
  }

  /// Adds a record, or merges it with the one under the same key.
  mutating func put(_ record: LedgerRecord) {
    let key = record.identity
    let whole = records[key].map(record.merged(with:)) ?? record
    records[key] = whole
    index(whole)
  }

  private mutating func index(_ record: LedgerRecord) {
    let keys = [record.key] + record.numbers.map(LedgerRecord.Key.number)
    for key in keys {
      let name = "\(record.account) \(key.text)"
      if identities[name]?.contains(record.identity) != true {
        identities[name, default: []].append(record.identity)
      }
    }
  }

  /// The requests of an account on the transaction's day.
  func count(_ account: String) -> Int { counts[account] ?? 0 }

  mutating func add(_ change: Int, to account: String) {
    counts[account] = max(0, count(account) + change)
  }

  /// Whether the owner of a claim runs. A closure, so that the caller need not copy the records to change them.
  var life: (LedgerClaim) -> ProcessIdentity.Life {
    { [lives] claim in lives[claim.token] ?? .unknown }
  }

  /// The records to write.
  var changed: [LedgerRecord] {
    records.filter { original[$0.key] != $0.value }.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The records to delete, as they were read.
  var removed: [LedgerRecord] {
    original.filter { records[$0.key] == nil }.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The counts to write, by account.
  var changedCounts: [String: Int] { counts.filter { originalCounts[$0.key] != $0.value } }

  var hasChanges: Bool { !changed.isEmpty || !removed.isEmpty || !changedCounts.isEmpty }
}

// A batch of intents against the records of one transaction.
extension LedgerTransaction {
  /// Decides every intent, and claims those that may be sent.
  mutating func answer(
    _ intents: [LedgerIntent], terms: LedgerTerms, isClaiming: Bool
  ) -> [LedgerDecision] {
    let groups = groups(of: intents)
    return intents.enumerated().map { index, intent in
      let group = groups[index]
      if group.contains(where: { intents[$0].digest != intent.digest }) { return .conflict }
      if let first = group.first, first < index { return .duplicate }
      return answer(intent, terms: terms, isClaiming: isClaiming)
    }
  }

  private mutating func answer(
    _ intent: LedgerIntent, terms: LedgerTerms, isClaiming: Bool
  ) -> LedgerDecision {
    var record = take(intent.lookup)
    let ruling = LedgerRules.rule(
      &record, digest: intent.digest, policy: intent.policy, look: intent.look,
      life: life, sentToday: count(intent.known.account), now: terms.now)
    if ruling == .send, isClaiming {
      var claimed = record ?? LedgerRecord(intent)
      let ticket = claimed.claim(intent, terms: terms)
      put(claimed)
      add(1, to: intent.known.account)
      return .send(ticket)
    }
    guard let record else {
      return ruling == .send
        ? .wouldSend(isKeyUsed: false) : .dailyCap(limit: intent.policy.maximumPerDay)
    }
    if record.isWorthKeeping { put(record) }
    return ruling.decision(for: record, intent)
  }

  /// For each intent, the indices of all intents about the same record, itself included, in ascending order.
  private func groups(of intents: [LedgerIntent]) -> [[Int]] {
    guard intents.count > 1 else { return intents.isEmpty ? [] : [[0]] }
    // A forest of disjoint sets: each index leads to its parent, and a root to itself.
    var parents = Array(intents.indices)
    func root(of index: Int) -> Int {
      var index = index
      while parents[index] != index { index = parents[index] }
      return index
    }
    var firstWith: [String: Int] = [:]
    for (index, intent) in intents.enumerated() {
      for name in names(of: intent) {
        let (one, other) = (root(of: firstWith[name] ?? index), root(of: index))
        parents[max(one, other)] = min(one, other)
        firstWith[name] = firstWith[name] ?? index
      }
    }
    let members = Dictionary(grouping: intents.indices, by: root(of:))
    return intents.indices.map { members[root(of: $0)] ?? [$0] }
  }

  /// The keys of everything that an intent and its record are known by, with the account.
  private func names(of intent: LedgerIntent) -> Set<String> {
    var keys = intent.lookup.keys
    if let record = find(intent.lookup) {
      keys += record.numbers.map(LedgerRecord.Key.number) + [record.key]
    }
    return Set(keys.map { "\(intent.known.account) \($0.text)" })
  }
}

extension LedgerRecord {
  fileprivate init(_ intent: LedgerIntent) {
    let lookup = intent.lookup
    let key = lookup.order.map(Key.order) ?? .number(intent.number)
    self.init(account: lookup.account, key: key, numbers: lookup.numbers, name: intent.name)
    if case .facts(let facts) = intent.look { lastLook = facts.seenAt }
  }

  /// Adds a new claim.
  fileprivate mutating func claim(_ intent: LedgerIntent, terms: LedgerTerms) -> LedgerTicket {
    let lookup = intent.lookup
    add(numbers: lookup.numbers)
    if !intent.name.isEmpty { name = intent.name }
    var baseline = LedgerBaseline(numbers: numbers, isComplete: false)
    if case .facts(let facts) = intent.look {
      baseline = LedgerBaseline(
        numbers: facts.numbers, isComplete: facts.certificate(intent.number) != nil)
    }
    let fresh = LedgerClaim(
      token: Entropy.name(), owner: terms.owner, claimedAt: terms.now, signBy: terms.signBy,
      leaseUntil: terms.leaseUntil, number: intent.number, baseline: baseline,
      digest: intent.digest, key: intent.key, event: intent.event, reference: intent.reference,
      registersKey: intent.registersKey)
    put(fresh)
    let bare = LedgerRecord(
      account: account, key: key, numbers: lookup.numbers, name: name)
    return LedgerTicket(
      lookup: lookup, record: bare, isKeyUsed: isUsed(intent.key), claim: fresh)
  }
}

extension LedgerRuling {
  fileprivate func decision(for record: LedgerRecord, _ intent: LedgerIntent) -> LedgerDecision {
    switch self {
    case .send: .wouldSend(isKeyUsed: record.isUsed(intent.key))
    case .inProgress: .inProgress(record)
    case .cooldown(let until): .cooldown(until: until, record)
    case .backingOff(let until): .backingOff(until: until, record)
    case .lookFirst: .lookFirst
    case .held(let hold): .held(hold, record)
    case .dailyCap: .dailyCap(limit: intent.policy.maximumPerDay)
    }
  }
}
