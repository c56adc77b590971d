import JSON
import TestSupport
import Testing

/// How the program ended, and what it wrote.
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

  /// The first error that the result tells: of the run itself, else of its items.
  func error(sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONValue? {
    let document = try document(sourceLocation: sourceLocation)
    return document["error"]
      ?? document["items"]?.array?.lazy.compactMap { $0["error"] }.first
  }

  /// What must hold of every failure: the exit status, code and message in the result, and the code on
  /// standard error, where wrong usage has the help in its place.
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

  /// Control characters on standard error, the line feed aside: there must be none.
  var controlCharactersOnStderr: [UInt32] {
    stderr.unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" }
      .map(\.value)
  }
}

extension JSONValue {
  /// The entry's header of that name, if it occurs once.
  func header(_ name: String) -> String? {
    let values = (self["headers"]?.array ?? []).filter {
      $0[0]?.string?.lowercased() == name.lowercased()
    }
    return values.count == 1 ? values.first?[1]?.string : nil
  }
}
