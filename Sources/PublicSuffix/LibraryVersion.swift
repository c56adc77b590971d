internal import CPSL

/// The libpsl that is loaded and what it was built with.
package var libpslVersion: String {
  // Text in the library, which stays as long as the process.
  unsafe psl_get_version().map { unsafe String(cString: $0) } ?? ""
}
