// The command `follow`: requests of earlier runs become items, and the last step of a run looks at them.

internal import Core
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

extension Run {
  /// Reports what became of accepted requests, and puts their chains into the store. Without names (numbers, orders,
  /// domains or names of certificates) these are all that the ledger holds as unfinished and all that the store waits
  /// for.
  ///
  /// If `isPatient`, it looks again until all are issued or given up, or the deadline for following is over; otherwise
  /// there is one look.
  package mutating func follow(names: [String], isPatient: Bool) -> RunResult {
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    context.fileDeadline.milliseconds = deadline
    return report(.follow) { (run, result) throws(ReissueError) in
      try run.follow(names, isPatient: isPatient, until: deadline)
      for index in run.items.indices { run.items[index].endFollowing() }
      result.reason = run.items.isEmpty ? .noItems : nil
    }
  }

  private mutating func follow(
    _ texts: [String], isPatient: Bool, until deadline: Int
  ) throws(ReissueError) {
    // An invalid number is wrong usage, which is reported before the service is called.
    for text in texts where text.isDigits { _ = try CertificateNumber(argument: text) }
    if texts.isEmpty, try LedgerLocation.location(settings, context) == .none {
      throw .nothingToFollow
    }
    try open(makesLedger: false)
    var numbers: [CertificateNumber] = []
    var forgotten: [CertificateStore.Waiting] = []
    if texts.isEmpty { (numbers, forgotten) = try unfinished() }
    guard !numbers.isEmpty || !forgotten.isEmpty || !texts.isEmpty else { return }
    try connect()
    guard let account = try client?.account(deadline: deadline) else { return }
    for text in texts {
      for number in try self.numbers(of: text, in: account) where !numbers.contains(number) {
        numbers.append(number)
      }
    }
    items = []
    for (index, number) in numbers.enumerated() {
      items.append(try item(of: number, index: index, in: account))
    }
    recover(forgotten, in: account)
    findRecords(until: deadline)
    isPatient ? awaitIssue() : deliver(until: deadline)
    dropUnrelated()
  }

  /// The numbers that a name means: itself, those of records with this name, or one of each order that has it.
  private func numbers(
    of text: String, in account: Account
  ) throws(ReissueError) -> [CertificateNumber] {
    guard !text.isDigits else { return [try CertificateNumber(argument: text)] }
    if let ledger {
      let found = try ledger.ledger.records(of: ledger.account) {
        $0.isNumbered(text) || $0.isCalled(text)
      }.compactMap { $0.claim?.number ?? $0.standing?.number ?? $0.numbers.last }
      guard found.isEmpty else { return found.compactMap { CertificateNumber($0) } }
    }
    let domain = try? DomainName(text)
    let found = account.orders.filter { order in
      order.id == text
        || order.certificates.contains { certificate in
          certificate.name == text
            || domain.map { certificate.names?.contains($0) == true } == true
        }
    }.compactMap { ($0.inProgress ?? $0.representative)?.number }
    guard found.isEmpty else { return found }
    throw ReissueError(
      "certificate.not-found",
      "neither the account nor the ledger has a certificate \(Text.quoted(text))",
      hint: "see ncloud-reissue certificates", exit: .refused)
  }

  /// The numbers of all records that wait for an answer, for the certificate, for its chain, or for the registration of
  /// its key; and the folders that wait for a certificate without a record.
  private func unfinished() throws(ReissueError) -> (
    [CertificateNumber], [CertificateStore.Waiting]
  ) {
    guard let ledger else { return ([], []) }
    let store = CertificateStore(path: settings.storeFolder)
    var waiting = Dictionary(store.waiting().map { ($0.entry, $0) }) { first, _ in first }
    let records = try ledger.ledger.records(
      of: nil, in: [.claimed, .unknown, .accepted, .issued, .refused]
    ) { record in
      for case let entry? in record.claims.map(\.store) + [record.standing?.store] {
        waiting[entry] = nil
      }
      return record.account == ledger.account
        && ([.claimed, .unknown, .accepted].contains(record.state)
          || record.standing?.registration?.isRegistered == false
          || record.standing?.store.map(store.lacksChain) == true)
    }
    let numbers = records.compactMap { record in
      (record.claim?.number ?? record.standing?.number).flatMap { CertificateNumber($0) }
    }
    return (numbers, waiting.values.sorted { $0.entry < $1.entry })
  }

  /// What the account shows of a request of an earlier run, and what the ledger knows of it; the ledger's record is
  /// brought up to date.
  ///
  /// - Throws: ``ReissueError``, exit 74, if the ledger cannot be read or written.
  private func item(
    of number: CertificateNumber, index: Int, in account: Account
  ) throws(ReissueError) -> Item {
    var result = ItemResult(index: index, status: .reissued)
    result.askedNumber = number
    result.certificateNumber = number
    var item = Item(result, .ended(nil))
    var order = account.order(of: number)
    if order == nil { order = try remembered(number, in: account) }
    let facts =
      order?.facts(seenAt: account.seenAt)
      ?? ServiceFacts(order: nil, certificates: [], seenAt: account.seenAt)
    let record = try ledger?.note(facts, of: number, now: context.now())
    item.result.reference = record?.claim?.reference ?? record?.standing?.reference
    if let claim = record?.claim {
      claim.doubt == nil
        ? item.end(.skipped, reason: .inProgress) : item.end(.unknown, error: .stillUnknown)
    } else if let order {
      item.news = facts
      item.apply(record?.standing, of: order)
    } else {
      item.end(.failed, error: .numberNotFound)
    }
    if let order { item.takeNames(from: order) }
    return item
  }

  /// The order, as the ledger knows it, of a number that the account does not show any more.
  private func remembered(
    _ number: CertificateNumber, in account: Account
  ) throws(ReissueError) -> AccountOrder? {
    guard let ledger else { return nil }
    let record = try mapError(ReissueError.init) { () throws(LedgerError) in
      try ledger.ledger.find(ledger.lookup(number))
    }
    guard let record else { return nil }
    if case .order(let id) = record.key, let order = account.order(id: id) { return order }
    let named = [record.claim?.number, record.standing?.newNumber, record.standing?.number]
    return (named.compactMap(\.self) + record.numbers).lazy
      .compactMap { CertificateNumber($0).flatMap(account.order(of:)) }.first
  }
}

extension Item {
  /// Takes the outcome that the ledger holds, which was brought up to date. Without one, or after a refusal, the
  /// newest certificate of the order is meant.
  fileprivate mutating func apply(_ outcome: LedgerOutcomeRecord?, of order: AccountOrder) {
    guard let outcome, outcome.state != .refused else { return applyNewest(of: order) }
    // What is known already stays true, whatever has become of the certificate since.
    result.stage = outcome.stage ?? .accepted
    result.store = outcome.store
    wantsKey = outcome.registration?.isRegistered == false
    if outcome.registration?.isRegistered == true { result.isKeyRegistered = true }
    result.certificateNumber = CertificateNumber(outcome.number) ?? result.certificateNumber
    result.newCertificateNumber = outcome.newNumber.flatMap { CertificateNumber($0) }
    let new = order.certificates.first { $0.number == result.newCertificateNumber }
    if let new { apply(new) }
  }

  private mutating func applyNewest(of order: AccountOrder) {
    let newest =
      order.inProgress ?? order.certificates.max { $0.number.order < $1.number.order }
    if order.inProgress == nil, order.unnumbered.contains(.inProgress) {
      result.stage = .waitingForDNS
    } else if let newest {
      apply(newest)
    }
  }

  /// Puts the outcome of an accepted request into the words of `follow`. The steps that `follow` shares with `run`
  /// keep it as `reissued`, whatever becomes of it.
  fileprivate mutating func endFollowing() {
    guard result.status == .reissued else { return }
    if result.stage == nil { result.error = .neitherPendingNorIssued }
    result.status =
      result.error != nil ? .failed : result.stage == .issued ? .issued : .pending
  }

  /// Takes the names from the certificate, where there are no parameters.
  mutating func takeNames(from order: AccountOrder) {
    let shown = result.newCertificateNumber ?? result.askedNumber
    guard let certificate = order.certificates.first(where: { $0.number == shown }) else { return }
    names = certificate.names.map { $0.sorted() } ?? []
    result.names = (certificate.commonName, certificate.alternativeNames)
  }
}

extension ReissueError {
  fileprivate static let nothingToFollow = ReissueError(
    "usage.number", "without a ledger only certificates that are named can be followed",
    hint: "ncloud-reissue follow NAME", exit: .usage)

  fileprivate static let neitherPendingNorIssued = ReissueError(
    "certificate.ended", "the newest certificate of the order is neither pending nor issued",
    hint: "look into the console: it is expired, revoked or deleted", exit: .refused)

  fileprivate static let stillUnknown = ReissueError(
    "ledger.unknown",
    "an earlier request may have been carried out, and the service does not show it", hint: byHand,
    exit: .unknown)
}
