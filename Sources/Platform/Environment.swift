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
      if let equals = text.firstIndex(of: "="), equals > text.startIndex {
        let name = String(text[..<equals])
        if variables[name] == nil {
          variables[name] = String(text[text.index(after: equals)...])
        }
      }
      unsafe next = list + 1
    }
    return variables
  }
}
