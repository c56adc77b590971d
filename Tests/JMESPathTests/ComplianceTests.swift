// The public compliance suites of both editions of JMESPath:
// https://github.com/jmespath-community/jmespath.test and https://github.com/jmespath/jmespath.test.
// They have no licence, so they are not copied here.

import Foundation
import JMESPath
import JSON
import Testing

// Foundation, needed here to read folders, has types of the same names.
private typealias Expression = JMESPath.Expression
private typealias JSONDecoder = JSON.JSONDecoder
private typealias JSONEncoder = JSON.JSONEncoder

/// The folder with `community/*.json` and `original/*.json`.
private let suites = ProcessInfo.processInfo.environment["JMESPATH_COMPLIANCE"]

@Suite("The compliance suites pass")
struct ComplianceTests {
  @Test("Every functional case of a compliance suite passes", arguments: ["community", "original"])
  func suite(_ name: String) throws {
    guard let suites else {
      print("JMESPATH_COMPLIANCE is not set: the compliance suite `\(name)` was not run")
      return
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(suites)/\(name)").sorted()
    var ran = 0
    // JEP-12 removed bare words in backticks; the suite has a separate file for them.
    for file in files where file.hasSuffix(".json") && !file.contains("legacy") {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(suites)/\(name)/\(file)"))
      let groups = try JSONDecoder.decode([UInt8](data))
      for group in groups.array ?? [] {
        for test in group["cases"]?.array ?? [] {
          if test["bench"] != nil { continue }
          ran += check(test, given: group["given"] ?? .null, in: "\(name)/\(file)")
        }
      }
    }
    print("compliance suite `\(name)`: \(ran) cases")
    #expect(ran > 400)
  }

  /// - Returns: 1, or 0 for an exception.
  private func check(_ test: JSONValue, given: JSONValue, in file: String) -> Int {
    guard let text = test["expression"]?.string else { return 0 }
    if exceptions.contains(where: { $0.file == file && $0.expression == text }) { return 0 }
    let place = Comment(rawValue: "\(file): \(text)")
    do throws(ExpressionError) {
      let expression = try Expression(text)
      let result = try expression.evaluate(given, in: Scope(root: given))
      if let expected = test["result"] {
        #expect(result == expected, place)
      } else {
        Issue.record("no error, but \(JSONEncoder.text(result)): \(file): \(text)")
      }
    } catch {
      #expect(error.code.rawValue == test["error"]?.string, "\(file): \(text): \(error)")
    }
    return 1
  }
}

/// Cases of the original suite with another result in the community edition; each is explained in
/// the README of the target.
private let exceptions: [(file: String, expression: String)] = [
  ("original/literal.json", #"'\\'"#)
]
