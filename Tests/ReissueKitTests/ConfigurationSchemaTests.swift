import CommandOptions
import Foundation
import JSON
import ReissueKit
import TestSupport
import Testing

@Suite("Schema and page of the configuration agree with the table of options")
struct ConfigurationSchemaTests {
  private static let options = CommandOption.all.filter(\.isMember)

  private func contents(_ name: String) throws -> [UInt8] {
    let file = try Program.packageRoot() + "/examples/schemas/\(name)"
    return try [UInt8](Data(contentsOf: URL(fileURLWithPath: file)))
  }

  @Test("The schema has the members of the table, with their types, bounds, words and help")
  func schema() throws {
    let schema = try JSONDecoder.decode(try contents("config.schema.json"))
    let properties = try #require(schema["properties"]?.object)
    #expect(Set(properties.map(\.name)) == Set(Self.options.map(\.memberName)))
    #expect(schema["additionalProperties"] == false)
    for option in Self.options {
      let property = try #require(properties[option.memberName])
      let help = option.help + (option.fallback.isEmpty ? "" : " Default: \(option.fallback).")
      #expect(property["description"] == .string(help), "\(option.name)")
      #expect(property["anyOf"]?.array?.count == (hasForms(option) ? 2 : nil), "\(option.name)")
      expect(property["anyOf"]?[0] ?? property, fits: option)
    }
  }

  /// A repeatable option is a text or an array; others are objects or words.
  private func hasForms(_ option: CommandOption) -> Bool {
    if case .objectOrWord = option.kind { true } else { option.isRepeatable }
  }

  private func expect(_ property: JSONValue, fits option: CommandOption) {
    switch option.kind {
    case .flag: #expect(property["type"] == "boolean", "\(option.name)")
    case .integer(let bounds):
      #expect(property["type"] == "integer", "\(option.name)")
      #expect(property["minimum"] == .integer(bounds.lowerBound), "\(option.name)")
      let isBounded = bounds.upperBound != .max
      let maximum = isBounded ? Optional(JSONValue.integer(bounds.upperBound)) : .none
      #expect(property["maximum"] == maximum, "\(option.name)")
    case .word(let words):
      #expect(property["enum"] == .array(words.map(JSONValue.string)), "\(option.name)")
    case .duration: #expect(property["$ref"] == "#/$defs/duration", "\(option.name)")
    case .object: #expect(property["type"] == "object", "\(option.name)")
    case .objectOrWord(let words): #expect(property["const"]?.string == words.first)
    case .file, .folder:
      #expect(option.isRepeatable || property["$ref"] == "#/$defs/path", "\(option.name)")
    case .text, .assignment: #expect(property["type"] == "string", "\(option.name)")
    }
  }

  @Test("The page has a row for each member of the table, with its option and its default")
  func page() throws {
    let text = String(decoding: try contents("README.md"), as: UTF8.self)
    let members = text.components(separatedBy: "\n### Members\n").last ?? ""
    let rows = members.split(separator: "\n").map(String.init).prefix { !$0.hasPrefix("#") }
    for option in Self.options {
      let row = try #require(
        rows.first { $0.hasPrefix("| `\(option.memberName)` |") }, "\(option.memberName)")
      let hasFlag = option.scope == .everywhere
      #expect(row.contains("`--\(option.name)`") == hasFlag, "\(row)")
      #expect(option.fallback.isEmpty || row.contains(option.fallback), "\(row)")
      for word in option.kind.words where hasFlag { #expect(row.contains("`\(word)`"), "\(row)") }
    }
  }
}
