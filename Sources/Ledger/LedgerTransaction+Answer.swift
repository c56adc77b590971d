// A batch of intents against the records of one transaction.

import Platform

extension LedgerTransaction {
  /// Answers every intent, and claims for those that may be sent.
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
    let lookup = intent.lookup
    let day = LedgerDay(account: intent.account, at: terms.now)
    var record = take(lookup)
    let lives = lives
    let ruling = LedgerRules.rule(
      &record, digest: intent.digest, policy: intent.policy, look: intent.look,
      life: { lives[$0.token] ?? .unknowable }, sentToday: count(day), now: terms.now)
    if ruling == .send, isClaiming {
      var claimed = record ?? LedgerRecord(intent)
      let ticket = claimed.claim(intent, terms: terms)
      put(claimed)
      add(1, to: day)
      return .send(ticket)
    }
    guard let record else {
      return ruling == .send ? .wouldSend : .dailyCap(limit: intent.policy.maximumPerDay)
    }
    if record.isWorthKeeping { put(record) }
    return ruling.decision(for: record, limit: intent.policy.maximumPerDay)
  }

  /// For each intent, the places of all that are about the same record, itself included, in order.
  private func groups(of intents: [LedgerIntent]) -> [[Int]] {
    guard intents.count > 1 else { return intents.isEmpty ? [] : [[0]] }
    var leaders = Array(intents.indices)
    func leader(of index: Int) -> Int {
      var index = index
      while leaders[index] != index { index = leaders[index] }
      return index
    }
    var firstWith: [String: Int] = [:]
    for (index, intent) in intents.enumerated() {
      for name in names(of: intent) {
        guard let other = firstWith[name] else {
          firstWith[name] = index
          continue
        }
        let (low, high) = (leader(of: other), leader(of: index))
        leaders[max(low, high)] = min(low, high)
      }
    }
    let members = Dictionary(grouping: intents.indices, by: leader(of:))
    return intents.indices.map { members[leader(of: $0)] ?? [$0] }
  }

  /// Everything by which an intent and the record it belongs to are known.
  private func names(of intent: LedgerIntent) -> [String] {
    let lookup = intent.lookup
    let record = find(lookup)
    var keys = Set((lookup.numbers + (record?.numbers ?? [])).map(LedgerRecord.Key.number))
    if let order = lookup.order { keys.insert(.order(order)) }
    if let record { keys.insert(record.key) }
    return keys.map { "\(intent.account) \($0.text)" }
  }
}

extension LedgerRecord {
  fileprivate init(_ intent: LedgerIntent) {
    let lookup = intent.lookup
    let key = lookup.order.map(Key.order) ?? .number(intent.number)
    self.init(account: intent.account, key: key, numbers: lookup.numbers, name: intent.name)
    if case .facts(let facts) = intent.look { lastLook = facts.seenAt }
  }

  /// Puts a fresh claim in.
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
      digest: intent.digest, event: intent.event)
    put(fresh)
    return LedgerTicket(token: fresh.token, lookup: lookup, key: key, name: name, claim: fresh)
  }
}

extension LedgerRuling {
  fileprivate func decision(for record: LedgerRecord, limit: Int) -> LedgerDecision {
    switch self {
    case .send: .wouldSend
    case .inProgress: .inProgress(record)
    case .cooldown(let until): .cooldown(until: until, record)
    case .backingOff(let until): .backingOff(until: until, record)
    case .lookFirst: .lookFirst
    case .held(let hold): .held(hold, record)
    case .dailyCap: .dailyCap(limit: limit)
    }
  }
}
