internal import CPSL

/// The Public Suffix List (https://publicsuffix.org), through libpsl, which libcurl loads anyway: names below an entry
/// are registered by different owners.
package enum PublicSuffixList {
  /// Whether a name belongs to a registry, such as `co.uk`, so that nobody gets a certificate for it.
  ///
  /// The private part of the list (`github.io`) does not count: the owner of such a name may get one (CA/Browser Forum,
  /// Baseline Requirements 3.2.2.6). A name without a rule is none.
  ///
  /// - Parameter name: In A-labels, lower case, without a dot at its end.
  package static func contains(_ name: String) -> Bool {
    // Without a list, libpsl would accept every name as a suffix.
    guard !name.utf8.contains(0), let list = unsafe list else { return false }
    // The name is only read during the call.
    return unsafe psl_is_public_suffix2(list, name, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) == 1
  }

  /// The list inside the library, which opens without cost; if there is none, that of the package publicsuffix; else
  /// `nil`. Never freed; the library only reads it, from any thread.
  private nonisolated(unsafe) static let list = unsafe psl_builtin() ?? psl_latest(nil)
}

/// The loaded libpsl and its build options.
package var libpslVersion: String {
  // A constant of the library.
  unsafe psl_get_version().map { unsafe String(cString: $0) } ?? ""
}
