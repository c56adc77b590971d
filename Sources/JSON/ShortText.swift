// Documents with short forms of their strings, for jansson.

/// What the short forms in a text of `ShortText` stand for.
@unsafe
struct ShortSource {
  private let text: UnsafeRawBufferPointer
  private let names: MemberNames

  init(_ text: UnsafeRawBufferPointer, _ names: MemberNames) {
    unsafe self.text = unsafe text
    unsafe self.names = names
  }

  func bytes(of string: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard let place = unsafe ShortForm.place(in: string) else { return unsafe string }
    let end = unsafe ShortForm.plainEnd(in: text, from: place)
    return unsafe UnsafeRawBufferPointer(rebasing: text[place..<end])
  }

  /// The name of a member; `nil` if it stands for itself.
  func name(_ name: UnsafeRawBufferPointer) -> String? {
    unsafe ShortForm.number(in: name).map { unsafe names[$0] }
  }
}

/// Makes a copy of a document with short forms of strings that have no escapes.
///
/// jansson finds the same tokens, and so the same mistakes: a string that it would accept becomes another one, and every
/// other byte stays. It finds the same duplicates, because a name always has the same form.
@unsafe
struct ShortText {
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

  /// A copy of the source that is still empty; its memory is at least as long as the source.
  init(of source: UnsafeRawBufferPointer, into copy: UnsafeMutableRawBufferPointer) {
    unsafe self.source = source
    unsafe self.copy = copy
  }

  /// Copies the array or object with which the source begins.
  ///
  /// - Returns: Whether it is complete, not too deep, and can be replaced without doubt.
  mutating func shorten(_ names: inout MemberNames) -> Bool {
    var open = 0
    while unsafe end < source.count {
      let byte = unsafe source[end]
      if byte == UInt8(ascii: "\"") {
        guard unsafe copyString(&names) else { return false }
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

  /// Copies the string at ``end``, or its short form.
  private mutating func copyString(_ names: inout MemberNames) -> Bool {
    let start = unsafe end + 1
    var close = unsafe ShortForm.plainEnd(in: source, from: start)
    guard unsafe close < source.count else { return false }
    let isPlain = unsafe source[close] == UInt8(ascii: "\"")
    if !isPlain {
      guard let found = unsafe quotationMark(from: close) else { return false }
      close = found
    }
    unsafe end = close + 1
    guard let isName = unsafe isNextColon else { return false }
    let text = unsafe UnsafeRawBufferPointer(rebasing: source[start..<close])
    if !isPlain {
      // With escapes, a name may be one that has a number.
      if isName, unsafe text.contains(UInt8(ascii: "\\")) { return false }
    } else if isName {
      if let number = unsafe names.number(of: text) {
        unsafe append(number, digits: ShortForm.numberDigits)
        return true
      }
    } else if text.count > ShortForm.placeDigits + 1 {
      unsafe append(start, digits: ShortForm.placeDigits)
      return true
    }
    // A string that would be taken for a short form.
    if unsafe ShortForm.mayBegin(text) { return false }
    unsafe UnsafeMutableRawBufferPointer(rebasing: copy[count...])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start - 1..<end]))
    unsafe count += end - start + 1
    return true
  }

  private mutating func append(_ number: Int, digits: Int) {
    unsafe copy[count] = UInt8(ascii: "\"")
    unsafe ShortForm.write(number, digits: digits, to: copy, at: count + 1)
    unsafe count += digits + 3
    unsafe copy[count - 1] = UInt8(ascii: "\"")
  }

  /// Whether a colon follows at ``end``; `nil` if nothing but white space follows.
  private var isNextColon: Bool? {
    var position = unsafe end
    while unsafe position < source.count {
      switch unsafe source[position] {
      case UInt8(ascii: ":"): return true
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        position += 1
      default: return false
      }
    }
    return nil
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

/// The short form of a string: a mark, and a number in digits of five bits. It is the place of a text in the source, or
/// the number of a name.
enum ShortForm {
  static let placeDigits = 4
  static let numberDigits = 2

  /// DEL, with which hardly any text begins.
  private static let mark: UInt8 = 0x7F
  private static let digitBits = 5
  private static let zero: UInt8 = 0x60

  static func write(
    _ number: Int, digits: Int, to copy: UnsafeMutableRawBufferPointer, at offset: Int
  ) {
    unsafe copy[offset] = mark
    for digit in 0..<digits {
      let bits = UInt8(truncatingIfNeeded: number >> (digit * digitBits)) & (1 << digitBits - 1)
      unsafe copy[offset + 1 + digit] = zero + bits
    }
  }

  /// The place for which a text stands; `nil` if it stands for itself.
  static func place(in text: UnsafeRawBufferPointer) -> Int? {
    unsafe read(text, digits: placeDigits)
  }

  /// The number for which a name stands; `nil` if it stands for itself.
  static func number(in name: UnsafeRawBufferPointer) -> Int? {
    unsafe read(name, digits: numberDigits)
  }

  private static func read(_ text: UnsafeRawBufferPointer, digits: Int) -> Int? {
    guard text.count == 1 + digits, unsafe text[0] == mark else { return nil }
    var number = 0
    for digit in 0..<digits {
      let bits = unsafe text[1 + digit] &- zero
      number |= Int(bits) << (digit * digitBits)
    }
    return number
  }

  /// Whether a string may have the mark as its first character, perhaps as `\u007f`.
  static func mayBegin(_ text: UnsafeRawBufferPointer) -> Bool {
    switch unsafe text.first {
    case mark: true
    case UInt8(ascii: "\\"): unsafe text.starts(with: #"\u007"#.utf8)
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
