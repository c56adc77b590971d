// The two streams that a command writes to, and the exit.

import Platform
import ReissueKit

#if canImport(Glibc)
  import Glibc
#endif

enum Terminal {
  /// Writes to standard output; every write is checked.
  static func write(_ bytes: [UInt8]) -> Bool {
    do throws(FileError) {
      try Files.write(bytes, to: .standardOutput)
      return true
    } catch {
      complain("ncloud-reissue: error: standard output cannot be written: \(error.reason)")
      return false
    }
  }

  /// Writes one text to standard error. If that fails there is nobody left to tell.
  static func complain(_ text: String) {
    try? Files.write(Array((text + "\n").utf8), to: .standardError)
  }

  /// Ends the process; nothing is buffered that could be lost.
  static func exit(_ status: Int32) -> Never { _exit(status) }
}
