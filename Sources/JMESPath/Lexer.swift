internal import JSON

/// A constant in an expression.
typealias JSONLiteral = JSONValue

/// Reads the tokens of an expression one at a time: an embedded expression is followed by other text.
struct Lexer {
  let bytes: [UInt8]
  /// The start of the expression, from which spans count.
  let start: Int
  var position: Int

  init(bytes: [UInt8], from start: Int) {
    self.bytes = bytes
    self.start = start
    position = start
  }

  /// The byte at that distance from the position; `nil` beyond the end.
  func byte(at distance: Int = 0) -> UInt8? {
    let index = position + distance
    return index < bytes.count ? bytes[index] : nil
  }

  /// The next token; at the end always ``Token/Kind/end``.
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

  /// Consumes one whole code point, so that the caret covers it.
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

extension Lexer {
  /// `"name"`: a member name, with the escapes of a JSON string.
  mutating func scanQuotedIdentifier() -> Token.Kind {
    guard let content = scanUntil(UInt8(ascii: "\"")) else {
      return unclosed("a name in double quotes is not closed", hint: "put a \" behind it")
    }
    let quoted = [UInt8(ascii: "\"")] + content + [UInt8(ascii: "\"")]
    do throws(JSONError) {
      guard case .string(let name) = try JSONDecoder.decode(quoted) else { return .end }
      return .quotedIdentifier(name)
    } catch {
      return .invalid(
        LexicalMistake(
          message: "the name in double quotes is not a JSON string",
          hint: "a text is written in single quotes: 'text'"))
    }
  }

  /// `'text'`: only `\'` and `\\` are escapes (JEP-12a).
  mutating func scanRawString() -> Token.Kind {
    guard let content = scanUntil(UInt8(ascii: "'")) else {
      return unclosed("a text in single quotes is not closed", hint: "put a ' behind it")
    }
    let text = unescape(content, UInt8(ascii: "'"), UInt8(ascii: "\\"))
    return .literal(.string(String(decoding: text, as: UTF8.self)))
  }

  /// A literal: any JSON value between backticks; a backslash escapes a backtick.
  mutating func scanLiteral() -> Token.Kind {
    guard let content = scanUntil(UInt8(ascii: "`")) else {
      return unclosed("a literal in backticks is not closed", hint: "put a ` behind it")
    }
    let text = unescape(content, UInt8(ascii: "`"))
    do throws(JSONError) {
      return .literal(try JSONDecoder.decode(text))
    } catch {
      return .invalid(
        LexicalMistake(
          message: error.code == .syntax
            ? "the literal in backticks is not JSON"
            : "the literal in backticks is not JSON: \(error.detail)",
          hint: "backticks hold JSON, as `5` or `[\"a\"]`; a text is written 'text'"))
    }
  }

  /// The bytes up to the closing quote, which is consumed; `nil` without one.
  private mutating func scanUntil(_ quote: UInt8) -> ArraySlice<UInt8>? {
    var index = position + 1
    while index < bytes.count {
      if bytes[index] == quote {
        let content = bytes[(position + 1)..<index]
        position = index + 1
        return content
      }
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  /// Removes the backslash before the given characters only.
  private func unescape(_ content: ArraySlice<UInt8>, _ escaped: UInt8...) -> [UInt8] {
    let backslash = UInt8(ascii: "\\")
    guard content.contains(backslash) else { return Array(content) }
    var result: [UInt8] = []
    var rest = content
    while let byte = rest.popFirst() {
      if byte == backslash, let next = rest.popFirst() {
        if !escaped.contains(next) { result.append(backslash) }
        result.append(next)
      } else {
        result.append(byte)
      }
    }
    return result
  }

  /// Consumes only the quote, so that the caret is below it: parsing stops at an invalid token.
  private mutating func unclosed(_ message: String, hint: String) -> Token.Kind {
    position += 1
    return .invalid(LexicalMistake(message: message, hint: hint))
  }
}

/// A token of an expression.
struct Token: Sendable {
  enum Kind: Sendable, Equatable {
    case identifier(String)
    case quotedIdentifier(String)
    case variable(String)
    case number(Int)
    case literal(JSONLiteral)
    case symbol(Symbol)
    /// Not a token; reported only when the parser reaches it, since it may be text after an embedded expression.
    case invalid(LexicalMistake)
    case end
  }

  let kind: Kind
  let span: Span
}

/// Tokens without a value, by their text.
enum Symbol: String, Sendable {
  case dot = "."
  case star = "*"
  case leftBracket = "["
  case rightBracket = "]"
  case flatten = "[]"
  case filter = "[?"
  case leftBrace = "{"
  case rightBrace = "}"
  case leftParenthesis = "("
  case rightParenthesis = ")"
  case comma = ","
  case colon = ":"
  case question = "?"
  case current = "@"
  case root = "$"
  case ampersand = "&"
  case pipe = "|"
  case or = "||"
  case and = "&&"
  case not = "!"
  case assign = "="
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case plus = "+"
  case minus = "-"
  case times = "\u{D7}"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
}

/// Text that is not a token.
struct LexicalMistake: Sendable, Equatable {
  let message: String
  let hint: String
  var code = ExpressionError.Code.syntax
}

extension Token.Kind {
  /// How tightly a token binds to the expression on its left; 0 ends the expression.
  ///
  /// The order is that of the JMESPath grammar, with the ternary of JEP-21 between `|` and `||` and
  /// the arithmetic of JEP-16 above the comparators.
  var bindingPower: Int {
    guard case .symbol(let symbol) = self else { return 0 }
    return symbol.bindingPower
  }

  /// The token in a message.
  var name: String {
    switch self {
    case .identifier(let name): "`\(name)`"
    case .quotedIdentifier: "a quoted name"
    case .variable(let name): "`$\(name)`"
    case .number(let value): "the number \(value)"
    case .literal: "a literal"
    case .symbol(let symbol): "`\(symbol.rawValue)`"
    case .invalid: "an unknown character"
    case .end: "the end"
    }
  }
}

extension Symbol {
  fileprivate var bindingPower: Int {
    switch self {
    case .pipe: BindingPower.pipe
    case .question: BindingPower.ternary
    case .or: BindingPower.or
    case .and: BindingPower.and
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: BindingPower.comparison
    case .plus, .minus: BindingPower.sum
    case .star, .times, .divide, .floorDivide, .remainder: BindingPower.product
    case .flatten: BindingPower.flatten
    case .filter: BindingPower.filter
    case .dot: BindingPower.dot
    case .leftBracket: BindingPower.bracket
    default: 0
    }
  }
}

/// The binding powers by name, weakest first.
enum BindingPower {
  static let pipe = 1
  static let ternary = 2
  static let or = 3
  static let and = 4
  static let comparison = 5
  static let sum = 6
  static let product = 7
  /// `!` applies to paths and brackets, but not to arithmetic and comparisons.
  static let not = 8
  static let flatten = 9
  static let star = 20
  static let filter = 21
  static let dot = 40
  static let bracket = 55
}
