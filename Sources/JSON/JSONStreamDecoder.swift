internal import CJansson

/// Reads short documents one after the other, faster than ``JSONDecoder``.
///
/// jansson examines each byte of a string several times, and this decoder does so only once: it gives jansson a copy of
/// the document in which strings without escapes are replaced by their places. Documents that are not short, or that
/// jansson refuses, are read by ``JSONDecoder``, so that every mistake is found and described in the same way.
package struct JSONStreamDecoder {
  /// The parts of each document that are read.
  package var selection = JSONSelection.whole
  /// The longest short document, less than a ``StringPlace`` can tell. Events are shorter, except with many alerts.
  private static let maximumBytes = 1 << 16
  /// Memory for the copy, used again for each document.
  private var copy: [UInt8] = []

  /// A decoder that reads whole documents.
  package init() {}

  /// A document, and where it ends.
  package struct Found {
    /// The selected parts.
    package let value: JSONValue
    /// The offset of the first byte after the document.
    package let end: Int
    /// The line feeds in the document.
    package let lineFeeds: Int
    /// The most that a value lacks; `nil` if the document is whole.
    package let leftOut: JSONSelection.LeftOut?
  }

  /// Reads the document at an offset.
  ///
  /// - Throws: As ``JSONDecoder/decodePrefix(_:from:)``.
  package mutating func decodePrefix(
    _ bytes: [UInt8], from start: Int
  ) throws(JSONError) -> Found {
    if let found = decodeShort(bytes, from: start) { return found }
    let (value, end) = try JSONDecoder.decodePrefix(bytes, from: start)
    let lineFeeds = bytes[start..<end].count { $0 == UInt8(ascii: "\n") }
    return Found(value: value, end: end, lineFeeds: lineFeeds, leftOut: nil)
  }

  /// The document, if it is short, complete and without mistakes.
  private mutating func decodeShort(_ bytes: [UInt8], from start: Int) -> Found? {
    if copy.isEmpty { copy = Array(repeating: 0, count: Self.maximumBytes) }
    let selection = selection
    // Both arrays keep their places during the calls, and `ShortText` checks its offsets against their sizes.
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe copy.withUnsafeMutableBytes { copy in
        let source = unsafe UnsafeRawBufferPointer(
          rebasing: bytes[min(start, bytes.count)...].prefix(Self.maximumBytes))
        var text = unsafe ShortText(of: source, into: copy)
        guard unsafe text.shorten() else { return nil }
        let root = unsafe json_loadb(
          copy.baseAddress, text.count, JSONDecoder.baseFlags, nil)
        guard let root = unsafe root else { return nil }
        let owner = unsafe Root(value: root)
        guard let value = try? unsafe owner.converted(selection, from: source) else { return nil }
        let leftOut = unsafe JSONSelection.LeftOut(
          bytes: text.end, values: text.values, depth: text.depth)
        return unsafe Found(
          value: value, end: start + text.end, lineFeeds: text.lineFeeds,
          leftOut: selection.isWhole ? nil : leftOut)
      }
    }
  }
}

/// Makes a copy of a document in which the long strings without escapes are replaced by their places.
///
/// Only values are replaced, no names, so that jansson finds the same duplicates. It finds the same tokens, and so the
/// same mistakes: a string that it would accept becomes another one, and every other byte stays.
@unsafe
private struct ShortText {
  private let source: UnsafeRawBufferPointer
  private let copy: UnsafeMutableRawBufferPointer
  /// The offset behind the document.
  private(set) var end = 0
  /// The bytes of the copy.
  private(set) var count = 0
  /// The line feeds in the document; JSON allows none within strings.
  private(set) var lineFeeds = 0
  /// At least the number of values: each is the first one of an array or object, or has a comma before it.
  private(set) var values = 1
  /// The levels of arrays and objects.
  private(set) var depth = 0

  /// - Parameter copy: At least as long as the source.
  init(of source: UnsafeRawBufferPointer, into copy: UnsafeMutableRawBufferPointer) {
    unsafe self.source = source
    unsafe self.copy = copy
  }

  /// Copies the array or object with which the source begins.
  ///
  /// - Returns: Whether it is complete, not too deep, and can be replaced without doubt.
  mutating func shorten() -> Bool {
    var open = 0
    while unsafe end < source.count {
      let byte = unsafe source[end]
      if byte == UInt8(ascii: "\"") {
        guard unsafe copyString() else { return false }
        continue
      }
      unsafe copy[count] = byte
      unsafe end += 1
      unsafe count += 1
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        open += 1
        unsafe values += 1
        unsafe depth = max(depth, open)
        if open > JSONDecoder.maximumDepth { return false }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        open -= 1
        if open <= 0 { return true }
      case UInt8(ascii: ","): unsafe values += 1
      case UInt8(ascii: "\n"): unsafe lineFeeds += 1
      // jansson overlooks it behind a number or a word.
      case 0: return false
      default: if open == 0 { return false }
      }
    }
    return false
  }

  /// Copies the string at ``end``, or its place.
  private mutating func copyString() -> Bool {
    let start = unsafe end
    var close = unsafe StringPlace.plainEnd(in: source, from: start + 1)
    guard unsafe close < source.count else { return false }
    let isPlain = unsafe source[close] == UInt8(ascii: "\"")
    if !isPlain {
      guard let found = unsafe quotationMark(from: close) else { return false }
      close = found
    }
    unsafe end = close + 1
    // The byte after a string shows whether it is a name; after white space that is not known.
    guard unsafe end < source.count else { return false }
    let isName = unsafe ": \n\r\t".utf8.contains(source[end])
    let isShort = close - start <= StringPlace.bytes + 1
    if isPlain, !isName, !isShort {
      unsafe StringPlace.write(start + 1, to: copy, at: count + 1)
      unsafe copy[count] = UInt8(ascii: "\"")
      unsafe copy[count + 1 + StringPlace.bytes] = UInt8(ascii: "\"")
      unsafe count += StringPlace.bytes + 2
      return true
    }
    // A string that jansson would give as a place.
    if unsafe StringPlace.mayBegin(source, at: start + 1) { return false }
    let length = unsafe end - start
    unsafe UnsafeMutableRawBufferPointer(rebasing: copy[count...])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<end]))
    unsafe count += length
    return true
  }

  /// The quotation mark that ends a string.
  private func quotationMark(from start: Int) -> Int? {
    var position = start
    while unsafe position < source.count {
      switch unsafe source[position] {
      case UInt8(ascii: "\""): return position
      case UInt8(ascii: "\\"): position += 2
      default: position += 1
      }
    }
    return nil
  }
}

/// The place of a string in the source, as the text of a string: a mark and four digits of five bits.
enum StringPlace {
  /// DEL, with which hardly any text begins.
  private static let mark: UInt8 = 0x7F
  /// The length of the text.
  static let bytes = 1 + digits
  private static let digits = 4
  private static let digitBits = 5
  private static let zero: UInt8 = 0x60

  /// Writes the text of a place.
  static func write(_ place: Int, to copy: UnsafeMutableRawBufferPointer, at offset: Int) {
    unsafe copy[offset] = mark
    for digit in 0..<digits {
      let bits = UInt8(truncatingIfNeeded: place >> (digit * digitBits)) & (1 << digitBits - 1)
      unsafe copy[offset + 1 + digit] = zero + bits
    }
  }

  /// The place in the text of a string; `nil` if the text is no place.
  static func read(_ text: UnsafeRawBufferPointer) -> Int? {
    guard text.count == bytes, unsafe text[0] == mark else { return nil }
    var place = 0
    for digit in 0..<digits {
      let bits = unsafe text[1 + digit] &- zero
      place |= Int(bits) << (digit * digitBits)
    }
    return place
  }

  /// Whether a string whose text begins there may have the mark as its first character, perhaps as `\u007f`.
  static func mayBegin(_ source: UnsafeRawBufferPointer, at start: Int) -> Bool {
    switch unsafe source[start] {
    case mark: true
    case UInt8(ascii: "\\"): unsafe source[start...].starts(with: #"\u007"#.utf8)
    default: false
    }
  }

  /// The first byte that ends a string or needs a closer look: a quotation mark, a backslash, a control character, or
  /// a byte of a longer character. Eight bytes are examined at once.
  static func plainEnd(in source: UnsafeRawBufferPointer, from start: Int) -> Int {
    var position = start
    while position + 8 <= source.count {
      let word = unsafe UInt64(
        littleEndian: source.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let found = unplainBytes(of: word)
      if found != 0 { return position + found.trailingZeroBitCount / 8 }
      position += 8
    }
    while position < source.count {
      let byte = unsafe source[position]
      guard unplainBytes(of: UInt64(byte) | blanks) == 0 else { break }
      position += 1
    }
    return position
  }

  /// Seven spaces, above a byte.
  private static let blanks: UInt64 = 0x2020_2020_2020_2000

  /// A word whose lowest set bit is the highest bit of the first byte that is not plain.
  private static func unplainBytes(of word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones * UInt64(UInt8(ascii: "\"")))
    let backslashes = word ^ (ones * UInt64(UInt8(ascii: "\\")))
    // A subtraction borrows from the byte above only where the byte itself is found.
    return (ones << 7)
      & (word | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
        | (word &- ones * 0x20) & ~word)
  }
}
