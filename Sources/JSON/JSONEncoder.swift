/// Writes JSON documents (RFC 8259, UTF-8). Not with jansson, which prints 17 digits of a real: 0.1 would become
/// 0.10000000000000001.
package enum JSONEncoder {
  /// The layout of the text.
  package enum Layout: Sendable {
    /// One line, no white space.
    case compact
    /// Two spaces per level, one line per member.
    case pretty
  }

  /// The longest pretty document, in bytes. Indentation can make a text a thousand times longer; a longer document is
  /// written in one line.
  package static let maximumPrettyBytes = 32 << 20

  /// The document without a final line feed.
  ///
  /// Reals have the shortest form that reads back equal; infinite ones and NaN, which no decoder returns, become
  /// `null`. Other C0 and C1 control characters, DEL, U+2028/2029, and invisible characters or those that change the
  /// direction of the text (UAX #9) are escaped, so that a compact document is one safe line on a terminal too. A
  /// document longer than ``maximumPrettyBytes`` is compact in every layout.
  package static func encode(_ value: JSONValue, layout: Layout = .compact) -> [UInt8] {
    var writer = Writer(layout: layout)
    writer.write(value, level: 0)
    guard !writer.isTooLong else {
      writer.output = []
      return encode(value)
    }
    return writer.output
  }

  /// An object with one array whose elements are made while they are written, so that a document of many items is never
  /// in memory as values and as text at the same time. It ends with a line feed.
  ///
  /// - Parameters:
  ///   - object: The members; the value of the array's member is ignored.
  ///   - layout: As in ``encode(_:layout:)``.
  ///   - name: The name of the array's member.
  ///   - count: The number of elements.
  ///   - element: Makes an element.
  package static func encode(
    _ object: JSONObject, layout: Layout = .compact, elementsOf name: String, count: Int,
    element: (Int) -> JSONValue
  ) -> [UInt8] {
    var writer = Writer(layout: layout)
    writer.write(object) { writer, member in
      guard member.name == name else { return writer.write(member.value, level: 1) }
      writer.write(open: "[", close: "]", count: count, level: 1) { writer, position in
        writer.write(element(position), level: 2)
      }
    }
    guard !writer.isTooLong else {
      writer.output = []
      return encode(object, elementsOf: name, count: count, element: element)
    }
    writer.output.append(UInt8(ascii: "\n"))
    return writer.output
  }

  /// The compact document; `nil` if it is longer than that many bytes, without writing the rest.
  package static func encode(_ value: JSONValue, atMost bytes: Int) -> [UInt8]? {
    var writer = Writer(layout: .compact, limit: bytes)
    writer.write(value, level: 0)
    return writer.isTooLong ? nil : writer.output
  }

  /// An upper bound for the compact text of a value in bytes; close to the length, except for reals.
  package static func size(of value: JSONValue) -> Int {
    switch value {
    case .null, .boolean: 5
    case .integer, .real: 24
    case .string(let text): size(of: text)
    case .array(let elements): elements.reduce(2) { $0 + 1 + size(of: $1) }
    case .object(let object):
      object.members.reduce(2) { $0 + 2 + size(of: $1.name) + size(of: $1.value) }
    }
  }

  private static func size(of text: String) -> Int {
    let bytes = text.utf8.span
    var size = 2 + bytes.count
    // `\u001f` for one byte, or for the two or three bytes of an invisible character.
    for index in bytes.indices where bytes[index] < 0x20 || bytes[index] == 0x7F { size += 5 }
    for index in bytes.indices {
      switch bytes[index] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0xC2, 0xD8, 0xE1, 0xE2, 0xEF: size += 4
      default: break
      }
    }
    return size
  }

  /// The document as text, without a final line feed.
  package static func text(_ value: JSONValue, layout: Layout = .compact) -> String {
    String(decoding: encode(value, layout: layout), as: UTF8.self)
  }
}

private struct Writer {
  /// The length of most documents; longer ones grow.
  private static let usualBytes = 512
  let layout: JSONEncoder.Layout
  /// The most bytes; a longer document is abandoned.
  let limit: Int
  var output: [UInt8] = []

  init(layout: JSONEncoder.Layout, limit: Int? = nil) {
    self.layout = layout
    self.limit = limit ?? (layout == .pretty ? JSONEncoder.maximumPrettyBytes : .max)
    output.reserveCapacity(Self.usualBytes)
  }

  mutating func write(_ value: JSONValue, level: Int) {
    guard !isTooLong else { return }
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
      write(object, level: level) { writer, member in
        writer.write(member.value, level: level + 1)
      }
    }
  }

  mutating func write(
    _ object: JSONObject, level: Int = 0,
    value: (inout Writer, (name: String, value: JSONValue)) -> Void
  ) {
    let members = object.members
    write(open: "{", close: "}", count: members.count, level: level) { writer, position in
      writer.write(text: members[position].name)
      writer.output += (writer.layout == .pretty ? ": " : ":").utf8
      value(&writer, members[position])
    }
  }

  /// Whether to stop.
  var isTooLong: Bool { isGivenUp || output.count > limit }
  private var isGivenUp = false

  mutating func write(
    open: String, close: String, count: Int, level: Int,
    each: (inout Writer, Int) -> Void
  ) {
    output += open.utf8
    for position in 0..<count where !isTooLong {
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
    guard text.utf8.count <= limit else {
      isGivenUp = true
      return
    }
    output.append(UInt8(ascii: "\""))
    // Most text needs no escapes and is copied at once.
    if isPlain(text) {
      output += text.utf8
    } else {
      for scalar in text.unicodeScalars {
        if scalar.isASCII, isPlain(UInt8(scalar.value)) {
          output.append(UInt8(scalar.value))
        } else {
          write(scalar)
        }
      }
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
