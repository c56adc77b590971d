import Testing

@testable import Platform

/// The zone is the process's, which tests share: what holds in every zone is held here, certain zones through
/// the built program.
struct LocalTimeTests {
  @Test(arguments: [0, 1_795_557_662_123, -1, 951_782_400_000])
  func itIsTheSameMomentWithItsOffset(milliseconds: Int) throws {
    let time = Timestamp(milliseconds: milliseconds)
    let words = LocalTime.text(time).split(separator: " ")
    try #require(words.count == 3)
    let read = try #require(Timestamp(rfc3339: "\(words[0])T\(words[1])\(words[2])"))
    #expect(read.seconds == time.seconds)
  }

  @Test(arguments: [Int.min, Int.max]) func theEndsOfTimeAreNoTrap(milliseconds: Int) {
    #expect(!LocalTime.text(Timestamp(milliseconds: milliseconds)).isEmpty)
  }
}
