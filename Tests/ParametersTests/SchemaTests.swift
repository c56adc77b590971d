import JSON
import Platform
import TestSupport
import Testing

@testable import Parameters

@Suite("The published schemas know the parameters of the table, and no others")
struct SchemaTests {
  private static func schema(_ name: String) throws -> JSONValue {
    let path = try Program.packageRoot() + "/examples/schemas/\(name).schema.json"
    return try JSONDecoder.decode(Files.contents(path, limit: 1 << 20).bytes)
  }

  private static func names(_ object: JSONValue?) throws -> Set<String> {
    Set(try #require(object?.object).names)
  }

  @Test("a template has the parameters in reissue and in its tests, and requires the same ones")
  func template() throws {
    let properties = try Self.schema("template")["properties"]
    let reissue = try #require(properties?["reissue"])
    #expect(try Self.names(reissue["properties"]) == Set(ReissueParameter.names))
    #expect(reissue["additionalProperties"] == false)
    let required = try #require(reissue["required"]?.array).compactMap(\.string)
    #expect(required == ReissueParameter.all.filter(\.isRequired).map(\.name))
    let expected = try #require(
      properties?["tests"]?["items"]?["properties"]?["items"]?["items"])
    // A test can also expect the name that the sender gave the event.
    #expect(try Self.names(expected["properties"]) == Set(ReissueParameter.names + ["reference"]))
    #expect(expected["additionalProperties"] == false)
  }

  @Test("render always shows the parameters that have a value without a number")
  func render() throws {
    var rendered = ReissueParametersTests.good
    rendered["certificateNo"] = nil
    let parameters = try Self.schema("render")["$defs"]?["item"]?["properties"]?["parameters"]
    let required = try #require(parameters?["required"]?.array).compactMap(\.string)
    #expect(try ReissueParameters(rendered: rendered).json.names == required)
  }

  @Test("an item of a result shows the parameters, and the digest of csr")
  func result() throws {
    let names = try Self.names(Self.schema("result")["$defs"]?["item"]?["properties"])
    for name in ReissueParameter.names { #expect(names.contains(name) == (name != "csr")) }
    #expect(names.contains("csrSha256"))
  }
}
