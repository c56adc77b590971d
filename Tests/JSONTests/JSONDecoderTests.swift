import JSON
import Testing

@Suite("JSON documents are read exactly or refused with the position")
struct JSONDecoderTests {
  @Test(
    "Values are read in their order",
    arguments: [
      ("null", JSONValue.null), ("true", true), ("-0", 0), ("9223372036854775807", .integer(.max)),
      ("-9223372036854775808", .integer(.min)), ("1.5", 1.5), ("55882.0", .real(55882)),
      (#""é\u0000\n""#, .string("é\0\n")), ("[1,[2]]", [1, [2]]),
      (#"{"b":1,"a":{}}"#, ["b": 1, "a": [:]]), ("\u{FEFF}[]", []), (" \r\n\t[] \n", []),
    ] as [(String, JSONValue)])
  func reads(text: String, value: JSONValue) throws {
    let decoded = try JSONDecoder.decode(text)
    #expect(decoded == value)
    #expect(decoded.object?.names == value.object?.names)
  }

  @Test(
    "Each mistake has its code and position",
    arguments: [
      ("", JSONError.Code.empty), (" \n\t\r ", .empty), ("\u{FEFF}", .empty),
      ("{\"a\":", .truncated),
      ("[1", .truncated), ("\"a", .truncated), ("{a:1}", .syntax), ("[1,]", .syntax),
      ("[1,\0]", .syntax), ("[1\0]", .syntax), ("[null\0]", .syntax), ("{\"a\":1.5\0}", .syntax),
      ("'a'", .syntax), ("01", .syntax), ("{} {}", .trailingData), ("{}\0", .trailingData),
      (#"{"a":1,"a":2}"#, .duplicateName), (#"{"a":1,"\u0061":2}"#, .duplicateName),
      (#"{"a\u0000b":1}"#, .nulInName), ("18446744073709551616", .numberRange),
      ("9223372036854775808", .numberRange), ("1e400", .numberRange), ("-1e400", .numberRange),
      (#""\ud800""#, .syntax), ("\"a\nb\"", .syntax), ("\u{FEFF}\u{FEFF}{}", .syntax),
    ])
  func refuses(text: String, code: JSONError.Code) {
    #expect { try JSONDecoder.decode(text) } throws: { ($0 as? JSONError)?.code == code }
  }

  @Test("A zero byte behind a number is found where it is")
  func zeroByte() {
    #expect(
      throws: JSONError(
        code: .syntax, line: 2, column: 6, byte: 9,
        detail: "a NUL byte, which JSON does not allow")
    ) { try JSONDecoder.decode("[\n\"é\",1\0]") }
  }

  @Test("An error has line, column and byte, and does not quote the input")
  func place() {
    #expect(
      throws: JSONError(
        code: .syntax, line: 3, column: 8, byte: 21,
        detail: "not valid JSON: an unexpected word; strings have double quotes")
    ) {
      try JSONDecoder.decode("{\n  \"é\": 1,\n  \"b\": x\n}")
    }
  }

  @Test("Invalid UTF-8 is refused, in names too")
  func invalidUTF8() {
    for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x7B, 0x22, 0xC0, 0x80, 0x22, 0x3A, 0x31, 0x7D]] {
      #expect { try JSONDecoder.decode(bytes) } throws: {
        ($0 as? JSONError)?.code == .invalidUTF8
      }
    }
  }

  @Test("Nesting up to the limit is read, and deeper nesting is refused")
  func depth() throws {
    func nested(_ levels: Int) -> String {
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    _ = try JSONDecoder.decode(nested(JSONDecoder.maximumDepth))
    for levels in [JSONDecoder.maximumDepth + 1, 2_000, 10_000] {
      #expect { try JSONDecoder.decode(nested(levels)) } throws: {
        ($0 as? JSONError)?.code == .tooDeep
      }
    }
  }

  @Test("Concatenated documents are read one by one")
  func prefixes() throws {
    let bytes = Array("{\"a\":1}[2]\n3 ".utf8)
    let first = try JSONDecoder.decodePrefix(bytes, from: 0)
    #expect(first.value == ["a": 1] && first.end == 7)
    let second = try JSONDecoder.decodePrefix(bytes, from: first.end)
    #expect(second.value == [2] && second.end == 10)
    #expect { try JSONDecoder.decodePrefix(Array("{}  \n".utf8), from: 2) } throws: {
      ($0 as? JSONError)?.code == .empty
    }
    #expect { try JSONDecoder.decodePrefix(Array("{}{\"a\"".utf8), from: 2) } throws: {
      ($0 as? JSONError)?.code == .truncated
    }
  }
}
