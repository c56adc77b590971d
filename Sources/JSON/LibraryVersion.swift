internal import CJansson

/// The jansson that is loaded, for example `2.14`.
package var janssonVersion: String {
  // Text in the library, which stays as long as the process.
  unsafe String(cString: jansson_version_str())
}
