import Platform
import TestSupport
import Testing

@testable import Ledger

/// A place of a ledger under test; to the store, each `open` is another process.
protocol LedgerPlace: Sendable {
  func open() throws -> any Ledger
}

/// A SQLite file in a fresh folder.
struct SQLitePlace: LedgerPlace {
  let folder: TemporaryDirectory
  init() throws { folder = try TemporaryDirectory() }
  var path: String { folder.path("state/ledger.sqlite3") }
  func open() throws -> any Ledger { try SQLiteLedger(path: path) }
}

/// The stores, which must behave in the same way.
enum LedgerStore: CaseIterable, CustomTestStringConvertible {
  case sqlite
  case etcd

  var testDescription: String { "\(self)" }

  func place() throws -> any LedgerPlace {
    switch self {
    case .sqlite: try SQLitePlace()
    case .etcd: try EtcdPlace()
    }
  }
}

extension LedgerDecision {
  var ticket: LedgerTicket? {
    guard case .send(let ticket) = self else { return nil }
    return ticket
  }

  var cooldownUntil: Timestamp? {
    guard case .cooldown(let until, _) = self else { return nil }
    return until
  }
}
