/// One `-----BEGIN LABEL-----` block; its lines are positions in the text.
struct PEMBlock {
  /// The label, for example `CERTIFICATE REQUEST`.
  let label: String
  /// The number of its first line, from 1.
  let line: Int
  /// The lines between the boundaries, without the blanks around them.
  let lines: [Range<Int>]
}

/// The text form of keys, requests and certificates (RFC 7468), read tolerantly and written strictly.
enum PEM {
  /// The longest text, in bytes: more than a chain of certificates with hundreds of names each.
  static let maximumLength = 256 * 1024

  /// The length of a line (RFC 7468 section 2).
  private static let lineWidth = 64

  /// The canonical form: 64 columns, line feeds, one at the end.
  static func encode(_ der: [UInt8], label: String) -> String {
    var text = "-----BEGIN \(label)-----\n"
    let characters = Array(Base64.encode(der).utf8)
    for start in stride(from: 0, to: characters.count, by: lineWidth) {
      let line = characters[start..<min(start + lineWidth, characters.count)]
      text += String(decoding: line, as: UTF8.self) + "\n"
    }
    return text + "-----END \(label)-----\n"
  }

  /// The blocks of a text in order. Text around them, blanks at line ends and a byte order mark are ignored.
  ///
  /// - Throws: ``CryptoError/Code/tooLarge``, ``CryptoError/Code/damagedPEM``.
  static func blocks(in text: Span<UInt8>) throws(CryptoError) -> [PEMBlock] {
    guard text.count <= maximumLength else {
      throw CryptoError(.tooLarge, "more than \(maximumLength / 1024) KiB: this is some other file")
    }
    guard !isUTF16(text) else {
      throw CryptoError(
        .notPEM,
        "the text is UTF-16, as > and Out-File of Windows PowerShell write it: save it as ASCII or UTF-8"
      )
    }
    var blocks: [PEMBlock] = []
    var open: (label: String, line: Int, lines: [Range<Int>])?
    for (index, line) in lines(of: text).enumerated() {
      guard let boundary = try boundary(in: text, line: line, number: index + 1) else {
        open?.lines.append(line)
        continue
      }
      switch (boundary, open) {
      case (.begin(let label), nil):
        open = (label, index + 1, [])
      case (.end(let label), let block?) where label == block.label:
        blocks.append(PEMBlock(label: label, line: block.line, lines: block.lines))
        open = nil
      case (.begin, let block?), (.end, let block?):
        throw unfinished(line: block.line)
      case (.end, nil):
        throw CryptoError(.damagedPEM, "line \(index + 1) ends a PEM block that was never begun")
      }
    }
    if let open { throw unfinished(line: open.line) }
    return blocks
  }

  private static func unfinished(line: Int) -> CryptoError {
    CryptoError(
      .damagedPEM,
      "the PEM block that begins in line \(line) has no END line of its own: copy it whole")
  }

  /// The bytes of a block.
  ///
  /// - Throws: ``CryptoError/Code/damagedPEM``.
  static func decode(_ block: PEMBlock, of text: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    // Reserved once: growing would leave a copy of a key behind.
    var characters: [UInt8] = []
    characters.reserveCapacity(block.lines.reduce(0) { $0 + $1.count })
    defer { cleanse(&characters) }
    for line in block.lines where !isHeader(line, of: text) {
      for index in line where !isBlank(text[index]) { characters.append(text[index]) }
    }
    guard let bytes = Base64.decode(characters), !bytes.isEmpty else {
      let stranger = stranger(in: block, of: text).map { "\($0) does not belong there" }
      throw CryptoError(
        .damagedPEM,
        "the PEM block that begins in line \(block.line) is not base 64: "
          + (stranger ?? "it was cut or changed"))
    }
    return bytes
  }

  /// The first character of a block that is not ASCII: editors and web pages insert such characters for blanks and
  /// hyphens.
  private static func stranger(in block: PEMBlock, of text: Span<UInt8>) -> String? {
    for line in block.lines where !isHeader(line, of: text) {
      if let found = stranger(in: string(line, of: text)) { return found }
    }
    return nil
  }

  private static func stranger(in text: some StringProtocol) -> String? {
    text.unicodeScalars.first { !$0.isASCII }.map { scalar in
      let digits = String(scalar.value, radix: 16, uppercase: true)
      return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
  }

  /// Whether a text is UTF-16: it begins with a byte order mark, or with `-` and a zero in either order.
  private static func isUTF16(_ text: Span<UInt8>) -> Bool {
    guard text.count >= 2 else { return false }
    let hyphen = UInt8(ascii: "-")
    return [(0xFF, 0xFE), (0xFE, 0xFF), (hyphen, 0), (0, hyphen)].contains { first, second in
      text[0] == first && text[1] == second
    }
  }

  /// Whether a header marks the content as encrypted (RFC 1421 section 4.6.1.1, `Proc-Type`).
  static func isEncrypted(_ block: PEMBlock, of text: Span<UInt8>) -> Bool {
    block.lines.contains { line in
      isHeader(line, of: text) && string(line, of: text).hasSuffix("ENCRYPTED")
    }
  }

  /// Every header of RFC 1421 has a colon, and no line of base 64 has one.
  private static func isHeader(_ line: Range<Int>, of text: Span<UInt8>) -> Bool {
    line.contains { text[$0] == UInt8(ascii: ":") }
  }
}

extension PEM {
  private enum Boundary {
    case begin(String)
    case end(String)
  }

  private static func boundary(
    in text: Span<UInt8>, line: Range<Int>, number: Int
  ) throws(CryptoError) -> Boundary? {
    let dashes = UInt8(ascii: "-")
    guard line.count > 5 else { return nil }
    guard line.prefix(5).allSatisfy({ text[$0] == dashes }) else {
      // A line that only looks like a boundary must not be ignored silently: its block would be lost.
      guard !isASCII(line, of: text) else { return nil }
      try refuse(string(line, of: text), number: number)
      return nil
    }
    let content = string(line, of: text)
    let isBegin = content.hasPrefix("-----BEGIN ")
    guard isBegin || content.hasPrefix("-----END ") else { return nil }
    let label = content.dropFirst(isBegin ? 11 : 9).dropLast(5)
    guard content.hasSuffix("-----"), !hasBoundary(label) else {
      try refuse(content, number: number)
      throw CryptoError(
        .damagedPEM, "line \(number) holds more than a PEM boundary: the line ends were lost")
    }
    return isBegin ? .begin(String(label)) : .end(String(label))
  }

  private static func isASCII(_ line: Range<Int>, of text: Span<UInt8>) -> Bool {
    line.allSatisfy { text[$0] < 0x80 }
  }

  /// Throws if a character breaks a boundary: an invisible one, or a dash instead of a hyphen.
  private static func refuse(_ content: String, number: Int) throws(CryptoError) {
    let words = content.split { !$0.isLetter }
    guard let first = words.first, ["BEGIN", "END"].contains(first), let last = words.last,
      ["REQUEST", "CERTIFICATE", "KEY"].contains(last), let stranger = stranger(in: content)
    else { return }
    throw CryptoError(
      .damagedPEM,
      "the character \(stranger) in line \(number) breaks a PEM boundary: remove it, or write "
        + "five plain hyphens on each side")
  }

  /// Whether a label holds five hyphens in a row.
  private static func hasBoundary(_ label: Substring) -> Bool {
    var hyphens = 0
    for byte in label.utf8 {
      hyphens = byte == UInt8(ascii: "-") ? hyphens + 1 : 0
      if hyphens == 5 { return true }
    }
    return false
  }

  /// The lines of a text, which end with LF, without the blanks around them; CR is a blank.
  private static func lines(of text: Span<UInt8>) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = hasByteOrderMark(text) ? 3 : 0
    while start < text.count {
      var end = start
      while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
      lines.append(trimmed(start..<end, of: text))
      start = end + 1
    }
    return lines
  }

  private static func trimmed(_ line: Range<Int>, of text: Span<UInt8>) -> Range<Int> {
    var line = line
    while let first = line.first, isBlank(text[first]) { line = line.dropFirst() }
    while let last = line.last, isBlank(text[last]) { line = line.dropLast() }
    return line
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  private static func hasByteOrderMark(_ text: Span<UInt8>) -> Bool {
    text.count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF
  }

  private static func string(_ line: Range<Int>, of text: Span<UInt8>) -> String {
    String(decoding: line.map { text[$0] }, as: UTF8.self)
  }
}
