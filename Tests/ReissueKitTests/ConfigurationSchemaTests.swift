import Foundation
import JSON
import TestSupport
import Testing

@testable import ReissueKit

/// The schema that editors check a configuration with, beside the reader.
struct ConfigurationSchemaTests {
  /// A member that only one of both knows is either flagged where it is right, or taken where it is wrong.
  @Test func theSchemaKnowsTheMembersThatTheProgramKnows() throws {
    let file = try Program.packageRoot() + "/examples/schemas/config.schema.json"
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: file)))
    let schema = try JSONDecoder.decode(bytes)
    let properties = try #require(schema["properties"]?.object)
    #expect(Set(properties.map(\.name)) == Set(Configuration.memberNames))
    #expect(schema["additionalProperties"] == false)
  }
}
