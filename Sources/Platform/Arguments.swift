internal import CPlatform

/// The command line, as the C entry point of the process received it.
package struct Arguments: Hashable, Sendable {
  /// The arguments behind the name of the program; what is not UTF-8 in them is replaced by U+FFFD.
  package let texts: [String]
  /// The first argument that is not UTF-8, counted from 1.
  package let malformed: Int?

  /// The arguments of this process.
  ///
  /// - Returns: `nil` if execve(2) was given an empty list, without even a name for the program: what the caller
  ///   meant is not known then.
  package static func read() -> Arguments? {
    let count = cplatform_argument_count()
    guard count > 0, count > 1 || !text(0).isEmpty else { return nil }
    let indices = 1..<count
    return Arguments(
      texts: indices.map(text), malformed: indices.first { !isValid($0) }.map { Int($0) })
  }

  // Linux 5.18 and newer put an empty name into an empty list (execve(2)), so an empty name alone is one, too.
  private static func text(_ index: Int32) -> String {
    // The string belongs to the process, ends with NUL, and nobody changes it.
    unsafe String(cString: cplatform_argument(index))
  }

  private static func isValid(_ index: Int32) -> Bool {
    unsafe String(validatingCString: cplatform_argument(index)) != nil
  }
}
