import CommandOptions
import Foundation
import JSON
import TestSupport
import Testing

@testable import ncloud_sandbox

@Suite("The command line of the sandbox is checked before the start")
struct CommandLineTests {
  private func start(_ arguments: [String]) throws -> Completion {
    try run(Program.path("ncloud-sandbox"), arguments, timeLimit: 10)
  }

  @Test("Help names every option, fault and control route, and starts nothing")
  func help() throws {
    let completion = try start(["--port", "0", "--help"])
    #expect(completion.status == 0)
    #expect(completion.stderr.isEmpty)
    for option in Options.command.options {
      #expect(completion.stdout.contains("  --\(option.name)"))
    }
    for kind in FaultKind.allCases {
      let line = completion.stdout.split(separator: "\n").first {
        $0.hasPrefix("  \(kind.rawValue) ")
      }
      for option in kind.options where option != "message" {
        #expect(line?.contains("\(option)=") == true, "\(kind.rawValue) \(option)")
      }
    }
    #expect(completion.stdout.contains(" invented"))
  }

  @Test(
    "Wrong usage is status 64, with a message on standard error and nothing on standard output",
    arguments: [
      (["--bogus"], "unknown option \"--bogus\""), (["serve"], "unexpected argument \"serve\""),
      (["--port"], "--port needs a value"), (["--port", "65536"], "0 to 65535"),
      (["--port=-1"], "0 to 65535"), (["--help=yes"], "takes no value"),
      (["--issue-after", "5"], "duration"), (["--delay", "-5s"], "duration"),
      (["--delay", "99999999999999999999d"], "duration"), (["--delay", "9999999d"], "duration"),
      (["--clock-offset", "x"], "duration"), (["--record-type", "A"], "TXT or CNAME"),
      (["--minimum-days", "many"], "0 to 398"), (["--shapes", "old"], "newest or older"),
      (["--certificate-days", "0"], "1 to 398"),
      (["--validate-dns", "localhost"], "HOST:PORT"),
      (["--validate-dns", "127.0.0.1:x"], "HOST:PORT"),
      (["--fault", "boom"], "unknown fault 'boom'"), (["--maximum-page-size", "0"], "1 to"),
    ] as [([String], String)])
  func usage(arguments: [String], message: String) throws {
    let completion = try start(arguments)
    #expect(completion.status == 64)
    #expect(completion.stdout.isEmpty)
    #expect(completion.stderr.hasPrefix("ncloud-sandbox: error: "))
    #expect(completion.stderr.contains(message))
    #expect(completion.stderr.contains("hint: see ncloud-sandbox --help"))
  }

  @Test("A file or port that cannot be used is status 69")
  func unavailable() throws {
    let running = try Sandbox()
    let table = [
      ["--seed", "/nowhere/seed.json"], ["--journal", "/nowhere/journal"],
      ["--port", String(running.port)], ["--ca-directory", "/proc/nowhere"],
    ]
    for arguments in table {
      let completion = try start(arguments)
      #expect(completion.status == 69)
      #expect(completion.stdout.isEmpty)
      #expect(completion.stderr.hasPrefix("ncloud-sandbox: error: "))
    }
  }

  @Test("The ready message is one JSON line, SIGTERM ends the sandbox, and the journal is private")
  func lifeCycle() throws {
    let directory = try TemporaryDirectory()
    let journal = directory.path("journal")
    let process = try RunningProcess(
      Program.path("ncloud-sandbox"),
      ["--journal", journal, "--ca-directory", directory.path("ca")])
    let line = try waitFor("ready") { process.stdout.hasSuffix("\n") ? process.stdout : nil }
    let ready = try JSONDecoder.decode(line)
    #expect(line.split(separator: "\n").count == 1)
    #expect(ready["ready"] == true)
    #expect(ready["pid"]?.integer == Int(process.id))
    #expect(ready["control"] == "/sandbox/")
    #expect(ready["endpoint"]?.string?.hasPrefix("http://127.0.0.1:") == true)
    #expect(process.stderr.contains("for trials and tests only"))
    let completion = try process.stop()
    #expect(completion.status == 128 + SIGTERM)
    for (file, mode) in [(journal, 0o600), (directory.path("ca/server.key"), 0o600)] {
      let attributes = try FileManager.default.attributesOfItem(atPath: file)
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode)
    }
  }

  @Test("The secret key is not in the journal, the answers or the messages")
  func secret() throws {
    let marker = "S3CR3T-MARKER-0123456789"
    let sandbox = try Sandbox(secretKey: marker)
    #expect(try sandbox.reissue().returnCode == "0")
    let wrong = try sandbox.reissue("55882", .init(), Variation(signature: "wrong"))
    let state = JSONEncoder.text(try sandbox.control("GET", "state"))
    let journal = try String(contentsOfFile: sandbox.journalPath, encoding: .utf8)
    for text in [journal, wrong.body, state, sandbox.stderr] { #expect(!text.contains(marker)) }
  }

  @Test("The example seed is the default one and can be read")
  func exampleSeed() throws {
    let example = try Program.packageRoot() + "/examples/sandbox/seed.json"
    let text = try String(contentsOfFile: example, encoding: .utf8)
    #expect(try start(["--print-seed"]).stdout == text)
    let sandbox = try Sandbox(seed: text)
    #expect(try sandbox.certificate(55882)?["commonName"] == "shop.example.com")
  }

  @Test(
    "Mistakes in a seed are reported with their place",
    arguments: [
      ("[]", "seed: must be a JSON object"), ("{", "not JSON"),
      (#"{"a":1}"#, "unknown member \"a\""),
      (#"{"orders":[{}]}"#, "seed orders[0]: orderId is missing"),
      (#"{"orders":[{"orderId":"A"},{"orderId":"A"}]}"#, "order id occurs twice"),
      (#"{"certificates":[{"certificateNo":1}]}"#, "certificates[0]: certificateName is missing"),
      (
        #"{"certificates":[{"certificateNo":0,"certificateName":"a","commonName":"a.b"}]}"#,
        "must be positive"
      ),
      (
        #"{"certificates":[{"certificateNo":1,"certificateName":"a","commonName":"a.b"}]}"#,
        "needs daysLeft"
      ),
      (
        #"{"certificates":[{"certificateNo":1,"certificateName":"a","commonName":"a.b","statusCode":"9"}]}"#,
        "statusCode must be one of"
      ),
      (
        #"{"certificates":[{"certificateNo":1,"certificateName":"a","commonName":"a.b","notAfter":"soon"}]}"#,
        "notAfter must be a time"
      ),
      (
        #"{"certificates":[{"certificateNo":1,"certificateName":"a","commonName":"a.b","notAfter":1,"daysLeft":1}]}"#,
        "exclude each other"
      ),
      (#"{"nextCertificateNo":0}"#, "nextCertificateNo must be above"),
    ] as [(String, String)])
  func badSeeds(text: String, message: String) {
    let error = #expect(throws: SandboxError.self) {
      try Seed(Array(text.utf8)).account(at: 0, issueAfter: nil, certificateDays: 199)
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test(
    "Durations are read",
    arguments: [
      ("250ms", false, 250), ("90s", false, 90_000), ("15m", false, 900_000),
      ("12h", false, 43_200_000), ("7d", false, 604_800_000), ("0s", false, 0),
      ("-5s", true, -5000),
      ("+5s", true, 5000), ("-5s", false, nil), ("5", false, nil), ("s", false, nil),
      ("", false, nil), ("1.5s", false, nil), ("5 s", false, nil), ("--5s", true, nil),
    ] as [(String, Bool, Int?)])
  func durations(text: String, signed: Bool, milliseconds: Int?) {
    #expect(DurationText.milliseconds(text, signed: signed) == milliseconds)
  }

  @Test(
    "Times have the forms of HTTP, RFC 3339 and the order dates",
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01 00:00:00"),
      (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06 08:49:37"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29 00:00:00"),
      (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT", "2100-02-28 23:59:59"),
      (1_764_021_662, "Mon, 24 Nov 2025 22:01:02 GMT", "2025-11-24 22:01:02"),
    ] as [(Int, String, String)])
  func calendar(seconds: Int, http: String, text: String) {
    #expect(TimeText.http(seconds) == http)
    #expect(TimeText.documented(seconds) == text)
    #expect(TimeText.seconds(from: text) == seconds)
    #expect(TimeText.seconds(from: TimeText.internet(seconds)) == seconds)
  }

  @Test(
    "Texts that are not times are refused",
    arguments: [
      "2026-02-29 00:00:00", "2026-13-01 00:00:00", "2026-01-01 24:00:00", "2026-01-01", "x",
    ])
  func noTimes(text: String) { #expect(TimeText.seconds(from: text) == nil) }
}
