import JSON
import Testing

@Suite("documents take no more memory and no more text than is allowed")
struct DocumentBoundsTests {
  /// An array of so many copies of a piece.
  private static func filled(_ piece: String, _ count: Int) -> String {
    "[" + String(repeating: piece + ",", count: count) + piece + "]"
  }

  @Test(
    "a text of 8 MiB that holds very many values is refused before they are made",
    arguments: ["[]", "{}", #"{"a":1}"#, #""""#, "1"])
  func tooManyValues(piece: String) {
    let text = Self.filled(piece, (8 << 20) / (piece.utf8.count + 1) - 1)
    let error = #expect(throws: JSONError.self) { try JSONDecoder.decode(text) }
    #expect(error?.code == .tooManyValues)
    #expect(error?.description == "its values would take more than 144 MiB of memory")
  }

  @Test("what looks like values inside of a text counts as text")
  func textsAreNotCounted() throws {
    let text = #"{"a":"\#(String(repeating: #"{},[],\"\\"#, count: 300_000))"}"#
    #expect(try JSONDecoder.decode(text)["a"]?.string?.utf8.count == 8 * 300_000)
  }

  @Test("70,000 small alerts are read")
  func manyAlerts() throws {
    let alert =
      #"{"status":"firing","labels":{"alertname":"Expiring","instance":"https://a.example.com"}}"#
    #expect(try JSONDecoder.decode(Self.filled(alert, 70_000)).array?.count == 70_001)
  }

  @Test("shared and nested values are copied whole")
  func values() throws {
    let text = #"{"a":[{"b":[1,2,"x"],"c":{"d":null}},[],true],"e":"f","g":{"h":[[["i"]]]}}"#
    #expect(JSONEncoder.text(try JSONDecoder.decode(text)) == text)
  }

  @Test("a document is not laid out if that makes it longer than can be read")
  func layout() throws {
    let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
    let document = try JSONDecoder.decode(Self.filled(deep, 600))
    #expect(JSONEncoder.encode(document, layout: .pretty) == JSONEncoder.encode(document))
    let few = try JSONDecoder.decode(Self.filled(deep, 3))
    #expect(JSONEncoder.encode(few, layout: .pretty) != JSONEncoder.encode(few))
  }

  @Test(
    "an array that is made element by element is written like any other",
    arguments: [JSONEncoder.Layout.compact, .pretty], [0, 1, 3])
  func elements(layout: JSONEncoder.Layout, count: Int) {
    let elements = (0..<count).map { JSONValue.object(JSONObject([("n", .integer($0))])) }
    var object = JSONObject([("a", JSONValue.integer(1))])
    object["items"] = .array(elements)
    object["z"] = .array([])
    let text = JSONEncoder.encode(object, layout: layout, elementsOf: "items", count: count) {
      elements[$0]
    }
    #expect(text == JSONEncoder.encode(.object(object), layout: layout) + [0x0A])
  }

  @Test("a text of at most so many bytes, or none")
  func atMost() {
    #expect(JSONEncoder.encode(["a": "bc"], atMost: 10) == Array(#"{"a":"bc"}"#.utf8))
    #expect(JSONEncoder.encode(["a": "bc"], atMost: 9) == nil)
    #expect(JSONEncoder.encode(.string(String(repeating: "a", count: 9)), atMost: 8) == nil)
  }

  @Test(
    "no document is longer than its size says",
    arguments: [
      nil, -1, 1.0e-300, "a\"\\\u{1}\u{7F}\u{85}\u{2028}\u{61C}\u{180E}\u{FEFF}é", [[], [:], true],
      ["a\n": ["b": [1, 2]]],
    ] as [JSONValue])
  func size(value: JSONValue) {
    #expect(JSONEncoder.encode(value).count <= JSONEncoder.size(of: value))
  }
}
