// Which names are registries and not anybody's own, through libpsl (already in the process as a part of
// libcurl).

internal import CPSL

/// The Public Suffix List (https://publicsuffix.org): what is below a name in it is registered by
/// different people.
package enum PublicSuffixList {
  /// Whether a name is a registry's, such as `co.uk`, and so nobody gets a certificate for it.
  ///
  /// The private part of the list (`github.io`) does not count: who owns such a name may have one
  /// (CA/Browser Forum, Baseline Requirements 3.2.2.6). A name that no rule is about is none.
  ///
  /// - Parameter name: In A-labels, lower case, without a dot at its end.
  package static func contains(_ name: String) -> Bool {
    // Without a list libpsl takes every name for a registry's.
    guard !name.utf8.contains(0), let list = unsafe list else { return false }
    // The name is only read during the call.
    return unsafe psl_is_public_suffix2(list, name, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) == 1
  }

  /// The list inside the library, which costs nothing to open; where it was built without one, that of the
  /// package publicsuffix; without either `nil`.
  ///
  /// Kept until the process ends; the library never changes it and reads it from any thread.
  private nonisolated(unsafe) static let list = unsafe psl_builtin() ?? psl_latest(nil)
}
