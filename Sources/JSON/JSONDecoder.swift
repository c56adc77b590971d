internal import CJansson
internal import Glibc

/// Reads JSON documents (RFC 8259, UTF-8) with jansson.
///
/// Refuses documents that two readers may understand differently: duplicate names, numbers out of range, text that is
/// not UTF-8, and nesting deeper than ``maximumDepth``.
package enum JSONDecoder {
  /// The deepest nesting of arrays and objects, including the outermost. jansson accepts 2,048 levels; with 500, every
  /// recursive walk fits a small thread stack.
  package static let maximumDepth = 500

  /// The byte order mark of some senders (RFC 8259 section 8.1 allows to ignore it).
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Reads one document that takes the whole text, except white space and a leading byte order mark.
  ///
  /// - Throws: ``JSONError``, with what was found instead of JSON.
  package static func decode(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    let start = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
    do throws(JSONError) { return try decode(bytes, from: start, flags: baseFlags).value } catch {
      throw error.explained(in: bytes, from: start)
    }
  }

  /// Reads the text of a string, as ``decode(_:)-([UInt8])`` reads bytes.
  package static func decode(_ text: String) throws(JSONError) -> JSONValue {
    try decode(Array(text.utf8))
  }

  /// Reads the document at an offset, for concatenated documents.
  ///
  /// - Returns: The value, and the offset of the first byte after it.
  /// - Throws: ``JSONError``; code ``JSONError/Code/truncated`` if more bytes may complete it,
  ///   ``JSONError/Code/empty`` if only white space remains.
  package static func decodePrefix(
    _ bytes: [UInt8], from start: Int
  ) throws(JSONError) -> (value: JSONValue, end: Int) {
    try decode(bytes, from: start, flags: baseFlags | Int(JSON_DISABLE_EOF_CHECK))
  }

  static let baseFlags =
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
    // `Root` frees the value at the end of this function; the text is only read during the call.
    let root = unsafe rest.withUnsafeBytes { buffer in
      unsafe json_loadb(buffer.baseAddress, buffer.count, flags, &report)
    }
    guard let root = unsafe root else {
      let error = JSONError(report, offset: start)
      // For jansson, a zero byte ends the text, but no more bytes can complete such a text.
      guard error.code == .truncated, rest.contains(0) else { throw error }
      throw JSONError(
        code: .syntax, line: error.line, column: error.column, byte: error.byte,
        detail: "a NUL byte, which JSON does not allow")
    }
    let owner = unsafe Root(value: root)
    let end = start + Int(report.position)
    // jansson overlooks a zero byte behind a number or a word, and does not count it.
    let isWhole = flags & Int(JSON_DISABLE_EOF_CHECK) == 0
    if let zero = (isWhole ? rest : rest[..<end]).firstIndex(of: 0) {
      throw JSONError(zeroByteAt: zero, in: rest)
    }
    let value = try owner.converted()
    return (value, end)
  }

  private static func isWhiteSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}

/// Owns one reference of jansson.
@safe
private struct Root: ~Copyable {
  private let value: UnsafeMutablePointer<json_t>

  init(value: UnsafeMutablePointer<json_t>) { unsafe self.value = unsafe value }

  deinit { unsafe json_decref(value) }

  /// The whole value. Each part of jansson's is released after it is copied.
  borrowing func converted() throws(JSONError) -> JSONValue {
    try unsafe convert(value, depth: 1, from: nil)
  }
}

/// Copies the selected parts of the value of a short text.
func convert(
  _ value: UnsafeMutablePointer<json_t>, _ selection: NumberedSelection, depth: Int,
  from source: ShortSource
) throws(JSONError) -> JSONValue {
  guard case .parts(let members, let selected) = selection else {
    return try unsafe convert(value, depth: depth, from: source)
  }
  switch unsafe cjansson_typeof(value) {
  case JSON_ARRAY:
    guard let selected else { return .array([]) }
    var elements: [JSONValue] = []
    for index in unsafe 0..<json_array_size(value) {
      // A borrowed reference, as below.
      guard let element = unsafe json_array_get(value, index) else { break }
      elements.append(try unsafe convert(element, selected, depth: depth + 1, from: source))
    }
    return .array(elements)
  case JSON_OBJECT:
    var found: [(name: String, value: JSONValue)] = []
    found.reserveCapacity(members.count)
    for selected in members {
      let part = unsafe json_object_get(value, selected.key)
      guard let part = unsafe part else { continue }
      found.append(
        (
          selected.name,
          try unsafe convert(part, selected.parts, depth: depth + 1, from: source)
        ))
    }
    return .object(JSONObject(distinct: found))
  default: return try unsafe convert(value, depth: depth, from: source)
  }
}

/// Copies a value of jansson. Without a short text as its source, each part is released after it is copied, so that a
/// large document is never in memory twice.
private func convert(
  _ value: UnsafeMutablePointer<json_t>, depth: Int, from source: ShortSource?
) throws(JSONError) -> JSONValue {
  switch unsafe cjansson_typeof(value) {
  case JSON_NULL: return .null
  case JSON_TRUE: return .boolean(true)
  case JSON_FALSE: return .boolean(false)
  case JSON_INTEGER: return .integer(Int(unsafe json_integer_value(value)))
  case JSON_REAL: return .real(unsafe json_real_value(value))
  case JSON_STRING: return .string(unsafe text(of: value, from: source))
  case JSON_ARRAY: return .array(try unsafe elements(of: value, depth: depth, from: source))
  default: return .object(try unsafe members(of: value, depth: depth, from: source))
  }
}

/// The bytes belong to the value and may contain NUL, so the length is read from jansson.
private func text(
  of value: UnsafeMutablePointer<json_t>, from source: ShortSource?
) -> String {
  guard let start = unsafe json_string_value(value) else { return "" }
  var bytes = unsafe UnsafeRawBufferPointer(start: start, count: json_string_length(value))
  if let source = unsafe source { unsafe bytes = source.bytes(of: bytes) }
  return unsafe String(decoding: bytes, as: UTF8.self)
}

private func elements(
  of value: UnsafeMutablePointer<json_t>, depth: Int, from source: ShortSource?
) throws(JSONError) -> [JSONValue] {
  try checkDepth(depth)
  let count = unsafe json_array_size(value)
  var result: [JSONValue] = []
  result.reserveCapacity(count)
  for index in 0..<count {
    // A borrowed reference.
    guard let element = unsafe json_array_get(value, index) else { break }
    result.append(try unsafe convert(element, depth: depth + 1, from: source))
    // Releases the element; null is a constant of jansson.
    if unsafe source == nil { unsafe json_array_set_new(value, index, json_null()) }
  }
  return result
}

private func members(
  of value: UnsafeMutablePointer<json_t>, depth: Int, from source: ShortSource?
) throws(JSONError) -> JSONObject {
  try checkDepth(depth)
  var result: [(name: String, value: JSONValue)] = []
  unsafe result.reserveCapacity(json_object_size(value))
  // The iterator, its name and its value are borrowed from the object, which only this function changes.
  var iterator = unsafe json_object_iter(value)
  while let current = unsafe iterator {
    guard let name = unsafe json_object_iter_key(current),
      let member = unsafe json_object_iter_value(current)
    else { break }
    let part = try unsafe convert(member, depth: depth + 1, from: source)
    // jansson refuses names with NUL. Before 2.14 (Ubuntu 22.04 has 2.13) it has no function for their length.
    let bytes = unsafe UnsafeRawBufferPointer(start: name, count: strlen(name))
    result.append(
      (unsafe source?.name(bytes) ?? String(decoding: bytes, as: UTF8.self), part))
    // Releases the value; the iterator stays valid, since no name changes.
    if unsafe source == nil { unsafe json_object_iter_set_new(value, current, json_null()) }
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

extension JSONDecoder {
  /// The most memory of jansson for one document, in bytes, estimated. An event of 8 MiB, the default limit, can have
  /// 70,000 small alerts; more would not fit into the 256 MiB of this program, together with the copy of the event and
  /// the work on it.
  package static let maximumWeight = 144 << 20

  /// The memory of jansson for the document in a text, in bytes, by the same estimate.
  package static func weight(of text: String) -> Int { DocumentWeight.weight(of: text.utf8) }

  /// As ``weight(of:)-(String)``, for bytes.
  package static func weight(of bytes: [UInt8]) -> Int { DocumentWeight.weight(of: bytes) }
}

/// The memory of jansson for the values of a document, estimated from its text before anything is allocated: jansson
/// needs up to eighty bytes for one byte of text, 600 MiB for 8 MiB of `{},`.
enum DocumentWeight {
  // Measured with jansson 2.14 and glibc on 64 bits, in bytes, with the allocator's overhead.
  private static let ofObject = 224
  private static let ofArray = 128
  /// The entry of a member and its part of the hash table, without its name.
  private static let ofMember = 64
  /// A number, and the place of a value in its array.
  private static let ofScalar = 40
  /// A string without its text; a name counts as one too.
  private static let ofString = 32
  /// The most for one byte of text, in `{},`.
  private static let ofByte = 90

  /// Refuses a document that weighs more than ``JSONDecoder/maximumWeight``. Short texts, as of nearly every event, are
  /// not examined: they cannot reach it.
  static func check(_ bytes: ArraySlice<UInt8>) throws(JSONError) {
    guard bytes.count > JSONDecoder.maximumWeight / ofByte else { return }
    guard weight(of: bytes) > JSONDecoder.maximumWeight else { return }
    throw JSONError(
      code: .tooManyValues, line: 0, column: 0, byte: 0,
      detail: JSONError.detail(for: .tooManyValues))
  }

  /// Counts the characters that begin or separate values, outside of strings.
  static func weight(of bytes: some Collection<UInt8>) -> Int {
    var weight = bytes.count
    var strings = StringTracker()
    for byte in bytes where strings.isOutside(byte) {
      switch byte {
      case UInt8(ascii: "\""): weight += ofString
      case UInt8(ascii: "{"): weight += ofObject
      case UInt8(ascii: "["): weight += ofArray
      case UInt8(ascii: ":"): weight += ofMember
      case UInt8(ascii: ","): weight += ofScalar
      default: break
      }
    }
    return weight
  }
}

/// Follows the strings of JSON text, byte by byte.
package struct StringTracker {
  private var isInString = false
  private var isEscaped = false

  /// At the beginning of a text.
  package init() {}

  /// Takes the next byte.
  ///
  /// - Returns: Whether it is outside of strings. The quotation mark that begins a string is; the one that ends it is not.
  package mutating func isOutside(_ byte: UInt8) -> Bool {
    guard isInString else {
      isInString = byte == UInt8(ascii: "\"")
      return true
    }
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      isInString = false
    }
    return false
  }
}

/// The loaded jansson, for example `2.14`.
package var janssonVersion: String {
  // A constant of the library.
  unsafe String(cString: jansson_version_str())
}
