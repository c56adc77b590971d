/// A moment in UTC, in whole milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
package struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970, negative before; any value is a moment.
  package var milliseconds: Int

  /// The moment that many milliseconds after 1970.
  package init(milliseconds: Int) { self.milliseconds = milliseconds }

  /// Whole seconds since 1970, rounded down.
  package var seconds: Int { floorDivide(milliseconds, 1000).quotient }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// RFC 3339 with milliseconds: `2026-11-24T22:01:02.123Z`.
  ///
  /// Years beyond 9999 get more digits and years before 0 a sign, which RFC 3339 does not know.
  package var rfc3339: String {
    let fraction = floorDivide(milliseconds, 1000).remainder
    return "\(dateAndTime).\(padded(fraction, 3))Z"
  }

  /// RFC 3339 in whole seconds, rounded down: `2026-11-24T22:01:02Z`.
  package var rfc3339Seconds: String { "\(dateAndTime)Z" }

  private var dateAndTime: String {
    let (days, second) = floorDivide(seconds, 86_400)
    let date = CivilDate(days: days)
    let year = date.year < 0 ? "-\(padded(-date.year, 4))" : padded(date.year, 4)
    let clock =
      "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    return "\(year)-\(padded(date.month, 2))-\(padded(date.day, 2))T\(clock)"
  }
}

extension Timestamp {
  /// Reads RFC 3339 section 5.6 `date-time`.
  ///
  /// Any offset, any number of fraction digits (those behind the
  /// third are dropped), `T` and `Z` in either case, a blank in place of `T`; second 60 counts as the next
  /// second. Anything else is `nil`.
  package init?(rfc3339 text: String) {
    var reader = DigitReader(text)
    guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2),
      reader.skip("-"), let day = reader.number(2), reader.skip("T", "t", " "),
      let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2),
      reader.skip(":"), let second = reader.number(2),
      let date = CivilDate(year: year, month: month, day: day),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    var thousandths = 0
    if reader.skip(".") {
      guard let fraction = reader.thousandths() else { return nil }
      thousandths = fraction
    }
    guard let offset = reader.offsetMinutes(), reader.isAtEnd else { return nil }
    // Four digits of year: nothing here comes near the bounds of Int.
    let minutes = (date.days * 24 + hour) * 60 + minute - offset
    self.init(milliseconds: (minutes * 60 + second) * 1000 + thousandths)
  }
}

/// Takes a text apart from its front.
private struct DigitReader {
  private var rest: ArraySlice<UInt8>

  init(_ text: String) { rest = Array(text.utf8)[...] }

  var isAtEnd: Bool { rest.isEmpty }

  /// Exactly that many digits.
  mutating func number(_ count: Int) -> Int? {
    guard rest.count >= count else { return nil }
    var value = 0
    for byte in rest.prefix(count) {
      guard let digit = decimal(byte) else { return nil }
      value = value * 10 + digit
    }
    rest = rest.dropFirst(count)
    return value
  }

  /// One of the characters, if it stands next.
  mutating func skip(_ characters: Unicode.Scalar...) -> Bool {
    guard let next = rest.first, characters.contains(Unicode.Scalar(next)) else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// At least one digit of a fraction, in thousandths.
  mutating func thousandths() -> Int? {
    var value = 0
    var count = 0
    while let next = rest.first, let digit = decimal(next) {
      if count < 3 { value = value * 10 + digit }
      count += 1
      rest = rest.dropFirst()
    }
    guard count > 0 else { return nil }
    return value * (count == 1 ? 100 : count == 2 ? 10 : 1)
  }

  /// `Z`, or hours and minutes east of Greenwich.
  mutating func offsetMinutes() -> Int? {
    if skip("Z", "z") { return 0 }
    let isWest = rest.first == UInt8(ascii: "-")
    guard skip("+", "-"), let hours = number(2), skip(":"), let minutes = number(2),
      hours < 24, minutes < 60
    else { return nil }
    return (isWest ? -1 : 1) * (hours * 60 + minutes)
  }

  private func decimal(_ byte: UInt8) -> Int? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte) - 48 : nil
  }
}

private func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
