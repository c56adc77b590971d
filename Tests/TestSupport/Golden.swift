import Foundation
package import Testing

/// Expected texts in files, compared byte by byte.
package enum Golden {
  /// Compares a text with the golden file `Tests/Golden/SUITE/name`.
  ///
  /// The suite is the folder of the calling test. Golden files are outside of the targets, where SwiftPM would require
  /// a declaration for them.
  ///
  /// With `RECORD_GOLDEN=1` the file is written and the test fails, so that no run can both record and pass.
  package static func expect(
    _ text: String, matches name: String, testFile: String = #filePath,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let suite = URL(fileURLWithPath: testFile).deletingLastPathComponent()
    let file = suite.deletingLastPathComponent()
      .appendingPathComponent("Golden/\(suite.lastPathComponent)/\(name)")
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      Issue.record(
        "recorded \(name), run again without RECORD_GOLDEN", sourceLocation: sourceLocation)
      return
    }
    guard let expected = try? String(contentsOf: file, encoding: .utf8) else {
      Issue.record(
        "no golden file \(name): RECORD_GOLDEN=1 makes it", sourceLocation: sourceLocation)
      return
    }
    #expect(text == expected, "differs from Golden/\(name)", sourceLocation: sourceLocation)
  }
}
