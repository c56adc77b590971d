/// Why a pattern cannot be used, or a search gave no answer.
package struct RegularExpressionError: Error, Hashable, Sendable {
  /// The kind of failure; stable, made for programs.
  package enum Code: String, Sendable {
    /// The pattern is not a regular expression.
    case pattern
    /// The search needs more work or memory than allowed.
    case limit
    /// The library could not get memory, or failed in a way that it should not.
    case failed
  }

  /// What kind of failure it is.
  package let code: Code
  /// PCRE2's own words; they hold nothing of the pattern or the text.
  package let message: String
  /// Where in the pattern, in UTF-8 bytes from 0; 0 for a search.
  package let offset: Int
}
