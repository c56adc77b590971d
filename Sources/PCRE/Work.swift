// How the work of a search is counted.
//
// PCRE2's match limit holds for each place of the text at which a match is tried anew, so that a
// search over n places may take n times as long. The sum is counted here: PCRE2 calls back before
// every item of the pattern, which tells how far the matcher has moved.

internal import CPCRE2

/// What a search has done so far.
struct Work {
  /// How many bytes of text count as much as one item of the pattern.
  static let bytesPerUnit = 64

  /// What may still be done; negative when it is used up.
  var left: Int
  /// Where the matcher was last.
  var position: Int
}

/// Called by PCRE2 before each item; anything but 0 ends the search.
func countWork(
  block: UnsafeMutablePointer<pcre2_callout_block_8>?, work: UnsafeMutableRawPointer?
) -> CInt {
  // Both live until pcre2_match returns: the block is PCRE2's, the counter is held by `firstMatch`.
  guard let block = unsafe block, let work = unsafe work else { return PCRE2_ERROR_CALLOUT }
  let counter = unsafe work.assumingMemoryBound(to: Work.self)
  let position = unsafe block.pointee.current_position
  let moved = unsafe abs(position - counter.pointee.position)
  unsafe counter.pointee.left -= 1 + moved / Work.bytesPerUnit
  unsafe counter.pointee.position = position
  return unsafe counter.pointee.left < 0 ? PCRE2_ERROR_CALLOUT : 0
}
