import Foundation
import JSON
import TestSupport
import Testing

/// The program as an ordinary user, as services run it: it needs nothing that only root may read.
@Suite(.waiting)
struct OrdinaryUserTests {
  private static let nobody = 65_534
  private let bench: Workbench

  init() throws {
    bench = try Workbench(["--fault", "silent,method=POST,count=1"])
    guard geteuid() == 0 else { return }
    let owned = try TestSupport.run(
      "/bin/chown", ["-R", "\(Self.nobody):\(Self.nobody)", bench.folder.path])
    try #require(owned.status == 0, "\(owned.stderr)")
  }

  /// Starts `run` as a user other than root, whatever the modes of the folders above the program.
  private func start() throws -> RunningProcess {
    let lowered =
      geteuid() == 0
      ? "setpriv --reuid=\(Self.nobody) --regid=\(Self.nobody) --clear-groups /proc/self/fd/9"
      : "\"$program\""
    return try RunningProcess(
      "/bin/sh",
      [
        "-c", #"program=$1; shift; exec 9<"$program"; exec \#(lowered) "$@""#, "sh",
        try Workbench.program, "run", "--config", bench.folder.path("config.json"), "--follow",
        "none",
        "--log-level", "debug",
      ], environment: bench.environment, stdin: JSONEncoder.encode(Workbench.event(.api)),
      workingDirectory: bench.folder.path)
  }

  /// The ledger has its process id, start time and namespace, so the next run finds immediately that it has ended.
  @Test("The death of the owner of a claim is noticed immediately")
  func whoDiedIsKnownAtOnce() throws {
    let first = try start()
    _ = try waitFor("the request") { try bench.posts().isEmpty ? nil : true }
    first.kill(SIGKILL)
    _ = try first.wait(timeLimit: 10)
    let reply = Reply(try start().wait(timeLimit: 30))
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let item = try reply.document()["items"]?[0]
    #expect(item?["reason"] == "cooldown", "found at the service, not taken for in progress")
    #expect(item?["newCertificateNo"] == "56010")
    #expect(try bench.posts().count == 1)
  }
}
