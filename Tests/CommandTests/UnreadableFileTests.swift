import Foundation
import JSON
import TestSupport
import Testing

/// Files that cannot be read: the deadline and a signal end the wait for a pipe, a failure of the machine is 74 and may
/// be temporary, and only a wrong name is an error of the event or the configuration.
@Suite(.waiting)
struct UnreadableFileTests {
  struct Unreadable: Sendable, CustomTestStringConvertible {
    let name: String
    let script: String
    var options: [String] = []
    let code: String
    let exit: Int32
    var testDescription: String { name }
  }

  /// Named pipes without a writer, and an endless device.
  private static let endless = [
    Unreadable(
      name: "configuration", script: "rm config.json; mkfifo -m 600 config.json",
      code: "run.ended", exit: 75),
    Unreadable(
      name: "template", script: "rm templates/*; mkfifo -m 600 templates/plain.template.json",
      code: "run.ended", exit: 75),
    Unreadable(
      name: "credentials",
      script: "mkdir -p -m 700 home/.ncloud; mkfifo -m 600 home/.ncloud/configure",
      options: ["--profile", "x"], code: "run.ended", exit: 75),
    Unreadable(
      name: "event", script: "mkfifo -m 600 event", options: ["--event", "event"],
      code: "run.ended", exit: 75),
    // Of zeros, a fast machine reads the largest event within the second of the deadline.
    Unreadable(
      name: "endless event", script: "true",
      options: ["--event", "/dev/urandom", "--max-event-bytes", "1073741824"], code: "run.ended",
      exit: 75),
  ]

  /// Names that are refused immediately.
  private static let irregular = [
    Unreadable(
      name: "data",
      script: """
        mkfifo -m 600 templates/i.json
        printf '{"version": 1, "data": {"i": "i.json"}, "reissue": {}}' > templates/plain.template.json
        """, code: "template.file", exit: 78),
    Unreadable(
      name: "signing request",
      script: "rm csr/api.example.com.csr; mkfifo -m 600 csr/api.example.com.csr",
      code: "csr.unreadable", exit: 65),
    Unreadable(
      name: "authorities", script: "mkfifo -m 600 ca.pem", options: ["--ca-file", "ca.pem"],
      code: "network.ca-file", exit: 78),
  ]

  @Test("The deadline ends the wait for a pipe without a writer", arguments: endless + irregular)
  func aPipeThatNobodyWritesToEndsInTime(_ file: Unreadable) throws {
    let bench = try Workbench()
    try prepare(bench, file.script)
    let process = try bench.start(
      bench.runOptions + ["--deadline", "1s"] + file.options,
      stdin: JSONEncoder.encode(Workbench.event(.api)))
    let reply = Reply(try process.wait(timeLimit: 30))
    try reply.expectFailure(file.code, exit: file.exit)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A signal ends the wait for a pipe without a writer", arguments: endless)
  func aSignalEndsTheWait(_ file: Unreadable) throws {
    let bench = try Workbench()
    try prepare(bench, file.script)
    let process = try bench.start(
      bench.runOptions + ["--deadline", "600s"] + file.options,
      stdin: JSONEncoder.encode(Workbench.event(.api)))
    // When the program catches the signal, the wait comes next.
    _ = try waitFor("the handler of SIGTERM") {
      let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
      let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
      let mask = caught?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
      return mask & 1 << UInt64(SIGTERM - 1) != 0 ? true : nil
    }
    process.kill(SIGTERM)
    try Reply(try process.wait(timeLimit: 30)).expectFailure("run.ended", exit: 75)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// The deadline in the configuration applies to all reads after it.
  @Test("The deadline of the configuration bounds the reads after it")
  func theDeadlineOfTheConfigurationHolds() throws {
    let bench = try Workbench(configuration: JSONObject([("deadline", "1s")]))
    try prepare(bench, "rm templates/*; mkfifo -m 600 templates/plain.template.json")
    let process = try bench.start(bench.runOptions, stdin: Array("{}".utf8))
    try Reply(try process.wait(timeLimit: 30)).expectFailure("run.ended", exit: 75)
  }

  /// A read of the memory of a process at address 0 fails with EIO for every user.
  private static let failing = [
    Unreadable(
      name: "template", script: "true", options: ["--template", "/proc/self/mem"],
      code: "template.unreadable", exit: 74),
    Unreadable(
      name: "configuration", script: "ln -sf /proc/self/mem config.json",
      code: "configuration.unreadable", exit: 74),
    Unreadable(
      name: "signing request",
      script: """
        sed -i 's|{|{"csrDirectory": "/proc/self", |' config.json
        sed -i 's/\\${cn}.csr/mem/' templates/*
        """, code: "csr.unreadable", exit: 74),
  ]

  private static let misnamed = [
    Unreadable(
      name: "no signing request", script: "rm csr/*", code: "csr.unreadable", exit: 65),
    Unreadable(
      name: "a folder as signing request",
      script: "rm csr/*; mkdir csr/api.example.com.csr", code: "csr.unreadable", exit: 65),
    Unreadable(
      name: "a file in the place of the folder", script: "rm -r csr; : > csr",
      code: "csr.unreadable", exit: 65),
    Unreadable(
      name: "a link out of the folder",
      script: "rm csr/*; ln -s /etc/passwd csr/api.example.com.csr", code: "csr.outside-folder",
      exit: 65),
    Unreadable(
      name: "no template", script: "true", options: ["--template", "no.json"],
      code: "template.not-found", exit: 78),
  ]

  @Test("Only a wrong name is a fault of the event", arguments: failing + misnamed)
  func onlyAWrongNameIsTheEventsFault(_ file: Unreadable) throws {
    let bench = try Workbench()
    try prepare(bench, file.script)
    let reply = try bench.run(file.options, on: Workbench.event(.api))
    try reply.expectFailure(file.code, exit: file.exit)
    #expect(try reply.error()?["retry"] == (file.exit == 74 ? "safe" : "no"))
    #expect(try bench.sandbox.journal().isEmpty)
  }

  private func prepare(_ bench: Workbench, _ script: String) throws {
    let done = try TestSupport.run(
      "/bin/sh", ["-euc", script], workingDirectory: bench.folder.path)
    try #require(done.status == 0, "\(done.stderr)")
  }
}
