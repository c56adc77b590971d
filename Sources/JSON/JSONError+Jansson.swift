internal import CJansson

extension JSONError {
  /// What jansson reports, in our words: its own text ends in a piece of the input, which may hold
  /// anything.
  init(_ report: json_error_t, offset: Int) {
    let code = Self.code(of: report)
    self.init(
      code: code, line: Int(max(report.line, 0)), column: Int(max(report.column, 0)),
      byte: offset + Int(max(report.position, 0)), detail: Self.detail(for: code))
  }

  /// jansson keeps its numeric code in the last byte of the text (`json_error_code` reads it there).
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
