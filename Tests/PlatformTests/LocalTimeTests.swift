import Testing

@testable import Platform

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
