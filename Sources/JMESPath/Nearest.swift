// "Did you mean": the existing names that are nearest to one that does not exist.

/// How many names are compared at most, and how long they may be: a hint is not worth more work.
private let mostNames = 2_000
private let longestName = 64

/// The names nearest to that one, at most three that are equally near; none that is not alike.
package func nearestNames(to name: String, among names: some Sequence<String>) -> [String] {
  let wanted = Array(name.unicodeScalars.prefix(longestName))
  guard wanted.count > 1 else { return [] }
  // A third of the letters may differ, and a missing or swapped one always.
  let tolerance = max(2, wanted.count / 3)
  var found: [(distance: Int, name: String)] = []
  for other in names.prefix(mostNames) {
    let scalars = Array(other.unicodeScalars.prefix(longestName))
    guard abs(scalars.count - wanted.count) <= tolerance else { continue }
    let distance = editDistance(folded(wanted), folded(scalars))
    if distance <= tolerance, distance < wanted.count { found.append((distance, other)) }
  }
  let best = found.map(\.distance).min()
  return found.filter { $0.distance == best }.prefix(3).map(\.name)
}

/// "did you mean `a`, `b` or `c`?", or nothing.
func suggestion(_ names: [String]) -> String {
  let quoted = names.map { quotedName($0) }
  guard let last = quoted.last else { return "" }
  guard quoted.count > 1 else { return "did you mean \(last)?" }
  return "did you mean \(quoted.dropLast().joined(separator: ", ")) or \(last)?"
}

/// A name in backticks, cut where it is long, and without control characters: it may come from an
/// event, and ends up on a terminal.
func quotedName(_ name: String) -> String {
  var text = ""
  for scalar in name.unicodeScalars.prefix(longestName) { text += escaped(scalar) }
  return name.unicodeScalars.count > longestName ? "`\(text)…`" : "`\(text)`"
}

/// The character, or its number where it would not be seen for what it is.
func escaped(_ scalar: Unicode.Scalar) -> String {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
    "\\u{\(String(scalar.value, radix: 16))}"
  default: String(scalar)
  }
}

/// Case, and the difference of `_` and `-`, count for nothing here.
private func folded(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
  scalars.map { scalar in
    switch scalar {
    case "A"..."Z": Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value + 32))
    case "-": "_"
    default: scalar
    }
  }
}

/// How many letters have to be put in, taken out, changed or swapped with their neighbour.
func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for (row, letter) in left.enumerated() {
    var current = [row + 1]
    current.reserveCapacity(right.count + 1)
    for (column, other) in right.enumerated() {
      var cost = min(
        last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
        cost = min(cost, beforeLast[column - 1] + 1)
      }
      current.append(cost)
    }
    beforeLast = last
    last = current
  }
  return last[right.count]
}
