// What stands where JSON is expected, for messages: other formats, and the usual slips.

extension JSONError {
  /// The same error with the exact place, and with what was found there.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - start: Where its document begins.
  package func explained(in bytes: [UInt8], from start: Int) -> JSONError {
    let text = bytes.dropFirst(start)
    if let (name, advice) = Self.encoding(of: text) {
      return JSONError(
        code: .invalidUTF8, line: 1, column: 1, byte: start + 1,
        detail: "this is \(name), not UTF-8", advice: advice)
    }
    switch code {
    case .invalidUTF8: return moved(to: Self.validEnd(of: text) + 1, in: text)
    case .truncated:
      // Not after the line feed that follows a cut line.
      return moved(to: text.lastIndex { !Self.isWhiteSpace($0) }.map { $0 + 1 } ?? byte, in: text)
    case .syntax where detail == Self.detail(for: .syntax):
      let (what, advice) = JSONMistake(in: text, before: byte).explanation
      return JSONError(
        code: code, line: line, column: column, byte: byte, detail: "\(detail): \(what)",
        advice: advice)
    default: return self
    }
  }

  /// The error at another place: line and column are those of the byte before `end`.
  private func moved(to end: Int, in text: ArraySlice<UInt8>) -> JSONError {
    let before = text[..<min(end, text.endIndex)]
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? before.startIndex
    return JSONError(
      code: code, line: 1 + before.count { $0 == UInt8(ascii: "\n") },
      // All bytes of a character but its first one continue it.
      column: before[lineStart...].count { $0 & 0xC0 != 0x80 }, byte: end, detail: detail)
  }

  /// Another encoding than UTF-8, by its first bytes: UTF-16 has a byte order mark, or a NUL beside ASCII.
  private static func encoding(of text: ArraySlice<UInt8>) -> (name: String, advice: String)? {
    guard let first = text.first, let second = text.dropFirst().first else { return nil }
    if [first, second] == [0x1F, 0x8B] {
      return ("compressed (gzip)", "decompress it first: gzip -d")
    }
    let isMark = [first, second] == [0xFF, 0xFE] || [first, second] == [0xFE, 0xFF]
    guard isMark || (first == 0) != (second == 0) else { return nil }
    return ("UTF-16", "convert it: iconv -f UTF-16 -t UTF-8")
  }

  /// The end of the part that is UTF-8.
  private static func validEnd(of text: ArraySlice<UInt8>) -> Int {
    var (parser, rest, end) = (Unicode.UTF8.ForwardParser(), text.makeIterator(), text.startIndex)
    while case .valid(let scalar) = parser.parseScalar(from: &rest) { end += scalar.count }
    return end
  }

  fileprivate static func isWhiteSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}

/// A token that JSON does not allow at its place.
private struct JSONMistake {
  /// The most bytes of a token that are compared with words.
  private static let longestToken = 20
  /// The most bytes that are examined for the format of a whole text.
  private static let longestLook = 400
  /// Words of other languages.
  private static let words = ["True", "False", "None", "NaN", "Infinity", "undefined", "nil"]

  private let text: ArraySlice<UInt8>
  private let token: ArraySlice<UInt8>
  /// The last byte before the token that is no white space.
  private let previous: UInt8?
  /// Whether a control character follows within a string.
  private let isControl: Bool
  /// The string that ends at the token or contains it, without its first quotation mark; empty outside of strings.
  private let string: ArraySlice<UInt8>

  /// The token that ends before `end`.
  init(in text: ArraySlice<UInt8>, before end: Int) {
    let end = min(max(end, text.startIndex), text.endIndex)
    var start = end
    while start > text.startIndex, Self.isWordByte(text[start - 1]) { start -= 1 }
    if start == end { start = max(text.startIndex, end - 1) }
    self.text = text
    token = text[start..<end]
    previous = text[..<start].last { !JSONError.isWhiteSpace($0) }
    var strings = StringTracker()
    var opening = end
    for index in text[..<end].indices where strings.isOutside(text[index]) {
      opening = text[index] == UInt8(ascii: "\"") ? index + 1 : end
    }
    string = text[min(opening, end)..<end]
    isControl = text[end...].first.map { $0 < 0x20 && !strings.isOutside($0) } == true
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || "_-+.".utf8.contains(byte)
  }

  /// Whether it begins with a letter.
  private var isWord: Bool { token.first.map { Self.isWordByte($0) && $0 > 0x39 } == true }

  /// What it is, and what helps.
  var explanation: (what: String, advice: String?) {
    if previous == nil, let format { return format }
    if isControl {
      return ("a control character within a string; write it as \\n or \\u0000", nil)
    }
    if let escape = Self.wrongEscape(in: string) { return escape }
    let word = String(decoding: token.prefix(Self.longestToken), as: UTF8.self)
    switch (word, previous) {
    case ("'", _): return ("a single quote; strings have double quotes", nil)
    case ("}", UInt8(ascii: ",")), ("]", UInt8(ascii: ",")): return ("a comma before \(word)", nil)
    case ("/", _), ("#", _): return ("\(word) begins no value; JSON has no comments", nil)
    // A string is expected at each place but behind a value or a name.
    case ("\"", _): return ("a comma or colon is missing before a string", nil)
    case _ where Self.words.contains(word):
      return ("\(word) is not JSON; its words are true, false and null", nil)
    case _ where isWord && previous.map({ "{,".utf8.contains($0) }) == true:
      return ("a name without double quotes", nil)
    // The text itself is not repeated: it may be a secret.
    case _ where isWord: return ("an unexpected word; strings have double quotes", nil)
    case _ where token.first.map(Self.isWordByte) == true: return ("an unexpected number", nil)
    case _ where token.allSatisfy({ (0x21...0x7E).contains($0) }): return ("found \(word)", nil)
    default: return ("found a character that begins no value", nil)
    }
  }

  /// The first escape in a string that JSON does not have (RFC 8259 section 7), or that is half a character.
  private static func wrongEscape(in string: ArraySlice<UInt8>) -> (what: String, advice: String?)?
  {
    var rest = string
    while let slash = rest.firstIndex(of: UInt8(ascii: "\\")) {
      rest = rest[(slash + 1)...]
      guard let kind = rest.popFirst() else { return nil }
      guard kind == UInt8(ascii: "u") else {
        if "\"\\/bfnrt".utf8.contains(kind) { continue }
        return ("a backslash that begins no escape", "write a backslash as \\\\")
      }
      guard let unit = codeUnit(&rest) else { return ("\\u without four hexadecimal digits", nil) }
      guard (0xD800...0xDFFF).contains(unit) else { continue }
      var pair = rest
      guard unit < 0xDC00, pair.popFirst() == UInt8(ascii: "\\"),
        pair.popFirst() == UInt8(ascii: "u"), let second = codeUnit(&pair),
        (0xDC00...0xDFFF).contains(second)
      else {
        return (
          "half of a surrogate pair, \\u\(String(unit, radix: 16))",
          "let the sender write valid text"
        )
      }
      rest = pair
    }
    return nil
  }

  /// Takes the four digits of `\u`.
  private static func codeUnit(_ rest: inout ArraySlice<UInt8>) -> Int? {
    let digits = rest.prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
    else { return nil }
    rest = rest.dropFirst(4)
    return Int(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  /// The format of the whole text, if it is a known one.
  private var format: (what: String, advice: String?)? {
    let start = String(decoding: text.prefix(Self.longestLook), as: UTF8.self).lowercased()
      .drop { $0.isWhitespace }
    if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") {
      return (
        "this is an HTML page", "the sender passed on an error page or a login page: check its URL"
      )
    }
    if start.hasPrefix("<") { return ("this is XML", "let the sender write JSON") }
    let line = start.prefix { !$0.isNewline }
    let name = line.prefix { $0.isLetter || $0.isNumber || "_-.".contains($0) }
    let rest = line.dropFirst(name.count)
    if line.hasPrefix("---") || line.hasPrefix("- ")
      || (!name.isEmpty && (rest == ":" || rest.hasPrefix(": ")))
    {
      return ("this is YAML", "convert it, for example with yq -o json")
    }
    if !name.isEmpty, rest.hasPrefix("=") {
      return ("this is a form or a list of variables", "send the JSON document itself")
    }
    return nil
  }
}
