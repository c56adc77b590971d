import Foundation
import JSON
import TestSupport
import Testing

/// Standard streams that are closed, full or without a reader, and the places that results are written to.
@Suite(.waiting)
struct StreamTests {
  private let bench: Workbench
  private let event = JSONEncoder.encode(Workbench.event(.api))

  init() throws { bench = try Workbench() }

  /// The request was sent, but the result was not written: exit status 74, and the reason on standard error.
  @Test(
    "A result that cannot be written is a failure", arguments: [#""$@" >&-"#, #""$@" >/dev/full"#])
  func aResultThatCannotBeWrittenIsAFailure(script: String) throws {
    let reply = try bench.shell(script, stdin: event)
    #expect(reply.status == 74)
    #expect(reply.stdout == "")
    #expect(reply.stderr.contains("standard output"), "\(reply.stderr)")
    #expect(try bench.posts().count == 1)
  }

  /// As in a chroot: no device takes the number of the closed stream, and no connection may get it.
  @Test(
    "Without /dev/null, a closed standard output is a failure too",
    .enabled(if: mayUnshare, "a mount namespace needs root"))
  func aClosedOutputWithoutDevices() throws {
    let script = #"exec unshare -m sh -c 'mount -t tmpfs none /dev && exec "$@" >&-' sh "$@""#
    let reply = try bench.shell(script, stdin: event)
    #expect(reply.status == 74, "\(reply.stderr)")
    #expect(reply.stderr.contains("standard output"), "\(reply.stderr)")
    #expect(try bench.posts().count == 1)
  }

  private static let mayUnshare =
    (try? TestSupport.run("/usr/bin/unshare", ["-m", "true"]))?.status == 0

  /// As with the tools of the shell; the ledger has the outcome.
  @Test("A reader that went away gives exit status 141 without a message, and no death by signal")
  func aReaderThatWentAwayIsNoFailureToReport() throws {
    // The reader closes the pipe before the program writes.
    let script = #"{ sleep 0.3; "$@"; echo "status $?" >&2; } | :"#
    let reply = try bench.shell(script, stdin: event)
    #expect(reply.stderr.contains("status 141"), "\(reply.stderr)")
    #expect(!reply.stderr.contains("standard output"), "\(reply.stderr)")
    #expect(try bench.posts().count == 1)
  }

  @Test("Closed standard input is an empty event")
  func closedStandardInputIsAnEmptyEvent() throws {
    let reply = try bench.shell(#""$@" <&-"#)
    try reply.expectFailure("event.empty", exit: 65)
  }

  @Test("Standard input that is open only for writing is unreadable")
  func standardInputOpenForWritingOnlyIsUnreadable() throws {
    let reply = try bench.shell(#""$@" 0>/dev/null"#)
    #expect(reply.status == 74, "\(reply.stdout)")
    #expect(try reply.error()?["code"] == "event.unreadable")
  }

  /// A file or connection must not get the number of the closed stream, or messages would be written to it.
  @Test("Standard error may be closed or full", arguments: [#""$@" 2>&-"#, #""$@" 2>/dev/full"#])
  func standardErrorIsNotNeeded(script: String) throws {
    let reply = try bench.shell(script, ["--log-level", "trace"], stdin: event)
    #expect(reply.status == 0)
    #expect(try reply.document()["status"] == "reissued")
    #expect(try bench.posts().count == 1)
  }

  @Test("All three streams may be closed")
  func allThreeMayBeClosed() throws {
    try bench.folder.write(event, to: "event.json")
    let options = ["--event", "event.json", "--result-file", "results.ndjson"]
    let reply = try bench.shell(#""$@" <&- >&- 2>&-"#, options)
    #expect(reply.status == 74)
    let line = try bench.folder.read("results.ndjson")
    #expect(try JSONDecoder.decode(line)["status"] == "reissued")
    // The request is complete and unchanged: no stream was written to the connection.
    #expect(try bench.posts().map { $0["target"]?.string } == [CertificateSample.api.target])
  }

  @Test("Help on a closed stream is a failure too")
  func helpOnAClosedStreamIsAFailureToo() throws {
    for script in [#"exec "$1" --help >&-"#, #"exec "$1" --version >/dev/full"#] {
      #expect(try bench.shell(script).status == 74)
    }
  }

  @Test("The event may come from a file or a pipe")
  func theEventMayComeByAFileOrAPipe() throws {
    try bench.folder.write(event, to: "event.json")
    let byFile = try bench.run(["--event", "event.json"], stdin: [])
    #expect(byFile.status == 0, "\(byFile.stderr)")
    // The event arrives slowly and in pieces; it ends with the pipe.
    let script = #"{ printf '{"items"'; sleep 0.2; printf ':[]}'; } | "$@""#
    let byPipe = try bench.shell(script)
    #expect(byPipe.status == 0, "\(byPipe.stderr)")
    #expect(try byPipe.document()["reason"] == "no-items")
  }

  @Test("Results are appended as lines that only the owner can read")
  func resultsAreAppendedAsLinesForTheirOwnerAlone() throws {
    for event in [Workbench.event(.api), ["items": []], ["items": 7]] {
      let reply = try bench.run(["--pretty", "--result-file", "results.ndjson"], on: event)
      #expect(!reply.stdout.isEmpty)
    }
    let text = try bench.folder.read("results.ndjson")
    #expect(text.hasSuffix("\n"))
    let statuses = try text.split(separator: "\n").map {
      try JSONDecoder.decode(String($0))["status"]
    }
    #expect(statuses == ["reissued", "skipped", "failed"])
    let attributes = try FileManager.default.attributesOfItem(
      atPath: bench.folder.path("results.ndjson"))
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
  }

  /// Concurrent runs append whole lines to one file, and none is lost.
  @Test("Results of concurrent runs do not mix")
  func resultsOfSeveralRunsDoNotMix() throws {
    let script = """
      for n in 1 2 3 4 5 6 7 8; do "$@" --dry-run </dev/null >/dev/null 2>&1 & done; wait
      """
    _ = try bench.shell(script, ["--result-file", "results.ndjson"])
    let lines = try bench.folder.read("results.ndjson").split(separator: "\n")
    #expect(lines.count == 8)
    for line in lines {
      #expect(try JSONDecoder.decode(String(line))["error"]?["code"] == "event.empty")
    }
  }

  @Test("A result file that fails at the write is reported beside the result")
  func aResultFileThatCannotBeWrittenIsToldBesideTheResult() throws {
    let reply = try bench.run(["--result-file", "/dev/full"], stdin: event)
    #expect(reply.status == 74)
    #expect(try reply.document()["status"] == "reissued")
    #expect(reply.stderr.contains("[output.result-file]"), "\(reply.stderr)")
  }

  @Test("--pretty writes the same document")
  func prettyIsTheSameDocument() throws {
    let plain = try bench.run(["--dry-run"], stdin: event).document()
    let reply = try bench.run(["--dry-run", "--pretty"], stdin: event)
    let lines = reply.stdout.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count > 20)
    #expect(lines.first == "{" && lines.suffix(2) == ["}", ""])
    let pretty = try JSONDecoder.decode(reply.stdout)
    #expect(pretty["items"] == plain["items"])
    #expect(pretty.object?.names == plain.object?.names)
  }

  @Test("Every line of a JSON log is a document")
  func everyLineOfAJSONLogIsADocument() throws {
    let forged = "api.example.com\n{\"level\":\"info\"}\u{1B}[2J"
    var item = try #require(CertificateSample.api.item.object)
    item["cn"] = .string(forged)
    let reply = try bench.run(
      ["--log-format", "json", "--log-level", "trace"],
      on: ["items": [.object(item), CertificateSample.wildcard.item]])
    #expect(reply.status == 65)
    let entries = try reply.stderr.split(separator: "\n").map {
      try JSONDecoder.decode(String($0))
    }
    let levels = Set(entries.compactMap { $0["level"]?.string })
    #expect(levels.isSuperset(of: ["error", "warning", "debug", "trace"]), "\(levels)")
    for entry in entries {
      #expect(entry["message"]?.string?.isEmpty == false)
      #expect(entry["time"]?.string?.hasSuffix("Z") == true)
    }
    #expect(reply.controlCharactersOnStderr.isEmpty)
  }

  @Test(
    "Messages above the log level are not written",
    arguments: [
      ("error", false, false), ("warning", true, false), ("debug", true, true),
    ])
  func theLogLevelIsKept(level: String, warnings: Bool, details: Bool) throws {
    let reply = try bench.run(["--log-level", level], stdin: event)
    #expect(reply.stderr.contains("warning: ") == warnings, "\(reply.stderr)")
    #expect(reply.stderr.contains("debug: ") == details, "\(reply.stderr)")
  }
}
