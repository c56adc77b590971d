import Crypto
import Foundation
import JSON
import TestSupport
import Testing

/// The command `cgi` as a web server calls it: variables, a body on standard input, a reply.
@Suite(.waiting)
struct CGICommandTests {
  private static let key = "MARKER-key-of-a-test"
  private static let callerCheck: JSONValue = [
    "bearer": ["keys": [["file": "token"], ["file": "old-token"]]],
    "hmac": ["header": "X-Hub-Signature-256", "prefix": "sha256=", "keys": [["file": "key"]]],
  ]
  private static let good = JSONEncoder.encode(Workbench.event(.api))

  /// A workbench with a caller check.
  private static func bench(
    _ members: JSONValue = [:], sandbox: [String] = [], secretKey: String = Sandbox.secretKey
  ) throws -> Workbench {
    let bench = try Workbench(sandbox)
    var configuration = JSONObject(
      [
        ("callerCheck", callerCheck), ("follow", "none"),
        ("ledger", .string("sqlite:\(bench.folder.path("ledger.sqlite3"))")),
      ] as [(String, JSONValue)])
    for member in members.object ?? JSONObject() { configuration[member.name] = member.value }
    // The configuration omits members that are null.
    try bench.configure(configuration)
    try bench.folder.write("MARKER-token-of-a-test\n", to: "token")
    try bench.folder.write("MARKER-token-of-old\n", to: "old-token")
    try bench.folder.write(key + "\n", to: "key")
    return bench
  }

  private static func variables(
    _ bench: Workbench, length: Int, _ changes: [String: String?] = [:]
  ) -> [String: String?] {
    let variables: [String: String?] = [
      "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json",
      "CONTENT_LENGTH": String(length), "QUERY_STRING": "", "REMOTE_ADDR": "192.0.2.7",
      "HTTP_AUTHORIZATION": "Bearer MARKER-token-of-a-test",
      "NCLOUD_REISSUE_CONFIG": bench.folder.path("config.json"),
    ]
    return variables.merging(changes) { _, given in given }
  }

  private static func call(
    _ bench: Workbench, _ changes: [String: String?] = [:], body: [UInt8] = good,
    arguments: [String] = ["cgi"]
  ) throws -> CGIReply {
    let reply = try bench.command(
      arguments, stdin: body, environment: variables(bench, length: body.count, changes))
    return try CGIReply(reply)
  }

  private static func signed(_ body: [UInt8], with key: String = key) -> [String: String?] {
    let code = Hexadecimal.encode(HMACSHA256.authenticate(body, key: Array(key.utf8)))
    return ["HTTP_AUTHORIZATION": nil, "HTTP_X_HUB_SIGNATURE_256": "sha256=\(code)"]
  }

  @Test("An event sends one reissue, and its repeat sends none")
  func anEventIsOneReissueAndItsRepeatIsNone() throws {
    let bench = try Self.bench()
    let first = try Self.call(bench)
    #expect(first.line == "Status: 200 OK", "\(first)")
    #expect(first.document["status"] == "reissued")
    #expect(first.fields["content-type"] == "application/json")
    let second = try Self.call(bench, Self.signed(Self.good))
    #expect(second.status == 200)
    #expect(second.document["items"]?[0]?["reason"] == "cooldown")
    #expect(try bench.posts().map { $0["target"]?.string } == [CertificateSample.api.target])
  }

  private static let unproved: [[String: String?]] = [
    ["HTTP_AUTHORIZATION": nil], ["HTTP_AUTHORIZATION": ""], ["HTTP_AUTHORIZATION": "Bearer x"],
    ["HTTP_AUTHORIZATION": "Bearer MARKER-token-of-a-tes"],
    ["HTTP_AUTHORIZATION": "Basic MARKER-token-of-a-test"],
    signed(good + [0x20]), signed(good, with: "another key"),
    ["HTTP_AUTHORIZATION": nil, "AUTHORIZATION": "Bearer MARKER-token-of-a-test"],
    ["HTTP_AUTHORIZATION": nil, "HTTP_X_HUB_SIGNATURE_256": "sha256="],
  ]

  /// The event is not read: a broken one gets the same reply.
  @Test("A caller without proof gets 401, and nothing is sent", arguments: unproved.indices)
  func whoIsNotProvedGets401AndNothingHappens(index: Int) throws {
    let bench = try Self.bench(["resultFile": "results.ndjson"])
    for body in [Self.good, Array("{broken".utf8)] {
      var changes = Self.unproved[index]
      // The signature is for another body.
      if body != Self.good { changes["HTTP_AUTHORIZATION"] = .some(nil) }
      let reply = try Self.call(bench, changes, body: body)
      #expect(reply.status == 401, "\(reply)")
      #expect(reply.document["error"]?["code"] == "caller.not-proved")
      #expect(reply.fields["www-authenticate"]?.contains("Bearer") == true)
      #expect(reply.stderr.contains("192.0.2.7") && reply.stderr.contains("[caller.not-proved]"))
      try Self.expectNoSecret(bench, reply)
    }
    #expect(try bench.sandbox.journal().isEmpty)
    #expect(try !bench.folder.names().contains("results.ndjson"))
    #expect(try !bench.folder.names().contains("ledger.sqlite3"))
  }

  private static func expectNoSecret(_ bench: Workbench, _ reply: CGIReply) throws {
    for text in [reply.text, reply.stderr, try bench.folder.read("config.json")] {
      #expect(!text.contains("MARKER"))
    }
    #expect(!reply.text.contains(bench.folder.path))
  }

  @Test("The old token is still accepted during a rotation")
  func theOldTokenStillDoes() throws {
    let bench = try Self.bench()
    let reply = try Self.call(bench, ["HTTP_AUTHORIZATION": "bearer MARKER-token-of-old"])
    #expect(reply.status == 200, "\(reply)")
  }

  private static let requests: [([String: String?], Int)] = [
    (["REQUEST_METHOD": "GET"], 405), (["REQUEST_METHOD": "PUT"], 405),
    (["CONTENT_LENGTH": nil], 411), (["CONTENT_LENGTH": ""], 411),
    (["CONTENT_LENGTH": "many"], 400), (["CONTENT_LENGTH": "8388609"], 413),
    (["CONTENT_TYPE": "text/plain"], 415), (["CONTENT_TYPE": nil], 415),
    (["CONTENT_LENGTH": "100000"], 400),
  ]

  @Test("A request that is not usable gets its HTTP status", arguments: requests.indices)
  func aRequestThatIsNoneIsRefused(index: Int) throws {
    let (changes, status) = Self.requests[index]
    let bench = try Self.bench()
    let reply = try Self.call(bench, changes)
    #expect(reply.status == status, "\(reply)")
    #expect(reply.document["status"] == "failed")
    #expect((status == 405) == (reply.fields["allow"] == "POST"))
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A reply to HEAD has no body")
  func aReplyToHEADHasNoBody() throws {
    let bench = try Self.bench()
    let reply = try bench.command(
      ["cgi"], environment: Self.variables(bench, length: 0, ["REQUEST_METHOD": "HEAD"]))
    #expect(reply.stdout.hasPrefix("Status: 405 Method Not Allowed\n"))
    #expect(reply.stdout.hasSuffix("\n\n"))
  }

  /// Outcomes, with the HTTP status that the sender gets.
  @Test(
    "Each outcome has its HTTP status",
    arguments: [
      ([], [:], "{\"items\": [", 400), ([], [:], "7", 400), ([], [:], "", 400),
      (["--fault", "reset-after"], [:], nil, 409),
      (["--fault", "service,code=800"], [:], nil, 422),
      (["--fault", "gateway,code=410"], ["deadline": "2s"], nil, 503),
      ([], ["ledger": "sqlite:/dev/full/x"], nil, 500),
      ([], ["profile": "nobody"], nil, 502), ([], ["template": ["nowhere"]], nil, 502),
      ([], ["resultFile": "/dev/full"], nil, 500),
    ] as [([String], JSONValue, String?, Int)])
  func outcome(sandbox: [String], members: JSONValue, body: String?, status: Int) throws {
    let bench = try Self.bench(members, sandbox: sandbox)
    let reply = try Self.call(bench, body: body.map { Array($0.utf8) } ?? Self.good)
    #expect(reply.status == status, "\(reply)")
    #expect((reply.fields["retry-after"] != nil) == (status == 503))
    #expect(reply.document["version"] == 1)
  }

  private static let wrongSetups: [(JSONValue, [String: String?], String)] = [
    (["callerCheck": nil], [:], "configuration.caller-check"),
    (["callerCheck": ["bearer": [:]]], [:], "configuration.member"),
    (["callerCheck": ["bearer": ["keys": [["file": "nowhere"]]]]], [:], "credentials.unreadable"),
    (["callerCheck": ["bearer": ["keys": [["file": "open"]]]]], [:], "credentials.open-to-others"),
    (["callerCheck": ["bearer": ["keys": [["file": "empty"]]]]], [:], "caller.key-empty"),
    (["stream": true], [:], "configuration.setting"),
    (["eventEnv": ["HTTP_"]], [:], "configuration.setting"),
    ([:], ["NCLOUD_REISSUE_ENDPOINT": "https://example.com"], "configuration.setting"),
    ([:], ["NCLOUD_REISSUE_CONFIG": "/nowhere.json"], "configuration.unreadable"),
  ]

  /// The caller is refused and gets only the error code; the log has the whole error.
  @Test("A wrong configuration is answered with 502", arguments: wrongSetups.indices)
  func aMachineThatIsNotSetUpAnswers502(index: Int) throws {
    let (members, changes, code) = Self.wrongSetups[index]
    let bench = try Self.bench(members)
    try bench.folder.write("MARKER-token-of-a-test", to: "open", permissions: 0o640)
    try bench.folder.write("\n", to: "empty")
    let reply = try Self.call(bench, changes)
    #expect(reply.status == 502, "\(reply)")
    #expect(reply.document["error"]?["code"] == .string(code), "\(reply)")
    #expect(reply.stderr.contains("[\(code)]"))
    try Self.expectNoSecret(bench, reply)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("Callers are admitted without proof only if the configuration says so")
  func noneMustBeSaidAloud() throws {
    let bench = try Self.bench(["callerCheck": "none"])
    #expect(try Self.call(bench, ["HTTP_AUTHORIZATION": nil]).status == 200)
  }

  private static let argumentLists: [[String]] = [
    ["cgi", "--force"], ["cgi", "--help"], ["cgi", "x"], ["--force"], [], ["run"], ["--help"],
    ["--version"], ["ledger", "list"], ["--event", "/etc/passwd"], ["cgi", ""], ["cgi", "cgi"],
  ]

  @Test("Arguments from a web server are refused", arguments: argumentLists)
  func argumentsOfAWebServerAreRefused(arguments: [String]) throws {
    let bench = try Self.bench()
    let reply = try bench.command(
      arguments, stdin: Self.good, environment: Self.variables(bench, length: Self.good.count))
    #expect(reply.status == 64)
    let answer = try CGIReply(reply, exit: 64)
    #expect(answer.status == 400)
    #expect(answer.document["error"]?["code"] == "cgi.arguments")
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("Cgi outside of a web server is wrong usage")
  func withoutAWebServerItIsWrongUsage() throws {
    let bench = try Self.bench()
    let reply = try bench.command(["cgi"], stdin: Self.good)
    #expect(reply.status == 64)
    #expect(reply.stdout == "")
    #expect(reply.stderr.contains("GATEWAY_INTERFACE"))
  }
}

/// The parts of a reply in the form of RFC 3875 section 6.3.
struct CGIReply: CustomStringConvertible {
  let text: String
  let stderr: String
  let line: String
  let status: Int
  /// The fields by name in lower case; none may occur twice.
  let fields: [String: String]
  let document: JSONValue

  init(_ reply: Reply, exit: Int32 = 0) throws {
    text = reply.stdout
    stderr = reply.stderr
    try #require(reply.status == exit, "\(reply)")
    let end = try #require(text.range(of: "\n\n"), "\(reply)")
    let lines = text[..<end.lowerBound].split(separator: "\n")
    line = String(lines.first ?? "")
    status = try #require(Int(line.dropFirst("Status: ".count).prefix(3)), "\(reply)")
    var fields: [String: String] = [:]
    for line in lines {
      let colon = try #require(line.firstIndex(of: ":"))
      let name = line[..<colon].lowercased()
      try #require(fields[name] == nil, "\(name) comes twice")
      fields[name] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    self.fields = fields
    let body = text[end.upperBound...]
    try #require(fields["content-length"] == String(body.utf8.count))
    document = try JSONDecoder.decode(String(body))
  }

  var description: String { "\(text)\(stderr)" }
}
