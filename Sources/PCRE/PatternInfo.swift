internal import CPCRE2

/// PCRE2's text for an error code (`pcre2_get_error_message`).
func describe(_ status: CInt) -> String {
  // The longest text has about 100 bytes; a longer one would be cut.
  var buffer = [UInt8](repeating: 0, count: 256)
  let length = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
    unsafe pcre2_get_error_message_8(status, buffer.baseAddress, buffer.count)
  }
  return String(decoding: buffer.prefix(Int(max(0, length))), as: UTF8.self)
}

/// The named groups of a pattern, in the order of their numbers (`pcre2_pattern_info`).
func groupNames(of code: OpaquePointer) -> [(name: String, group: Int)] {
  var count: UInt32 = 0
  var size: UInt32 = 0
  var table: UnsafePointer<UInt8>?
  // Each call fills its variable.
  unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &count)
  unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &size)
  unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
  guard let table = unsafe table, size > 2 else { return [] }
  // The table belongs to the code: `count` entries of `size` bytes, each with the number of the group in two bytes,
  // high byte first, then the name and NUL.
  let names = (0..<Int(count)).map { entry -> (name: String, group: Int) in
    let start = unsafe table + entry * Int(size)
    let bytes = unsafe UnsafeBufferPointer(start: start, count: Int(size))
    let group = Int(unsafe bytes[0]) << 8 | Int(unsafe bytes[1])
    let name = unsafe bytes.dropFirst(2).prefix { $0 != 0 }
    return (unsafe String(decoding: name, as: UTF8.self), group)
  }
  return names.sorted { $0.group < $1.group }
}

/// The number of groups of a pattern (`pcre2_pattern_info`).
func countGroups(of code: OpaquePointer) -> Int {
  var count: UInt32 = 0
  // Filled by the call.
  unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
  return Int(count)
}

/// The loaded PCRE2, for example `10.42 2022-12-11`.
package var pcreVersion: String {
  // The documentation asks for at least 24 bytes; a longer text would be an error, and is empty here.
  var buffer = [UInt8](repeating: 0, count: 64)
  let needed = pcre2_config_8(UInt32(PCRE2_CONFIG_VERSION), nil)
  guard needed > 0, needed <= buffer.count else { return "" }
  unsafe pcre2_config_8(UInt32(PCRE2_CONFIG_VERSION), &buffer)
  return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
}
