import Foundation
import JSON
import TestSupport
import Testing

/// Streams of events, and events that are not read from standard input.
@Suite(.waiting)
struct EventSourceTests {
  private let bench: Workbench

  init() throws { bench = try Workbench() }

  private func results(of reply: Reply) throws -> [JSONValue] {
    try reply.stdout.split(separator: "\n").map { try JSONDecoder.decode(String($0)) }
  }

  private static let good = JSONEncoder.text(Workbench.event(.api))
  private static let other = JSONEncoder.text(Workbench.event(.wildcard))

  @Test("A bad line fails only that line")
  func aBadLineCostsThatLine() throws {
    let lines = [Self.good, "{\"items\": [}", "", "7", Self.other]
    let reply = try bench.run(["--stream"], stdin: Array(lines.joined(separator: "\n").utf8))
    #expect(reply.status == 65, "\(reply.stderr)")
    let results = try results(of: reply)
    #expect(
      results.map { $0["status"] } == ["reissued", "failed", "failed", "reissued"],
      "\(reply.stdout)")
    #expect(results.map { $0["error"]?["at"]?["line"] } == [nil, 2, 4, nil])
    #expect(
      results.map { $0["error"]?["code"] } == [
        nil, "event.syntax", "event.not-a-container", nil,
      ])
    #expect(try bench.posts().count == 2)
  }

  /// For Swift, the sign and a combining mark after it are one character; for the kernel they are not.
  @Test("The name of a variable ends at the first equals sign")
  func aVariableEndsAtTheFirstEqualsSign() throws {
    let reply = try bench.command(
      ["eval", "NAGIOS_A", "--event-env", "NAGIOS_"], environment: ["NAGIOS_A": "\u{301}x=1"])
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try JSONDecoder.decode(reply.stdout) == "\u{301}x=1")
  }

  @Test("Documents may share a line or use several lines")
  func documentsMayStandSideBySideOrOverSeveralLines() throws {
    let pretty = JSONEncoder.text(Workbench.event(.shop), layout: .pretty)
    let reply = try bench.run(
      ["--stream"], stdin: Array((Self.good + Self.other + pretty + "\n").utf8))
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(try results(of: reply).count == 3)
    #expect(try bench.posts().count == 3)
  }

  /// One of three events is broken.
  @Test("The exit status of a stream is the gravest of its events")
  func theGravestStatusIsTheStreams() throws {
    try bench.sandbox.control(
      "POST", "faults", ["kind": "reset-after", "certificate": "55883"])
    let lines = ["{", Self.good, Self.other].joined(separator: "\n")
    let reply = try bench.run(["--stream"], stdin: Array(lines.utf8))
    #expect(reply.status == 76, "\(reply.stdout)")
  }

  @Test("A result is written before the next event arrives")
  func aResultIsThereBeforeTheNextEvent() throws {
    let script = #"{ printf '%s\n' "$1"; sleep 3; printf '%s\n' "$1"; } | { shift; "$@"; }"#
    let arguments = ["-c", script, "sh", Self.good, try Workbench.program]
    let process = try RunningProcess(
      "/bin/sh", arguments + bench.runOptions + ["--stream"], environment: bench.environment,
      workingDirectory: bench.folder.path)
    let began = Date()
    _ = try waitFor("the first result") { process.stdout.hasSuffix("\n") ? true : nil }
    #expect(Date().timeIntervalSince(began) < 2.5)
    #expect(process.isRunning)
    let reply = Reply(try process.wait())
    #expect(try results(of: reply).count == 2)
  }

  /// The sender keeps the pipe open and sends nothing more.
  @Test("A signal ends a stream that waits")
  func aSignalEndsAStreamThatWaits() throws {
    let script = #"mkfifo pipe; exec 3<>pipe; printf '%s\n' "$1" >&3; shift; exec "$@" <pipe"#
    let arguments = ["-c", script, "sh", Self.good, try Workbench.program]
    let process = try RunningProcess(
      "/bin/sh", arguments + bench.runOptions + ["--stream"], environment: bench.environment,
      workingDirectory: bench.folder.path)
    _ = try waitFor("the first result") { process.stdout.hasSuffix("\n") ? true : nil }
    let began = Date()
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 10))
    #expect(Date().timeIntervalSince(began) < 3)
    #expect([0, 75].contains(reply.status), "\(reply.stdout)\(reply.stderr)")
    #expect(try results(of: reply).first?["status"] == "reissued")
    #expect(try bench.posts().count == 1)
  }

  /// The results are no longer read: further events stay with the sender.
  @Test("A stream stops if its results have no reader")
  func aStreamWithoutAReaderStops() throws {
    let script = #"""
      { echo "$1"; sleep 0.7; echo "$2"; sleep 0.7; echo "$3"; } |
        { shift 3; "$@"; echo "status $?" >&2; } | head -n 1
      """#
    let events = [Self.good, Self.other, JSONEncoder.text(Workbench.event(.shop))]
    let arguments = ["-c", script, "sh"] + events + [try Workbench.program]
    let reply = Reply(
      try TestSupport.run(
        "/bin/sh", arguments + bench.runOptions + ["--stream"], environment: bench.environment,
        workingDirectory: bench.folder.path))
    #expect(reply.stderr.hasSuffix("status 141\n") && !reply.stderr.contains("error"))
    #expect(try results(of: reply).count == 1)
    #expect(try bench.posts().count == 2, "the third event was taken")
  }

  /// A valid alert inside of a broken document does not cause a request.
  @Test("No part of a broken document is sent")
  func noPartOfABrokenDocumentIsSent() throws {
    let alert = JSONEncoder.text(CertificateSample.shop.item)
    try bench.write(
      template: [
        "version": 1, "reissue": Workbench.plainParameters, "policy": ["preflight": "off"],
      ], named: "plain")
    let text = """
      {
       "when":1,"when":2,
       "alerts":[
          \(alert)
       ]
      }
      \(JSONEncoder.text(CertificateSample.api.item))
      """
    let reply = try bench.run(["--stream"], stdin: Array(text.utf8))
    #expect(reply.status == 65, "\(reply.stdout)")
    let results = try results(of: reply)
    #expect(results.map { $0["status"] } == ["failed", "reissued"], "\(reply.stdout)")
    #expect(results.first?["error"]?["code"] == "event.duplicate-name")
    #expect(try bench.posts().map { $0["target"]?.string } == [CertificateSample.api.target])
  }

  @Test("An empty stream exits with 0")
  func anEmptyStreamIsNothingToDo() throws {
    let reply = try bench.run(["--stream"], stdin: Array(" \n\n".utf8))
    #expect(reply.status == 0)
    #expect(reply.stdout == "")
  }

  @Test("--pretty and --stream exclude each other")
  func prettyAndStreamExcludeEachOther() throws {
    try bench.run(["--stream", "--pretty"], stdin: []).expectFailure("usage.option", exit: 64)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  private func useFlatTemplate() throws {
    let parameters: JSONValue = [
      "certificateNo": "${ NAGIOS_NO || no }", "certificateName": "api",
      "commonName": "${ NAGIOS_HOST || host }", "dnsName": [], "validationMethod": "D",
      "csr": ["file": "${ NAGIOS_HOST || host }.csr"],
    ]
    try bench.write(
      template: ["version": 1, "reissue": parameters, "policy": ["preflight": "off"]],
      named: "plain")
  }

  @Test("An event can be built from the environment")
  func anEventFromTheEnvironment() throws {
    try useFlatTemplate()
    let reply = try bench.run(
      ["--event-env", "NAGIOS_"], stdin: Array("not read".utf8),
      environment: ["NAGIOS_NO": "55883", "NAGIOS_HOST": "api.example.com"])
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(try bench.posts().map { $0["target"]?.string } == [CertificateSample.api.target])
  }

  @Test("An event can be built from the command line")
  func anEventFromTheCommandLine() throws {
    try useFlatTemplate()
    let fields = ["--event-field", "no=55883", "--event-field", "host=api.example.com"]
    let reply = try bench.run(fields, stdin: Array("not read".utf8))
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(try bench.posts().count == 1)
  }

  /// No prefix can select credentials.
  @Test("Credentials are never part of an event")
  func credentialsAreNeverTakenIntoAnEvent() throws {
    try bench.write(
      template: [
        "version": 1,
        "reissue": [
          "certificateName": "${ NCLOUD_SECRET_KEY }", "commonName": "${ join(',', values(@)) }",
          "validationMethod": "D", "csr": "x",
        ],
      ], named: "plain")
    // Variables of a monitoring system may have names of secrets too, and a value may contain a secret.
    let secrets = [
      "MON_PASSWORD", "MON_API_KEY", "mon_https_proxy", "MON_no_PROXY", "MON_Secret", "MON_TOKENS",
    ]
    var environment = Dictionary(uniqueKeysWithValues: secrets.map { ($0, String?("MARKER")) })
    environment["MON_COPY"] = "key=\(Sandbox.secretKey)"
    environment["MON_HOST"] = "api.example.com"
    let reply = try bench.run(
      ["--event-env", "MON_", "--event-env", "mon_", "--log-level", "trace"], stdin: [],
      environment: environment)
    #expect(reply.status == 65, "\(reply.stdout)")
    let values = try bench.command(
      ["eval", "@", "--event-env", "MON_", "--event-env", "mon_"], environment: environment)
    #expect(values.stdout == #"{"MON_HOST":"api.example.com"}"# + "\n")
    for secret in [Sandbox.secretKey, "MARKER"] {
      #expect(!reply.stdout.contains(secret) && !reply.stderr.contains(secret))
    }
  }

  @Test(
    "A prefix that selects credentials is refused",
    arguments: [
      "NCLOUD_", "ncloud_", "NCL", "NCLOUD_REISSUE_", "HTTPS_", "https_", "HTTP_", "ALL_",
      "CREDENTIALS_DIR", "TF_VAR_",
    ])
  func aPrefixOfCredentialsIsRefused(prefix: String) throws {
    let reply = try bench.run(
      ["--event-env", prefix], stdin: [], environment: ["https_proxy": "http://u:MARKER@x"])
    try reply.expectFailure("usage.option", exit: 64)
    #expect(reply.stderr.contains("no event may hold"), "\(reply.stderr)")
    #expect(!(reply.stdout + reply.stderr).contains("MARKER"))
    #expect(try bench.posts().isEmpty)
  }

  @Test("A prefix that is too short is refused", arguments: ["NA", "", "N"])
  func aShortPrefixIsRefused(prefix: String) throws {
    let reply = try bench.run(["--event-env", prefix], stdin: [])
    try reply.expectFailure("usage.option", exit: 64)
  }
}
