// Bytes to values, through jansson. The only file that touches jansson's memory.

internal import CJansson

/// Reads JSON documents (RFC 8259, UTF-8).
///
/// Refuses what would make two readers disagree: duplicate names, numbers that do not fit, text that
/// is not UTF-8, and nesting deeper than ``maximumDepth``.
package enum JSONDecoder {
  /// How deep arrays and objects may be nested, the outermost included.
  ///
  /// jansson itself accepts 2,048 levels; 500 keeps every recursive walk over a value far inside a
  /// small thread stack.
  package static let maximumDepth = 500

  /// The byte order mark that some senders put in front (RFC 8259 section 8.1 lets a parser skip it).
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Reads one document that fills the whole text but for white space and one leading byte order mark.
  ///
  /// - Throws: ``JSONError`` with the place; nothing is ever half read.
  package static func decode(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    let start = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
    return try decode(bytes, from: start, flags: baseFlags).value
  }

  /// Reads the text of a string, as ``decode(_:)-([UInt8])`` reads bytes.
  package static func decode(_ text: String) throws(JSONError) -> JSONValue {
    try decode(Array(text.utf8))
  }

  /// Reads the first document at an offset and tells where it ends, for concatenated documents.
  ///
  /// - Returns: The value, and the offset of the first byte behind it.
  /// - Throws: ``JSONError``; code ``JSONError/Code/truncated`` means that more bytes may complete it,
  ///   ``JSONError/Code/empty`` that only white space is left.
  package static func decodePrefix(
    _ bytes: [UInt8], from start: Int
  ) throws(JSONError) -> (value: JSONValue, end: Int) {
    try decode(bytes, from: start, flags: baseFlags | Int(JSON_DISABLE_EOF_CHECK))
  }

  private static let baseFlags =
    Int(JSON_REJECT_DUPLICATES) | Int(JSON_ALLOW_NUL) | Int(JSON_DECODE_ANY)

  private static func decode(
    _ bytes: [UInt8], from start: Int, flags: Int
  ) throws(JSONError) -> (value: JSONValue, end: Int) {
    let rest = bytes.dropFirst(start)
    guard rest.contains(where: { !isWhiteSpace($0) }) else {
      throw JSONError(code: .empty, line: 0, column: 0, byte: start, detail: "no JSON document")
    }
    try DocumentWeight.check(rest)
    var report = json_error_t()
    // The root is a reference we own, freed by `Root` at the end of this function; the text is only
    // read during the call.
    let root = unsafe rest.withUnsafeBytes { buffer in
      unsafe json_loadb(buffer.baseAddress, buffer.count, flags, &report)
    }
    guard let root = unsafe root else {
      let error = JSONError(report, offset: start)
      // jansson takes a byte of zero for the end of the text, but nothing can complete such a text.
      guard error.code == .truncated, rest.contains(0) else { throw error }
      throw JSONError(
        code: .syntax, line: error.line, column: error.column, byte: error.byte,
        detail: "a NUL byte, which is no part of JSON")
    }
    let owner = unsafe Root(value: root)
    let end = start + Int(report.position)
    let value = try owner.converted()
    return (value, end)
  }

  private static func isWhiteSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}

/// Owns one jansson reference and gives it back.
@safe
private struct Root: ~Copyable {
  private let value: UnsafeMutablePointer<json_t>

  init(value: UnsafeMutablePointer<json_t>) { unsafe self.value = unsafe value }

  deinit { unsafe json_decref(value) }

  borrowing func converted() throws(JSONError) -> JSONValue {
    try unsafe convert(value, depth: 1)
  }
}

/// Copies a jansson value. Each part of it is released as soon as it is copied, so that a large document is
/// never in memory twice.
private func convert(
  _ value: UnsafeMutablePointer<json_t>, depth: Int
) throws(JSONError) -> JSONValue {
  switch unsafe cjansson_typeof(value) {
  case JSON_NULL: return .null
  case JSON_TRUE: return .boolean(true)
  case JSON_FALSE: return .boolean(false)
  case JSON_INTEGER: return .integer(Int(unsafe json_integer_value(value)))
  case JSON_REAL: return .real(unsafe json_real_value(value))
  case JSON_STRING: return .string(unsafe text(of: value))
  case JSON_ARRAY: return .array(try unsafe elements(of: value, depth: depth))
  default: return .object(try unsafe members(of: value, depth: depth))
  }
}

/// The bytes belong to the value and may hold NUL, so the length is asked for, not searched.
private func text(of value: UnsafeMutablePointer<json_t>) -> String {
  guard let start = unsafe json_string_value(value) else { return "" }
  let bytes = unsafe UnsafeRawBufferPointer(start: start, count: json_string_length(value))
  return unsafe String(decoding: bytes, as: UTF8.self)
}

private func elements(
  of value: UnsafeMutablePointer<json_t>, depth: Int
) throws(JSONError) -> [JSONValue] {
  try checkDepth(depth)
  let count = unsafe json_array_size(value)
  var result: [JSONValue] = []
  result.reserveCapacity(count)
  for index in 0..<count {
    // A borrowed reference: the array keeps its element.
    guard let element = unsafe json_array_get(value, index) else { break }
    result.append(try unsafe convert(element, depth: depth + 1))
    // The array gives up its reference to the element; null is a constant of jansson.
    unsafe json_array_set_new(value, index, json_null())
  }
  return result
}

private func members(
  of value: UnsafeMutablePointer<json_t>, depth: Int
) throws(JSONError) -> JSONObject {
  try checkDepth(depth)
  var result: [(name: String, value: JSONValue)] = []
  unsafe result.reserveCapacity(json_object_size(value))
  // The iterator, its name and its value are borrowed from the object, which nobody else changes here.
  var iterator = unsafe json_object_iter(value)
  while let current = unsafe iterator {
    guard let name = unsafe json_object_iter_key(current),
      let member = unsafe json_object_iter_value(current)
    else { break }
    result.append((unsafe String(cString: name), try unsafe convert(member, depth: depth + 1)))
    // The object gives up its reference to the value; the iterator stays valid, since no name changes.
    unsafe json_object_iter_set_new(value, current, json_null())
    unsafe iterator = json_object_iter_next(value, current)
  }
  return JSONObject(distinct: result)
}

private func checkDepth(_ depth: Int) throws(JSONError) {
  guard depth <= JSONDecoder.maximumDepth else {
    throw JSONError(
      code: .tooDeep, line: 0, column: 0, byte: 0,
      detail: "nested more than \(JSONDecoder.maximumDepth) levels deep")
  }
}
