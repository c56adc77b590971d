// Times as monitoring systems and OpenSSL write them.

internal import JSON

/// How long a day is; there are no leap seconds in seconds since 1970.
let secondsPerDay = 86_400

/// The time that a text says, in seconds since 1970; `nil` if it is none, or says no offset.
func epochSeconds(of text: String) -> Int? {
  let trimmed = Array(text.utf8.drop(while: Lexer.isWhiteSpace))
  let end = trimmed.lastIndex { !Lexer.isWhiteSpace($0) }.map { $0 + 1 } ?? 0
  // The longest form in use has some 40 characters.
  guard end > 0, end <= 64 else { return nil }
  let bytes = Array(trimmed[..<end])
  if let number = Number(number(spelledBy: String(decoding: bytes, as: UTF8.self))) {
    return epochSeconds(number)
  }
  for form in [TimeText.rfc3339, TimeText.openSSL, TimeText.rfc1123] {
    var reader = TimeText(rest: bytes[...])
    if let seconds = form(&reader), reader.rest.isEmpty { return seconds }
  }
  return nil
}

/// Reads a time from left to right.
private struct TimeText {
  var rest: ArraySlice<UInt8>

  // MARK: Forms

  /// `2026-12-05T23:59:59.5+09:00` (RFC 3339 section 5.6), also with a blank for the T, and as Go
  /// prints it: `2026-12-05 23:59:59 +0000 UTC`.
  static func rfc3339(_ reader: inout TimeText) -> Int? {
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
      reader.take("-"), let day = reader.number(2)
    else { return nil }
    guard reader.take("T") || reader.take("t") || reader.take(" ") else { return nil }
    guard let clock = reader.clock(), reader.fraction(), let offset = reader.offset() else {
      return nil
    }
    return seconds(year, month, day, clock, offset)
  }

  /// `Dec  5 23:59:59 2026 GMT`, as `openssl x509 -enddate` prints it.
  static func openSSL(_ reader: inout TimeText) -> Int? {
    guard let month = reader.month(), reader.blanks(), let day = reader.day(), reader.blanks(),
      let clock = reader.clock(), reader.blanks(), let year = reader.number(4),
      let offset = reader.offset()
    else { return nil }
    return seconds(year, month, day, clock, offset)
  }

  /// `Sat, 05 Dec 2026 23:59:59 GMT` (RFC 1123 section 5.2.14).
  static func rfc1123(_ reader: inout TimeText) -> Int? {
    if let comma = reader.rest.firstIndex(of: UInt8(ascii: ",")) {
      guard weekdays.contains(name(of: reader.rest[..<comma])) else { return nil }
      reader.rest = reader.rest[(comma + 1)...]
      guard reader.blanks() else { return nil }
    }
    guard let day = reader.day(), reader.blanks(), let month = reader.month(), reader.blanks(),
      let year = reader.number(4), reader.blanks(), let clock = reader.clock(),
      let offset = reader.offset()
    else { return nil }
    return seconds(year, month, day, clock, offset)
  }

  // MARK: Pieces

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  /// At least one blank.
  mutating func blanks() -> Bool {
    guard take(" ") else { return false }
    while take(" ") {}
    return true
  }

  /// Exactly so many digits.
  mutating func number(_ digits: Int) -> Int? {
    let head = rest.prefix(digits)
    guard head.count == digits, head.allSatisfy({ isDigit($0) }) else { return nil }
    rest = rest.dropFirst(digits)
    return head.reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
  }

  /// One or two digits.
  mutating func day() -> Int? { number(2) ?? number(1) }

  mutating func month() -> Int? {
    guard let index = months.firstIndex(of: Self.name(of: rest.prefix(3))) else { return nil }
    rest = rest.dropFirst(3)
    return index + 1
  }

  /// `23:59:59` as seconds of the day; the seconds may be left out, and 60 is the leap second.
  mutating func clock() -> Int? {
    guard let hour = number(2), hour < 24, take(":"), let minute = number(2), minute < 60 else {
      return nil
    }
    guard take(":") else { return 3_600 * hour + 60 * minute }
    guard let second = number(2), second <= 60 else { return nil }
    return 3_600 * hour + 60 * minute + second
  }

  /// `.123`, which whole seconds leave out.
  mutating func fraction() -> Bool {
    guard take(".") || take(",") else { return true }
    let digits = rest.prefix { isDigit($0) }
    rest = rest[digits.endIndex...]
    return !digits.isEmpty
  }

  /// `Z`, `GMT`, `UTC`, `+09:00`, `+0900` or `+09`, in seconds; behind numbers the name of the zone
  /// may follow.
  mutating func offset() -> Int? {
    _ = blanks()
    for name in ["Z", "UTC", "GMT"] where Self.name(of: rest) == name.lowercased() {
      rest = []
      return 0
    }
    let isWest = rest.first == UInt8(ascii: "-")
    guard take("+") || take("-"), let hours = number(2), hours < 24 else { return nil }
    let hasColon = take(":")
    let minutes = number(2)
    guard minutes != nil || !hasColon, (minutes ?? 0) < 60 else { return nil }
    if blanks() {
      guard (2...5).contains(rest.count), !rest.contains(where: { isDigit($0) }) else { return nil }
      rest = []
    }
    let seconds = 3_600 * hours + 60 * (minutes ?? 0)
    return isWest ? -seconds : seconds
  }

  private static func name(of bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self).lowercased()
  }

  private static func seconds(
    _ year: Int, _ month: Int, _ day: Int, _ clock: Int, _ offset: Int
  ) -> Int? {
    guard (1...12).contains(month), day >= 1, day <= days(in: month, of: year) else { return nil }
    return daysSince1970(year, month, day) * secondsPerDay + clock - offset
  }
}

private let months = [
  "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
]
private let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

private func days(in month: Int, of year: Int) -> Int {
  let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  switch month {
  case 2: return isLeapYear ? 29 : 28
  case 4, 6, 9, 11: return 30
  default: return 31
  }
}

/// The days from 1970-01-01 to a day of the Gregorian calendar.
///
/// Years are taken to begin in March, so that the day that comes and goes is the last one.
private func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
  let shifted = month > 2 ? year : year - 1
  let era = shifted >= 0 ? shifted / 400 : (shifted - 399) / 400
  let yearOfEra = shifted - era * 400
  let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
