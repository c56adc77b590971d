import Core
import JSON
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite("A query finds a request that was carried out, or reports why it is uncertain")
struct LedgerFindingTests {
  private func finding(
    _ certificates: [ServiceFacts.Certificate], baseline: [String] = ["1"], isComplete: Bool
  ) -> LedgerFinding {
    .of(
      .at(moment(0), baseline: baseline, isComplete: isComplete),
      facts: ServiceFacts(order: "9", certificates: certificates, seenAt: moment(day)),
      lastSigned: moment(0), now: moment(day))
  }

  private static func one(
    _ number: String, _ condition: CertificateCondition = .issued,
    at time: Int? = nil, issued: Int? = nil
  ) -> ServiceFacts.Certificate {
    ServiceFacts.Certificate(
      number: number, condition: condition, startsAt: time.map(moment),
      issuedAt: issued.map(moment))
  }

  @Test(
    "With all earlier numbers known, every other certificate is new",
    arguments: [
      ([one("1")], .absent), ([one("1"), one("2", at: -week)], .found(one("2", at: -week))),
      ([one("1"), one("9", .failed), one("2", .inProgress)], .found(one("2", .inProgress))),
      ([one("1"), one("9"), one("10")], .found(one("10"))),
      ([one("1"), one("2", .other)], .found(one("2", .other))),
      ([one("2")], .undecided(.notVisible)), ([], .undecided(.notVisible)),
      ([one("1", .inProgress)], .undecided(.inProgressAtService)),
    ] as [([ServiceFacts.Certificate], LedgerFinding)])
  func complete(certificates: [ServiceFacts.Certificate], expected: LedgerFinding) {
    #expect(finding(certificates, isComplete: true) == expected)
  }

  @Test("A certificate without a readable number leaves the request unknown, unless another is new")
  func unreadable() {
    var facts = ServiceFacts(
      order: "9", certificates: [Self.one("1")], hasUnreadable: true, seenAt: moment(day))
    func finding() -> LedgerFinding {
      .of(.at(moment(0)), facts: facts, lastSigned: moment(0), now: moment(day))
    }
    #expect(finding() == .undecided(.unreadable))
    facts.certificates.append(Self.one("2"))
    #expect(finding() == .found(Self.one("2")))
  }

  @Test(
    "With some earlier numbers unknown, a certificate is new only by its dates or its progress",
    arguments: [
      ([one("1")], .absent), ([one("1"), one("0", at: -2 * day)], .undecided(.undated)),
      ([one("1"), one("2", at: -30 * hour)], .undecided(.undated)),
      (
        [one("1"), one("2", at: -30 * hour, issued: -minute)],
        .found(one("2", at: -30 * hour, issued: -minute))
      ),
      ([one("1"), one("2", issued: hour)], .found(one("2", issued: hour))),
      ([one("1"), one("0")], .undecided(.undated)),
      ([one("1"), one("2", at: -day)], .found(one("2", at: -day))),
      ([one("1"), one("0"), one("2", .inProgress)], .found(one("2", .inProgress))),
      ([one("1", at: 0)], .absent),
    ] as [([ServiceFacts.Certificate], LedgerFinding)])
  func incomplete(certificates: [ServiceFacts.Certificate], expected: LedgerFinding) {
    #expect(finding(certificates, isComplete: false) == expected)
  }
}
