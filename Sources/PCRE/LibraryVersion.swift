internal import CPCRE2

/// The PCRE2 that is loaded, for example `10.42 2022-12-11`.
package var pcreVersion: String {
  // The documentation of pcre2_config asks for 24 bytes at least; a longer text would be an error, and empty.
  var buffer = [UInt8](repeating: 0, count: 64)
  let needed = pcre2_config_8(UInt32(PCRE2_CONFIG_VERSION), nil)
  guard needed > 0, needed <= buffer.count else { return "" }
  unsafe pcre2_config_8(UInt32(PCRE2_CONFIG_VERSION), &buffer)
  return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
}
