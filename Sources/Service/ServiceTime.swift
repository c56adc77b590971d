internal import JSON
package import Platform

/// Times of the service, whose forms differ between its lists and are not all documented.
package enum ServiceTime: Hashable, Sendable {
  /// The service does not say.
  case absent
  /// It says something that cannot be read for sure, so that nothing may be concluded from it.
  case unreadable
  /// It says this.
  case at(Timestamp)

  /// Reads `yyyy-MM-dd HH:mm:ss` (API guide, ListOrders; its zone is undocumented, UTC is taken), RFC 3339, with
  /// an offset such as `+0900` too, a date alone, the same with slashes, dots or nothing between, and epoch seconds
  /// or milliseconds as number or text.
  init(_ value: JSONValue?) {
    switch value {
    case nil, .null: self = .absent
    case .integer(let number): self = Self.read(String(number)).map(ServiceTime.at) ?? .unreadable
    case .string(let text) where Credentials.trimmed(text).isEmpty: self = .absent
    case .string(let text): self = Self.read(text).map(ServiceTime.at) ?? .unreadable
    default: self = .unreadable
    }
  }

  /// The moment, if there is one to be sure of.
  var moment: Timestamp? {
    guard case .at(let moment) = self else { return nil }
    return moment
  }

  private static func read(_ text: String) -> Timestamp? {
    let text = spread(Credentials.trimmed(text))
    return epoch(text) ?? Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "Z")
      ?? Timestamp(rfc3339: text + "T00:00:00Z")
  }

  /// Seconds have ten digits from 2001 to 2286, milliseconds thirteen; of other lengths are dates without
  /// separators, `20261201`, which are no epoch.
  private static func epoch(_ text: String) -> Timestamp? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
      return nil
    }
    switch text.utf8.count {
    case 10: return Timestamp(milliseconds: number * 1_000)
    case 13: return Timestamp(milliseconds: number)
    default: return nil
    }
  }

  /// `20261201`, `20261201100000`, `2026/12/01` and `2026.12.01` with the separators of RFC 3339.
  private static func spread(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let isCompact = bytes.count == 8 || bytes.count == 14
    guard !isCompact || !bytes.allSatisfy({ (0x30...0x39).contains($0) }) else {
      let digits = Array(text)
      let date = "\(String(digits[..<4]))-\(String(digits[4..<6]))-\(String(digits[6..<8]))"
      guard digits.count == 14 else { return date }
      let (hour, minute) = (String(digits[8..<10]), String(digits[10..<12]))
      return "\(date)T\(hour):\(minute):\(String(digits[12...]))Z"
    }
    guard bytes.count >= 10, bytes[4] == bytes[7], "/.".utf8.contains(bytes[4]) else { return text }
    let dash = [UInt8(ascii: "-")]
    return String(decoding: bytes[..<4] + dash + bytes[5..<7] + dash + bytes[8...], as: UTF8.self)
  }
}
