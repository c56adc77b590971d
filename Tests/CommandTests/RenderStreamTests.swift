import Foundation
import JSON
import TestSupport
import Testing

/// `render --stream` writes a line of parameters for each event, in order, as soon as it is known.
@Suite(.waiting)
struct RenderStreamTests {
  private let bench: Workbench

  init() throws { bench = try Workbench() }

  private var words: [String] {
    ["render", "--stream", "--config", bench.folder.path("config.json")]
  }

  private func stream(_ lines: [String], _ options: [String] = []) throws -> Reply {
    try bench.command(words + options, stdin: Array(lines.joined(separator: "\n").utf8))
  }

  private static let good = JSONEncoder.text(Workbench.event(.api))

  /// Compares each line of the stream with the output of `render` for that event.
  @Test("Each line is what render gives for that event alone")
  func aLineIsWhatRenderGivesForTheEventAlone() throws {
    let events = [Workbench.event(.shop), Workbench.event(.api, .wildcard), ["items": []]]
    let reply = try stream(events.map { JSONEncoder.text($0) })
    #expect(reply.status == 0, "\(reply.stderr)")
    let alone = try events.map { event in
      try bench.command(
        ["render", "--config", bench.folder.path("config.json")], stdin: JSONEncoder.encode(event)
      ).stdout
    }
    #expect(reply.stdout == alone.joined())
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// Valid events, broken ones and one without a value: each gives a line, with mistakes and their places.
  @Test("A bad event fails only its own line")
  func aBadEventCostsItsLine() throws {
    let reply = try stream([
      Self.good, #"{"items": [}"#, "", #"{"items": [{"no": 1}, {"no": "x"}]}"#, "7",
      Self.good + Self.good, #"{"items": "#,
    ])
    #expect(reply.status == 65)
    try Golden.expect(reply.stdout, matches: "render-stream.ndjson")
    let lines = reply.stderr.split(separator: "\n")
    #expect(lines.count { $0.contains("ncloud-reissue: error:") } == 5, "\(reply.stderr)")
  }

  @Test("An event over the limit is refused in a stream too")
  func anEventOverTheLimitIsRefusedInAStreamToo() throws {
    let reply = try stream([Self.good, #"{"items":[]}"#], ["--max-event-bytes", "50"])
    #expect(reply.status == 65)
    let lines = try reply.stdout.split(separator: "\n").map { try JSONDecoder.decode(String($0)) }
    #expect(lines.map { $0["error"]?["code"] } == ["event.too-large", nil], "\(reply.stdout)")
  }

  /// A signal ends it before its next item.
  @Test("A signal ends the rendering of many items")
  func aSignalEndsARenderingOfManyItems() throws {
    try bench.write(template: ManyItems.template, named: "plain")
    try bench.folder.write(ManyItems.event, to: "event.json")
    let process = try bench.start([
      "render", "--config", bench.folder.path("config.json"), "--event", "event.json",
    ])
    try ManyItems.waitForWork(of: process)
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 10))
    try reply.expectFailure("run.ended", exit: 75)
  }

  @Test("An empty stream writes no lines")
  func noEventsAreNoLines() throws {
    let reply = try stream(["", " ", ""])
    #expect(reply.status == 0)
    #expect(reply.stdout == "" && reply.stderr == "")
  }

  /// The template is read once, and its error is reported for each event.
  @Test("A broken template is reported for each event")
  func aBrokenTemplateIsToldForEachEvent() throws {
    try bench.write(template: ["version": 1, "reissue": ["nonsense": "x"]], named: "plain")
    let reply = try stream([Self.good, Self.good])
    #expect(reply.status == 78)
    let codes = try reply.stdout.split(separator: "\n").map {
      try JSONDecoder.decode(String($0))["error"]?["code"]
    }
    #expect(codes == ["template.unknown-member", "template.unknown-member"], "\(reply.stdout)")
  }

  @Test("A line is written before the next event arrives")
  func aLineIsThereBeforeTheNextEvent() throws {
    let script = #"mkfifo pipe; exec 3<>pipe; printf '%s\n' "$1" >&3; shift; exec "$@" <pipe"#
    let process = try RunningProcess(
      "/bin/sh", ["-c", script, "sh", Self.good, try Workbench.program] + words,
      environment: bench.environment, workingDirectory: bench.folder.path)
    _ = try waitFor("the first line") { process.stdout.hasSuffix("\n") ? true : nil }
    #expect(process.isRunning)
    process.kill(SIGTERM)
    #expect(Reply(try process.wait()).status == 0)
  }

  @Test(
    "Options for one event exclude --stream",
    arguments: [["--pretty"], ["--event", "event.json"], ["--event-field", "a=b"]])
  func whatDoesNotGoWithAStream(options: [String]) throws {
    let reply = try stream([Self.good], options)
    #expect(reply.status == 64)
    #expect(try reply.document()["error"]?["code"] == "usage.option")
  }

  @Test("--explain works in a stream too")
  func explanationsComeInAStreamToo() throws {
    let reply = try stream([Self.good, Self.good], ["--explain"])
    #expect(reply.status == 0, "\(reply.stderr)")
    for line in reply.stdout.split(separator: "\n") {
      let document = try JSONDecoder.decode(String(line))
      #expect(document["tried"]?[0]?["matched"] == true)
      #expect(document["items"]?[0]?["explain"] != nil)
    }
  }

  @Test("A closed output ends the stream")
  func aReaderThatWentAwayEndsTheStream() throws {
    let script =
      #"{ while printf '%s\n' "$1"; do :; done 2>/dev/null; } | { shift; "$@"; echo "$?" >&2; } | head -1"#
    let reply = Reply(
      try TestSupport.run(
        "/bin/sh", ["-c", script, "sh", Self.good, try Workbench.program] + words,
        environment: bench.environment, workingDirectory: bench.folder.path))
    #expect(reply.stdout.split(separator: "\n").count == 1)
    #expect(reply.stderr == "141\n", "without a message: \(reply.stderr)")
  }
}
