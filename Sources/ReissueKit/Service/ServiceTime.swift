internal import JSON
internal import Platform

/// Times of the service, whose forms differ between its lists and are not all documented.
enum ServiceTime {
  /// Epoch values from here on are milliseconds: as seconds they would be the year 5138.
  private static let firstMilliseconds = 100_000_000_000

  /// Reads `yyyy-MM-dd HH:mm:ss` (API guide, ListOrders; its zone is undocumented, UTC is taken),
  /// RFC 3339, a date alone, and epoch seconds or milliseconds as number or text; `nil` for anything else.
  static func read(_ value: JSONValue?) -> Timestamp? {
    switch value {
    case .integer(let number): epoch(number)
    case .string(let text): read(text)
    default: nil
    }
  }

  private static func read(_ text: String) -> Timestamp? {
    let text = Credentials.trimmed(text)
    if let number = Int(text) { return epoch(number) }
    return Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "Z")
      ?? Timestamp(rfc3339: text + "T00:00:00Z")
  }

  private static func epoch(_ number: Int) -> Timestamp? {
    guard number > 0 else { return nil }
    return Timestamp(milliseconds: number >= firstMilliseconds ? number : number * 1_000)
  }
}
