import Foundation
import JSON
import TestSupport
import Testing

/// Signals and limits that by default would end the process without a result.
@Suite(.waiting)
struct SignalTests {
  /// Signals that request termination, signals of timers and limits, and signals that no program should send.
  static let ending: [Int32] = [
    SIGQUIT, SIGUSR1, SIGUSR2, SIGPWR, SIGXCPU, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT, 34,
    64,
  ]

  @Test("A signal ends the run with a result", arguments: ending)
  func aSignalEndsTheRunWithAResult(signal: Int32) throws {
    let bench = try Workbench()
    let process = try startWaiting(bench, #"exec "$@" <pipe"#)
    process.kill(signal)
    try Reply(try process.wait(timeLimit: 10)).expectFailure("run.ended", exit: 75)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// Timers are kept by execve(2), which is a way to bound a command without timeout(1).
  @Test("A timer of the caller ends the run with a result")
  func anAlarmOfTheCallerEndsTheRunWithAResult() throws {
    let bench = try Workbench()
    let process = try startWaiting(bench, #"exec perl -e 'alarm 1; exec @ARGV' "$@" <pipe"#)
    try Reply(try process.wait(timeLimit: 20)).expectFailure("run.ended", exit: 75)
  }

  /// The signal mask of the parent is inherited.
  @Test("A blocked signal is unblocked")
  func aBlockedSignalIsUnblocked() throws {
    let bench = try Workbench()
    let script = """
      exec python3 -c 'import os, signal, sys
      signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
      os.execv(sys.argv[1], sys.argv[1:])' "$@" <pipe
      """
    let process = try startWaiting(bench, script)
    process.kill(SIGTERM)
    try Reply(try process.wait(timeLimit: 10)).expectFailure("run.ended", exit: 75)
  }

  @Test("An ignored signal stays ignored")
  func anIgnoredSignalStaysIgnored() throws {
    let bench = try Workbench()
    let process = try startWaiting(bench, #"trap '' USR1; exec "$@" <pipe"#)
    process.kill(SIGUSR1)
    Thread.sleep(forTimeInterval: 0.3)
    #expect(process.isRunning)
    process.kill(SIGTERM)
    try Reply(try process.wait(timeLimit: 10)).expectFailure("run.ended", exit: 75)
  }

  /// Starts `run` on a pipe that never ends, and waits until it handles signals.
  private func startWaiting(_ bench: Workbench, _ script: String) throws -> RunningProcess {
    let arguments = ["-c", "mkfifo pipe; exec 3<>pipe; " + script, "sh", try Workbench.program]
    let process = try RunningProcess(
      "/bin/sh", arguments + bench.runOptions, environment: bench.environment,
      workingDirectory: bench.folder.path)
    _ = try waitFor("the program to handle signals") {
      let status = try? String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
      let lines = (status ?? "").split(separator: "\n")
      let caught = lines.first { $0.hasPrefix("SigCgt:") }?.split(separator: "\t").last
      // Bit n - 1 stands for signal n (proc(5)); signal 64 is the last one that is set.
      return caught.flatMap { UInt64($0, radix: 16) }.flatMap { $0 >> 63 == 1 ? true : nil }
    }
    return process
  }

  // MARK: RLIMIT_FSIZE

  /// 1 MiB in the 512-byte blocks of ulimit.
  private static let limited = #"ulimit -f 2048; exec "$@""#
  private static let limit = 1 << 20

  @Test("A result file at its size limit is an error, not a death by signal")
  func aResultFileAtTheLimitOfItsSize() throws {
    let bench = try Workbench()
    let before = String(repeating: "x", count: Self.limit - 100)
    try bench.folder.write(before, to: "results.ndjson")
    let reply = try bench.shell(
      Self.limited, ["--result-file", bench.folder.path("results.ndjson")],
      stdin: JSONEncoder.encode(Workbench.event(.api)))
    #expect(reply.status == 74, "\(reply.stderr)")
    #expect(try reply.document()["status"] == "reissued")
    #expect(
      reply.stderr.contains("[output.result-file]") && reply.stderr.contains("file too large"))
    // No part of the line is left in the file.
    #expect(try bench.folder.read("results.ndjson") == before)
    #expect(try bench.posts().count == 1)
  }

  /// Standard output accepts nothing; status 76 is graver than 74.
  @Test(
    "Standard output at its size limit gives the gravest status",
    arguments: [([], 74), (["--fault", "cut"], 76)] as [([String], Int32)])
  func aResultThatCannotBeWritten(fault: [String], status: Int32) throws {
    let bench = try Workbench(fault)
    let script = #"ulimit -f 1; "$@" >>full; echo "exit $?" >&2"#
    try bench.folder.write(String(repeating: "x", count: 512), to: "full")
    let reply = try bench.shell(script, stdin: JSONEncoder.encode(Workbench.event(.api)))
    #expect(reply.stderr.hasSuffix("exit \(status)\n"), "\(reply.stderr)")
    #expect(try bench.posts().count == 1)
  }

  @Test("A ledger at its size limit is an error, not a death by signal")
  func aLedgerAtTheLimitOfItsSize() throws {
    let bench = try Workbench()
    let reply = try bench.shell(
      #"ulimit -f 8; exec "$@""#, ["--ledger", "sqlite:ledger.sqlite3"],
      stdin: JSONEncoder.encode(Workbench.event(.api)))
    #expect(reply.status == 74, "\(reply.stdout)\(reply.stderr)")
    #expect(try bench.posts().isEmpty)
  }
}
