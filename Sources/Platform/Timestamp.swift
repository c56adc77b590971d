internal import Glibc

/// A moment in UTC, in whole milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
package struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970, negative before; every `Int` is a valid moment.
  package var milliseconds: Int

  /// The moment this many milliseconds after 1970.
  package init(milliseconds: Int) { self.milliseconds = milliseconds }

  /// Whole seconds since 1970, rounded down.
  package var seconds: Int { floorDivide(milliseconds, 1000).quotient }

  /// The day in UTC, and the seconds since its midnight.
  package var dateAndSecond: (date: CivilDate, second: Int) {
    let (days, second) = floorDivide(seconds, CivilDate.secondsPerDay)
    return (CivilDate(days: days), second)
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// RFC 3339 with milliseconds: `2026-11-24T22:01:02.123Z`.
  ///
  /// Years after 9999 have more digits and years before 0 a sign, which RFC 3339 does not allow.
  package var rfc3339: String {
    let fraction = floorDivide(milliseconds, 1000).remainder
    return "\(rfc3339Seconds.dropLast()).\(padded(fraction, 3))Z"
  }

  /// RFC 3339 in whole seconds, rounded down: `2026-11-24T22:01:02Z`.
  package var rfc3339Seconds: String {
    let (date, second) = dateAndSecond
    let year = date.year < 0 ? "-\(padded(-date.year, 4))" : padded(date.year, 4)
    let clock =
      "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    return "\(year)-\(padded(date.month, 2))-\(padded(date.day, 2))T\(clock)Z"
  }
}

extension Timestamp {
  /// Reads RFC 3339 section 5.6 `date-time`, also in the variants that programs write: a blank for the `T`, no
  /// seconds, a comma before the fraction, and any offset that `TimeReader.offset` reads. Digits of the fraction after
  /// the third are dropped; second 60 is the first one of the next minute. Anything else is `nil`.
  package init?(rfc3339 text: ArraySlice<UInt8>) {
    var reader = TimeReader(text)
    guard let year = reader.number(digits: 4), reader.take("-"),
      let month = reader.number(digits: 2), reader.take("-"), let day = reader.number(digits: 2),
      let date = CivilDate(year: year, month: month, day: day),
      reader.take("T") || reader.take("t") || reader.take(" "),
      let second = reader.clock(), let thousandths = reader.thousandths()
    else { return nil }
    self.init(date, second, thousandths, &reader)
  }

  /// As `init(rfc3339:)`, for a text.
  package init?(rfc3339 text: String) { self.init(rfc3339: Array(text.utf8)[...]) }

  /// Reads `Sat, 05 Dec 2026 23:59:59 GMT` (RFC 1123 section 5.2.14; RFC 9110 section 5.6.7 for HTTP), also
  /// without the day of the week, and with any offset that `TimeReader.offset` reads.
  package init?(rfc1123 text: ArraySlice<UInt8>) {
    var reader = TimeReader(text)
    guard reader.weekday(), let day = reader.day(), reader.blanks(), let month = reader.month(),
      reader.blanks(), let year = reader.number(digits: 4), reader.blanks(),
      let second = reader.clock(), let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    self.init(date, second, 0, &reader)
  }

  /// As `init(rfc1123:)`, for a text.
  package init?(rfc1123 text: String) { self.init(rfc1123: Array(text.utf8)[...]) }

  /// Reads `Dec  5 23:59:59 2026 GMT`, the form of `openssl x509 -enddate`.
  package init?(openSSL text: ArraySlice<UInt8>) {
    var reader = TimeReader(text)
    guard let month = reader.month(), reader.blanks(), let day = reader.day(), reader.blanks(),
      let second = reader.clock(), reader.blanks(), let year = reader.number(digits: 4),
      let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    self.init(date, second, 0, &reader)
  }

  private init?(_ date: CivilDate, _ second: Int, _ thousandths: Int, _ reader: inout TimeReader) {
    guard let offset = reader.offset(), reader.isAtEnd else { return nil }
    // The year has four digits: no sum here comes near the bounds of Int.
    self.init(
      milliseconds: (date.days * CivilDate.secondsPerDay + second - offset) * 1000 + thousandths)
  }
}

/// Reads the parts of a time from left to right. A part that does not fit gives `nil` or `false`; then the text is
/// no time of this form.
private struct TimeReader {
  private var rest: ArraySlice<UInt8>

  init(_ text: ArraySlice<UInt8>) { rest = text }

  var isAtEnd: Bool { rest.isEmpty }

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

  /// Exactly that many digits.
  mutating func number(digits: Int) -> Int? {
    let head = rest.prefix(digits)
    guard head.count == digits, head.allSatisfy(Self.isDigit) else { return nil }
    rest = rest.dropFirst(digits)
    return head.reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
  }

  /// A day of the month, one or two digits.
  mutating func day() -> Int? { number(digits: 2) ?? number(digits: 1) }

  /// The English name of a month, three letters.
  mutating func month() -> Int? {
    guard let index = Self.months.firstIndex(of: Self.name(of: rest.prefix(3))) else {
      return nil
    }
    rest = rest.dropFirst(3)
    return index + 1
  }

  /// The English name of a day, three letters, with its comma and blanks; it may be missing.
  mutating func weekday() -> Bool {
    guard let comma = rest.firstIndex(of: UInt8(ascii: ",")) else { return true }
    guard Self.weekdays.contains(Self.name(of: rest[..<comma])) else { return false }
    rest = rest[(comma + 1)...]
    return blanks()
  }

  /// `23:59:59` or `23:59`, as the seconds since midnight.
  mutating func clock() -> Int? {
    guard let hour = number(digits: 2), hour < 24, take(":"), let minute = number(digits: 2),
      minute < 60
    else { return nil }
    guard take(":") else { return 3_600 * hour + 60 * minute }
    guard let second = number(digits: 2), second <= 60 else { return nil }
    return 3_600 * hour + 60 * minute + second
  }

  /// The digits after `.` or `,` in thousandths; 0 without either.
  mutating func thousandths() -> Int? {
    guard take(".") || take(",") else { return 0 }
    let digits = rest.prefix(while: Self.isDigit)
    rest = rest[digits.endIndex...]
    guard !digits.isEmpty else { return nil }
    return (0..<3).reduce(0) { value, position in
      10 * value
        + (position < digits.count ? Int(digits[digits.startIndex + position]) - 48 : 0)
    }
  }

  /// `Z`, `GMT`, `UTC`, `+09:00`, `+0900` or `+09`, as the seconds east of Greenwich. After digits, the name of the
  /// zone may follow, as Go prints it: `2026-12-05 23:59:59 +0000 UTC`.
  mutating func offset() -> Int? {
    _ = blanks()
    if ["z", "utc", "gmt"].contains(Self.name(of: rest)) {
      rest = []
      return 0
    }
    let isWest = rest.first == UInt8(ascii: "-")
    guard take("+") || take("-"), let hours = number(digits: 2), hours < 24 else { return nil }
    let hasColon = take(":")
    let minutes = number(digits: 2)
    guard minutes != nil || !hasColon, (minutes ?? 0) < 60 else { return nil }
    if blanks() {
      guard (2...5).contains(rest.count), !rest.contains(where: Self.isDigit) else { return nil }
      rest = []
    }
    let seconds = 3_600 * hours + 60 * (minutes ?? 0)
    return isWest ? -seconds : seconds
  }

  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]
  private static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// Names are compared in lower case.
  private static func name(of bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self).lowercased()
  }
}

func padded(_ value: some BinaryInteger, _ width: Int, radix: Int = 10) -> String {
  let digits = String(value, radix: radix)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// A day of the Gregorian calendar, which is applied to the years before 1582 too; year 0 is 1 BC.
///
/// The arithmetic is that of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms": years begin
/// in March, so that the leap day is the last day of its year, and 400 years always have 146,097 days.
package struct CivilDate: Hashable, Sendable {
  /// The year; 0 and less are years before Christ.
  package let year: Int
  /// 1 to 12.
  package let month: Int
  /// 1 to the length of the month.
  package let day: Int

  /// The date; `nil` if the month has no such day, or the year is not in 0 to 9999.
  package init?(year: Int, month: Int, day: Int) {
    guard (0...9999).contains(year), (1...12).contains(month), day >= 1,
      day <= CivilDate.length(ofMonth: month, year: year)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// The date that many days after 1970-01-01.
  ///
  /// For every day number whose milliseconds fit an `Int`.
  package init(days: Int) {
    let (era, dayOfEra) = floorDivide(days + CivilDate.daysToEpoch, CivilDate.daysOfEra)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01; negative before.
  package var days: Int {
    let marchYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floorDivide(marchYear, 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * CivilDate.daysOfEra + dayOfEra - CivilDate.daysToEpoch
  }

  /// The length of a day; leap seconds do not count.
  package static let secondsPerDay = 86_400

  /// Days in 400 years.
  private static let daysOfEra = 146_097
  /// Days from 0000-03-01 to 1970-01-01.
  private static let daysToEpoch = 719_468

  private static func length(ofMonth month: Int, year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Division that rounds down, with the remainder that belongs to it (never negative for a positive divisor).
func floorDivide(_ value: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

/// The clocks of the machine.
package enum SystemClock {
  /// The time of day (`CLOCK_REALTIME`).
  package static func now() -> Timestamp { Timestamp(milliseconds: read(CLOCK_REALTIME)) }

  /// Milliseconds since a fixed moment (`CLOCK_MONOTONIC`); never goes back.
  package static func monotonicMilliseconds() -> Int { read(CLOCK_MONOTONIC) }

  /// Sleeps until the time is over or a signal arrives; returns at once for zero and less.
  package static func sleep(milliseconds: Int) {
    guard milliseconds > 0 else { return }
    var request = timespec(
      tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    _ = unsafe nanosleep(&request, nil)
  }

  private static func read(_ clock: clockid_t) -> Int {
    var time = timespec()
    // Cannot fail: every Linux has both clocks, and the pointer is valid during the call.
    _ = unsafe clock_gettime(clock, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}

/// A moment in the time zone of the process (`TZ`, else /etc/localtime).
package enum LocalTime {
  /// For example `2026-11-25 07:01:02 +09:00`.
  package static func text(_ time: Timestamp) -> String {
    let offset = offset(at: time)
    let (sum, overflow) = time.milliseconds.addingReportingOverflow(offset * 1000)
    guard !overflow else { return time.rfc3339Seconds }
    let wall = Timestamp(milliseconds: sum).rfc3339Seconds.dropLast()
    let minutes = abs(offset) / 60
    return wall.split(separator: "T").joined(separator: " ")
      + " \(offset < 0 ? "-" : "+")\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
  }

  /// Seconds east of Greenwich at that moment; 0 where the zone is not known.
  static func offset(at time: Timestamp) -> Int {
    // Both are values of this call; localtime_r(3) fills the second one. Its zone name, which libc owns, is not read.
    var seconds = time_t(time.seconds)
    var parts = unsafe tm()
    guard unsafe localtime_r(&seconds, &parts) != nil else { return 0 }
    return unsafe parts.tm_gmtoff
  }
}
