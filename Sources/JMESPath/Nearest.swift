internal import Platform

/// Limits of the work of a hint: names, characters of a name, and characters read or compared in all. There may be a
/// hint for every item that fails.
private let mostNames = 2_000
private let longestName = 64
private let mostSteps = 100_000

/// The names nearest to that one, at most three of equal distance; empty if none is similar.
package func nearestNames(to name: String, among names: some Sequence<String>) -> [String] {
  var steps = mostSteps
  return nearestNames(to: name, among: names, steps: &steps)
}

/// "did you mean …?" with the name that is nearest to `name`; `nil` if none is near.
package func didYouMean(_ name: String, among names: some Sequence<String>) -> String? {
  nearestNames(to: name, among: names).first.map { "did you mean \($0)?" }
}

/// As ``nearestNames(to:among:)``, with a number of characters that may be read; it is reduced.
func nearestNames(
  to name: String, among names: some Sequence<String>, steps: inout Int
) -> [String] {
  var distance = NameDistance(to: name)
  let most = min(mostSteps, steps)
  defer { steps -= min(steps, distance.steps) }
  guard distance.wanted.count > 1 else { return [] }
  // A third of the letters may differ, and always a missing or swapped one.
  var best = min(max(2, distance.wanted.count / 3), distance.wanted.count - 1)
  var found: [String] = []
  for other in names.prefix(mostNames) {
    guard distance.steps < most else { break }
    guard let next = distance.distance(of: other, most: best) else { continue }
    if next < best { found = [] }
    best = next
    if found.count < 3 { found.append(other) }
  }
  return found
}

/// "did you mean `a`, `b` or `c`?", or nothing.
func suggestion(_ names: [String]) -> String {
  let quoted = names.map { quotedName($0) }
  guard let last = quoted.last else { return "" }
  guard quoted.count > 1 else { return "did you mean \(last)?" }
  return "did you mean \(quoted.dropLast().joined(separator: ", ")) or \(last)?"
}

/// A name in backticks, shortened if it is long, without control characters: it may come from an event, and is shown on
/// a terminal.
func quotedName(_ name: String) -> String {
  var text = ""
  for scalar in name.unicodeScalars.prefix(longestName) { text += VisibleText.escaped(scalar) }
  return name.unicodeScalars.count > longestName ? "`\(text)…`" : "`\(text)`"
}

/// The edit distance of names: insertions, deletions, changes and swaps of neighbours.
private struct NameDistance {
  /// The name with which others are compared.
  let wanted: [Unicode.Scalar]
  /// The number of characters that were read or compared.
  private(set) var steps = 0
  /// Rows of the distance matrix: the last one, the one before it, and the current one.
  private var last = [Int](repeating: 0, count: longestName + 1)
  private var beforeLast = [Int](repeating: 0, count: longestName + 1)
  private var current = [Int](repeating: 0, count: longestName + 1)

  init(to name: String) { wanted = Self.folded(name) }

  /// Case and the difference of `_` and `-` are ignored.
  private static func folded(_ name: String) -> [Unicode.Scalar] {
    name.unicodeScalars.prefix(longestName).map { scalar in
      switch scalar {
      case "A"..."Z": Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value + 32))
      case "-": "_"
      default: scalar
      }
    }
  }

  /// The distance of a name; `nil` if it is greater than `most`. Only the cells near the diagonal are computed, as long
  /// as one of them is small enough.
  mutating func distance(of name: String, most: Int) -> Int? {
    steps += 1
    // A character has one to four bytes.
    guard name.utf8.count + most >= wanted.count else { return nil }
    let letters = Self.folded(name)
    steps += letters.count
    guard abs(letters.count - wanted.count) <= most else { return nil }
    for column in 0...letters.count { last[column] = column }
    var lastLeast = 0
    for row in 1...wanted.count {
      let least = fill(row, letters, most)
      // A swap uses the row before the last one.
      if least > most, lastLeast >= most { return nil }
      lastLeast = least
      (beforeLast, last, current) = (last, current, beforeLast)
    }
    return last[letters.count] <= most ? last[letters.count] : nil
  }

  /// Computes the cells of a row near the diagonal.
  ///
  /// - Returns: The smallest of them.
  private mutating func fill(_ row: Int, _ letters: [Unicode.Scalar], _ most: Int) -> Int {
    let begin = max(1, row - most)
    let end = min(letters.count, row + most)
    let tooMuch = most + 1
    current[begin - 1] = begin == 1 ? row : tooMuch
    if end < letters.count { current[end + 1] = tooMuch }
    var least = current[begin - 1]
    let letter = wanted[row - 1]
    for column in begin..<(end + 1) {
      let other = letters[column - 1]
      var cost = min(
        last[column - 1] + (letter == other ? 0 : 1), last[column] + 1, current[column - 1] + 1)
      if row > 1, column > 1, letter == letters[column - 2], wanted[row - 2] == other {
        cost = min(cost, beforeLast[column - 2] + 1)
      }
      current[column] = cost
      least = min(least, cost)
    }
    steps += end + 1 - begin
    return least
  }
}
