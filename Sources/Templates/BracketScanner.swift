// Where a document ends, told from its brackets alone.

/// Follows the brackets of a document that comes in pieces; each byte is looked at once.
///
/// It judges nothing: what it says of a document with mistakes is as good as a guess.
struct BracketScanner {
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var scanned = 0

  /// Whether the outermost bracket has closed.
  ///
  /// - Parameter document: What has come of the document, from its first byte on.
  mutating func close(in document: ArraySlice<UInt8>) -> Bool {
    for byte in document.dropFirst(scanned) {
      scanned += 1
      if take(byte) { return true }
    }
    return false
  }

  /// Follows the next piece of a text that may hold anything.
  mutating func scan(_ piece: ArraySlice<UInt8>) {
    for byte in piece { _ = take(byte) }
  }

  /// Whether a bracket is open.
  var isOpen: Bool { depth > 0 }

  /// - Returns: Whether it closes the outermost bracket.
  private mutating func take(_ byte: UInt8) -> Bool {
    if isInString {
      takeInString(byte)
      return false
    }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      return depth <= 0
    default: break
    }
    return false
  }

  private mutating func takeInString(_ byte: UInt8) {
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      isInString = false
    }
  }
}
