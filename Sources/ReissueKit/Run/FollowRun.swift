// Looking after reissues of earlier runs: number or ledger → account → stage, DNS records, chain → ledger.

package import Core
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

/// What became of accepted reissues.
package struct FollowRun {
  private let settings: Settings
  private let context: Context
  private let log: Log
  private let isPatient: Bool

  /// A run under these settings.
  ///
  /// - Parameters:
  ///   - isPatient: Whether to look again until all are issued or given up, or the deadline for
  ///     following is over; else there is one look.
  ///   - settings: What is followed, and how long.
  ///   - context: Clock, randomness and files.
  ///   - log: Where it tells what it does.
  package init(settings: Settings, context: Context, log: Log, isPatient: Bool) {
    self.settings = settings
    self.context = context
    self.log = log
    self.isPatient = isPatient
  }

  /// Looks after the orders of these numbers, or without any after all that the ledger holds as unfinished.
  package func perform(numbers: [String]) -> RunResult {
    let started = context.monotonicMilliseconds()
    var result = RunResult(startedAt: context.now(), isDryRun: false)
    result.isFollowing = true
    do throws(ReissueError) {
      result.items = try follow(parse(numbers))
      result.reason = result.items.isEmpty ? .noItems : nil
    } catch {
      result.error = error
    }
    result.durationMilliseconds = context.monotonicMilliseconds() - started
    return result
  }

  private func parse(_ texts: [String]) throws(ReissueError) -> [CertificateNumber] {
    var numbers: [CertificateNumber] = []
    for text in texts { numbers.append(try CertificateNumber(argument: text)) }
    return numbers
  }

  private func follow(
    _ numbers: [CertificateNumber]
  ) throws(ReissueError) -> [ItemResult] {
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    let account = LedgerDigest.account(of: settings, credentials)
    let isRemembered = try LedgerLocation.location(settings, context) != .none
    guard isRemembered || !numbers.isEmpty else { throw Self.nothingToFollow }
    let ledger = try LedgerLocation.openIfThere(settings, context, log)
    let wanted = try numbers.isEmpty ? unfinished(in: ledger, of: account) : numbers
    var work = Work(wanted.enumerated().map { Job(following: $1, index: $0) })
    guard !wanted.isEmpty else { return [] }

    var client = try ServiceClient(
      ServiceConfiguration(settings, credentials, context, log), context: context, log: log)
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    let seen = try client.account(deadline: deadline)
    let memory = ledger.map { Memory(following: $0, account: account) }
    for place in work.places({ _ in true }) {
      try work[place].take(seen, memory, now: context.now())
    }
    client.findRecords(&work, parallel: settings.parallel, deadline: deadline)
    finish(&work, &client, memory, deadline: deadline)
    return work.results
  }

  /// Brings chains to the store, with patience or at once.
  private func finish(
    _ work: inout Work, _ client: inout ServiceClient, _ memory: Memory?, deadline: Int
  ) {
    let store = CertificateStore(path: settings.storeFolder)
    guard isPatient else {
      return client.deliver(&work, to: store, parallel: settings.parallel, deadline: deadline)
    }
    let (context, log) = (context, log)
    let patience = context.monotonicMilliseconds() + settings.followDeadline.milliseconds
    client.awaitIssue(&work, store: store, parallel: settings.parallel, deadline: patience) {
      if let memory { $0.noteNews(in: memory, now: context.now(), log: log) }
    }
  }

  /// The numbers of all records that wait for something: an answer, the certificate, or its chain.
  private func unfinished(
    in ledger: (any Ledger)?, of account: String
  ) throws(ReissueError) -> [CertificateNumber] {
    guard let ledger else { return [] }
    let store = CertificateStore(path: settings.storeFolder)
    let records: [LedgerRecord]
    do throws(LedgerError) {
      records = try ledger.records(in: [.claimed, .unknown, .accepted, .issued, .refused])
    } catch {
      throw ReissueError(error)
    }
    return records.filter { record in
      record.account == account
        && ([.claimed, .unknown, .accepted].contains(record.state)
          || record.standing?.store.map(store.lacksChain) == true)
    }.compactMap { record in
      (record.claim?.number ?? record.standing?.number).flatMap { CertificateNumber($0) }
    }
  }

  private static let nothingToFollow = ReissueError(
    "usage.number", "without a ledger there is nothing to follow but the numbers that are named",
    hint: "ncloud-reissue follow NUMBER", exit: .usage)
}

extension Memory {
  /// The ledger for those who only look and send nothing.
  fileprivate init(following ledger: any Ledger, account: String) {
    self.init(
      ledger: ledger, account: account, owner: .current(), span: 0, maximumPerDay: 0,
      isForced: false, event: "follow")
  }
}

extension Job {
  /// A reissue of an earlier run, known by any number of its order.
  fileprivate init(following number: CertificateNumber, index: Int) {
    self.init(index: index)
    result.status = .reissued
    result.askedNumber = number
    result.certificateNumber = number
  }

  /// Takes what the account shows and the ledger knows, and moves the ledger's record on.
  ///
  /// - Throws: ``ReissueError``, exit 74, if the ledger cannot be read or written.
  fileprivate mutating func take(
    _ account: Account, _ memory: Memory?, now: Timestamp
  ) throws(ReissueError) {
    guard let number = result.askedNumber else { return }
    var order = account.order(of: number)
    if order == nil { order = try remembered(number, memory, in: account) }
    let facts = order?.facts(seenAt: account.seenAt) ?? .nothing(seenAt: account.seenAt)
    let record = try record(number, facts, memory, now: now)
    if let claim = record?.claim {
      claim.doubt == nil
        ? end(.skipped, reason: .inProgress) : end(.unknown, error: .stillUnknown)
    } else if let order {
      news = facts
      if let record { take(record, order) } else { take(newest: order) }
    } else {
      end(.failed, error: .numberNotFound)
    }
    guard let order else { return }
    let shown = result.newCertificateNumber ?? number
    if let certificate = order.certificates.first(where: { $0.number == shown }) {
      followedNames = certificate.names.map { $0.sorted() } ?? []
      result.names = (certificate.commonName, certificate.alternativeNames)
    }
  }

  /// The order of a number that the account does not show any more, as the ledger knows it.
  private func remembered(
    _ number: CertificateNumber, _ memory: Memory?, in account: Account
  ) throws(ReissueError) -> AccountOrder? {
    guard let memory else { return nil }
    let record: LedgerRecord?
    do throws(LedgerError) {
      record = try memory.ledger.find(
        LedgerLookup(account: memory.account, numbers: [number.digits]))
    } catch {
      throw ReissueError(error)
    }
    guard let record else { return nil }
    if case .order(let id) = record.key, let order = account.order(id: id) { return order }
    let named = [record.claim?.number, record.standing?.newNumber, record.standing?.number]
    return (named.compactMap(\.self) + record.numbers).lazy
      .compactMap { CertificateNumber($0).flatMap(account.order(of:)) }.first
  }

  private func record(
    _ number: CertificateNumber, _ facts: ServiceFacts, _ memory: Memory?, now: Timestamp
  ) throws(ReissueError) -> LedgerRecord? {
    guard let memory else { return nil }
    let lookup = LedgerLookup(
      account: memory.account, order: facts.order, numbers: [number.digits])
    do throws(LedgerError) {
      return try memory.ledger.note(facts, for: lookup, observer: memory.owner, now: now)
    } catch {
      throw ReissueError(error)
    }
  }

  /// Goes by what the ledger holds, which has just been brought up to date.
  private mutating func take(_ record: LedgerRecord, _ order: AccountOrder) {
    guard let standing = record.standing, standing.state != .refused else {
      return take(newest: order)
    }
    // What is known already holds, whatever has become of the certificate since.
    result.stage = standing.stage.flatMap { ItemResult.Stage(rawValue: $0.rawValue) } ?? .accepted
    result.store = standing.store
    result.certificateNumber = CertificateNumber(standing.number) ?? result.certificateNumber
    result.newCertificateNumber = standing.newNumber.flatMap { CertificateNumber($0) }
    let new = order.certificates.first { $0.number == result.newCertificateNumber }
    if let new { take(new: new) }
  }

  /// Without a record of a request, the newest certificate of the order is the one that is meant.
  private mutating func take(newest order: AccountOrder) {
    let newest =
      order.inProgress ?? order.certificates.max { $0.number.order < $1.number.order }
    if order.inProgress == nil, order.unnumbered.contains(.inProgress) {
      result.stage = .waitingForDNS
    } else if let newest {
      take(new: newest)
    }
  }
}

extension ServiceFacts {
  /// A look that showed nothing of the order.
  fileprivate static func nothing(seenAt: Timestamp) -> ServiceFacts {
    ServiceFacts(order: nil, certificates: [], seenAt: seenAt)
  }
}

extension ReissueError {
  fileprivate static let stillUnknown = ReissueError(
    "ledger.unknown", "an earlier request may have been carried out, and the service does not tell",
    hint: "look into the console, then say so: ncloud-reissue ledger settle NUMBER", exit: .unknown)
}
