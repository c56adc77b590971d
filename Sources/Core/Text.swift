// Text helpers of messages and documents.

internal import Platform

/// Text for messages.
package enum Text {
  /// Foreign text in quotes: on one line, without control characters, cut after 80 code points.
  package static func quoted(_ text: String) -> String { VisibleText.quoted(text) }

  /// The text, cut at the end of a code point if it has more than `bytes` bytes.
  static func cut(_ text: String, to bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    var end = text.utf8.index(text.utf8.startIndex, offsetBy: bytes)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end]) + "…"
  }
}

extension StringProtocol {
  /// Whether the text is one or more ASCII digits.
  package var isDigits: Bool {
    !utf8.isEmpty && utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}

extension UInt8 {
  /// Whether the byte is an ASCII letter or digit.
  package var isLetterOrDigit: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5A).contains(self & ~0x20)
  }
}

/// JSON pointers (RFC 6901).
package enum JSONPointer {
  /// A member name as a reference token (section 3).
  package static func escaped(_ name: String) -> String {
    var result = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "~": result += "~0"
      case "/": result += "~1"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The pointer to the member `name` of the object that `pointer` leads to.
  package static func member(_ name: String, of pointer: String) -> String {
    "\(pointer)/\(escaped(name))"
  }
}

/// Runs `body`. If it throws an error, `convert` makes the error that is thrown instead.
package func mapError<Value, Inner: Error, Outer: Error>(
  _ convert: (Inner) -> Outer, _ body: () throws(Inner) -> Value
) throws(Outer) -> Value {
  do throws(Inner) { return try body() } catch { throw convert(error) }
}
