internal import CIDN2

/// The libidn2 that is loaded, for example `2.3.3`.
package var libidn2Version: String {
  // Text in the library, which stays as long as the process; without a wish for a version it is never nil.
  unsafe idn2_check_version(nil).map { unsafe String(cString: $0) } ?? ""
}
