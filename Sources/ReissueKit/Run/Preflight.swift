// Decides by what the service shows of a certificate whether a reissue is possible, due and harmless.

internal import Core
internal import Ledger
internal import Parameters
internal import Platform
internal import Service
internal import Templates

extension Run {
  /// Whether an open item needs a look at the service.
  var isLookNeeded: Bool {
    items.open.contains { items[$0].policy.preflight || items[$0].isLookWanted }
  }

  /// Looks at the service once, if an open item needs that, and ends the items that must not be sent.
  ///
  /// - Returns: Why the look failed; the ledger has then judged the items by its own rules.
  /// - Throws: ``ReissueError``, exit 74, if the ledger cannot be read.
  mutating func look(until deadline: Int) throws(ReissueError) -> ReissueError? {
    guard isLookNeeded else { return nil }
    var account: Account?
    var failure: ReissueError?
    do throws(ReissueError) {
      try connect()
      account = try client?.lookAround(deadline: deadline)
    } catch {
      failure = error
    }
    try judge(seeing: account)
    guard let account else { return failure }
    for index in items.open where items[index].policy.preflight {
      guard let parameters = items[index].request?.parameters else { continue }
      do throws(ReissueError) {
        let preflight = try Preflight.judge(
          parameters, items[index].policy, account, now: context.now())
        items[index].apply(preflight, seenAt: account.seenAt)
      } catch {
        items[index].end(.failed, error: error)
      }
    }
    // Two items may have turned out to be about one order.
    items.mergeDuplicates()
    return nil
  }
}

extension Item {
  /// The country that the subject of the signing request must have; `nil` if none, or if the account was not looked at.
  /// Organisations in OV certificates are Korean, and their requests name the country (NAVER Cloud Trust Services,
  /// CPS 3.2.2).
  var requiredCountry: String? {
    look?.order.representative?.isOrganizationValidated == true ? "KR" : nil
  }

  /// Goes on with the representative of its order, or ends.
  fileprivate mutating func apply(_ preflight: Preflight, seenAt: Timestamp) {
    switch preflight {
    case .due(let order, let representative):
      look = (order, seenAt)
      result.certificateNumber = representative.number
      if representative.notAfter == nil {
        result.warnings.append("the service does not say until when the certificate is valid")
      }
      if let requiredCountry, let requestFacts, !requestFacts.countries.contains(requiredCountry) {
        result.warnings.append(
          "an OV certificate needs C=\(requiredCountry) in the subject of the signing request: "
            + "openssl req -new -key KEY -subj /C=\(requiredCountry)/CN=NAME -addext subjectAltName=DNS:NAME"
        )
      }
    case .inProgress(let order, let pending):
      look = (order, seenAt)
      result.certificateNumber = order.representative?.number ?? result.askedNumber
      result.newCertificateNumber = pending?.number
      result.stage = .waitingForDNS
      end(.skipped, reason: .inProgressAtService)
    case .notDue(let order, let representative, let until):
      look = (order, seenAt)
      result.certificateNumber = representative.number
      result.until = until
      end(.skipped, reason: .notDue)
    }
  }
}

/// What a look at the service says about one item.
enum Preflight: Hashable, Sendable {
  /// The representative of this order can be reissued.
  case due(AccountOrder, representative: AccountCertificate)
  /// A certificate of the order is in progress; it is `nil` if its number cannot be read.
  case inProgress(AccountOrder, AccountCertificate?)
  /// It is valid for longer than the policy says.
  case notDue(AccountOrder, representative: AccountCertificate, until: Timestamp)

  /// Judges one item.
  ///
  /// - Throws: ``ReissueError``: why the service may not be asked.
  static func judge(
    _ parameters: ReissueParameters, _ policy: Policy, _ account: Account, now: Timestamp
  ) throws(ReissueError) -> Preflight {
    let order = try order(for: parameters, in: account)
    if let pending = order.inProgress { return .inProgress(order, pending) }
    if order.unnumbered.contains(.inProgress) { return .inProgress(order, nil) }
    guard order.unnumbered.isEmpty else { throw .certificateUnreadable }
    guard let representative = order.representative else {
      throw ReissueError(
        "certificate.not-reissuable", "no certificate of the order is in a normal state",
        hint: "look into the console: expired and revoked certificates cannot be reissued",
        exit: .refused)
    }
    guard representative.end != .unreadable else { throw .datesUnreadable(of: "certificate") }
    if let end = representative.notAfter {
      let dueFrom = policy.dueFrom(end: end, life: representative.life, now: now)
      if now < dueFrom { return .notDue(order, representative: representative, until: dueFrom) }
      guard order.end != .unreadable else { throw .datesUnreadable(of: "order") }
      if let orderEnd = order.endsAt, orderEnd <= end {
        throw ReissueError(
          "order.ends", "the order ends \(orderEnd.rfc3339Seconds), no later than the certificate",
          hint: "extend the subscription first: a reissue would gain nothing", exit: .refused)
      }
    }
    if policy.domainChanges == .refuse { try compare(parameters, with: representative) }
    return .due(order, representative: representative)
  }

  /// The order by the number that was asked for, or by the names.
  private static func order(
    for parameters: ReissueParameters, in account: Account
  ) throws(ReissueError) -> AccountOrder {
    if let number = parameters.certificateNumber {
      if let order = account.order(of: number) { return order }
      guard !account.hasUnnumbered else { throw .certificateUnreadable }
      throw .numberNotFound
    }
    let orders = account.orders(
      certificateName: parameters.certificateName.text, commonName: parameters.commonName)
    guard !orders.isEmpty || !account.hasUnnumbered else { throw .certificateUnreadable }
    guard let order = orders.first, orders.count == 1 else {
      throw ReissueError(
        orders.isEmpty ? "certificate.not-found" : "certificate.ambiguous",
        orders.isEmpty
          ? "no Advanced certificate has this name and common name"
          : "\(orders.count) orders have certificates of this name and common name",
        hint: "name the certificate by its number", exit: .refused)
    }
    return order
  }

  /// Removing names may revoke certificates in use, adding names may cost (product guide, CASE 2 to 4).
  private static func compare(
    _ parameters: ReissueParameters, with certificate: AccountCertificate
  ) throws(ReissueError) {
    guard let present = certificate.names else {
      throw ReissueError(
        "domains.unreadable", "the names of the present certificate cannot be read for sure",
        hint: #"compare them by hand, then allow it with "domainChanges": "allow""#, exit: .refused)
    }
    let wanted = Set(parameters.names)
    func list(_ names: Set<DomainName>) -> String {
      names.sorted().map(\.ascii).joined(separator: ", ")
    }
    let removed = present.subtracting(wanted)
    guard removed.isEmpty else {
      throw ReissueError(
        "domains.removed", "the reissue would remove names: \(list(removed))",
        hint: "that may revoke certificates in use; add the names, or allow it with "
          + #""domainChanges": "allow""#, exit: .event)
    }
    let added = wanted.subtracting(present)
    guard added.isEmpty else {
      throw ReissueError(
        "domains.added", "the reissue would add names: \(list(added))",
        hint: #"that may cost; allow it with "domainChanges": "allow""#, exit: .event)
    }
  }
}

extension ReissueError {
  /// No page of the list has the number.
  static let numberNotFound = ReissueError(
    "certificate.not-found", "the number is not among the Advanced certificates of this account",
    hint: "see ncloud-reissue certificates; other kinds cannot be reissued", exit: .refused)

  /// A list has a certificate without a number: whether a reissue is in progress cannot be known.
  fileprivate static let certificateUnreadable = ReissueError(
    "certificate.unreadable", "the service lists a certificate without a number that can be read",
    hint: "look into the console; if nothing is in progress there, name the number and set "
      + #""preflight": "off""#, exit: .refused)

  /// An unreadable end date must not count as due.
  fileprivate static func datesUnreadable(of thing: String) -> ReissueError {
    ReissueError(
      "dates.unreadable", "the end of the \(thing) cannot be read for sure",
      hint: "look into the console; if the certificate is due, name its number and set "
        + #""preflight": "off""#, exit: .refused)
  }
}
