// Small questions to PCRE2.

internal import CPCRE2

/// PCRE2's words for one of its codes.
///
/// The corresponding C function is `pcre2_get_error_message`.
func describe(_ status: CInt) -> String {
  // The longest text has about 100 bytes; a longer one is cut and ended with NUL.
  var buffer = [UInt8](repeating: 0, count: 256)
  let length = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
    unsafe pcre2_get_error_message_8(status, buffer.baseAddress, buffer.count)
  }
  return String(decoding: buffer.prefix(Int(max(0, length))), as: UTF8.self)
}

/// The named groups of a pattern, in the order of their numbers.
///
/// The corresponding C function is `pcre2_pattern_info`.
func groupNames(of code: OpaquePointer) -> [(name: String, group: Int)] {
  var count: UInt32 = 0
  var size: UInt32 = 0
  var table: UnsafePointer<UInt8>?
  // Each fills the variable before it returns.
  unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &count)
  unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &size)
  unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
  guard let table = unsafe table, size > 2 else { return [] }
  // The table belongs to the code: `count` entries of `size` bytes, each the number of the group in
  // two bytes, high one first, then the name with NUL behind it.
  let names = (0..<Int(count)).map { entry -> (name: String, group: Int) in
    let start = unsafe table + entry * Int(size)
    let bytes = unsafe UnsafeBufferPointer(start: start, count: Int(size))
    let group = Int(unsafe bytes[0]) << 8 | Int(unsafe bytes[1])
    let name = unsafe bytes.dropFirst(2).prefix { $0 != 0 }
    return (unsafe String(decoding: name, as: UTF8.self), group)
  }
  return names.sorted { $0.group < $1.group }
}

/// How many groups a pattern has.
///
/// The corresponding C function is `pcre2_pattern_info`.
func countGroups(of code: OpaquePointer) -> Int {
  var count: UInt32 = 0
  // Filled before it returns.
  unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
  return Int(count)
}
