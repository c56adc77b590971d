// The ledger as a run uses it: items are put into the ledger's terms, and its decisions into items.

internal import Core
internal import JSON
internal import Ledger
internal import Parameters
internal import Platform
internal import Service
internal import Templates

/// The ledger of one run: the account that it acts for, and the process that it is.
struct RunLedger {
  let ledger: any Ledger
  let account: String
  let owner = ProcessIdentity.current()
  /// How long a run may take, in milliseconds: no request is signed later.
  private let span: Int
  private let maximumPerDay: Int
  private let isForced: Bool

  /// A ledger for the account of these credentials.
  init(_ ledger: any Ledger, _ settings: Settings, _ credentials: Credentials) {
    self.ledger = ledger
    account = LedgerDigest.account(of: settings, credentials)
    span = settings.deadline.milliseconds
    maximumPerDay = settings.maximumPerDay
    isForced = settings.isForced
  }

  /// The terms for all items of a batch.
  func terms(at now: Timestamp) -> LedgerTerms {
    LedgerTerms(now: now, owner: owner, signBy: now.adding(milliseconds: span))
  }

  /// How the ledger finds a record.
  func lookup(order: String? = nil, _ number: CertificateNumber) -> LedgerLookup {
    LedgerLookup(account: account, order: order, numbers: [number.digits])
  }

  /// Brings what the service shows of an order to its record.
  ///
  /// - Returns: The record; `nil` if there is none.
  /// - Throws: ``ReissueError``, exit 74, if the ledger cannot be read or written.
  func note(
    _ facts: ServiceFacts, of number: CertificateNumber, now: Timestamp
  ) throws(ReissueError) -> LedgerRecord? {
    try mapError(ReissueError.init) { () throws(LedgerError) in
      try ledger.note(
        facts, for: lookup(order: facts.order, number), observer: owner, now: now)
    }
  }

  /// What an open item asks of the ledger; `nil` while its number is not known.
  func intent(of item: Item, event: String, look: LedgerLook, now: Timestamp) -> LedgerIntent? {
    guard let request = item.request, let number = item.result.certificateNumber else { return nil }
    let asked = request.parameters.certificateNumber.flatMap { $0 == number ? nil : $0 }
    let known = LedgerLookup(
      account: account, order: item.look?.order.id,
      numbers: [asked, number].compactMap { $0?.digits })
    return LedgerIntent(
      known: known, number: number.digits, name: request.parameters.commonName.ascii,
      digest: LedgerDigest.parameters(request.normalizedParameters),
      key: item.requestFacts?.keyDigest,
      event: "\(event), item \(item.result.index)", reference: item.result.reference,
      policy: LedgerPolicy(
        cooldown: item.policy.cooldown(at: now).milliseconds, force: isForced,
        maximumPerDay: maximumPerDay),
      look: look, registersKey: item.policy.registerKey)
  }

  /// Makes the outcomes of ended items durable together; leaves out items without a claim. If that fails after a good
  /// answer, the item keeps its status: the record still says claimed, and the next run looks at the service.
  func settle(
    _ items: inout [Item],
    _ outcomes: [(index: Int, outcome: LedgerOutcome, signedAt: Timestamp?)], now: Timestamp,
    _ log: Log
  ) {
    let settlements = outcomes.compactMap { index, outcome, signedAt in
      items[index].takeClaim().map {
        (index, LedgerSettlement($0, as: outcome, signedAt: signedAt))
      }
    }
    func failure(_ settlements: [LedgerSettlement]) -> LedgerError? {
      do throws(LedgerError) { try ledger.settle(settlements, now: now) } catch { return error }
      return nil
    }
    guard let error = failure(settlements.map(\.1)) else { return }
    for (index, settlement) in settlements {
      // Each alone: the record of another one may be the reason.
      guard let error = settlements.count == 1 ? error : failure([settlement]) else { continue }
      items[index].isUnrecorded = true
      items[index].result.warnings.append(
        "the ledger could not note this outcome; the next event looks at the service first")
      log.log(ReissueError(error), subject: "item \(items[index].result.index)")
    }
  }
}

extension Item.Request {
  /// The parameters without what differs between two requests for the same thing: the number of the order under
  /// which it is asked for, the order of the names, and a signing request that is made here.
  var normalizedParameters: JSONValue {
    var members = parameters.json
    members["certificateNo"] = nil
    members["dnsName"] = .array(parameters.alternativeNames.sorted().map { .string($0.ascii) })
    switch parameters.signingRequest {
    case .generate, .privateKey: break
    case .text, .file: members["csr"] = (signingRequest?.digest).map(JSONValue.string)
    }
    return .object(members)
  }
}

extension AccountOrder {
  /// The order in the ledger's terms.
  func facts(seenAt: Timestamp) -> ServiceFacts {
    ServiceFacts(
      order: id,
      certificates: certificates.map {
        .init(
          number: $0.number.digits, condition: $0.condition, startsAt: $0.notBefore,
          issuedAt: $0.issuedAt)
      }, hasUnreadable: !unnumbered.isEmpty, seenAt: seenAt)
  }
}

// How commands find records.
extension LedgerRecord {
  /// Whether a text is a number or the order of the record.
  func isNumbered(_ text: String) -> Bool {
    let prefix = "order:"
    return numbers.contains(text)
      || key == .order(text.hasPrefix(prefix) ? String(text.dropFirst(prefix.utf8.count)) : text)
  }

  /// Whether a text is the common name of the record, or its folder of the store.
  func isCalled(_ text: String) -> Bool {
    if name == text || (try? DomainName(text))?.ascii == name { return true }
    let stores = claims.map(\.store) + [standing?.store]
    return stores.compactMap(\.self).contains { $0 == text || $0.hasPrefix(text + "/") }
  }
}
