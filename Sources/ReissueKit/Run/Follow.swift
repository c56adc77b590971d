// Last step: what became of accepted requests: their new numbers, the DNS records that they wait for, their chains
// and the registration of their keys. Nothing here changes the status of an item.

internal import Core
internal import JSON
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

extension Run {
  /// Looks at what was accepted: once, or until it is issued, as the settings say.
  mutating func followUp(until deadline: Int) {
    guard settings.follow != .none else { return }
    follow(until: deadline)
    if settings.follow == .issued { awaitIssue() }
  }

  /// One look: new numbers and DNS records go to the items, and what is new to the ledger. A failure is logged.
  private mutating func follow(until deadline: Int) {
    findNewNumbers(until: deadline)
    findRecords(until: deadline)
    noteNews()
  }

  /// Looks again until every accepted item is issued or given up, and puts the chains into the store. What is still
  /// pending at the deadline for following stays so, and is no failure.
  mutating func awaitIssue() {
    let deadline = context.monotonicMilliseconds() + settings.followDeadline.milliseconds
    context.fileDeadline.milliseconds = deadline
    var pauses = FollowPauses()
    deliver(until: deadline)
    while true {
      let pending = items.count(where: \.isPending)
      let pause = min(pauses.take(), deadline - context.monotonicMilliseconds())
      guard pending > 0, pause > 0 else { break }
      log.log(.debug, "\(pending) not issued yet; looking again in \(pause) ms")
      guard context.rest(milliseconds: pause) else { break }
      follow(until: deadline)
      deliver(until: deadline)
    }
  }

  private mutating func findNewNumbers(until deadline: Int) {
    let accepted = items.indices(where: \.isPending)
    guard !accepted.isEmpty else { return }
    let orders = accepted.compactMap { items[$0].knownOrder }
    guard orders.count == accepted.count else {
      return findNewNumbers(of: accepted, until: deadline)
    }
    let seenAt = context.now()
    for ((index, id), answer) in zip(
      zip(accepted, orders), get(orders.map(ServicePath.order), until: deadline))
    {
      switch answer {
      case .success(let document):
        items[index].noteNew(in: AccountOrder(id: id, document: document), seenAt: seenAt)
      case .failure(let error): log.log(.debug, "the new number is not known yet: \(error.message)")
      }
    }
  }

  /// Without a look before the request the order is not known: the whole list is read.
  private mutating func findNewNumbers(of accepted: [Int], until deadline: Int) {
    do throws(ReissueError) {
      guard let account = try client?.account(deadline: deadline) else { return }
      for index in accepted {
        guard let number = items[index].result.certificateNumber else { continue }
        items[index].noteNew(in: account.order(of: number), seenAt: account.seenAt)
      }
    } catch {
      log.log(.debug, "the new numbers are not known yet: \(error.message)")
    }
  }

  /// Finds the DNS records of the items that wait for validation.
  mutating func findRecords(until deadline: Int) {
    var questions: [(index: Int, domain: DomainName, path: String)] = []
    for index in items.indices(where: \.needsRecords) {
      guard let number = items[index].result.newCertificateNumber else { continue }
      for domain in items[index].names {
        questions.append((index, domain, ServicePath.verification(of: domain, number)))
      }
    }
    for (question, answer) in zip(questions, get(questions.map(\.path), until: deadline)) {
      switch answer {
      case .success(let document):
        items[question.index].result.dnsRecords +=
          DNSRecord.all(in: document, domain: question.domain.ascii)
      case .failure(let error):
        log.log(.debug, "\(question.domain): its DNS record is not known yet: \(error.message)")
      }
    }
  }

  /// Brings new numbers and stages to the ledger. It remembers which numbers existed before the request, so it may
  /// recognize a new one that this run does not.
  private mutating func noteNews() {
    guard let ledger else { return }
    for index in items.indices where items[index].result.status == .reissued {
      guard let facts = items[index].news, let number = items[index].result.certificateNumber else {
        continue
      }
      do throws(ReissueError) {
        let record = try ledger.note(facts, of: number, now: context.now())
        if let record { items[index].noteNew(in: record) }
      } catch {
        log.log(
          .warning, hint: error.hint,
          "the ledger does not know the new number yet: \(error.message)")
      }
    }
  }

  /// Puts the chains of issued items into the store, and fails the items that the service gave up.
  mutating func deliver(until deadline: Int) {
    for index in items.indices(where: \.hasFailedValidation) {
      items[index].result.error = .validationFailed
    }
    let store = CertificateStore(path: settings.storeFolder)
    let issued = items.indices(where: \.lacksChain)
    let paths = issued.compactMap { items[$0].result.newCertificateNumber }.map(ServicePath.chain)
    for (index, answer) in zip(issued, get(paths, until: deadline)) {
      items[index].deliver(answer, to: store) { [context] in !context.isOver(deadline) }
    }
    registerKeys(until: deadline)
  }

  mutating func get(
    _ paths: [String], until deadline: Int
  ) -> [Result<JSONValue, ReissueError>] {
    client?.get(paths, parallel: settings.parallel, deadline: deadline) ?? []
  }
}

extension Item {
  /// Whether the service accepted it, and nothing final is known.
  fileprivate var isPending: Bool { result.status == .reissued && result.isPending }

  /// The id of the order, from a look before or after the request.
  var knownOrder: String? { look?.order.id ?? news?.order }

  /// Whether a person needs to know which records to set. An item that the ledger alone has settled costs no look.
  fileprivate var needsRecords: Bool {
    let isLookedAt = result.status == .reissued || result.reason == .inProgressAtService
    return isLookedAt && result.stage == .waitingForDNS && result.dnsRecords.isEmpty
  }

  fileprivate var hasFailedValidation: Bool {
    result.status == .reissued && result.stage == .validationFailed && result.error == nil
  }

  /// Whether the chain can be fetched for a folder that waits for it.
  fileprivate var lacksChain: Bool {
    result.status == .reissued && result.stage == .issued && result.store != nil
      && result.newCertificateNumber != nil && !isDelivered
  }

  /// Takes the certificate that did not exist before the request, if the order shows one.
  fileprivate mutating func noteNew(in order: AccountOrder?, seenAt: Timestamp) {
    guard let order else { return }
    news = order.facts(seenAt: seenAt)
    if let new = newCertificate(in: order) { apply(new) }
  }

  /// Takes number and stage of the new certificate.
  mutating func apply(_ new: AccountCertificate) {
    newCertificate = new
    result.newCertificateNumber = new.number
    result.stage = new.condition.stage ?? result.stage
    result.notAfter = result.stage == .issued ? new.notAfter : nil
    // No DNS record needs to be set any more.
    if result.stage != .waitingForDNS { result.dnsRecords = [] }
  }

  /// The certificate that is known already, or the newest one that did not exist before. Without a look before the
  /// request, only a certificate in progress is certainly new.
  private func newCertificate(in order: AccountOrder) -> AccountCertificate? {
    if let known = result.newCertificateNumber {
      return order.certificates.first { $0.number == known }
    }
    let before = look.map { Set($0.order.certificates.map(\.number)) }
    return order.certificates.filter { certificate in
      before.map { !$0.contains(certificate.number) } ?? (certificate.condition == .inProgress)
    }.max { $0.number.order < $1.number.order }
  }

  /// Takes the new number from the ledger's record of this request.
  fileprivate mutating func noteNew(in record: LedgerRecord) {
    guard isPending, result.newCertificateNumber == nil, let outcome = record.standing,
      outcome.number == result.certificateNumber?.digits,
      let number = outcome.newNumber.flatMap({ CertificateNumber($0) })
    else { return }
    result.newCertificateNumber = number
    result.stage = outcome.stage ?? .accepted
  }

  /// Whatever fails here, the reissue stays accepted: the item keeps its status.
  fileprivate mutating func deliver(
    _ answer: Result<JSONValue, ReissueError>, to store: CertificateStore, while goOn: () -> Bool
  ) {
    isDelivered = true
    guard let entry = result.store else { return }
    do throws(ReissueError) {
      switch answer {
      case .failure(let error): throw .chainUnavailable(error)
      case .success(let document):
        let chain = try IssuedChain(document: document)
        try store.complete(entry, chain: Array(chain.pem.utf8), while: goOn)
      }
    } catch {
      result.error = error
    }
  }
}

extension Context {
  /// Waits; a signal ends the wait.
  ///
  /// - Returns: Whether the time passed; `false` if the run was asked to end.
  fileprivate func rest(milliseconds: Int) -> Bool {
    let end = monotonicMilliseconds() + milliseconds
    while !isEnding() {
      let remaining = end - monotonicMilliseconds()
      guard remaining > 0 else { return true }
      sleep(min(remaining, ServiceClient.longestWait))
    }
    return false
  }
}
