internal import CJansson

/// The reason why a text is not valid JSON, and the position.
package struct JSONError: Error, Hashable, Sendable {
  /// The kind of mistake; stable, for programs.
  package enum Code: String, Sendable {
    /// No text, or only white space.
    case empty
    /// The text ends before the value does.
    case truncated
    /// Not a JSON token where one is expected.
    case syntax
    /// The bytes are not UTF-8.
    case invalidUTF8 = "invalid-utf8"
    /// Something follows the document.
    case trailingData = "trailing-data"
    /// An object has the same member twice.
    case duplicateName = "duplicate-name"
    /// Arrays and objects are nested deeper than ``JSONDecoder/maximumDepth``.
    case tooDeep = "too-deep"
    /// An integer beyond 64 bits, or a real beyond a double.
    case numberRange = "number-range"
    /// The values would take more memory than ``JSONDecoder/maximumWeight``.
    case tooManyValues = "too-many-values"
    /// A member name holds U+0000, which jansson cannot keep.
    case nulInName = "nul-in-name"
  }

  /// What kind of mistake it is.
  package let code: Code
  /// The line from 1, counted by line feeds; 0 if the position is unknown.
  package let line: Int
  /// The column in characters, from 1; 0 before the first character.
  package let column: Int
  /// The offset in bytes from the start of the text, just after the wrong token.
  package let byte: Int
  /// The mistake in a few words, without control characters.
  package let detail: String
  /// What helps, if that is known.
  package let advice: String?

  /// A mistake at a place.
  package init(
    code: Code, line: Int, column: Int, byte: Int, detail: String, advice: String? = nil
  ) {
    self.code = code
    self.line = line
    self.column = column
    self.byte = byte
    self.detail = detail
    self.advice = advice
  }
}

extension JSONError: CustomStringConvertible {
  package var description: String {
    line > 0 ? "\(detail) (line \(line), column \(column), byte \(byte))" : detail
  }
}

extension JSONError {
  /// jansson's error in our words: its own text ends with a part of the input.
  init(_ report: json_error_t, offset: Int) {
    let code = Self.code(of: report)
    self.init(
      code: code, line: Int(max(report.line, 0)), column: Int(max(report.column, 0)),
      byte: offset + Int(max(report.position, 0)), detail: Self.detail(for: code))
  }

  /// A zero byte between tokens.
  init(zeroByteAt byte: Int, in text: ArraySlice<UInt8>) {
    let before = text[..<byte]
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? text.startIndex
    self.init(
      code: .syntax, line: 1 + before.count { $0 == UInt8(ascii: "\n") },
      // All bytes but those that continue a character.
      column: 1 + before[start...].count { $0 & 0xC0 != 0x80 }, byte: byte + 1,
      detail: "a NUL byte, which JSON does not allow")
  }

  /// jansson keeps its numeric code in the last byte of the text; `json_error_code` reads it.
  private static func code(of report: json_error_t) -> Code {
    var report = report
    return switch unsafe json_error_code(&report) {
    case json_error_stack_overflow: .tooDeep
    case json_error_invalid_utf8: .invalidUTF8
    case json_error_premature_end_of_input: .truncated
    case json_error_end_of_input_expected: .trailingData
    case json_error_null_byte_in_key: .nulInName
    case json_error_duplicate_key: .duplicateName
    case json_error_numeric_overflow: .numberRange
    default: .syntax
    }
  }

  static func detail(for code: Code) -> String {
    switch code {
    case .empty: "no JSON document"
    case .truncated: "the document ends too early"
    case .syntax: "not valid JSON"
    case .invalidUTF8: "not valid UTF-8"
    case .trailingData: "more data after the JSON document"
    case .duplicateName: "a member name occurs twice in one object"
    case .tooDeep: "nested more than \(JSONDecoder.maximumDepth) levels deep"
    case .numberRange: "a number out of range"
    case .nulInName: "a member name holds U+0000"
    case .tooManyValues:
      "its values would take more than \(JSONDecoder.maximumWeight >> 20) MiB of memory"
    }
  }
}
