import Foundation
import JSON
import TestSupport
import Testing

/// The program reads its arguments at the entry point of the process, so that a command never becomes a plain run.
@Suite(.waiting)
struct EntryPointTests {
  /// Whether this machine lets a process create namespaces; some containers do not.
  private static let canHideProc =
    (try? run("/bin/sh", ["-c", hidden + "true"]))?.status == 0

  /// Runs the following command with an empty /proc.
  private static let hidden =
    #"exec unshare -rm sh -c 'mount -t tmpfs none /proc && exec "$@"' sh "#

  @Test(
    "A dry run without /proc sends nothing",
    .enabled(if: canHideProc, "namespaces are not permitted here"))
  func aDryRunWithoutProcSendsNothing() throws {
    let bench = try Workbench()
    let reply = try bench.shell(
      Self.hidden + #""$@""#, ["--dry-run"], stdin: JSONEncoder.encode(Workbench.event(.api)))
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    #expect(try reply.document()["status"] == "would-reissue")
    #expect(try bench.posts().isEmpty)
  }

  /// Commands and options with their exit statuses, given an event that a plain run would send.
  @Test(
    "Every command works without /proc",
    .enabled(if: canHideProc, "namespaces are not permitted here"),
    arguments: [
      (["--version"], 0, "ncloud-reissue "), (["--bogus"], 64, "usage.option"),
      (["render", "--config", "config.json"], 0, "certificateNo"),
      (["check", "--config", "config.json"], 0, "1 template"),
      (["eval", "items[0].cn", "--config", "config.json"], 0, "api.example.com"), (["cgi"], 64, ""),
    ] as [([String], Int32, String)])
  func everyCommandWithoutProc(arguments: [String], status: Int32, output: String) throws {
    let bench = try Workbench()
    let reply = Reply(
      try run(
        "/bin/sh", ["-c", Self.hidden + #""$@""#, "sh", try Workbench.program] + arguments,
        environment: bench.environment, stdin: JSONEncoder.encode(Workbench.event(.api)),
        workingDirectory: bench.folder.path))
    #expect(reply.status == status, "\(reply.stdout)\(reply.stderr)")
    #expect(output.isEmpty || reply.stdout.contains(output), "\(reply.stdout)")
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// Without /proc the process cannot be identified, but it still sends only one request.
  @Test(
    "A run without /proc sends one request",
    .enabled(if: canHideProc, "namespaces are not permitted here"))
  func aRunWithoutProcActsOnce() throws {
    let bench = try Workbench()
    let event = JSONEncoder.encode(Workbench.event(.api))
    for status in ["reissued", "skipped"] {
      let reply = try bench.shell(
        Self.hidden + #""$@""#, ["--ledger", "sqlite:ledger.sqlite3"], stdin: event)
      #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
      #expect(try reply.document()["status"] == .string(status))
    }
    #expect(try bench.posts().count == 1)
  }

  /// setenv(3) moves the environment, which the Swift runtime expects directly after the arguments.
  @Test("A preloaded library that sets a variable does not change the arguments")
  func aPreloadedLibraryThatSetsAVariable() throws {
    let bench = try Workbench()
    try bench.folder.write(
      """
      #include <stdlib.h>
      __attribute__((constructor)) static void add(void) { setenv("ADDED", "1", 1); }
      """, to: "add.c")
    let library = bench.folder.path("add.so")
    let built = try run(
      "/usr/bin/cc", ["-shared", "-fPIC", "-o", library, bench.folder.path("add.c")])
    try #require(built.status == 0, "\(built.stderr)")
    let reply = try bench.run(
      ["--dry-run"], on: Workbench.event(.api), environment: ["LD_PRELOAD": library])
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    #expect(try reply.document()["status"] == "would-reissue")
    #expect(try bench.posts().isEmpty)
  }

  /// Linux 5.18 and newer replace an empty list by a list with one empty name (execve(2)).
  @Test("An empty argument list is a fault")
  func anEmptyArgumentListIsAFault() throws {
    let bench = try Workbench()
    let script = #"exec bash -c 'exec -a "" "$1"' bash "$1""#
    let reply = try bench.shell(script, stdin: JSONEncoder.encode(Workbench.event(.api)))
    try reply.expectFailure("fault.no-arguments", exit: 70)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("An empty program name before arguments is accepted")
  func anEmptyNameBeforeArgumentsIsNone() throws {
    let bench = try Workbench()
    let reply = try bench.shell(#"exec bash -c 'exec -a "" "$1" --version' bash "$1""#)
    #expect(reply.status == 0 && reply.stdout.hasPrefix("ncloud-reissue "))
  }

  @Test(
    "An argument that is not UTF-8 is refused",
    arguments: [#"--var "$(printf 'a=\351')""#, #""$(printf '\355\240\200')""#])
  func anArgumentThatIsNotUTF8IsRefused(argument: String) throws {
    let bench = try Workbench()
    let reply = try bench.shell(
      #""$@" "# + argument, stdin: JSONEncoder.encode(Workbench.event(.api)))
    try reply.expectFailure("usage.option", exit: 64)
    #expect(reply.stderr.contains("is not valid UTF-8"))
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// Hostile arguments: escape sequences, a line feed, reversed text, a C1 control character.
  @Test(
    "A usage error is one line without control characters",
    arguments: [
      "--\u{1B}[31m", "--x\nncloud-reissue: error: forged", "--\u{202E}txt", "--\u{2066}a\u{2069}",
      "--a\u{200F}b\u{61C}", "--\u{9B}31m", "--\u{2028}b", "--\u{7F}", "led\u{1B}ger",
    ])
  func usageErrorsAreOneSafeLine(argument: String) throws {
    let bench = try Workbench()
    let commands = [
      [argument], ["render", argument], ["ledger", argument], ["--\(argument)=x"],
      ["--follow=\(argument)"], ["--parallel=\(argument)"], ["--var=\(argument)"],
      ["help", argument], ["--pretty=\(argument)"], ["certificates", argument],
      ["ledger", "show", "1", argument], ["manual", argument],
    ]
    for command in commands {
      let reply = try bench.command(command)
      #expect(reply.status == 64, "\(command)")
      #expect(
        reply.stderr.split(separator: "\n").allSatisfy {
          $0.hasPrefix("ncloud-reissue: error: ") || $0.hasPrefix("ncloud-reissue: hint: ")
        }, "\(reply.stderr)")
      for text in [reply.stdout, reply.stderr] {
        let unsafe = text.unicodeScalars.filter { scalar in
          scalar != "\n"
            && [.control, .format, .lineSeparator].contains(scalar.properties.generalCategory)
        }
        #expect(unsafe.isEmpty, "\(text.debugDescription)")
        #expect(
          !text.split(separator: "\n").contains { $0.hasPrefix("ncloud-reissue: error: forged") })
      }
    }
  }
}
