// Regular expressions through PCRE2, with bounds that hold for every pattern and every text.

internal import CPCRE2

/// A compiled regular expression (Perl syntax, UTF-8).
///
/// Compiled patterns are never changed, and PCRE2 lets several threads match with one at a time
/// ("Multithreading" in pcre2api(3)), so that a value may be shared.
@safe
package final class RegularExpression: @unchecked Sendable {
  /// How long a pattern may be, in bytes: far more than a person reads, and quick to compile.
  package static let maximumPatternBytes = 4_096
  /// How often the matcher may go back for one place in the text; PCRE2's own default is 10,000,000.
  private static let matchLimit: UInt32 = 1_000_000
  /// How deep backtracking may nest.
  private static let depthLimit: UInt32 = 100_000
  /// How much memory a search may take, in KiB.
  private static let heapLimit: UInt32 = 20_000

  /// Owned; freed in `deinit`.
  private let code: OpaquePointer
  /// The named groups with their numbers, in the order of the groups.
  package let names: [(name: String, group: Int)]
  /// How many groups there are, the whole match not counted.
  package let groupCount: Int

  /// Compiles a pattern.
  ///
  /// `\C`, which takes a character apart, is refused. The corresponding C function is
  /// `pcre2_compile`.
  package init(_ pattern: String) throws(RegularExpressionError) {
    guard pattern.utf8.count <= Self.maximumPatternBytes else {
      throw RegularExpressionError(
        code: .pattern, message: "longer than \(Self.maximumPatternBytes) bytes", offset: 0)
    }
    // Automatic callouts are how work is counted, see `Work`.
    let options = UInt32(PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C) | UInt32(PCRE2_AUTO_CALLOUT)
    var status: CInt = 0
    var offset = 0
    var pattern = pattern
    // The bytes are only read during the call.
    let code = pattern.withUTF8 { bytes -> OpaquePointer? in
      guard let start = bytes.baseAddress else { return nil }
      return unsafe pcre2_compile_8(start, bytes.count, options, &status, &offset, nil)
    }
    guard let code = unsafe code else {
      throw RegularExpressionError(code: .pattern, message: describe(status), offset: offset)
    }
    unsafe self.code = unsafe code
    names = unsafe groupNames(of: code)
    groupCount = unsafe countGroups(of: code)
  }

  deinit { unsafe pcre2_code_free_8(code) }

  /// The first match at or behind an offset.
  ///
  /// The corresponding C function is `pcre2_match`.
  /// - Parameters:
  ///   - offset: Where to begin, in UTF-8 bytes, at the beginning of a character.
  ///   - work: How much may still be done: about one for each item of the pattern that is tried, and
  ///     for each 64 bytes of text. What is used is taken off.
  ///   - text: The text that is searched.
  package func firstMatch(
    in text: String, from offset: Int = 0, work: inout Int
  ) throws(RegularExpressionError) -> Match? {
    guard let memory = unsafe Memory(for: code) else {
      throw RegularExpressionError(
        code: .failed, message: describe(PCRE2_ERROR_NOMEMORY), offset: 0)
    }
    var counter = Work(left: work, position: offset)
    var text = text
    let count = text.utf8.count
    guard offset >= 0, offset <= count else { return nil }
    let status = unsafe withUnsafeMutablePointer(to: &counter) { counter in
      unsafe memory.count(into: counter)
      return text.withUTF8 { bytes in
        guard let start = bytes.baseAddress else { return PCRE2_ERROR_NULL }
        // Swift's strings are valid UTF-8, so that PCRE2 need not look.
        return unsafe pcre2_match_8(
          code, start, bytes.count, offset, UInt32(PCRE2_NO_UTF_CHECK), memory.data,
          memory.context)
      }
    }
    let match = status > 0 ? memory.match() : nil
    let end = match?.whole.upperBound ?? count
    work = counter.left - (end - min(offset, end)) / Work.bytesPerUnit - 1
    if status > 0 { return match }
    if status == PCRE2_ERROR_NOMATCH { return nil }
    throw RegularExpressionError(
      code: limits.contains(status) ? .limit : .failed,
      message: status == PCRE2_ERROR_CALLOUT ? "too much work" : describe(status), offset: 0)
  }

  /// Where a pattern matched, in UTF-8 offsets.
  package struct Match: Hashable, Sendable {
    /// The whole match.
    package let whole: Range<Int>
    /// The groups by number, the whole match first; `nil` for a group that took no part.
    package let groups: [Range<Int>?]
  }

  /// What one search needs; both are owned and freed here.
  @safe
  private struct Memory: ~Copyable {
    let data: OpaquePointer
    let context: OpaquePointer

    init?(for code: OpaquePointer) {
      guard let data = unsafe pcre2_match_data_create_from_pattern_8(code, nil) else { return nil }
      guard let context = unsafe pcre2_match_context_create_8(nil) else {
        unsafe pcre2_match_data_free_8(data)
        return nil
      }
      unsafe pcre2_set_match_limit_8(context, RegularExpression.matchLimit)
      unsafe pcre2_set_depth_limit_8(context, RegularExpression.depthLimit)
      unsafe pcre2_set_heap_limit_8(context, RegularExpression.heapLimit)
      unsafe self.data = unsafe data
      unsafe self.context = unsafe context
    }

    deinit {
      unsafe pcre2_match_data_free_8(data)
      unsafe pcre2_match_context_free_8(context)
    }

    /// Has every item counted; the counter has to live until the search is over.
    borrowing func count(into counter: UnsafeMutablePointer<Work>) {
      unsafe pcre2_set_callout_8(context, countWork, counter)
    }

    /// What was found by the last search.
    borrowing func match() -> Match? {
      let count = Int(unsafe pcre2_get_ovector_count_8(data))
      // The pairs belong to `data`; they are copied out.
      guard let pairs = unsafe pcre2_get_ovector_pointer_8(data) else { return nil }
      let groups = (0..<count).map { group -> Range<Int>? in
        let (start, end) = unsafe (pairs[2 * group], pairs[2 * group + 1])
        return start <= end && end != Int(bitPattern: UInt.max) ? start..<end : nil
      }
      return groups.first.flatMap { $0 }.map { Match(whole: $0, groups: groups) }
    }
  }
}

/// The codes with which a search gives up rather than fails.
private let limits = [
  PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_DEPTHLIMIT, PCRE2_ERROR_HEAPLIMIT, PCRE2_ERROR_CALLOUT,
]
