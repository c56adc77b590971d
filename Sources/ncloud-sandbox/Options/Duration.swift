/// A span of time as it is written on the command line.
enum DurationText {
  /// `250ms`, `90s`, `15m`, `12h`, `7d` as milliseconds; `nil` for anything else.
  ///
  /// With a sign only
  /// if that is allowed.
  static func milliseconds(_ text: String, signed: Bool = false) -> Int? {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
    guard let unit = units.first(where: { text.hasSuffix($0.0) }) else { return nil }
    var digits = text.dropLast(unit.0.utf8.count)
    let isNegative = signed && digits.first == "-"
    if isNegative || (signed && digits.first == "+") { digits.removeFirst() }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(digits)
    else { return nil }
    let product = number.multipliedReportingOverflow(by: unit.1)
    // A thousand years is more than any trial needs, and keeps all sums in range.
    guard !product.overflow, product.partialValue <= 1000 * 366 * 86_400_000 else { return nil }
    return isNegative ? -product.partialValue : product.partialValue
  }
}
