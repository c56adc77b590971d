import JSON
import TestSupport
import Testing

/// Events that cannot be used: exit status 65, the place of the mistake, and nothing sent.
@Suite(.waiting)
struct WrongEventTests {
  struct WrongBytes: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let code: String
    /// Line, column and byte of the mistake, if it has a place.
    let place: (line: Int, column: Int, byte: Int)?

    init(
      _ name: String, _ bytes: [UInt8], _ code: String,
      at place: (line: Int, column: Int, byte: Int)? = nil
    ) {
      testDescription = name
      self.bytes = bytes
      self.code = code
      self.place = place
    }

    init(
      _ name: String, _ text: String, _ code: String,
      at place: (line: Int, column: Int, byte: Int)? = nil
    ) {
      self.init(name, Array(text.utf8), code, at: place)
    }
  }

  private static let wrongBytes = [
    WrongBytes("nothing", "", "event.empty"),
    WrongBytes("white space", " \t\r\n \n", "event.empty"),
    WrongBytes("only a byte order mark", [0xEF, 0xBB, 0xBF], "event.empty"),
    WrongBytes(
      "two documents", "{\"items\":[]}\n{\"items\":[]}", "event.trailing-data", at: (2, 1, 14)),
    WrongBytes("a trailing brace", "{}}", "event.trailing-data", at: (1, 3, 3)),
    WrongBytes("a duplicate name", "{\"a\":1,\n \"a\":2}", "event.duplicate-name", at: (2, 4, 12)),
    WrongBytes("cut", "{\"items\":[", "event.truncated", at: (1, 10, 10)),
    WrongBytes("single quotes", "{'items':[]}", "event.syntax", at: (1, 2, 2)),
    WrongBytes("a control character in a text", "[\"a\u{1}\"]", "event.syntax", at: (1, 3, 3)),
    WrongBytes("Latin 1", [0x5B, 0x22, 0xE9, 0x22, 0x5D], "event.invalid-utf8", at: (1, 3, 3)),
    WrongBytes("beyond 64 bits", "[9223372036854775808]", "event.number-range", at: (1, 20, 20)),
    WrongBytes("a real that overflows", "[1e400]", "event.number-range", at: (1, 6, 6)),
    WrongBytes("a lone number", "55882", "event.not-a-container", at: (1, 1, 0)),
    WrongBytes("null", "null", "event.not-a-container", at: (1, 1, 0)),
    WrongBytes("a lone surrogate", "[\"\\ud800\"]", "event.syntax", at: (1, 9, 9)),
    WrongBytes("NUL in a name", "{\"\\u0000\":1}", "event.nul-in-name", at: (1, 9, 9)),
    WrongBytes(
      "too deep", String(repeating: "[", count: 501) + String(repeating: "]", count: 501),
      "event.too-deep"),
  ]

  @Test("Bytes that are not an event are refused with their place", arguments: wrongBytes)
  func bytesThatAreNoEvent(_ wrong: WrongBytes) throws {
    let bench = try Workbench()
    for command in ["run", "render"] {
      let reply =
        command == "run"
        ? try bench.run(stdin: wrong.bytes)
        : try bench.command(
          ["render", "--config", bench.folder.path("config.json")], stdin: wrong.bytes)
      try reply.expectFailure(wrong.code, exit: 65)
      let place = try reply.error()?["at"]
      if let expected = wrong.place {
        #expect(place?["line"]?.integer == expected.line, "\(reply.stdout)")
        #expect(place?["column"]?.integer == expected.column, "\(reply.stdout)")
        #expect(place?["byte"]?.integer == expected.byte, "\(reply.stdout)")
      }
      #expect(reply.stderr.contains("[\(wrong.code)]"))
      #expect(reply.controlCharactersOnStderr.isEmpty)
    }
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("An event with five hundred levels is accepted")
  func fiveHundredLevelsAreNotTooMany() throws {
    let text = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    let bench = try Workbench()
    let reply = try bench.run(stdin: Array(text.utf8))
    #expect(try reply.error()?["code"] != "event.too-deep", "\(reply.stdout)")
  }

  @Test("An event over the limit is refused")
  func anEventOverTheLimitIsRefused() throws {
    let bench = try Workbench()
    let event = JSONEncoder.encode(["items": []])
    let fits = try bench.run(["--max-event-bytes", String(event.count)], stdin: event)
    #expect(fits.status == 0)
    let exceeds = try bench.run(["--max-event-bytes", String(event.count - 1)], stdin: event)
    try exceeds.expectFailure("event.too-large", exit: 65)
  }

  @Test("A missing event file is named")
  func anEventFileThatIsNotThereIsNamed() throws {
    let bench = try Workbench()
    let reply = try bench.run(["--event", "nowhere.json"], stdin: [])
    try reply.expectFailure("event.unreadable", exit: 74)
    #expect(try reply.error()?["message"]?.string?.contains("nowhere.json") == true)
  }
}
