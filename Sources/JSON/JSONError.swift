/// Why a text is not usable as JSON, and where.
package struct JSONError: Error, Hashable, Sendable {
  /// The kind of mistake; stable, made for programs.
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
  /// The line, from 1, counting line feeds; 0 if no place can be told.
  package let line: Int
  /// The column in characters, from 1; 0 before the first character.
  package let column: Int
  /// The byte offset from the start of the text, just behind the offending token.
  package let byte: Int
  /// What was found, in a few words, free of control characters.
  package let detail: String

  /// A mistake at a place.
  package init(code: Code, line: Int, column: Int, byte: Int, detail: String) {
    self.code = code
    self.line = line
    self.column = column
    self.byte = byte
    self.detail = detail
  }
}

extension JSONError: CustomStringConvertible {
  package var description: String {
    line > 0 ? "\(detail) (line \(line), column \(column), byte \(byte))" : detail
  }
}
