// Values to bytes. Ours, since jansson prints 17 digits of a real: 0.1 would come out as
// 0.10000000000000001.

/// Writes JSON documents (RFC 8259, UTF-8).
package enum JSONEncoder {
  /// How the text is laid out.
  package enum Layout: Sendable {
    /// One line, no white space.
    case compact
    /// Two spaces a level, a member a line.
    case pretty
  }

  /// The document without a final line feed.
  ///
  /// Reals come in the shortest form that reads back the same. A real that JSON cannot express
  /// (infinite or not a number) cannot come from a decoder; it is written as `null`. The other
  /// C0 and C1 control characters, DEL, U+2028/2029, and the characters that are not visible or change the direction
  /// of the text (UAX #9) are escaped, so that a document is always one safe line, on a terminal, too.
  package static func encode(_ value: JSONValue, layout: Layout = .compact) -> [UInt8] {
    var writer = Writer(layout: layout)
    writer.write(value, level: 0)
    return writer.output
  }

  /// The document as text, without a final line feed.
  package static func text(_ value: JSONValue, layout: Layout = .compact) -> String {
    String(decoding: encode(value, layout: layout), as: UTF8.self)
  }
}

private struct Writer {
  let layout: JSONEncoder.Layout
  var output: [UInt8] = []

  mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: output += "null".utf8
    case .boolean(let value): output += (value ? "true" : "false").utf8
    case .integer(let value): output += String(value).utf8
    case .real(let value): output += (value.isFinite ? value.description : "null").utf8
    case .string(let value): write(text: value)
    case .array(let elements):
      write(open: "[", close: "]", count: elements.count, level: level) { writer, position in
        writer.write(elements[position], level: level + 1)
      }
    case .object(let object):
      let members = object.members
      write(open: "{", close: "}", count: members.count, level: level) { writer, position in
        writer.write(text: members[position].name)
        writer.output += (writer.layout == .pretty ? ": " : ":").utf8
        writer.write(members[position].value, level: level + 1)
      }
    }
  }

  private mutating func write(
    open: String, close: String, count: Int, level: Int,
    each: (inout Writer, Int) -> Void
  ) {
    output += open.utf8
    for position in 0..<count {
      if position > 0 { output.append(UInt8(ascii: ",")) }
      breakLine(level: level + 1)
      each(&self, position)
    }
    if count > 0 { breakLine(level: level) }
    output += close.utf8
  }

  private mutating func breakLine(level: Int) {
    guard layout == .pretty else { return }
    output.append(UInt8(ascii: "\n"))
    output += repeatElement(UInt8(ascii: " "), count: 2 * level)
  }

  private mutating func write(text: String) {
    output.append(UInt8(ascii: "\""))
    // Nearly all text needs no escape: it is copied in one step.
    if isPlain(text) {
      output += text.utf8
    } else {
      for scalar in text.unicodeScalars { write(scalar) }
    }
    output.append(UInt8(ascii: "\""))
  }

  private func isPlain(_ text: String) -> Bool {
    let bytes = text.utf8.span
    for index in bytes.indices where !isPlain(bytes[index]) { return false }
    return true
  }

  private func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private mutating func write(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": output += "\\\"".utf8
    case "\\": output += "\\\\".utf8
    case "\n": output += "\\n".utf8
    case "\r": output += "\\r".utf8
    case "\t": output += "\\t".utf8
    case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{AD}", "\u{61C}", "\u{180E}",
      "\u{200B}"..."\u{200F}", "\u{2028}"..."\u{202E}", "\u{2060}"..."\u{206F}", "\u{FEFF}",
      "\u{FFF9}"..."\u{FFFB}":
      write(escaped: scalar.value)
    default: output += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
    }
  }

  private mutating func write(escaped value: UInt32) {
    let digits = String(value, radix: 16)
    output += "\\u".utf8
    output += repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count)
    output += digits.utf8
  }
}
