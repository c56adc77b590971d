/// A subscription: one certificate after another for the same purpose.
struct Order: Hashable, Sendable {
  let id: String
  var subscriptionStart: Int
  /// None until the first certificate is issued.
  var subscriptionEnd: Int?
  /// Bought plus extended.
  var subscriptionYears: Int
  /// The numbers of its certificates, the oldest first.
  var certificateNumbers: [Int] = []

  /// A subscription can be extended to that many years.
  static let maximumYears = 3

  /// Whole days until its end, negative when it is over, none without an end.
  func remainingDays(at seconds: Int) -> Int? {
    subscriptionEnd.map { Int((Double($0 - seconds) / Double(secondsPerDay)).rounded(.down)) }
  }

  /// By how many years it can still be extended; 0 when it is over or has no end.
  func extendableYears(at seconds: Int) -> Int {
    guard let end = subscriptionEnd, end > seconds else { return 0 }
    return max(0, Self.maximumYears - subscriptionYears)
  }
}
