import JSON
import Testing

@Suite("Documents stay within the limits of memory and text")
struct DocumentBoundsTests {
  /// An array of that many copies of a text.
  private static func filled(_ piece: String, _ count: Int) -> String {
    "[" + String(repeating: piece + ",", count: count) + piece + "]"
  }

  @Test(
    "A text of 8 MiB with too many values is refused before they are allocated",
    arguments: ["[]", "{}", #"{"a":1}"#, #""""#, "1"])
  func tooManyValues(piece: String) {
    let text = Self.filled(piece, (8 << 20) / (piece.utf8.count + 1) - 1)
    let error = #expect(throws: JSONError.self) { try JSONDecoder.decode(text) }
    #expect(error?.code == .tooManyValues)
    #expect(error?.description == "its values would take more than 144 MiB of memory")
  }

  @Test("Brackets inside of a string do not count as values")
  func textsAreNotCounted() throws {
    let text = #"{"a":"\#(String(repeating: #"{},[],\"\\"#, count: 300_000))"}"#
    #expect(try JSONDecoder.decode(text)["a"]?.string?.utf8.count == 8 * 300_000)
  }

  @Test("A document of 70,000 small alerts is read")
  func manyAlerts() throws {
    let alert =
      #"{"status":"firing","labels":{"alertname":"Expiring","instance":"https://a.example.com"}}"#
    #expect(try JSONDecoder.decode(Self.filled(alert, 70_000)).array?.count == 70_001)
  }

  @Test("Nested values are copied completely")
  func values() throws {
    let text = #"{"a":[{"b":[1,2,"x"],"c":{"d":null}},[],true],"e":"f","g":{"h":[[["i"]]]}}"#
    #expect(JSONEncoder.text(try JSONDecoder.decode(text)) == text)
  }

  @Test("A document that would become too long is written compact")
  func layout() throws {
    let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
    let document = try JSONDecoder.decode(Self.filled(deep, 600))
    #expect(JSONEncoder.encode(document, layout: .pretty) == JSONEncoder.encode(document))
    let few = try JSONDecoder.decode(Self.filled(deep, 3))
    #expect(JSONEncoder.encode(few, layout: .pretty) != JSONEncoder.encode(few))
  }

  @Test(
    "An array written element by element gives the same text",
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

  @Test("A document over its limit gives no text")
  func atMost() {
    #expect(JSONEncoder.encode(["a": "bc"], atMost: 10) == Array(#"{"a":"bc"}"#.utf8))
    #expect(JSONEncoder.encode(["a": "bc"], atMost: 9) == nil)
    #expect(JSONEncoder.encode(.string(String(repeating: "a", count: 9)), atMost: 8) == nil)
  }

  @Test(
    "The estimated size is an upper bound",
    arguments: [
      nil, -1, 1.0e-300, "a\"\\\u{1}\u{7F}\u{85}\u{2028}\u{61C}\u{180E}\u{FEFF}é", [[], [:], true],
      ["a\n": ["b": [1, 2]]],
    ] as [JSONValue])
  func size(value: JSONValue) {
    #expect(JSONEncoder.encode(value).count <= JSONEncoder.size(of: value))
  }
}
