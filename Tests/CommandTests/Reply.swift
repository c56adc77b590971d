import JSON
import TestSupport
import Testing

/// The exit status of the program and its output.
struct Reply {
  let status: Int32
  let stdout: String
  let stderr: String

  init(_ completion: Completion) {
    status = completion.status
    stdout = completion.stdout
    stderr = completion.stderr
  }

  /// Standard output, which must be exactly one JSON document on one line.
  func document(sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONValue {
    let lineFeeds = stdout.utf8.count { $0 == UInt8(ascii: "\n") }
    try #require(
      lineFeeds == 1 && stdout.utf8.last == UInt8(ascii: "\n"),
      "not one line: \(stdout) \(stderr)", sourceLocation: sourceLocation)
    return try JSONDecoder.decode(stdout)
  }

  /// The first error in the result: that of the run, or else of its items.
  func error(sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONValue? {
    let document = try document(sourceLocation: sourceLocation)
    return document["error"]
      ?? document["items"]?.array?.lazy.compactMap { $0["error"] }.first
  }

  /// Checks what every failure has: the exit status, code and message in the result, and the code on standard error
  /// (for wrong usage, a hint at the help instead).
  func expectFailure(
    _ code: String, exit: Int32, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let error = try error(sourceLocation: sourceLocation)
    #expect(status == exit, "\(stdout)\(stderr)", sourceLocation: sourceLocation)
    #expect(error?["code"] == .string(code), "\(stdout)", sourceLocation: sourceLocation)
    #expect(error?["message"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
    #expect(
      exit == 64 || stderr.contains("[\(code)]"), "\(stderr)", sourceLocation: sourceLocation)
  }

  /// Control characters on standard error, except line feeds; there must be none.
  var controlCharactersOnStderr: [UInt32] {
    stderr.unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" }
      .map(\.value)
  }
}

extension JSONValue {
  /// The header with this name, if it occurs exactly once.
  func header(_ name: String) -> String? {
    let values = (self["headers"]?.array ?? []).filter {
      $0[0]?.string?.lowercased() == name.lowercased()
    }
    return values.count == 1 ? values.first?[1]?.string : nil
  }
}
