// The three kinds of quotes: "name", 'text' and `JSON`.

internal import JSON

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

  /// A literal: any JSON value between backticks; a backtick in it has a backslash before it.
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

  /// The bytes up to the closing quote, which is stepped over; `nil` if it never comes.
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

  /// Takes the backslash away before the characters given, and leaves every other one.
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

  /// Only the quote is stepped over, so that the caret stands below it: nothing behind it is read,
  /// since no part begins or goes on with what is no token.
  private mutating func unclosed(_ message: String, hint: String) -> Token.Kind {
    position += 1
    return .invalid(LexicalMistake(message: message, hint: hint))
  }
}
