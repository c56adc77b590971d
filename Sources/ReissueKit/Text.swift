// Words for people: quoting what came from outside, and finding what was probably meant.

/// Text for messages.
enum Text {
  /// The longest piece of foreign text that a message repeats, in characters.
  static let maximumQuoted = 80

  /// Foreign text in quotes: one line, no control characters, cut when long.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for (count, scalar) in text.unicodeScalars.enumerated() {
      if count == maximumQuoted {
        result += "…"
        break
      }
      result += escaped(scalar)
    }
    return result + "\""
  }

  /// One code point; control, format, line and paragraph separators become `\u{…}`, so that no
  /// terminal is steered and no log line forged.
  static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      "\\u{\(String(scalar.value, radix: 16))}"
    default: String(Character(scalar))
    }
  }
}

/// What a misspelt word was probably meant to be.
enum Spelling {
  /// The nearest of the candidates, if it is near enough to be a slip: at most a third of the letters
  /// differ.
  static func nearest(to word: String, among candidates: [String]) -> String? {
    let measured = candidates.map { (name: $0, distance: distance(word, $0)) }
    let best = measured.min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let best, best.distance <= max(1, word.count / 3) else { return nil }
    return best.name
  }

  /// The number of insertions, deletions and substitutions between two words (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.unicodeScalars.prefix(64))
    var row = Array(0...right.count)
    for (index, character) in left.unicodeScalars.prefix(64).enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let substitution = diagonal + (character == right[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(substitution, row[column] + 1, diagonal + 1)
      }
    }
    return row.last ?? 0
  }
}
