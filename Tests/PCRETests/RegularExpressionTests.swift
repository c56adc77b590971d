import PCRE
import Testing

/// More work than any search here needs.
private let plenty = 1_000_000

/// The groups of the first match.
private func found(_ pattern: String, in text: String, from offset: Int = 0) throws -> [String?]? {
  var work = plenty
  let match = try RegularExpression(pattern).firstMatch(in: text, from: offset, work: &work)
  let bytes = Array(text.utf8)
  return match?.groups.map { group in group.map { String(decoding: bytes[$0], as: UTF8.self) } }
}

@Suite("Regular expressions are compiled and searched within limits")
struct RegularExpressionTests {
  @Test(
    "A search finds the first match and its groups",
    arguments: [
      ("b+", "abbc", ["bb"]),
      ("(a)|(b)", "b", ["b", nil, "b"]),
      (
        "^(?<host>[^:]+):(?<port>\\d+)$", "shop.example.com:443",
        ["shop.example.com:443", "shop.example.com", "443"]
      ),
      ("", "abc", [""]),
      ("", "", [""]),
      ("é", "café", ["é"]),
      (".", "\u{1F600}x", ["\u{1F600}"]),
      ("(?i)É", "é", ["é"]),
      ("x", "abc", nil),
      ("a\\z", "a\n", nil),
    ] as [(String, String, [String?]?)])
  func finds(_ pattern: String, _ text: String, _ expected: [String?]?) throws {
    #expect(try found(pattern, in: text) == expected)
  }

  @Test("Offsets count UTF-8 bytes, and a search may begin after the start")
  func offsets() throws {
    var work = plenty
    let pattern = try RegularExpression("a")
    #expect(try pattern.firstMatch(in: "éa", work: &work)?.whole == 2..<3)
    #expect(try pattern.firstMatch(in: "aba", from: 1, work: &work)?.whole == 2..<3)
    #expect(try pattern.firstMatch(in: "aba", from: 3, work: &work) == nil)
    #expect(try pattern.firstMatch(in: "aba", from: 4, work: &work) == nil)
    #expect(try pattern.firstMatch(in: "aba", from: -1, work: &work) == nil)
  }

  @Test("Named groups come in the order of their numbers")
  func names() throws {
    let pattern = try RegularExpression("(?<z>a)(b)(?<a>c)")
    #expect(pattern.names.map(\.name) == ["z", "a"])
    #expect(pattern.names.map(\.group) == [1, 3])
    #expect(try RegularExpression("a").names.isEmpty)
  }

  @Test(
    "An invalid pattern is refused with its position",
    arguments: [
      ("a(b", 3), ("*a", 0), ("[a", 2), ("\\C", 2), ("(?<n>a)(?<n>b)", 12), ("a{2,1}", 5),
    ])
  func refused(_ pattern: String, _ offset: Int) throws {
    let error = #expect(throws: RegularExpressionError.self) { _ = try RegularExpression(pattern) }
    #expect(error?.code == .pattern)
    #expect(error?.offset == offset, "\(pattern)")
    #expect(error?.message.isEmpty == false)
  }

  @Test("A pattern that is too long is refused before it is compiled")
  func length() {
    let longest = RegularExpression.maximumPatternBytes
    #expect(throws: Never.self) {
      _ = try RegularExpression(String(repeating: "a", count: longest))
    }
    #expect(throws: RegularExpressionError.self) {
      _ = try RegularExpression(String(repeating: "a", count: longest + 1))
    }
  }

  @Test(
    "The work of every search is bounded",
    arguments: [
      // Many ways to match the same text.
      ("^(a+)+$", String(repeating: "a", count: 40) + "b"),
      // Little work at each of many positions.
      ("[^x]*[yz]", String(repeating: "b", count: 100_000)),
      // Long steps without backtracking.
      ("[^x]*+[yz]", String(repeating: "b", count: 300_000)),
      ("(?:a|b|ab)*[cd]", String(repeating: "ab", count: 5_000)),
      ("(\\w+\\s?)*\\z", String(repeating: "word ", count: 2_000) + "!"),
    ])
  func bounded(_ pattern: String, _ text: String) throws {
    var work = plenty
    let clock = ContinuousClock()
    let begin = clock.now
    let error = #expect(throws: RegularExpressionError.self) {
      _ = try RegularExpression(pattern).firstMatch(in: text, work: &work)
    }
    #expect(error?.code == .limit)
    // Generous, for a debug build with a sanitizer; without limits these run for minutes.
    #expect(clock.now - begin < .seconds(5))
  }

  @Test("The used work is subtracted")
  func counted() throws {
    var work = plenty
    _ = try RegularExpression("b").firstMatch(in: String(repeating: "a", count: 6_400), work: &work)
    #expect(work <= plenty - 100)
    var little = 0
    let error = #expect(throws: RegularExpressionError.self) {
      _ = try RegularExpression("b").firstMatch(in: "ab", work: &little)
    }
    #expect(error?.code == .limit)
    #expect(error?.message == "too much work")
  }
}
