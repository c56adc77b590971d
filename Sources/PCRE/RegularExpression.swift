internal import CPCRE2

/// A compiled regular expression of PCRE2 (Perl syntax, UTF-8), with limits for every pattern and text.
///
/// Compiled patterns never change, and several threads may use one at the same time ("Multithreading" in pcre2api(3)).
@safe
package final class RegularExpression: @unchecked Sendable {
  /// The longest pattern, in bytes: longer than readable ones, and fast to compile.
  package static let maximumPatternBytes = 4_096
  /// How often the matcher may backtrack for one start position; PCRE2's default is 10,000,000.
  private static let matchLimit: UInt32 = 1_000_000
  /// The deepest nesting of backtracking.
  private static let depthLimit: UInt32 = 100_000
  /// The most memory of a search, in KiB.
  private static let heapLimit: UInt32 = 20_000

  /// Owned; freed in `deinit`.
  private let code: OpaquePointer
  /// The named groups with their numbers, in the order of the numbers.
  package let names: [(name: String, group: Int)]
  /// The number of groups without the whole match.
  package let groupCount: Int

  /// Compiles a pattern (`pcre2_compile`). `\C`, which splits characters, is refused.
  package init(_ pattern: String) throws(RegularExpressionError) {
    guard pattern.utf8.count <= Self.maximumPatternBytes else {
      throw RegularExpressionError(
        code: .pattern, message: "longer than \(Self.maximumPatternBytes) bytes", offset: 0)
    }
    // Automatic callouts count the work, see `Work`.
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

  /// The first match at or after an offset (`pcre2_match`).
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - offset: The start in UTF-8 bytes, at the beginning of a character.
  ///   - work: The remaining work: about one unit for each tried item of the pattern, and one for 64 bytes of text. The
  ///     search subtracts what it uses.
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
        // Swift's strings are valid UTF-8, so PCRE2 need not check it.
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

  /// A match, in UTF-8 offsets.
  package struct Match: Hashable, Sendable {
    /// The whole match.
    package let whole: Range<Int>
    /// The groups by number, the whole match first; `nil` for a group without a match.
    package let groups: [Range<Int>?]
  }

  /// The memory of one search; both objects are owned.
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

    /// Counts every item; the counter has to live until the search ends.
    borrowing func count(into counter: UnsafeMutablePointer<Work>) {
      unsafe pcre2_set_callout_8(context, countWork, counter)
    }

    /// The match of the last search.
    borrowing func match() -> Match? {
      let count = Int(unsafe pcre2_get_ovector_count_8(data))
      // The pairs belong to `data` and are copied.
      guard let pairs = unsafe pcre2_get_ovector_pointer_8(data) else { return nil }
      let groups = (0..<count).map { group -> Range<Int>? in
        let (start, end) = unsafe (pairs[2 * group], pairs[2 * group + 1])
        return start <= end && end != Int(bitPattern: UInt.max) ? start..<end : nil
      }
      return groups.first.flatMap { $0 }.map { Match(whole: $0, groups: groups) }
    }
  }
}

/// The codes of searches that exceed a limit.
private let limits = [
  PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_DEPTHLIMIT, PCRE2_ERROR_HEAPLIMIT, PCRE2_ERROR_CALLOUT,
]

/// The reason why a pattern cannot be used, or a search failed.
package struct RegularExpressionError: Error, Hashable, Sendable {
  /// The kind of failure; stable, for programs.
  package enum Code: String, Sendable {
    /// The pattern is not a regular expression.
    case pattern
    /// The search needs more work or memory than allowed.
    case limit
    /// Out of memory, or an unexpected failure of the library.
    case failed
  }

  /// The kind of failure; stable, for programs.
  package let code: Code
  /// PCRE2's text, without any part of the pattern or the searched text.
  package let message: String
  /// The position in the pattern, in UTF-8 bytes from 0; 0 for a search.
  package let offset: Int
}

// PCRE2's match limit applies to each start position, so that a search over n positions may take n times as long. The
// total is counted here: PCRE2 calls back before every item of the pattern, with the matcher's position.

/// The work of one search.
struct Work {
  /// How many bytes of text count as one item of the pattern.
  static let bytesPerUnit = 64

  /// The remaining work; negative when it is used up.
  var left: Int
  /// The last position of the matcher.
  var position: Int
}

/// PCRE2 calls this before each item; a result other than 0 ends the search.
func countWork(
  block: UnsafeMutablePointer<pcre2_callout_block_8>?, work: UnsafeMutableRawPointer?
) -> CInt {
  // Both are valid until pcre2_match returns: PCRE2 owns the block, and `firstMatch` the counter.
  guard let block = unsafe block, let work = unsafe work else { return PCRE2_ERROR_CALLOUT }
  let counter = unsafe work.assumingMemoryBound(to: Work.self)
  let position = unsafe block.pointee.current_position
  let moved = unsafe abs(position - counter.pointee.position)
  unsafe counter.pointee.left -= 1 + moved / Work.bytesPerUnit
  unsafe counter.pointee.position = position
  return unsafe counter.pointee.left < 0 ? PCRE2_ERROR_CALLOUT : 0
}
