import JSON
import TestSupport
import Testing

@Suite("Short documents in a row are read as single documents are")
struct JSONStreamDecoderTests {
  /// Pieces of documents: names and texts of every length around those that are replaced, escapes, and texts that
  /// begin like the place of a text.
  private static let pieces =
    [
      #""a""#, #""""#, #""text with 24 characters!""#, #""an \"escape\" or \u00e9 in a text""#,
      #""name of a member""#, #""name\u0020of a member""#, "\"\u{7F}``\"", "\"\u{7F}````\"",
      #""é and more characters""#, "\"\u{7F}abcd\"",
      "\"\u{7F}and a longer text\"",
      #""\u007fbcde""#, #""\u0041bcdefgh""#, "\"12345\"", "\"123456\"", "\"1234567\"",
      "\"control \u{1} character\"",
      #""\ud800 alone""#, #""open"#, #""\"#,
    ] + [
      "{", "}", "[", "]", ":", ",", " ", "\n", "1", "-2.5e3", "true", "null", "nul", "\0", "{}",
      "[[]]",
    ]

  /// What a decoder gives: the value and its end, or the mistake.
  private func outcome(_ decode: () throws -> (JSONValue, Int)) -> String {
    do {
      let (value, end) = try decode()
      return "\(JSONEncoder.text(value)) to \(end)"
    } catch {
      return "\(error)"
    }
  }

  private func expectSame(
    _ text: String, from start: Int = 0, _ decoder: inout JSONStreamDecoder
  ) {
    let bytes = Array(text.utf8)
    let found = outcome {
      let found = try decoder.decodePrefix(bytes, from: start)
      return (found.value, found.end)
    }
    let expected = outcome { try JSONDecoder.decodePrefix(bytes, from: start) }
    #expect(found == expected, "\(text.prefix(500))")
  }

  @Test("Random text gives the same value or the same mistake")
  func randomText() {
    var random = SeededGenerator(state: 20_261_129)
    var decoder = JSONStreamDecoder()
    for _ in 0..<5_000 {
      let count = Int.random(in: 1...12, using: &random)
      let text = (0..<count).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined()
      expectSame("{" + text, &decoder)
      expectSame("[" + text + "]", &decoder)
      expectSame("x[" + text + "]{}", from: 1, &decoder)
    }
  }

  @Test("Random documents give the same value")
  func randomDocuments() {
    var random = SeededGenerator(state: 7)
    var decoder = JSONStreamDecoder()
    func text(_ depth: Int) -> String {
      let parts = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        depth == 0 ? Self.pieces[Int.random(in: 0...12, using: &random)] : text(depth - 1)
      }
      let separator = [",", " , ", ",\n"].randomElement(using: &random) ?? ","
      guard Bool.random(using: &random) else {
        return "[" + parts.joined(separator: separator) + "]"
      }
      return "{"
        + parts.enumerated().map { place, part in
          Self.pieces[min(place * 3, 9)].dropLast() + "\(place)\"" + (place == 1 ? " :" : ":")
            + part
        }.joined(separator: separator) + "}"
    }
    for _ in 0..<3_000 { expectSame(text(3) + " {}", &decoder) }
  }

  @Test("A document is read whole at the bounds of length and depth")
  func bounds() {
    var decoder = JSONStreamDecoder()
    for length in 65_520...65_545 {
      expectSame("[\"" + String(repeating: "a", count: length - 4) + "\"] ", &decoder)
    }
    // More values than the memory for jansson holds.
    let many = Array(repeating: "{}", count: 20_000).joined(separator: ",")
    expectSame("[" + many + "]", &decoder)
    expectSame("[" + many + ",{]", &decoder)
    for depth in [499, 500, 501] {
      expectSame(
        String(repeating: "[", count: depth) + #""a text of some length""#
          + String(repeating: "]", count: depth), &decoder)
    }
  }

  @Test("Names in any number and of any length keep their texts and their duplicates")
  func names() throws {
    var decoder = JSONStreamDecoder()
    for count in 0..<1_200 {
      let name = "n" + String(repeating: "-", count: count % 30) + "\(count)"
      expectSame(#"{"\#(name)":1,"\#(name)x":{"\#(name)":"\#(name)"},"same":2}"#, &decoder)
      expectSame(#"{"\#(name)":1,"other":3,"\#(name)":2}"#, &decoder)
      // The same name with an escape.
      expectSame(#"{"\#(name)":1,"\u006e\#(name.dropFirst())":2}"#, &decoder)
    }
    let name = "n--------------------------26"
    decoder.selection = .parts(
      members: ["n---363", "same", "é", "n\"", name].map { .init(name: $0, parts: .whole) },
      elements: nil)
    let text = #"{"same":1,"é":2,"n\"":3,"n---363":4,"\#(name)":5,"none":6}"#
    let escaped = try decoder.decodePrefix(Array(text.utf8), from: 0).value
    #expect(escaped.object?["n\""] == 3)
    let plain = text.replacing(#""n\"":3,"#, with: "")
    let members: [(String, JSONValue)] = [("same", 1), ("é", 2), ("n---363", 4), (name, 5)]
    let found = try decoder.decodePrefix(Array(plain.utf8), from: 0).value
    #expect(found == .object(JSONObject(members)))
  }

  @Test("Only the selected parts are converted, and the rest is judged too")
  func selection() throws {
    var decoder = JSONStreamDecoder()
    decoder.selection = .parts(
      members: [
        .init(name: "b", parts: .whole),
        .init(name: "d", parts: .parts(members: [.init(name: "e", parts: .whole)], elements: nil)),
        .init(name: "none", parts: .whole),
      ], elements: .parts(members: [.init(name: "b", parts: .whole)], elements: nil))
    func read(_ text: String) throws -> JSONValue {
      try decoder.decodePrefix(Array(text.utf8), from: 0).value
    }
    #expect(
      try read(#"{"a":[1,{"c":2}],"d":{"f":1,"e":[null,"x"]},"b":"a text of some length"}"#)
        == ["b": "a text of some length", "d": ["e": [nil, "x"]]])
    #expect(try read(#"[{"a":1,"b":2},[3],4,null,"five"]"#) == [["b": 2], [], 4, nil, "five"])
    #expect(try read(#"{"d":"text","b":{"a":1}}"#) == ["d": "text", "b": ["a": 1]])
    #expect(throws: JSONError.self) { try read(#"{"a":{"c":1,"c":2}}"#) }
    let found = try decoder.decodePrefix(Array(#"{"a":[1,2],"b":[]}"#.utf8), from: 0)
    #expect(found.leftOut == JSONSelection.LeftOut(bytes: 18, values: 6, depth: 2))
  }
}
