// Seconds since 1970 as the texts that the service and HTTP use, and back.

/// A point of time split into the parts of the Gregorian calendar, in UTC.
struct CalendarTime: Hashable, Sendable {
  let year: Int
  let month: Int
  let day: Int
  let hour: Int
  let minute: Int
  let second: Int
  /// 0 is Sunday.
  let weekday: Int

  private static let secondsPerDay = 86_400
  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The parts of a number of seconds since 1970-01-01 00:00:00 UTC.
  init(secondsSince1970 seconds: Int) {
    var days = seconds / Self.secondsPerDay
    var rest = seconds % Self.secondsPerDay
    if rest < 0 {
      rest += Self.secondsPerDay
      days -= 1
    }
    // Days are counted from 0000-03-01, so that the leap day is the last one of its year.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    hour = rest / 3600
    minute = rest / 60 % 60
    second = rest % 60
    weekday = ((days + 4) % 7 + 7) % 7
  }

  /// `2026-11-24 22:01:02`, the form of the order dates in NAVER's documents.
  var text: String {
    "\(Self.pad(year, 4))-\(Self.pad(month))-\(Self.pad(day)) \(clock)"
  }

  /// `2026-11-24T22:01:02Z` (RFC 3339 section 5.6).
  var internetText: String {
    "\(Self.pad(year, 4))-\(Self.pad(month))-\(Self.pad(day))T\(clock)Z"
  }

  /// `Tue, 24 Nov 2026 22:01:02 GMT` (RFC 9110 section 5.6.7, IMF-fixdate).
  var httpText: String {
    let name = Self.months[(month - 1) % 12]
    return "\(Self.weekdays[weekday]), \(Self.pad(day)) \(name) \(Self.pad(year, 4)) \(clock) GMT"
  }

  private var clock: String { "\(Self.pad(hour)):\(Self.pad(minute)):\(Self.pad(second))" }

  private static func pad(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// Seconds since 1970 of `2026-11-24 22:01:02` or `2026-11-24T22:01:02Z`; `nil` for anything else.
  static func seconds(from text: String) -> Int? {
    var bytes = Array(text.utf8)
    if bytes.last == UInt8(ascii: "Z") { bytes.removeLast() }
    guard bytes.count == 19, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "T"),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":")
    else { return nil }
    let ranges = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19]
    let parts = ranges.compactMap { range in
      bytes[range].allSatisfy { (48...57).contains($0) }
        ? bytes[range].reduce(0) { $0 * 10 + Int($1) - 48 } : nil
    }
    guard parts.count == 6, (1...12).contains(parts[1]), (1...31).contains(parts[2]),
      parts[3] < 24, parts[4] < 60, parts[5] < 60
    else { return nil }
    let seconds =
      days(year: parts[0], month: parts[1], day: parts[2]) * secondsPerDay
      + parts[3] * 3600 + parts[4] * 60 + parts[5]
    // A day that its month does not have would come back as another one.
    return CalendarTime(secondsSince1970: seconds).day == parts[2] ? seconds : nil
  }

  private static func days(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let shiftedMonth = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
