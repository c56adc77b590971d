import Foundation
import TestSupport
import Testing

/// The other tests depend on this: a helper that loses a status or a signal would give wrong results.
@Suite("Programs are started and stopped by the tests")
struct RunningProcessTests {
  private func shell(_ script: String, stdin: String = "", limit: Double = 10) throws -> Completion
  {
    try run("/bin/sh", ["-c", script], stdin: stdin, timeLimit: limit)
  }

  @Test("Streams, status and environment are those of the program")
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

  @Test("No signal is blocked or ignored, and no descriptor is inherited")
  func cleanStart() throws {
    let masks = try run("/bin/grep", ["-E", "^Sig(Blk|Ign)", "/proc/self/status"]).stdout
    // glibc uses signals 32 and 33 itself (nptl(7)).
    let ours = try masks.split(separator: "\n").map { line in
      try #require(UInt64(line.suffix(16), radix: 16)) & ~(3 << 31)
    }
    #expect(ours == [0, 0])
    // 3 is the folder that ls reads.
    #expect(try run("/bin/ls", ["/proc/self/fd"]).stdout == "0\n1\n2\n3\n")
  }

  @Test(
    "A signal gives 128 plus its number, and a program over the time limit is killed and reported")
  func endings() throws {
    #expect(try shell("kill -TERM $$").status == 128 + SIGTERM)
    let process = try RunningProcess("/bin/sleep", ["60"])
    #expect(process.isRunning)
    #expect(try process.stop().status == 128 + SIGTERM)
    #expect(!process.isRunning)
    #expect(throws: TestSupportError.self) { try shell("exec sleep 60", limit: 0.1) }
    #expect(throws: TestSupportError.self) { try run("/nowhere/program") }
  }

  @Test("A program with its own working folder has the reported id")
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
