import Core
import Platform
import TestSupport

@testable import Ledger

// Sample values for the tests of the ledger.

extension ProcessIdentity {
  /// A process of another machine.
  static let elsewhere = ProcessIdentity(
    host: "elsewhere", bootID: "0d1c", pidNamespace: "pid:[1]", pid: 77, startTime: 7)

  /// A process of a machine that no other process of the test runs on.
  static func ofNewMachine() -> ProcessIdentity {
    var identity = elsewhere
    identity.host = Entropy.name()
    identity.bootID = Entropy.name()
    return identity
  }
}

extension LedgerTerms {
  static func at(_ now: Timestamp, owner: ProcessIdentity = .ofNewMachine()) -> LedgerTerms {
    LedgerTerms(now: now, owner: owner, signBy: now.adding(milliseconds: minute))
  }
}

extension LedgerIntent {
  static func of(
    _ number: String, account: String = "a", asked: String? = nil, order: String? = nil,
    digest: String = "d", force: Bool = false, cooldown: Int = week, perDay: Int = 50,
    look: LedgerLook = .notYet
  ) -> LedgerIntent {
    LedgerIntent(
      known: LedgerLookup(
        account: account, order: order, numbers: [asked, number].compactMap(\.self)),
      number: number, name: "shop.example.com", digest: digest, event: "alertmanager",
      reference: "4f6c",
      policy: LedgerPolicy(cooldown: cooldown, force: force, maximumPerDay: perDay), look: look)
  }
}

extension ServiceFacts {
  static func of(
    _ certificates: KeyValuePairs<String, CertificateCondition>, order: String? = "9",
    seenAt: Timestamp
  ) -> ServiceFacts {
    ServiceFacts(
      order: order,
      certificates: certificates.map { Certificate(number: $0.key, condition: $0.value) },
      seenAt: seenAt)
  }
}

extension LedgerClaim {
  static func at(
    _ time: Timestamp, token: String = "t", signedAt: Timestamp? = nil, baseline: [String] = ["1"],
    isComplete: Bool = true, doubt: String? = nil
  ) -> LedgerClaim {
    LedgerClaim(
      token: token, owner: .elsewhere, claimedAt: time, signBy: time.adding(milliseconds: minute),
      leaseUntil: time.adding(milliseconds: 12 * minute), signedAt: signedAt, number: "1",
      baseline: LedgerBaseline(numbers: baseline, isComplete: isComplete), digest: "d",
      event: "alertmanager", reference: "4f6c", store: nil,
      doubt: doubt.map { Doubt(since: time, code: $0) })
  }
}

extension LedgerRecord {
  /// Marks the claim as unknown.
  mutating func doubt(code: String, now: Timestamp) {
    claim?.doubt = LedgerClaim.Doubt(since: now, code: code)
  }

  /// A record of number 1 whose request was signed at a time and settled at once.
  static func settled(
    _ outcome: LedgerOutcome, at time: Timestamp = moment(0), times: Int = 1
  ) -> LedgerRecord {
    var record = LedgerRecord(account: "a", key: .order("9"), numbers: ["1"], name: "shop")
    for _ in 0..<times {
      record.claim = .at(time)
      record.settle(outcome, signedAt: time, now: time)
    }
    return record
  }

  /// A record of number 1 with a claim and no outcome.
  static func claimed(_ claim: LedgerClaim = .at(moment(0))) -> LedgerRecord {
    var record = LedgerRecord(account: "a", key: .order("9"), numbers: ["1"], name: "shop")
    record.claim = claim
    return record
  }
}
