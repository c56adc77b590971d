import Foundation
package import Testing

/// Texts that are kept in files beside the tests and compared byte by byte.
package enum Golden {
  /// Compares a text with a golden file in the folder `Golden` beside the calling test.
  ///
  /// With `RECORD_GOLDEN=1` the file is written and the test fails, so that no run can record and
  /// pass at once.
  package static func expect(
    _ text: String, matches name: String, testFile: String = #filePath,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = URL(fileURLWithPath: testFile).deletingLastPathComponent()
      .appendingPathComponent("Golden")
    let file = folder.appendingPathComponent(name)
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
