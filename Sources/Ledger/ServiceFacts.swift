// What a query of the service showed about one order, and what that says about a request of unknown outcome. Pure: no
// clock, no network.

package import Core
package import Platform

/// What a query of the service showed about one order.
package struct ServiceFacts: Hashable, Sendable {
  /// One certificate of the order.
  package struct Certificate: Hashable, Sendable {
    /// The certificate's number.
    package var number: String
    /// Its condition at the service.
    package var condition: CertificateCondition
    /// The start of its validity (`notBefore`), which may be days before the issue; `nil` if the service does not say.
    package var startsAt: Timestamp?
    /// When it was issued (`issueDate`); `nil` if the service does not say.
    package var issuedAt: Timestamp?

    /// A certificate as a list of the service shows it.
    package init(
      number: String, condition: CertificateCondition, startsAt: Timestamp? = nil,
      issuedAt: Timestamp? = nil
    ) {
      self.number = number
      self.condition = condition
      self.startsAt = startsAt
      self.issuedAt = issuedAt
    }
  }

  /// The order; `nil` if the service does not say.
  package var order: String?
  /// The visible certificates of the order; empty if the requested certificate is not visible.
  package var certificates: [Certificate]
  /// Whether the order has further certificates whose numbers cannot be read.
  package var hasUnreadable: Bool
  /// When the query began: later changes are not in it.
  package var seenAt: Timestamp

  /// What one query showed.
  package init(
    order: String?, certificates: [Certificate], hasUnreadable: Bool = false, seenAt: Timestamp
  ) {
    self.order = order
    self.certificates = certificates
    self.hasUnreadable = hasUnreadable
    self.seenAt = seenAt
  }

  /// The numbers of all certificates.
  package var numbers: [String] { certificates.map(\.number) }

  func certificate(_ number: String) -> Certificate? {
    certificates.first { $0.number == number }
  }
}

/// Why an unknown request stays unknown.
package enum LedgerHold: Hashable, Sendable {
  /// The request might still be on its way; from `until` on its absence is certain.
  case tooEarly(until: Timestamp)
  /// The service does not show the certificate.
  case notVisible
  /// A certificate of the order is in progress, and it was before the request too.
  case inProgressAtService
  /// A certificate may be new or old: the service was not queried before the request, and the dates do not show that the
  /// certificate is new.
  case undated
  /// The order has a certificate whose number cannot be read: it may be the requested one.
  case unreadable
  /// The service could not be queried.
  case notLooked
}

/// What a query says about a request without a reply.
enum LedgerFinding: Hashable {
  /// The service carried it out: this is the new certificate.
  case found(ServiceFacts.Certificate)
  /// It was certainly not carried out, and will not be.
  case absent
  /// Neither is certain.
  case undecided(LedgerHold)
}

extension LedgerFinding {
  /// The time after signing, in milliseconds, from which on a request can no longer be carried out: the gateway refuses a
  /// signature after five minutes; five more allow for a clock that is off by as much (with a larger difference the
  /// gateway refuses the query too).
  static let absenceWindow = 600_000

  /// Judges the request of a claim by what the service shows.
  ///
  /// - Parameters:
  ///   - claim: The claim of the request.
  ///   - facts: What a query about the order showed.
  ///   - lastSigned: The latest timestamp that the request may have, corrected for a wrong clock.
  ///   - now: The time of the query.
  static func of(
    _ claim: LedgerClaim, facts: ServiceFacts, lastSigned: Timestamp, now: Timestamp
  ) -> LedgerFinding {
    guard facts.certificate(claim.number) != nil else { return .undecided(.notVisible) }
    let news = claim.baseline.compare(facts, since: claim.claimedAt)
    if let best = newest(of: news.fresh) { return .found(best) }
    guard !facts.hasUnreadable else { return .undecided(.unreadable) }
    guard !news.hasUndated else { return .undecided(.undated) }
    if facts.certificates.contains(where: { $0.condition == .inProgress }) {
      return .undecided(.inProgressAtService)
    }
    let until = lastSigned.adding(milliseconds: absenceWindow)
    return now < until ? .undecided(.tooEarly(until: until)) : .absent
  }

  /// The certificate that a request most likely led to: in progress or issued before failed, then the highest number.
  static func newest(of certificates: [ServiceFacts.Certificate]) -> ServiceFacts.Certificate? {
    func rank(_ certificate: ServiceFacts.Certificate) -> (Int, Int, String) {
      let condition =
        switch certificate.condition {
        case .inProgress, .issued: 2
        case .other: 1
        case .failed: 0
        }
      return (condition, certificate.number.utf8.count, certificate.number)
    }
    return certificates.max { rank($0) < rank($1) }
  }
}

/// The numbers of an order just before a request; later numbers are new.
package struct LedgerBaseline: Hashable, Sendable {
  /// The numbers known at that time.
  package var numbers: [String]
  /// Whether the service had been queried, so that these were all numbers.
  package var isComplete: Bool

  /// The certificates that are new, and whether others might be.
  ///
  /// Against a complete baseline every other certificate is new. Against an incomplete one a certificate is new if it is
  /// in progress, or if one of its dates is not earlier than the day before the request. No date proves that a
  /// certificate is old: its validity may begin days before the issue, and the guide does not define the list's date of
  /// issue.
  func compare(
    _ facts: ServiceFacts, since: Timestamp
  ) -> (fresh: [ServiceFacts.Certificate], hasUndated: Bool) {
    let known = Set(numbers)
    let others = facts.certificates.filter { !known.contains($0.number) }
    guard !isComplete else { return (others, false) }
    // Dates in the list have no time zone, and a validity usually begins at midnight: one day of tolerance.
    let from = since.adding(milliseconds: -86_400_000)
    let fresh = others.filter { certificate in
      certificate.condition == .inProgress
        || [certificate.startsAt, certificate.issuedAt].compactMap(\.self).contains { $0 >= from }
    }
    return (fresh, fresh.count < others.count)
  }
}
