// Steps that several functions share: searching, and arguments that have to be whole numbers.

internal import JSON

extension Evaluation {
  /// Two texts to be searched, as bytes: to copy them is work, even if the first byte decides.
  mutating func bytes(
    of text: String, _ search: String, at span: Span
  ) throws(ExpressionError) -> (text: [UInt8], search: [UInt8]) {
    try spend(bytes: text.utf8.count + search.utf8.count, at: span)
    return (Array(text.utf8), Array(search.utf8))
  }

  /// The first place of some bytes in others, from an offset on.
  mutating func firstOffset(
    of search: [UInt8], in text: [UInt8], from start: Int, at span: Span
  ) throws(ExpressionError) -> Int? {
    let end = text.count - search.count + 1
    guard start < end else { return nil }
    return try offset(of: search, in: text, among: start..<end, at: span)
  }

  /// The last place of some bytes in others; the search begins at the end.
  mutating func lastOffset(
    of search: [UInt8], in text: [UInt8], at span: Span
  ) throws(ExpressionError) -> Int? {
    let end = text.count - search.count + 1
    guard end > 0 else { return nil }
    return try offset(of: search, in: text, among: (0..<end).reversed(), at: span)
  }

  /// The first of the places at which some bytes stand in others.
  ///
  /// Counted as work, whether they fit or not: there are texts in which every place nearly fits.
  private mutating func offset(
    of search: [UInt8], in text: [UInt8], among places: some Sequence<Int>, at span: Span
  ) throws(ExpressionError) -> Int? {
    var work = 0
    for offset in places {
      var matched = 0
      while matched < search.count, text[offset + matched] == search[matched] { matched += 1 }
      work += 1 + matched
      if matched == search.count {
        try spend(bytes: work, at: span)
        return offset
      }
      guard work > 4_096 else { continue }
      try spend(bytes: work, at: span)
      work = 0
    }
    try spend(bytes: work, at: span)
    return nil
  }

  /// The pieces of a text between separators, at most so many separators counted; an empty one
  /// stands between all characters and at both ends.
  mutating func pieces(
    of text: String, by separator: String, most: Int?, at span: Span
  ) throws(ExpressionError) -> [String] {
    var left = most ?? .max
    guard !separator.isEmpty else {
      let scalars = text.unicodeScalars
      try spend(scalars.count, at: span)
      guard left > 0 else { return [text] }
      try spend(memory: 2 * Self.elementBytes * scalars.count + text.utf8.count, at: span)
      let head = scalars.prefix(left - 1)
      let tail = scalars.dropFirst(head.count)
      let whole = head.count == scalars.count && left > scalars.count
      return [""] + head.map { String($0) } + [whole ? "" : String(tail)]
    }
    let (bytes, search) = try bytes(of: text, separator, at: span)
    var pieces: [String] = []
    var begin = 0
    while left > 0, let offset = try firstOffset(of: search, in: bytes, from: begin, at: span) {
      pieces.append(String(decoding: bytes[begin..<offset], as: UTF8.self))
      begin = offset + search.count
      left -= 1
      try spend(1, at: span)
      try spend(memory: Self.stringBytes + offset - begin, at: span)
    }
    pieces.append(String(decoding: bytes[begin...], as: UTF8.self))
    return pieces
  }

  /// What a text takes beside its bytes, with its place in an array that grows.
  private static let stringBytes = 64

  /// An argument that has to be a whole number; `nil` if it was left out.
  func whole(_ call: Call, _ position: Int) throws(ExpressionError) -> Int? {
    guard position < call.values.count else { return nil }
    if let number = Number(call[position]), let whole = number.whole { return whole }
    throw notWhole(call, position, "a whole number")
  }

  /// An argument that has to be a whole number from 0 on; `nil` if it was left out.
  func count(_ call: Call, _ position: Int) throws(ExpressionError) -> Int? {
    guard let whole = try whole(call, position) else { return nil }
    guard whole >= 0 else { throw notWhole(call, position, "a whole number from 0 on") }
    return whole
  }

  private func notWhole(_ call: Call, _ position: Int, _ wanted: String) -> ExpressionError {
    let parameter = call.function.parameter(at: position)
    return error(
      .invalidValue,
      "`\(call.function.description.name)` needs \(wanted) as $\(parameter.name)",
      hint: call.function.description.signature, at: call.span(position))
  }
}

extension Node.Slice {
  /// A bound as a position from 0 to `count`; a negative one counts from the end.
  static func clamped(_ bound: Int, to count: Int) -> Int {
    min(max(bound < 0 ? bound + count : bound, 0), count)
  }
}
