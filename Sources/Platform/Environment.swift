internal import Glibc

/// The variables that the process was started with.
package enum Environment {
  /// All of them; of a name that stands twice the first counts, as for getenv(3).
  ///
  /// What is not UTF-8 is repaired with U+FFFD.
  package static func variables() -> [String: String] {
    var variables: [String: String] = [:]
    // The list ends with NULL and belongs to the process; nobody here changes it.
    var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe environ
    while let list = unsafe next, let entry = unsafe list.pointee {
      let text = unsafe String(cString: entry)
      // By bytes: a combining mark behind the sign makes no other character of it.
      if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex {
        let name = String(text[..<equals])
        if variables[name] == nil {
          variables[name] = String(text[text.utf8.index(after: equals)...])
        }
      }
      unsafe next = list + 1
    }
    return variables
  }
}
