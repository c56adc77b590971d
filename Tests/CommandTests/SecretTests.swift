import JSON
import TestSupport
import Testing

/// The secret key is used only for the signature.
@Suite(.waiting)
struct SecretTests {
  private static let marker = "MARKER/secret+key=0123456789"
  /// The forms in which a careless program would show the key: as it is, or encoded.
  private static let spellings = [
    marker, "MARKER\\/secret", "MARKER%2Fsecret", "TUFSS0VSL3NlY3JldCtrZXk9MDEyMzQ1Njc4O",
    "MARKER",
  ]

  private func expectNoSecret(
    _ bench: Workbench, _ reply: Reply, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let places = [
      ("stdout", reply.stdout), ("stderr", reply.stderr),
      ("journal", try bench.sandbox.journal().map { JSONEncoder.text($0) }.joined()),
      ("result file", (try? bench.folder.read("results.ndjson")) ?? ""),
      ("sandbox", bench.sandbox.stderr),
    ]
    for (place, text) in places {
      for spelling in Self.spellings {
        #expect(!text.contains(spelling), "in \(place)", sourceLocation: sourceLocation)
      }
    }
  }

  @Test("The valid secret key appears in no output", arguments: ["text", "json"])
  func theRightKeyIsSeenNowhere(format: String) throws {
    let bench = try Workbench(secretKey: Self.marker)
    let reply = try bench.run(
      ["--log-level", "trace", "--log-format", format, "--result-file", "results.ndjson"],
      on: Workbench.event(.shop, .api))
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(reply.stderr.contains("x-ncp-apigw-signature-v2"), "trace shows what is sent")
    try expectNoSecret(bench, reply)
    // The signature is not shown either: it is valid for five minutes.
    for post in try bench.posts() {
      let signature = try #require(post.header("x-ncp-apigw-signature-v2"))
      #expect(!reply.stderr.contains(signature) && !reply.stdout.contains(signature))
    }
  }

  @Test("A wrong secret key appears in no output")
  func aWrongKeyIsSeenNowhere() throws {
    let bench = try Workbench()
    let reply = try bench.run(
      ["--log-level", "trace", "--result-file", "results.ndjson"],
      on: Workbench.event(.shop), environment: ["NCLOUD_SECRET_KEY": Self.marker])
    try reply.expectFailure("credentials.refused", exit: 77)
    try expectNoSecret(bench, reply)
  }

  /// Half a pair, a mistyped key, a broken file: the error names the source, never the value.
  @Test(
    "An unusable secret key appears in no output",
    arguments: ["environment", "malformed", "file", "profile"])
  func aKeyThatCannotBeUsedIsSeenNowhere(source: String) throws {
    let bench = try Workbench()
    var environment: [String: String?] = ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil]
    switch source {
    case "environment": environment["NCLOUD_SECRET_KEY"] = Self.marker
    case "malformed":
      environment["NCLOUD_ACCESS_KEY"] = "access"
      environment["NCLOUD_SECRET_KEY"] = Self.marker + " with a blank"
    case "file":
      try bench.folder.write(Self.marker, to: "credentials/secret-key")
      environment["CREDENTIALS_DIRECTORY"] = bench.folder.path("credentials")
    default:
      try bench.folder.write(
        "[DEFAULT]\nncloud_secret_access_key = \(Self.marker)\n", to: "home/.ncloud/configure")
    }
    let reply = try bench.run(
      ["--log-level", "trace"], on: Workbench.event(.shop), environment: environment)
    #expect(reply.status == 77, "\(reply.stdout)")
    try expectNoSecret(bench, reply)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// A template reads the event, its data and --var; no name refers to the environment.
  @Test(
    "A template cannot read the environment",
    arguments: ["$env", "$environment", "$ENV.NCLOUD_SECRET_KEY", "env('NCLOUD_SECRET_KEY')"])
  func aTemplateCannotReachTheEnvironment(expression: String) throws {
    let bench = try Workbench(secretKey: Self.marker)
    try bench.write(
      template: [
        "version": 1, "reissue": ["certificateName": .string("${ \(expression) }")],
      ], named: "plain")
    let reply = try bench.run(["--log-level", "trace"], on: [:])
    #expect(reply.status == 78, "\(reply.stdout)")
    try expectNoSecret(bench, reply)
  }

  /// The password in the URL of a proxy is a secret too.
  @Test("The password of a proxy appears in no output")
  func theProxysPasswordIsSeenNowhere() throws {
    let bench = try Workbench()
    let reply = try bench.run(
      ["--endpoint", "https://localhost:1", "--deadline", "1s", "--log-level", "trace"],
      on: Workbench.event(.shop),
      environment: ["HTTPS_PROXY": "http://user:MARKER@127.0.0.1:\(try LoopbackServer.freePort())"])
    #expect(reply.status == 75, "\(reply.stdout)")
    try expectNoSecret(bench, reply)
  }
}
