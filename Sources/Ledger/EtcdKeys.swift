/// Where things lie in the cluster.
///
/// Parts are escaped so that no text can leave its place.
struct EtcdKeys: Sendable {
  private let prefix: String

  init(prefix: String) { self.prefix = prefix }

  /// The record, which no lease ever takes away.
  func record(_ identity: LedgerIdentity) -> String {
    "\(prefix)/record/\(escaped(identity.account))/\(escaped(identity.key.text))"
  }

  /// A number's way to its record: the value is the record's key as text.
  func number(_ number: String, account: String) -> String {
    "\(prefix)/number/\(escaped(account))/\(escaped(number))"
  }

  /// The sign of life of a claim's owner, under a lease.
  func life(_ token: String) -> String { "\(prefix)/life/\(escaped(token))" }

  /// How many requests of an account were claimed on a day.
  func day(_ day: LedgerDay) -> String { "\(prefix)/day/\(escaped(day.account))/\(day.day)" }

  /// The day of a key that ``day(_:)`` made.
  func day(of key: String) -> Int? { key.split(separator: "/").last.flatMap { Int($0) } }

  /// All counts: from the first key on, and before the second.
  var days: (from: String, to: String) { ("\(prefix)/day/", "\(prefix)/day0") }

  /// All records: from the first key on, and before the second.
  var records: (from: String, to: String) { ("\(prefix)/record/", "\(prefix)/record0") }

  /// Keeps letters, digits, `-`, `.`, `_` and `:`, and writes other bytes as `%XX`.
  private func escaped(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return result
  }
}
