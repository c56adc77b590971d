internal import CPlatform
internal import Glibc

/// The command line as the process received it.
package struct Arguments: Hashable, Sendable {
  /// The arguments after the program's name; U+FFFD replaces bytes that are not UTF-8.
  package let texts: [String]
  /// The index of the first argument that is not UTF-8, from 1.
  package let malformed: Int?

  /// The arguments of this process.
  ///
  /// - Returns: `nil` if execve(2) got an empty list, without even a name for the program: then the intention of the
  ///   caller is unknown.
  package static func read() -> Arguments? {
    let count = cplatform_argument_count()
    guard count > 0, count > 1 || !text(0).isEmpty else { return nil }
    let indices = 1..<count
    return Arguments(
      texts: indices.map(text), malformed: indices.first { !isValid($0) }.map { Int($0) })
  }

  // Linux 5.18 and newer put an empty name into an empty list (execve(2)), so a lone empty name counts as an empty
  // list.
  private static func text(_ index: Int32) -> String {
    // The string belongs to the process, ends with NUL and never changes.
    unsafe String(cString: cplatform_argument(index))
  }

  private static func isValid(_ index: Int32) -> Bool {
    unsafe String(validatingCString: cplatform_argument(index)) != nil
  }
}

/// The environment of the process.
package enum Environment {
  /// All variables. Of a name that occurs twice the first counts, as in getenv(3); U+FFFD replaces bytes that are not
  /// UTF-8.
  package static func variables() -> [String: String] {
    var variables: [String: String] = [:]
    // The list ends with NULL and belongs to the process; nothing here changes it.
    var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe environ
    while let list = unsafe next, let entry = unsafe list.pointee {
      let text = unsafe String(cString: entry)
      // By bytes: a combining mark after the sign does not make another character of it.
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
