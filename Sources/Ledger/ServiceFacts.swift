// What a look at the service showed of one order, and what it says about a record. Pure: no clock, no
// network.

internal import Core
package import Platform

/// What the service showed of one order.
package struct ServiceFacts: Hashable, Sendable {
  /// One certificate of the order.
  package struct Certificate: Hashable, Sendable {
    /// How it stands at the service.
    package enum Condition: Hashable, Sendable {
      /// On its way: validation or issue is pending.
      case inProgress
      /// There, and valid or waiting for its key.
      case issued
      /// Given up by the service (status -1, -3, -4, -11, -12, -20).
      case failed
      /// Anything else: expired, revoked, unknown.
      case other
    }

    /// The certificate's number.
    package var number: String
    /// How it stands at the service.
    package var condition: Condition
    /// From when it is valid (`notBefore`); `nil` if the service does not say.
    ///
    /// May lie days before the issue.
    package var startsAt: Timestamp?
    /// When it was issued (`issueDate`); `nil` if the service does not say.
    package var issuedAt: Timestamp?

    /// A certificate as a list of the service shows it.
    package init(
      number: String, condition: Condition, startsAt: Timestamp? = nil, issuedAt: Timestamp? = nil
    ) {
      self.number = number
      self.condition = condition
      self.startsAt = startsAt
      self.issuedAt = issuedAt
    }
  }

  /// The order; `nil` if the service does not say.
  package var order: String?
  /// The certificates of the order that are visible; none if the certificate asked for is not.
  package var certificates: [Certificate]
  /// Whether the order has more, whose numbers cannot be read.
  package var hasUnreadable: Bool
  /// When the service was asked: what happened later does not show.
  package var seenAt: Timestamp

  /// What one look showed.
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
  /// The request might still be on its way: not before then can its absence be sure.
  case tooEarly(until: Timestamp)
  /// The service does not show the certificate.
  case notVisible
  /// Something of the order is in progress, and it was before the request too.
  case inProgressAtService
  /// A certificate may be new or old: nobody had looked before the request, and its dates do not show that it is
  /// new.
  case undated
  /// The order shows something whose number cannot be read: it may be what was asked for.
  case unreadable
  /// Nobody could look at the service.
  case notLooked
}

/// What a look says about a request of which no answer came.
enum LedgerFinding: Hashable, Sendable {
  /// The service carried it out: this is the new certificate.
  case found(ServiceFacts.Certificate)
  /// It surely was not and will not be carried out.
  case absent
  /// Neither can be said.
  case undecided(LedgerHold)
}

extension LedgerFinding {
  /// The gateway refuses a signature five minutes after its timestamp; twice that leaves room for clocks that
  /// differ by as much (the gateway refuses the look too, if this one is further off).
  static let absenceWindow = 600_000

  /// Judges a request by what the service shows.
  ///
  /// - Parameters:
  ///   - lastSigned: The latest timestamp the request may bear, as far as this clock can be believed.
  ///   - claim: The claim whose request is looked for.
  ///   - facts: What a look at the order showed.
  ///   - now: The time of this process.
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

  /// The one on its way or issued before one that failed; then the highest number.
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

/// The numbers of an order just before a request, against which new ones show.
package struct LedgerBaseline: Hashable, Sendable {
  /// The numbers known then.
  package var numbers: [String]
  /// Whether the service had been looked at, so that these were all.
  package var isComplete: Bool

  /// The numbers just before a request.
  package init(numbers: [String], isComplete: Bool) {
    self.numbers = numbers
    self.isComplete = isComplete
  }

  /// Certificates that are new, and whether others might be.
  ///
  /// Against a complete baseline every other certificate is new. Against an incomplete one a certificate is new if it
  /// is in progress, or if one of its dates is no earlier than the day before the request. No date proves that one is
  /// old: a validity may begin days before the issue, and what a list calls the date of issue is not documented.
  func compare(
    _ facts: ServiceFacts, since: Timestamp
  ) -> (fresh: [ServiceFacts.Certificate], hasUndated: Bool) {
    let known = Set(numbers)
    let others = facts.certificates.filter { !known.contains($0.number) }
    guard !isComplete else { return (others, false) }
    // Dates of the list have no time zone, and a validity begins at midnight as a rule: a day of tolerance.
    let from = since.adding(milliseconds: -86_400_000)
    let fresh = others.filter { certificate in
      certificate.condition == .inProgress
        || [certificate.startsAt, certificate.issuedAt].compactMap(\.self).contains { $0 >= from }
    }
    return (fresh, fresh.count < others.count)
  }
}
