import Foundation
import JSON
import TestSupport
import Testing

/// Output that is not read: the program ends in time, and its outcome is known.
@Suite(.waiting)
struct UnreadOutputTests {
  /// A full pipe that stays open and is not read.
  private static let full =
    "mkfifo full; exec 3<>full; dd if=/dev/zero bs=65536 count=1 >&3 2>/dev/null; "

  @Test(
    "A full standard error does not block the run",
    arguments: [[], ["--log-level", "trace"], ["--log-format", "json"]])
  func nobodyReadsStandardError(options: [String]) throws {
    let bench = try Workbench()
    let broken: JSONValue = .array(Array(repeating: ["no": "x"], count: 1_500))
    let process = try start(
      bench, #"exec "$@" 2>full"#, options, stdin: JSONEncoder.encode(["items": broken]))
    let reply = Reply(try process.wait(timeLimit: 25))
    #expect(reply.status == 65)
    #expect(try reply.document()["counts"]?["failed"] == 1_500)
    #expect(try bench.posts().isEmpty)
  }

  /// The request was sent, and the ledger has its outcome.
  @Test(
    "A run ends although its result is not read",
    arguments: ["exec \"$@\" >full", "exec \"$@\" >full 2>full"])
  func nobodyReadsTheResult(script: String) throws {
    let bench = try Workbench()
    let began = Date()
    let process = try start(
      bench, script, ["--deadline", "2s", "--ledger", "sqlite:ledger.sqlite3"],
      stdin: JSONEncoder.encode(Workbench.event(.api)))
    #expect(try process.wait(timeLimit: 20).status == 74)
    #expect(Date().timeIntervalSince(began) < 8)
    #expect(try bench.posts().count == 1)
    let next = try bench.run(
      ["--ledger", "sqlite:ledger.sqlite3"], on: Workbench.event(.api))
    #expect(try next.document()["items"]?[0]?["reason"] == "cooldown", "\(next.stdout)")
  }

  @Test("A signal ends the wait for a reader")
  func aSignalEndsTheWaitForAReader() throws {
    let bench = try Workbench()
    let process = try start(
      bench, #"exec "$@" >full 2>full"#, stdin: JSONEncoder.encode(Workbench.event(.api)))
    _ = try waitFor("the request") { try bench.posts().isEmpty ? nil : true }
    let began = Date()
    process.kill(SIGTERM)
    #expect(try process.wait(timeLimit: 20).status == 74)
    #expect(Date().timeIntervalSince(began) < 8)
  }

  /// A stream stops at the first line that is not read.
  @Test("A stream ends although its results are not read", arguments: ["run", "render"])
  func nobodyReadsAStream(command: String) throws {
    let bench = try Workbench()
    let event = JSONEncoder.encode(Workbench.event(.api)) + [UInt8(ascii: "\n")]
    let options = ["--config", bench.folder.path("config.json"), "--stream", "--dry-run"]
    let arguments =
      [try Workbench.program, command]
      + (command == "run" ? options + ["--ledger", "none"] : Array(options.dropLast()))
    var environment = bench.environment
    environment["NCLOUD_REISSUE_DEADLINE"] = "1s"
    let process = try RunningProcess(
      "/bin/sh", ["-c", Self.full + #"exec "$@" >full"#, "sh"] + arguments,
      environment: environment, stdin: event + event, workingDirectory: bench.folder.path)
    #expect(try process.wait(timeLimit: 20).status == 74)
  }

  @Test("Certificates ends at the deadline although its output is not read")
  func nobodyReadsTheListOfCertificates() throws {
    let bench = try Workbench()
    let process = try command(bench, ["certificates", "--deadline", "1s"])
    #expect(try process.wait(timeLimit: 20).status == 74)
  }

  /// Commands without a deadline wait for a pager until they get a signal.
  @Test("A signal ends a report of the ledger that is not read")
  func aSignalEndsAReportOfTheLedger() throws {
    let bench = try Workbench()
    let process = try command(bench, ["ledger", "check", "--ledger", "sqlite:ledger.sqlite3"])
    Thread.sleep(forTimeInterval: 1)
    #expect(process.isRunning)
    process.kill(SIGTERM)
    #expect(try process.wait(timeLimit: 20).status == 74)
  }

  /// A result file may be a named pipe.
  @Test("A run ends although its result file is a pipe that is not read")
  func nobodyReadsTheResultFile() throws {
    let bench = try Workbench()
    let process = try start(
      bench, #"exec "$@""#, ["--deadline", "2s", "--result-file", "full"],
      stdin: JSONEncoder.encode(Workbench.event(.api)))
    let reply = Reply(try process.wait(timeLimit: 20))
    #expect(reply.status == 74)
    #expect(try reply.document()["status"] == "reissued")
    #expect(reply.stderr.contains("[output.result-file]"))
  }

  private func start(
    _ bench: Workbench, _ script: String, _ options: [String] = [], stdin: [UInt8]
  ) throws -> RunningProcess {
    let arguments = ["-c", Self.full + script, "sh", try Workbench.program]
    return try RunningProcess(
      "/bin/sh", arguments + bench.runOptions + options, environment: bench.environment,
      stdin: stdin, workingDirectory: bench.folder.path)
  }

  private func command(_ bench: Workbench, _ words: [String]) throws -> RunningProcess {
    let arguments = ["-c", Self.full + #"exec "$@" >full"#, "sh", try Workbench.program]
    return try RunningProcess(
      "/bin/sh", arguments + words + ["--config", bench.folder.path("config.json")],
      environment: bench.environment, workingDirectory: bench.folder.path)
  }
}
