/// Text that is safe to show in a terminal or a log.
package enum VisibleText {
  /// One code point, as it is or as `\u{…}`.
  ///
  /// Control and format characters, line and paragraph separators, private and unassigned code points (Unicode general
  /// categories Cc, Cf, Zl, Zp, Cs, Co, Cn) are escaped: they move the cursor, reverse the direction of the text (UAX
  /// #9), hide something, or begin a line that the program did not write.
  package static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      "\\u{\(String(scalar.value, radix: 16))}"
    default: String(Character(scalar))
    }
  }

  /// The longest part of foreign text that a message repeats, in code points.
  package static let maximumQuoted = 80

  /// Foreign text in quotes: on one line, without control characters, cut after 80 code points.
  package static func quoted(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(maximumQuoted)
    let isCut = shown.endIndex < text.unicodeScalars.endIndex
    return "\"\(line(String(shown)))\(isCut ? "…" : "")\""
  }

  /// A text on one line.
  package static func line(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars { result += escaped(scalar) }
    return result
  }

  /// A text of several lines; its line feeds stay.
  package static func lines(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars { result += scalar == "\n" ? "\n" : escaped(scalar) }
    return result
  }
}
