// What the commands below `ledger` do: read records and correct them.

internal import CommandOptions
package import Core
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

/// The ledger of the settings: the records of the account of the credentials, or of all accounts without credentials.
package struct LedgerMaintenance {
  /// The age of records that can be removed. Younger records are needed to recognise repeated alerts.
  private static let shortestHistory = TimeSpan(seconds: 30 * 86_400)

  private let ledger: (any Ledger)?
  private let account: String?
  private let store: CertificateStore
  private let now: Timestamp
  private let isEnding: @Sendable () -> Bool

  /// Opens the ledger. A missing ledger counts as empty and is not created. A signal ends a wait for another process; the
  /// deadline does not, because a person may take any time to answer a question.
  ///
  /// - Throws: ``ReissueError`` with exit 64 for `--ledger none`, 74 for a ledger that cannot be read, 77 for a profile
  ///   that was named and does not exist.
  package init(_ settings: Settings, _ context: Context, _ log: Log) throws(ReissueError) {
    guard try LedgerLocation.location(settings, context) != .none else {
      throw ReissueError(
        "usage.ledger", "with --ledger none there is no ledger to read", exit: .usage)
    }
    ledger = try LedgerLocation.openIfThere(settings, context, log, isTimed: false)
    account = try Self.account(settings, context)
    store = CertificateStore(path: settings.storeFolder)
    now = context.now()
    isEnding = context.isEnding
  }

  /// The account whose records are shown; `nil` for all accounts, if neither its name nor a key is known.
  static func account(
    _ settings: Settings, _ context: Context
  ) throws(ReissueError) -> String? {
    if let name = settings.account { return LedgerDigest.account(named: name) }
    do throws(ReissueError) {
      let credentials = try Credentials.find(profile: settings.profile, context: context)
      return LedgerDigest.account(of: settings, credentials)
    } catch {
      // The user who names a profile does not mean all accounts.
      guard settings.profile == nil else { throw error }
      return nil
    }
  }

  /// The records in these states (in all states if `names` is empty) whose last change is older than `age`.
  ///
  /// - Throws: ``ReissueError``, exit 64, for an invalid duration.
  package func records(
    in names: [String], olderThan age: String?
  ) throws(ReissueError) -> LedgerReport {
    let states = names.compactMap(LedgerRecord.State.init(rawValue:))
    let length = try age.map { (text) throws(ReissueError) in
      try Self.span(text, .olderThan).milliseconds
    }
    let wanted = Set(states.isEmpty ? LedgerRecord.State.allCases : states)
    let records = try records(in: wanted) { record in
      length.map { now.milliseconds(since: record.changedAt) > $0 } ?? true
    }
    return LedgerReport(records, now: now)
  }

  private static func span(
    _ text: String, _ option: CommandOption
  ) throws(ReissueError) -> TimeSpan {
    if let span = TimeSpan(text) { return span }
    throw ReissueError(
      "usage.option",
      "--\(option.name): \(Text.quoted(text)) is not a duration such as 90s, 12h or 7d",
      exit: .usage)
  }

  /// Every outcome within this length of time before now.
  package func history(of length: String) throws(ReissueError) -> LedgerHistory {
    let span = try Self.span(length, .since)
    let start = now.adding(milliseconds: -span.milliseconds)
    let records = try records { $0.attempts.contains { $0.at >= start } }
    return LedgerHistory(of: records, since: start, now: now)
  }

  /// The records of a certificate number, an order's id, a domain or a folder of the store.
  package func records(of name: String) throws(ReissueError) -> LedgerReport {
    LedgerReport(try find(name), now: now)
  }

  /// The one record of a name, to be changed.
  package func record(of name: String) throws(ReissueError) -> LedgerReport {
    LedgerReport([try findOne(name)], now: now)
  }

  /// Removes a record in any state.
  package func forget(_ name: String) throws(ReissueError) -> LedgerReport {
    let record = try findOne(name)
    return try change { (ledger) throws(LedgerError) in try ledger.forget(record.lookup) }
  }

  /// Settles an unknown request by the decision of an operator: whether it was carried out, and the number of the new
  /// certificate, if it is known.
  package func settle(
    _ name: String, isCarriedOut: Bool, newNumber: String?
  ) throws(ReissueError) -> LedgerReport {
    let number = try newNumber.map { (text) throws(ReissueError) in
      try CertificateNumber(argument: text)
    }
    let record = try findOne(name)
    if let number { try refuseTaken(number, by: record) }
    guard LedgerTrouble(of: record, now: now)?.isUndecided == true else {
      throw ReissueError(
        "ledger.settled", "the outcome is known: the record is \(record.state.rawValue)",
        hint: "see ncloud-reissue ledger show", exit: .event)
    }
    return try change { (ledger) throws(LedgerError) in
      try ledger.settleByHand(
        record.lookup, isCarriedOut: isCarriedOut, newNumber: number?.digits, observer: .current(),
        now: now)
    }
  }

  /// Refuses a number that was known before the request, and one of another record: after a typing error, that record
  /// would lose its number.
  private func refuseTaken(
    _ number: CertificateNumber, by record: LedgerRecord
  ) throws(ReissueError) {
    let isEarlier = record.claims.contains {
      $0.number == number.digits || $0.baseline.numbers.contains(number.digits)
    }
    guard !isEarlier else {
      throw ReissueError(
        "ledger.number-taken", "\(number.digits) is not new: it was known before the request",
        hint: "give the number of the new certificate, or leave --new-number out", exit: .event)
    }
    let others = try records {
      $0.account == record.account && $0.key != record.key && $0.numbers.contains(number.digits)
    }
    guard let other = others.first else { return }
    throw ReissueError(
      "ledger.number-taken", "\(number.digits) belongs to another record: \(other.key.text)",
      hint: "compare with ncloud-reissue ledger show \(number.digits)", exit: .event)
  }

  /// What needs an operator. The integrity of a ledger file is checked, too.
  ///
  /// - Parameter waiting: How long a request may wait.
  package func check(waiting: String) throws(ReissueError) -> LedgerCheck {
    let waiting = try Self.span(waiting, .waiting)
    if let file = ledger as? SQLiteLedger {
      try mapError(ReissueError.init) { () throws(LedgerError) in try file.verify() }
    }
    return try LedgerCheck(store, waiting: waiting, now: now) { (isWanted) throws(ReissueError) in
      try records(where: isWanted)
    }
  }

  /// Removes settled records that are older than `text`; claimed, unknown and accepted ones stay.
  ///
  /// - Returns: The number of removed records.
  package func prune(olderThan text: String) throws(ReissueError) -> Int {
    let age = try Self.span(text, .olderThan)
    guard age.seconds >= Self.shortestHistory.seconds else {
      throw ReissueError(
        "usage.option", "--older-than: at least 30d of history is kept",
        hint: "repeated alerts are recognised by younger records", exit: .usage)
    }
    guard let ledger else { return 0 }
    return try mapError(ReissueError.init) { () throws(LedgerError) in
      try ledger.prune(before: now.adding(milliseconds: -age.milliseconds))
    }
  }

  /// The folders of the store, as `NAME/NUMBER`, whose keys a newer delivered certificate replaces. Folders of
  /// requests that are not finished are left out.
  package func replacedFolders() throws(ReissueError) -> [String] {
    var unfinished: Set<String> = []
    _ = try ledger?.records(of: nil) { record in
      unfinished.formUnion(record.claims.compactMap(\.store))
      if record.standing?.state == .accepted, let store = record.standing?.store {
        unfinished.insert(store)
      }
      return false
    }
    return try store.replaced().filter { !unfinished.contains($0) }
  }

  /// Removes such folders, until a signal ends a wait for another process.
  package func remove(folders: [String]) throws(ReissueError) {
    for folder in folders { try store.remove(folder) { !isEnding() } }
  }

  private func records(
    in states: Set<LedgerRecord.State> = Set(LedgerRecord.State.allCases),
    where isWanted: (LedgerRecord) -> Bool
  ) throws(ReissueError) -> [LedgerRecord] {
    try ledger?.records(of: account, in: states, where: isWanted) ?? []
  }

  /// The records that a name matches. If it is the number or the order of records, only these records.
  private func find(_ name: String) throws(ReissueError) -> [LedgerRecord] {
    let named = try records { $0.isNumbered(name) || $0.isCalled(name) }
    let numbered = named.filter { $0.isNumbered(name) }
    guard named.isEmpty else { return numbered.isEmpty ? named : numbered }
    throw ReissueError(
      "ledger.no-record", "the ledger holds no record of \(Text.quoted(name))",
      hint: "see ncloud-reissue ledger list", exit: .event)
  }

  private func findOne(_ name: String) throws(ReissueError) -> LedgerRecord {
    let found = try find(name)
    guard found.count > 1 else { return found[0] }
    let list = found.map { "\($0.shownNumber) (\($0.shownName), \($0.key.text))" }
    let accounts = Set(found.map(\.account)).count
    throw ReissueError(
      "ledger.ambiguous",
      "\(found.count) records match \(Text.quoted(name)): \(list.joined(separator: ", "))",
      hint: accounts == 1 ? "give a number or an order" : "give the credentials of one account",
      exit: .event)
  }

  private func change(
    _ body: (any Ledger) throws(LedgerError) -> LedgerRecord?
  ) throws(ReissueError) -> LedgerReport {
    guard let ledger else { return LedgerReport([], now: now) }
    let record = try mapError(ReissueError.init) { () throws(LedgerError) in try body(ledger) }
    return LedgerReport([record].compactMap(\.self), now: now)
  }
}

extension LedgerRecord {
  fileprivate var lookup: LedgerLookup {
    if case .order(let order) = key {
      return LedgerLookup(account: account, order: order, numbers: numbers)
    }
    return LedgerLookup(account: account, numbers: numbers)
  }
}
