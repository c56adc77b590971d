// Bytes to tokens, one at a time: an embedded expression is followed by text that is not JMESPath.

internal import JSON

/// A constant that is written in the expression.
typealias JSONLiteral = JSONValue

/// Reads the tokens of an expression.
struct Lexer {
  let bytes: [UInt8]
  /// Where the expression begins; spans count from here.
  let start: Int
  var position: Int

  init(bytes: [UInt8], from start: Int) {
    self.bytes = bytes
    self.start = start
    position = start
  }

  /// The byte at a distance from the position; `nil` behind the end.
  func byte(at distance: Int = 0) -> UInt8? {
    let index = position + distance
    return index < bytes.count ? bytes[index] : nil
  }

  /// The next token, ``Token/Kind/end`` from the end on.
  mutating func next() -> Token {
    while let byte = byte(), Self.isWhiteSpace(byte) { position += 1 }
    let begin = position
    let kind = scan()
    let span = Span(start: begin - start, end: position - start)
    guard position - start <= Limits.maximumExpressionBytes else {
      return Token(kind: .invalid(Self.tooLong), span: span)
    }
    return Token(kind: kind, span: span)
  }

  private static let tooLong = LexicalMistake(
    message: "the expression is longer than \(Limits.maximumExpressionBytes) bytes",
    hint: "keep tables in a data file and look them up", code: .limit)

  private mutating func scan() -> Token.Kind {
    guard let byte = byte() else { return .end }
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      return .identifier(scanName())
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return scanNumber()
    case UInt8(ascii: "-") where isDigit(self.byte(at: 1)): return scanNumber()
    case UInt8(ascii: "\""): return scanQuotedIdentifier()
    case UInt8(ascii: "'"): return scanRawString()
    case UInt8(ascii: "`"): return scanLiteral()
    case UInt8(ascii: "$") where isNameStart(self.byte(at: 1)):
      position += 1
      return .variable(scanName())
    default: return scanSymbol(byte)
    }
  }

  private mutating func scanName() -> String {
    let begin = position
    while let byte = byte(), isNameStart(byte) || isDigit(byte) { position += 1 }
    return String(decoding: bytes[begin..<position], as: UTF8.self)
  }

  private mutating func scanNumber() -> Token.Kind {
    let begin = position
    position += 1
    while isDigit(byte()) { position += 1 }
    let text = String(decoding: bytes[begin..<position], as: UTF8.self)
    guard let value = Int(text) else {
      return .invalid(LexicalMistake(message: "the number does not fit 64 bits", hint: ""))
    }
    return .number(value)
  }

  private mutating func scanSymbol(_ byte: UInt8) -> Token.Kind {
    let next = self.byte(at: 1)
    if let symbol = Self.twoByteSymbol(byte, next) {
      position += 2
      return .symbol(symbol)
    }
    if byte == 0xE2, next == 0x88, self.byte(at: 2) == 0x92 {  // U+2212 MINUS SIGN
      position += 3
      return .symbol(.minus)
    }
    if byte < 0x80, let symbol = Symbol(rawValue: String(UnicodeScalar(byte))) {
      position += 1
      return .symbol(symbol)
    }
    return scanUnknown(byte)
  }

  private static func twoByteSymbol(_ first: UInt8, _ second: UInt8?) -> Symbol? {
    switch (first, second) {
    case (UInt8(ascii: "["), UInt8(ascii: "]")): .flatten
    case (UInt8(ascii: "["), UInt8(ascii: "?")): .filter
    case (UInt8(ascii: "|"), UInt8(ascii: "|")): .or
    case (UInt8(ascii: "&"), UInt8(ascii: "&")): .and
    case (UInt8(ascii: "="), UInt8(ascii: "=")): .equal
    case (UInt8(ascii: "!"), UInt8(ascii: "=")): .notEqual
    case (UInt8(ascii: "<"), UInt8(ascii: "=")): .lessOrEqual
    case (UInt8(ascii: ">"), UInt8(ascii: "=")): .greaterOrEqual
    case (UInt8(ascii: "/"), UInt8(ascii: "/")): .floorDivide
    case (0xC3, 0x97): .times
    case (0xC3, 0xB7): .divide
    default: nil
    }
  }

  /// Steps over one whole code point, so that the caret covers it.
  private mutating func scanUnknown(_ byte: UInt8) -> Token.Kind {
    position += 1
    while let next = self.byte(), next & 0xC0 == 0x80 { position += 1 }
    let hint =
      switch byte {
      case UInt8(ascii: "\\"): "a backslash is only written inside quotes"
      case UInt8(ascii: ";"): "an expression is one piece; there are no statements"
      case UInt8(ascii: "#"): "there are no comments in an expression"
      case UInt8(ascii: "~"), UInt8(ascii: "^"): "for patterns there is regex_match(pattern, text)"
      case 0xE2: "typographic quotes do not work: a text is written 'text'"
      default: "a name with other characters than A-Z, a-z, 0-9 and _ is written \"name\""
      }
    return .invalid(LexicalMistake(message: "this character has no meaning here", hint: hint))
  }

  static func isWhiteSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }
}

func isDigit(_ byte: UInt8?) -> Bool {
  guard let byte else { return false }
  return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
}

private func isNameStart(_ byte: UInt8?) -> Bool {
  guard let byte else { return false }
  let lowered = byte | 0x20
  return lowered >= UInt8(ascii: "a") && lowered <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
}
