import Core
import JSON
import Platform
import Testing

@testable import Templates

@Suite("A stream of events is read in pieces of any size")
struct EventStreamTests {
  /// A source that gives a text in pieces, and counts its bytes.
  private final class Source {
    private let bytes: [UInt8]
    private let size: Int
    private(set) var given = 0
    private(set) var hasEnded = false

    init(_ text: String, pieces size: Int) {
      bytes = Array(text.utf8)
      self.size = size
    }

    func read() -> Result<[UInt8], FileError> {
      let piece = bytes[given..<min(given + size, bytes.count)]
      given += piece.count
      hasEnded = piece.isEmpty
      return .success(Array(piece))
    }

    func stream(limit: Int = 1 << 20) -> EventStream {
      EventStream(limit: limit) { _ in self.read() }
    }
  }

  private static let long = #"{"long":"\#(String(repeating: #"a\"}]"#, count: 4_000))"}"#

  /// The text of an event, or the code and the line of a mistake.
  private func shown(_ result: Result<Event, ReissueError>) -> String {
    switch result {
    case .success(let event): JSONEncoder.text(event.document)
    case .failure(let error): "\(error.code) in line \(error.place?.line ?? 0)"
    }
  }

  private static let stream = """
    \u{FEFF}{"a":1}
    {"b":[1,2]}{"c":{}}[{"d":"}"}]
    nothing
    {"e":
      "\u{e4}"}

    {"f":1
    {"g":1}
    "text"
    \(long)
    {"h":\0}
    {"i":"\\"

    """

  @Test(
    "the size of the pieces makes no difference", arguments: [1, 2, 3, 7, 100, 65_536, 1 << 20])
  func pieces(size: Int) {
    var stream = Source(Self.stream, pieces: size).stream()
    var found: [String] = []
    while let result = stream.next() { found.append(shown(result)) }
    #expect(
      found == [
        #"{"a":1}"#, #"{"b":[1,2]}"#, #"{"c":{}}"#, #"[{"d":"}"}]"#, "event.syntax in line 3",
        #"{"e":"ä"}"#, "event.syntax in line 8", #"{"g":1}"#, "event.not-a-container in line 9",
        Self.long, "event.syntax in line 11", "event.syntax in line 12",
      ])
  }

  @Test(
    "an event is returned as soon as its last byte has arrived",
    arguments: [#"{"a":1}"#, "[\n{},\n{}\n]", long],
    [1, 10, 1_000, 15_000, 65_536])
  func atOnce(document: String, size: Int) throws {
    let text = JSONEncoder.text(try JSONDecoder.decode(document))
    let source = Source(document + " \n" + document, pieces: size)
    var stream = source.stream()
    #expect(stream.next().map(shown) == text)
    #expect(source.given < document.utf8.count + size)
    #expect(!source.hasEnded)
  }

  /// A piece may end in a character, an escape or a word.
  @Test("an incomplete document is not a mistake", arguments: 1...40)
  func cut(size: Int) {
    let document = #"{"a\\u00e4":["ä€𝄞",-1.5e+3,true,null,"\uD834\uDD1E"]}"#
    let source = Source(document + document, pieces: size)
    var stream = source.stream()
    for _ in 1...2 {
      #expect(stream.next().map(shown) == #"{"a\\u00e4":["ä€𝄞",-1500.0,true,null,"𝄞"]}"#)
    }
  }

  @Test("a mistake is reported when its line ends, not when the next one begins")
  func badLine() {
    let source = Source("[tru\n{}", pieces: 5)
    var stream = source.stream()
    #expect(stream.next().map(shown) == "event.syntax in line 1")
    #expect(source.given == 5)
  }

  private static let sizes = [1, 2, 3, 7, 20, 100, 65_536]

  private func all(_ text: String, pieces size: Int, limit: Int = 1 << 20) -> [String] {
    var stream = Source(text, pieces: size).stream(limit: limit)
    var found: [String] = []
    while let result = stream.next() { found.append(shown(result)) }
    return found
  }

  /// A part may look like an event, such as one alert of a broken list.
  @Test(
    "no part of a broken document is taken for an event",
    arguments: [
      // The mistake is after the first line, or on it.
      "{\n \"when\":1,\"when\":2,\n \"alerts\":[\n    {\n \"no\":7}\n ]\n}",
      "{ \"when\":1,\"when\":2,\n \"alerts\":[\n\n    {\n\t\"no\":7}\r\n ]\n}",
      // Cut, as by a sender that was killed.
      "{\n  \"alerts\": [\n    {\"no\":7},\n    {\"no\":8},",
    ], sizes)
  func parts(document: String, size: Int) {
    // A cut document first absorbs the next one, which is then read again.
    let code = document.hasSuffix(",") ? "event.truncated" : "event.duplicate-name"
    let line = document.hasPrefix("{ ") ? 1 : document.hasSuffix(",") ? 5 : 2
    let expected = ["\(code) in line \(line)", #"{"a":1}"#]
    #expect(all(document + "\n{\"a\":1}\n", pieces: size) == expected)
  }

  @Test("a stream that ends inside a document gives no event", arguments: sizes)
  func cutAtTheEnd(size: Int) {
    let found = all("{\n  \"alerts\": [\n    {\"no\":7},\n", pieces: size)
    #expect(found.count == 1 && found.first?.hasPrefix("event.") == true, "\(found)")
  }

  @Test("the limit also applies to a document that arrives whole", arguments: sizes)
  func limit(size: Int) {
    let padding = String(repeating: "x", count: 200)
    let text = """
      {"a":"\(padding)"}
      {"b":1}
      {"c":"\(padding)",
        "d":
        {"no":7}}
      {"e":1}
      """
    #expect(
      all(text, pieces: size, limit: 50) == [
        "event.too-large in line 1", #"{"b":1}"#, "event.too-large in line 3", #"{"e":1}"#,
      ])
    let exact = #"{"f":1}"#
    #expect(all(exact, pieces: size, limit: exact.utf8.count) == [exact])
    #expect(
      all(exact, pieces: size, limit: exact.utf8.count - 1) == ["event.too-large in line 1"])
  }

  @Test("an error of reading is reported, even while a broken line is skipped")
  func failure() {
    var pieces: [Result<[UInt8], FileError>] = [
      .success(Array("nothing of what is wanted".utf8)),
      .failure(FileError(operation: "read", path: "standard input", number: 5)),
    ]
    var stream = EventStream(limit: 100) { _ in pieces.isEmpty ? .success([]) : pieces.removeFirst()
    }
    var found: [String] = []
    while let result = stream.next() { found.append(shown(result)) }
    #expect(found == ["event.syntax in line 1", "event.unreadable in line 0"])
  }

  @Test("a line without end is skipped and not kept in memory")
  func tooLong() {
    let text = #"{"a":""# + String(repeating: "x", count: 300_000) + "\n{\"b\":1}"
    var stream = Source(text, pieces: 65_536).stream(limit: 100_000)
    #expect(stream.next().map(shown) == "event.too-large in line 1")
    #expect(stream.next().map(shown) == #"{"b":1}"#)
    #expect(stream.next() == nil)
  }

  @Test(
    "record separators are accepted, and byte order marks between joined files",
    arguments: [1, 2, 3, 100])
  func separators(size: Int) {
    let text = """
      \u{1E}{"a":1}
      \u{1E}{"b":
      \u{1E}{"c":3}
      \u{FEFF}{"d":4}\u{FEFF}[5]
      \u{FEFF}
      """
    var stream = Source(text, pieces: size).stream()
    var events: [String] = []
    while let event = stream.next() { events.append(shown(event)) }
    #expect(
      events == [
        #"{"a":1}"#, "event.syntax in line 3", #"{"c":3}"#, #"{"d":4}"#, "[5]",
      ])
  }
}
