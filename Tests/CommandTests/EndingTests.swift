import Foundation
import JSON
import TestSupport
import Testing

/// Signals and deadlines: the result is written in time and reports what is known.
@Suite(.waiting)
struct EndingTests {
  /// A service manager ends the run during a call, which gets its grace period.
  @Test(
    "A signal during a call lets the call finish within its grace period",
    arguments: [SIGTERM, SIGINT, SIGHUP])
  func aSignalWhileAnAnswerIsAwaited(signal: Int32) throws {
    let bench = try Workbench(["--fault", "delay,milliseconds=1500"])
    let process = try start(bench, [CertificateSample.api])
    _ = try waitFor("the request to leave") { process.stderr.contains("POST") ? true : nil }
    process.kill(signal)
    let reply = Reply(try process.wait(timeLimit: 10))
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    #expect(try reply.document()["status"] == "reissued")
  }

  /// A shell without job control starts background commands with SIGINT ignored, since Ctrl-C is meant for the
  /// foreground.
  @Test("A signal that the caller ignores stays ignored")
  func aSignalThatIsIgnoredStaysSo() throws {
    let bench = try Workbench(["--fault", "delay,milliseconds=300"])
    let script = #"trap '' INT; (sleep 0.1; kill -INT $$) & exec "$@""#
    let reply = try bench.shell(
      script, ["--parallel", "1"], stdin: JSONEncoder.encode(Workbench.event(.shop, .api)))
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(try bench.posts().count == 2)
  }

  /// The service is silent for longer than the grace period: the outcome is unknown, and nothing more is sent.
  @Test("A signal ends the run within seconds")
  func aSignalEndsTheRunWithinSeconds() throws {
    let bench = try Workbench(["--fault", "silent,certificate=55882"])
    let process = try start(bench, [.shop, .api, .wildcard], ["--parallel", "1"])
    _ = try waitFor("the request") { try bench.posts().isEmpty ? nil : true }
    let began = Date()
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 10))
    #expect(Date().timeIntervalSince(began) < 8)
    #expect(reply.status == 76, "\(reply.stdout)")
    let items = try #require(try reply.document()["items"]?.array)
    #expect(items.map { $0["status"] } == ["unknown", "failed", "failed"])
    #expect(
      items.map { $0["error"]?["code"] } == ["network.lost-answer", "run.ended", "run.ended"])
    #expect(items.map { $0["error"]?["retry"] } == ["after-check", "safe", "safe"])
    #expect(try bench.posts().count == 1)
  }

  @Test("A signal ends a pause between two attempts")
  func aSignalDuringAPauseEndsIt() throws {
    let bench = try Workbench(["--fault", "gateway,code=410,retry-after=30"])
    let process = try start(bench, [.api])
    _ = try waitFor("the pause") { process.stderr.contains("sending again") ? true : nil }
    let began = Date()
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 10))
    #expect(Date().timeIntervalSince(began) < 3)
    #expect(reply.status == 75, "\(reply.stdout)")
    #expect(try bench.posts().count == 1)
  }

  /// The sender never closes its end, with and without the start of an event.
  @Test("A signal ends the wait for an event", arguments: ["", #"{"items":["#])
  func aSignalWhileTheEventIsAwaited(beginning: String) throws {
    let bench = try Workbench()
    let process = try startWithOpenEnd(bench, beginning)
    Thread.sleep(forTimeInterval: 0.5)
    #expect(process.isRunning)
    let began = Date()
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 10))
    #expect(Date().timeIntervalSince(began) < 3)
    try reply.expectFailure("run.ended", exit: 75)
  }

  @Test("The deadline includes the wait for an event")
  func theDeadlineCountsWhileTheEventIsAwaited() throws {
    let bench = try Workbench()
    let began = Date()
    let process = try startWithOpenEnd(bench, "{", ["--deadline", "1s"])
    let reply = Reply(try process.wait(timeLimit: 10))
    #expect((1..<5).contains(Date().timeIntervalSince(began)))
    try reply.expectFailure("run.ended", exit: 75)
  }

  /// The pipes have no writer.
  @Test(
    "The deadline ends the wait for a named pipe without a writer",
    arguments: [
      ["run", "--deadline", "1s"], ["run"], ["render", "--deadline", "1s"], ["render"],
      ["eval", "a", "--deadline", "1s"], ["eval", "a"],
    ])
  func aNamedPipeWithoutASender(command: [String]) throws {
    let bench = try Workbench()
    let pipe = bench.folder.path("pipe")
    try #require(unsafe mkfifo(pipe, 0o600) == 0)
    let began = Date()
    let arguments = command + ["--config", bench.folder.path("config.json"), "--event", pipe]
    let process = try bench.start(arguments)
    if !command.contains("--deadline") {
      // Wait until it waits: an earlier signal would end it in another way.
      Thread.sleep(forTimeInterval: 0.3)
      #expect(process.isRunning)
      process.kill(SIGTERM)
    }
    let reply = Reply(try process.wait(timeLimit: 10))
    #expect(Date().timeIntervalSince(began) < 6)
    #expect(reply.status == 75 && reply.stderr.contains("run.ended"), "\(reply.stderr)")
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// Runs the program on a pipe that it keeps open itself, so that the pipe never ends.
  private func startWithOpenEnd(
    _ bench: Workbench, _ beginning: String, _ options: [String] = []
  ) throws -> RunningProcess {
    let script = #"mkfifo pipe; exec 3<>pipe; printf %s "$1" >&3; shift; exec "$@" <pipe"#
    let arguments = ["-c", script, "sh", beginning, try Workbench.program]
    return try RunningProcess(
      "/bin/sh", arguments + bench.runOptions + options, environment: bench.environment,
      workingDirectory: bench.folder.path)
  }

  @Test("The deadline ends a run that waits")
  func theDeadlineEndsARunThatWaits() throws {
    let bench = try Workbench(["--fault", "silent"])
    let began = Date()
    let reply = try bench.run(["--deadline", "1s"], on: Workbench.event(.api))
    #expect(Date().timeIntervalSince(began) < 4)
    try reply.expectFailure("network.lost-answer", exit: 76)
    #expect(try reply.document()["status"] == "unknown")
  }

  /// An item that was not started before the deadline is surely not carried out.
  @Test("Items not started before the deadline are not sent")
  func theDeadlineKeepsTheRestFromBeingSent() throws {
    let bench = try Workbench(["--fault", "delay,milliseconds=3000"])
    let reply = try bench.run(
      ["--deadline", "1s", "--parallel", "1"], on: Workbench.event(.shop, .api, .wildcard))
    #expect(reply.status == 76, "\(reply.stdout)")
    let items = try #require(try reply.document()["items"]?.array)
    #expect(items.map { $0["status"] } == ["unknown", "failed", "failed"])
    #expect(
      items.map { $0["error"]?["code"] } == ["network.lost-answer", "run.ended", "run.ended"])
    #expect(items.dropFirst().allSatisfy { $0["attempts"] == 0 || $0["attempts"] == nil })
  }

  /// Each expression ends, but an event may have many items; none of the computed items is sent.
  @Test("The deadline includes the time to compute items")
  func theDeadlineCountsWhileItemsAreMade() throws {
    let bench = try Workbench(template: ManyItems.template)
    let process = try bench.start(
      bench.runOptions + ["--deadline", "1s"], stdin: Array(ManyItems.event.utf8))
    try ManyItems.passDeadline(of: process)
    let reply = Reply(try process.wait(timeLimit: 10))
    try reply.expectFailure("run.ended", exit: 75)
    #expect(try reply.document()["error"]?["code"] == "run.ended")
    #expect(try reply.document()["items"]?.array?.isEmpty != false)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A signal ends the computation of items")
  func aSignalWhileItemsAreMade() throws {
    let bench = try Workbench(template: ManyItems.template)
    let process = try bench.start(bench.runOptions, stdin: Array(ManyItems.event.utf8))
    try ManyItems.waitForWork(of: process)
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 10))
    try reply.expectFailure("run.ended", exit: 75)
    #expect(try reply.document()["error"]?["code"] == "run.ended")
  }

  @Test("The deadline does not affect a run that ends in time")
  func aRunThatIsDoneInTimeHasNoUseForTheDeadline() throws {
    let bench = try Workbench(["--delay", "300ms"])
    let reply = try bench.run(["--deadline", "5s"], on: Workbench.event(.api))
    #expect(reply.status == 0)
    let duration = try #require(try reply.document()["durationMs"]?.integer)
    #expect((300..<5_000).contains(duration))
  }

  private func start(
    _ bench: Workbench, _ certificates: [CertificateSample], _ options: [String] = []
  ) throws -> RunningProcess {
    let event: JSONValue = ["items": .array(certificates.map(\.item))]
    return try bench.start(
      bench.runOptions + ["--log-level", "debug"] + options, stdin: JSONEncoder.encode(event))
  }
}
