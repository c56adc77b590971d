internal import PCRE

/// What is put in place of a match: text, and groups as `$1`, `${1}`, `$name` or `${name}`.
///
/// The syntax is that of pcre2_substitute(3); `$$` is a dollar sign.
struct Replacement {
  private enum Piece {
    case text([UInt8])
    case group(Int)
  }

  private var pieces: [Piece] = []

  /// How many pieces are written for each match.
  var count: Int { pieces.count }

  /// Reads a replacement; `nil` if it names a group that the pattern does not have.
  init?(_ text: String, for pattern: RegularExpression) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let plain = rest.prefix { $0 != UInt8(ascii: "$") }
      if !plain.isEmpty { pieces.append(.text(Array(plain))) }
      rest = rest[plain.endIndex...]
      guard rest.popFirst() != nil else { break }
      if rest.first == UInt8(ascii: "$") {
        rest.removeFirst()
        pieces.append(.text([UInt8(ascii: "$")]))
      } else {
        guard let group = Self.group(&rest, of: pattern) else { return nil }
        pieces.append(.group(group))
      }
    }
  }

  /// Writes the replacement for one match; a group that took no part is empty.
  func write(_ match: RegularExpression.Match, of text: [UInt8], into result: inout [UInt8]) {
    for piece in pieces {
      switch piece {
      case .text(let bytes): result += bytes
      case .group(let group):
        if let range = match.groups[group] { result += text[range] }
      }
    }
  }

  private static func group(
    _ rest: inout ArraySlice<UInt8>, of pattern: RegularExpression
  ) -> Int? {
    let isBraced = rest.first == UInt8(ascii: "{")
    if isBraced { rest.removeFirst() }
    let startsWithDigit = isDigit(rest.first)
    let word = rest.prefix { startsWithDigit ? isDigit($0) : isWordByte($0) }
    rest = rest[word.endIndex...]
    if isBraced, rest.popFirst() != UInt8(ascii: "}") { return nil }
    let name = String(decoding: word, as: UTF8.self)
    guard startsWithDigit else { return pattern.names.first { $0.name == name }?.group }
    return Int(name).flatMap { $0 <= pattern.groupCount ? $0 : nil }
  }
}

private func isWordByte(_ byte: UInt8) -> Bool {
  isDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}
