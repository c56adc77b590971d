// Words for people: quoting what came from outside.

internal import Platform

/// Text for messages.
package enum Text {
  /// The longest piece of foreign text that a message repeats, in characters.
  static let maximumQuoted = 80

  /// Foreign text in quotes: one line, no control characters, cut when long.
  package static func quoted(_ text: String) -> String {
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

  /// A text that is cut where it is longer than so many bytes, at the end of a code point.
  static func cut(_ text: String, to bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    var end = text.utf8.index(text.utf8.startIndex, offsetBy: bytes)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end]) + "…"
  }

  /// One code point; control, format, line and paragraph separators become `\u{…}`, so that no
  /// terminal is steered and no log line forged.
  package static func escaped(_ scalar: Unicode.Scalar) -> String { VisibleText.escaped(scalar) }
}
