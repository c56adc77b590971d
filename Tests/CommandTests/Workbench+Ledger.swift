import JSON
import SQLite
import TestSupport
import Testing

extension Workbench {
  /// The ledger that ``remembering(_:on:)`` keeps.
  var ledgerFile: String { folder.path("ledger.sqlite3") }

  /// Changes the file of the ledger without the program.
  func withLedger(
    _ body: (borrowing SQLiteConnection) throws(SQLiteError) -> Void
  ) throws {
    let connection = try SQLiteConnection.open(ledgerFile, busyTimeout: 5_000)
    try body(connection)
  }

  /// Moves every time in the ledger into the past.
  func ageLedger(minutes: Int) throws {
    var bodies: [(key: String, body: String)] = []
    try withLedger { (connection) throws(SQLiteError) in
      let select = try connection.prepare("SELECT key, body FROM record")
      while try select.step() { bodies.append((select.text(0) ?? "", select.text(1) ?? "")) }
    }
    try #require(!bodies.isEmpty)
    for (key, body) in bodies {
      let older = JSONEncoder.text(Self.older(try JSONDecoder.decode(body), by: minutes * 60_000))
      try withLedger { (connection) throws(SQLiteError) in
        let update = try connection.prepare("UPDATE record SET body = ? WHERE key = ?")
        try update.bind(older, at: 1)
        try update.bind(key, at: 2)
        try update.run()
      }
    }
  }

  /// Times are the only numbers of this size in a record.
  private static func older(_ value: JSONValue, by milliseconds: Int) -> JSONValue {
    switch value {
    case .integer(let number) where number > 1_000_000_000_000: .integer(number - milliseconds)
    case .array(let elements): .array(elements.map { older($0, by: milliseconds) })
    case .object(let object):
      .object(JSONObject(object.members.map { ($0.name, older($0.value, by: milliseconds)) }))
    default: value
    }
  }
}
