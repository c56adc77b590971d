internal import Core
internal import JSON
package import Platform

/// A time in a list of the service. Its form differs between lists and is not always documented.
package enum ServiceTime: Hashable, Sendable {
  /// The list has no value.
  case absent
  /// The value has no form that is known, so that nothing may be concluded from it.
  case unreadable
  /// The value.
  case at(Timestamp)

  /// Reads `yyyy-MM-dd HH:mm:ss` (API guide, ListOrders; its zone is not documented, and UTC is assumed), RFC 3339
  /// also with an offset such as `+0900`, a date without time, these with slashes, dots or no separators, and seconds
  /// or milliseconds since 1970 as number or text.
  init(_ value: JSONValue?) {
    switch value {
    case nil, .null: self = .absent
    case .integer(let number): self = Self.read(String(number)).map(ServiceTime.at) ?? .unreadable
    case .string(let text) where Credentials.trimmed(text).isEmpty: self = .absent
    case .string(let text): self = Self.read(text).map(ServiceTime.at) ?? .unreadable
    default: self = .unreadable
    }
  }

  /// The time; `nil` if it is absent or unreadable.
  var moment: Timestamp? {
    guard case .at(let moment) = self else { return nil }
    return moment
  }

  private static func read(_ text: String) -> Timestamp? {
    let text = spread(Credentials.trimmed(text))
    return epoch(text) ?? Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "Z")
      ?? Timestamp(rfc3339: text + "T00:00:00Z")
  }

  /// Seconds since 1970 have ten digits from 2001 to 2286, and milliseconds thirteen. A number of another length is a
  /// date without separators, such as `20261201`.
  private static func epoch(_ text: String) -> Timestamp? {
    guard text.isDigits, let number = Int(text) else { return nil }
    switch text.utf8.count {
    case 10: return Timestamp(milliseconds: number * 1_000)
    case 13: return Timestamp(milliseconds: number)
    default: return nil
    }
  }

  /// Replaces or adds separators as in RFC 3339: `20261201`, `20261201100000`, `2026/12/01`, `2026.12.01`.
  private static func spread(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let isCompact = bytes.count == 8 || bytes.count == 14
    guard !isCompact || !text.isDigits else {
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
