// Steps that several functions share: searching, and arguments that have to be whole numbers.

internal import JSON

extension Evaluation {
  /// The first place of some bytes in others; counted as work, since there are texts in which
  /// nearly every place nearly fits.
  mutating func firstOffset(
    of search: [UInt8], in text: [UInt8], from start: Int, at span: Span
  ) throws(ExpressionError) -> Int? {
    guard let first = search.first else { return start <= text.count ? start : nil }
    var work = 0
    var offset = start
    while offset + search.count <= text.count {
      var matched = text[offset] == first ? 1 : 0
      while matched > 0, matched < search.count, text[offset + matched] == search[matched] {
        matched += 1
      }
      if matched == search.count { break }
      offset += 1
      work += 1 + matched
      guard work > 4_096 else { continue }
      try spend(bytes: work, at: span)
      work = 0
    }
    try spend(bytes: work, at: span)
    return offset + search.count <= text.count ? offset : nil
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
      let head = scalars.prefix(left - 1)
      let tail = scalars.dropFirst(head.count)
      let whole = head.count == scalars.count && left > scalars.count
      return [""] + head.map { String($0) } + [whole ? "" : String(tail)]
    }
    let bytes = Array(text.utf8)
    let search = Array(separator.utf8)
    var pieces: [String] = []
    var begin = 0
    while left > 0, let offset = try firstOffset(of: search, in: bytes, from: begin, at: span) {
      pieces.append(String(decoding: bytes[begin..<offset], as: UTF8.self))
      begin = offset + search.count
      left -= 1
      try spend(1, at: span)
    }
    pieces.append(String(decoding: bytes[begin...], as: UTF8.self))
    return pieces
  }

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
