// The ledger as the commands see it that look into it and mend it.

package import Core
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

/// Looks into the ledger of the settings, for the account of the credentials, or for all where there are none.
package struct LedgerMaintenance {
  /// Younger history is kept: with it would go what holds repeated alerts back.
  private static let shortestHistory = TimeSpan(seconds: 30 * 86_400)

  private let ledger: (any Ledger)?
  private let account: String?
  private let now: Timestamp

  /// Opens the ledger; one that is not there is empty, and is not made.
  ///
  /// - Throws: ``ReissueError``: 64 for `--ledger none`, 74 for a ledger that cannot be read, 77 for a profile
  ///   that was named and is not there.
  package init(_ settings: Settings, _ context: Context, _ log: Log) throws(ReissueError) {
    guard try LedgerLocation.location(settings, context) != .none else {
      throw ReissueError(
        "usage.ledger", "there is nothing to look into with --ledger none", exit: .usage)
    }
    ledger = try LedgerLocation.openIfThere(settings, context, log)
    account = try Self.account(settings, context)
    now = context.now()
  }

  /// The account whose records are shown; `nil`, which is all, where neither a name of it nor a key is at hand.
  static func account(
    _ settings: Settings, _ context: Context
  ) throws(ReissueError) -> String? {
    if let name = settings.account { return LedgerDigest.account(named: name) }
    do throws(ReissueError) {
      let credentials = try Credentials.find(profile: settings.profile, context: context)
      return LedgerDigest.account(of: settings, credentials)
    } catch {
      // Who names a profile wants its account, and not all.
      guard settings.profile == nil else { throw error }
      return nil
    }
  }

  /// The records in these states, all without any, that changed last before so long ago.
  ///
  /// - Throws: ``ReissueError``: 64 for what is no state or no duration.
  package func records(
    in names: [String], olderThan age: String?
  ) throws(ReissueError) -> LedgerReport {
    var states: Set<LedgerRecord.State> = []
    for name in names { states.insert(try Self.state(name)) }
    if states.isEmpty { states = Set(LedgerRecord.State.allCases) }
    let length = try age.map { (text) throws(ReissueError) in try Self.age(text).milliseconds }
    let records = try all(in: states).filter { record in
      length.map { now.milliseconds(since: record.changedAt) > $0 } ?? true
    }
    return LedgerReport(records, now: now)
  }

  private static func state(_ name: String) throws(ReissueError) -> LedgerRecord.State {
    if let state = LedgerRecord.State(rawValue: name) { return state }
    throw ReissueError(
      "usage.option", "--state: \(Text.quoted(name)) is none",
      hint: "one of " + LedgerRecord.State.allCases.map(\.rawValue).joined(separator: ", "),
      exit: .usage)
  }

  private static func age(_ text: String) throws(ReissueError) -> TimeSpan {
    if let age = TimeSpan(text) { return age }
    throw ReissueError(
      "usage.option", "--older-than: \(Text.quoted(text)) is no duration such as 90s, 12h or 7d",
      exit: .usage)
  }

  /// The one record of a certificate number, or of an order's id.
  package func record(of name: String) throws(ReissueError) -> LedgerReport {
    LedgerReport([try find(name)], now: now)
  }

  /// Forgets a record, whatever it says.
  package func forget(_ name: String) throws(ReissueError) -> LedgerReport {
    let record = try find(name)
    return try change { (ledger) throws(LedgerError) in try ledger.forget(record.lookup) }
  }

  /// Settles an unknown request as somebody says who has looked.
  package func settle(
    _ name: String, isCarriedOut: Bool, newNumber: String?
  ) throws(ReissueError) -> LedgerReport {
    let number = try newNumber.map { (text) throws(ReissueError) in
      try CertificateNumber(argument: text)
    }
    let record = try find(name)
    if let number { try refuseTaken(number, by: record) }
    guard LedgerTrouble(of: record, now: now)?.isUndecided == true else {
      throw ReissueError(
        "ledger.settled", "nothing is unknown of it: the record is \(record.state.rawValue)",
        hint: "see ncloud-reissue ledger show", exit: .event)
    }
    return try change { (ledger) throws(LedgerError) in
      try ledger.settleByHand(
        record.lookup, isCarriedOut: isCarriedOut, newNumber: number?.digits, observer: .current(),
        now: now)
    }
  }

  /// A slip of the pen must not take another order's record its number away.
  private func refuseTaken(
    _ number: CertificateNumber, by record: LedgerRecord
  ) throws(ReissueError) {
    let others = try all(in: Set(LedgerRecord.State.allCases)).filter {
      $0.account == record.account && $0.key != record.key && $0.numbers.contains(number.digits)
    }
    guard let other = others.first else { return }
    throw ReissueError(
      "ledger.number-taken", "\(number.digits) belongs to another record: \(other.key.text)",
      hint: "compare with ncloud-reissue ledger show \(number.digits)", exit: .event)
  }

  /// What a person has to see to. The file itself is looked over too.
  package func check() throws(ReissueError) -> LedgerReport {
    if let file = ledger as? SQLiteLedger {
      do throws(LedgerError) { try file.verify() } catch { throw ReissueError(error) }
    }
    let records = try all(in: [.claimed, .unknown, .validationFailed])
    return LedgerReport(records.filter { LedgerTrouble(of: $0, now: now) != nil }, now: now)
  }

  /// Forgets settled history of that age; nothing that is claimed, unknown or accepted goes.
  ///
  /// - Returns: How many records went.
  package func prune(olderThan text: String) throws(ReissueError) -> Int {
    let age = try Self.age(text)
    guard age.seconds >= Self.shortestHistory.seconds else {
      throw ReissueError(
        "usage.option", "--older-than: at least 30d of history is kept",
        hint: "younger records hold repeated alerts back", exit: .usage)
    }
    guard let ledger else { return 0 }
    do throws(LedgerError) {
      return try ledger.prune(before: now.adding(milliseconds: -age.milliseconds))
    } catch {
      throw ReissueError(error)
    }
  }

  private func all(in states: Set<LedgerRecord.State>) throws(ReissueError) -> [LedgerRecord] {
    guard let ledger else { return [] }
    do throws(LedgerError) {
      return try ledger.records(in: states).filter { account == nil || $0.account == account }
    } catch {
      throw ReissueError(error)
    }
  }

  private func find(_ name: String) throws(ReissueError) -> LedgerRecord {
    let order = name.hasPrefix("order:") ? String(name.dropFirst("order:".utf8.count)) : name
    let found = try all(in: Set(LedgerRecord.State.allCases)).filter {
      $0.numbers.contains(name) || $0.key == .order(order)
    }
    guard let record = found.first else {
      throw ReissueError(
        "ledger.no-record", "the ledger holds nothing of \(Text.quoted(name))",
        hint: "see ncloud-reissue ledger list", exit: .event)
    }
    guard found.count == 1 else {
      throw ReissueError(
        "ledger.ambiguous", "\(found.count) accounts have records of \(Text.quoted(name))",
        hint: "give the credentials of the account that is meant", exit: .event)
    }
    return record
  }

  private func change(
    _ body: (any Ledger) throws(LedgerError) -> LedgerRecord?
  ) throws(ReissueError) -> LedgerReport {
    guard let ledger else { return LedgerReport([], now: now) }
    do throws(LedgerError) {
      return LedgerReport([try body(ledger)].compactMap(\.self), now: now)
    } catch {
      throw ReissueError(error)
    }
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
