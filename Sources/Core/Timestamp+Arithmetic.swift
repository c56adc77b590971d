// Arithmetic of time that cannot overflow: stored times may be any number.

package import JSON
package import Platform

extension Timestamp {
  /// The moment as documents hold it: milliseconds since 1970.
  package var json: JSONValue { .integer(milliseconds) }

  /// Adds milliseconds (may be negative); saturates at the bounds of `Int`.
  package func adding(milliseconds more: Int) -> Timestamp {
    let (sum, overflow) = milliseconds.addingReportingOverflow(more)
    return Timestamp(milliseconds: overflow ? (more < 0 ? .min : .max) : sum)
  }

  /// Milliseconds from an earlier moment to this one; saturates at the bounds of `Int`.
  package func milliseconds(since earlier: Timestamp) -> Int {
    let (difference, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    return overflow ? (milliseconds < 0 ? .min : .max) : difference
  }

  /// The day of UTC, counted from 1970, by which daily limits count.
  package var day: Int { Int((Double(milliseconds) / 86_400_000).rounded(.down)) }
}
