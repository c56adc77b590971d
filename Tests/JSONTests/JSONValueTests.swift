import JSON
import Testing

@Suite("JSON values compare by meaning and are written on one safe line")
struct JSONValueTests {
  @Test(
    "Values are written on one safe line",
    arguments: [
      (JSONValue.null, "null"), (true, "true"), (-7, "-7"), (0.1, "0.1"), (.real(3), "3.0"),
      (.real(1e300), "1e+300"), (.real(.infinity), "null"), ("é😀", "\"é😀\""),
      (
        "\u{AD}\u{61C}\u{200E}\u{202E}x\u{2066}\u{FEFF}é한",
        #""\u00ad\u061c\u200e\u202ex\u2066\ufeffé한""#
      ),
      ("a\"\\/\n\r\t\u{1}\u{7F}\u{85}\u{2028}", #""a\"\\/\n\r\t\u0001\u007f\u0085\u2028""#),
      ([1, [], ["a": nil]], #"[1,[],{"a":null}]"#), (["b": 1, "a": 2], #"{"b":1,"a":2}"#),
    ] as [(JSONValue, String)])
  func writes(value: JSONValue, text: String) throws {
    #expect(JSONEncoder.text(value) == text)
    if value != .real(.infinity) { #expect(try JSONDecoder.decode(text) == value) }
  }

  @Test("The pretty layout has one member per line")
  func pretty() {
    let value: JSONValue = ["a": [1, 2], "b": [:], "c": ["d": "e"]]
    let text = """
      {
        "a": [
          1,
          2
        ],
        "b": {},
        "c": {
          "d": "e"
        }
      }
      """
    #expect(JSONEncoder.text(value, layout: .pretty) == text)
  }

  @Test("Equal values have equal hashes, whatever their order or spelling")
  func equality() {
    let pairs: [(JSONValue, JSONValue)] = [
      (1, .real(1)), (["a": 1, "b": [2]], ["b": [.real(2)], "a": .real(1)]), ("é", "é"),
    ]
    for (left, right) in pairs {
      #expect(left == right)
      #expect(left.hashValue == right.hashValue)
    }
    let different: [(JSONValue, JSONValue)] = [
      ("é", "e\u{301}"), (1, "1"), (nil, false), ([1], [1, 1]), (["a": nil], [:]),
      (.integer(9_007_199_254_740_993), .real(9_007_199_254_740_992)),
    ]
    for (left, right) in different { #expect(left != right) }
  }

  @Test("Large objects behave like small ones")
  func largeObject() {
    var object = JSONObject()
    for number in 0..<100 { object["name\(number)"] = .integer(number) }
    #expect(object.count == 100 && object["name57"] == 57 && object["name100"] == nil)
    object["name57"] = nil
    object["name3"] = "three"
    #expect(object.count == 99 && object["name57"] == nil && object["name58"] == 58)
    #expect(object.names.first == "name0" && object["name3"] == "three")
    let reversed = JSONObject(object.members.reversed().map { ($0.name, $0.value) })
    #expect(reversed == object && reversed.hashValue == object.hashValue)
  }

  @Test("Names that are equal in Swift are distinct in JSON")
  func names() throws {
    let value = try JSONDecoder.decode("{\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(value.object?.count == 2 && value["é"] == 1 && value["e\u{301}"] == 2)
  }
}
