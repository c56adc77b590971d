import Foundation
import TestSupport
import Testing

/// The tests stand on this: a helper that loses a status or a signal would make them lie.
@Suite("programs that tests start")
struct RunningProcessTests {
  private func shell(_ script: String, stdin: String = "", limit: Double = 10) throws -> Completion
  {
    try run("/bin/sh", ["-c", script], stdin: stdin, timeLimit: limit)
  }

  @Test("streams, status and environment are exactly those of the program")
  func plain() throws {
    let completion = try run(
      "/bin/sh", ["-c", "cat; echo \"$A|$#|$1\" >&2; exit 3", "sh", "a b"],
      environment: ["A": "x=y"], stdin: "in\n")
    #expect(completion.status == 3)
    #expect(completion.stdout == "in\n")
    #expect(completion.stderr == "x=y|1|a b\n")
    let names = try run("/usr/bin/env", environment: ["B": "1"]).stdout.split(separator: "\n")
      .compactMap { $0.split(separator: "=").first.map(String.init) }
    #expect(Set(names).isSubset(of: ["B", "HOME", "PATH"]))
  }

  @Test("no signal is blocked or ignored, and none of our descriptors is open")
  func cleanStart() throws {
    let masks = try run("/bin/grep", ["-E", "^Sig(Blk|Ign)", "/proc/self/status"]).stdout
    // glibc keeps signals 32 and 33 for itself (nptl(7)).
    let ours = try masks.split(separator: "\n").map { line in
      try #require(UInt64(line.suffix(16), radix: 16)) & ~(3 << 31)
    }
    #expect(ours == [0, 0])
    // 3 is the folder that ls itself reads.
    #expect(try run("/bin/ls", ["/proc/self/fd"]).stdout == "0\n1\n2\n3\n")
  }

  @Test("a signal is 128 and its number; what runs too long is killed and told")
  func endings() throws {
    #expect(try shell("kill -TERM $$").status == 128 + SIGTERM)
    let process = try RunningProcess("/bin/sleep", ["60"])
    #expect(process.isRunning)
    #expect(try process.stop().status == 128 + SIGTERM)
    #expect(!process.isRunning)
    #expect(throws: TestSupportError.self) { try shell("exec sleep 60", limit: 0.1) }
    #expect(throws: TestSupportError.self) { try run("/nowhere/program") }
  }

  @Test("a working folder of its own leaves the id that of the program")
  func workingDirectory() throws {
    let directory = try TemporaryDirectory()
    let completion = try run("/bin/sh", ["-c", "pwd"], workingDirectory: directory.path)
    #expect(completion.stdout == directory.path + "\n")
    let process = try RunningProcess(
      "/bin/sh", ["-c", "echo $$; sleep 60"], workingDirectory: directory.path)
    let line = try waitFor("the id") { process.stdout.isEmpty ? nil : process.stdout }
    #expect(line == "\(process.id)\n")
    try process.stop()
  }
}
