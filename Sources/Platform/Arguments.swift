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
  /// The variables by name; of a name that is there twice the first one, as getenv(3) has it.
  ///
  /// - Parameter hidden: Names of secrets. Their values are not copied: a `String` is never wiped.
  package static func variables(except hidden: Set<String> = []) -> [String: String] {
    var variables: [String: String] = [:]
    // The list ends with NULL and belongs to the process; nobody here changes it.
    var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe environ
    while let list = unsafe next, let text = unsafe list.pointee {
      unsafe next = list + 1
      let entry = unsafe UnsafeRawBufferPointer(start: text, count: strlen(text))
      guard let equals = unsafe entry.firstIndex(of: UInt8(ascii: "=")), equals > 0 else {
        continue
      }
      let name = unsafe String(decoding: entry[..<equals], as: UTF8.self)
      guard !hidden.contains(name), variables[name] == nil else { continue }
      variables[name] = unsafe String(decoding: entry[(equals + 1)...], as: UTF8.self)
    }
    return variables
  }

  /// The value of one variable; the caller wipes it if it is a secret.
  package static func bytes(of name: String) -> [UInt8]? {
    // The value belongs to the process and ends with NUL; nobody here changes it.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
  }
}
