import Testing

@testable import Platform

@Suite("Timestamps are read and written")
struct TimestampTests {
  @Test(
    "Known timestamps have the right text",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
      (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (1_234_567_890_123, "2009-02-13T23:31:30.123Z"),
      (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ])
  func texts(milliseconds: Int, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
    #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
  }

  @Test(
    "Other forms of RFC 3339 are read",
    arguments: [
      ("1985-04-12T23:20:50.52Z", 482_196_050_520), ("1996-12-19T16:39:57-08:00", 851_042_397_000),
      ("1990-12-31T23:59:60Z", 662_688_000_000), ("1990-12-31T15:59:60-08:00", 662_688_000_000),
      ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130), ("1970-01-01t00:00:00z", 0),
      ("1970-01-01 00:00:00Z", 0), ("1970-01-01T00:00:00.123456789Z", 123),
      ("1970-01-01T00:00:00-00:00", 0), ("1970-01-01T00:00:00+0000", 0),
      ("1970-01-01T00:00Z", 0), ("1970-01-01 00:00:00 +0000 UTC", 0),
    ])
  func spellings(text: String, milliseconds: Int) {
    #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
  }

  @Test(
    "Texts in other forms are refused",
    arguments: [
      "", "1970-01-01", "1970-01-01T00:00:00", "1970-1-01T00:00:00Z",
      "1970-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "1970-13-01T00:00:00Z",
      "1970-00-01T00:00:00Z", "1970-01-00T00:00:00Z", "1970-01-01T24:00:00Z",
      "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z",
      "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+09:",
      "-970-01-01T00:00:00Z", "١٩٧٠-01-01T00:00:00Z", " 1970-01-01T00:00:00Z",
    ])
  func refusals(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

  @Test(
    "Every Int is a timestamp, and seconds round down",
    arguments: [Int.min, .max, -1, 0, 999, -1000])
  func total(milliseconds: Int) {
    let moment = Timestamp(milliseconds: milliseconds)
    #expect(moment.rfc3339.hasSuffix("Z"))
    #expect(moment.rfc3339Seconds.hasPrefix(moment.rfc3339.prefix(while: { $0 != "." })))
    #expect(moment.seconds <= milliseconds / 1000)
  }

  @Test("Every day of 900 years is converted in both directions")
  func days() throws {
    var previous = CivilDate(days: -1)
    for day in stride(from: -100_000, through: 230_000, by: 1) {
      let date = CivilDate(days: day)
      #expect(date.days == day)
      if day > -100_000 {
        let isNext =
          date.day == previous.day + 1
          || (date.day == 1 && (date.month == previous.month + 1 || date.month == 1))
        #expect(isNext, "\(date)")
      }
      previous = date
    }
  }

  @Test("The clocks run, and the sleep takes its time")
  func clocks() {
    let start = SystemClock.monotonicMilliseconds()
    SystemClock.sleep(milliseconds: 20)
    SystemClock.sleep(milliseconds: -1)
    #expect(SystemClock.monotonicMilliseconds() - start >= 15)
    #expect(SystemClock.now() > Timestamp(milliseconds: 1_700_000_000_000))
  }
}

/// The tests share the time zone of the process: here are properties of every zone; the built program is tested with
/// specific zones.
struct LocalTimeTests {
  @Test(
    "The local text is the same moment with its offset",
    arguments: [0, 1_795_557_662_123, -1, 951_782_400_000])
  func itIsTheSameMomentWithItsOffset(milliseconds: Int) throws {
    let time = Timestamp(milliseconds: milliseconds)
    let words = LocalTime.text(time).split(separator: " ")
    try #require(words.count == 3)
    let read = try #require(Timestamp(rfc3339: "\(words[0])T\(words[1])\(words[2])"))
    #expect(read.seconds == time.seconds)
  }

  @Test("The smallest and the largest timestamp have a local text", arguments: [Int.min, Int.max])
  func theEndsOfTimeAreNoTrap(milliseconds: Int) {
    #expect(!LocalTime.text(Timestamp(milliseconds: milliseconds)).isEmpty)
  }
}
