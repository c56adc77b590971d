import Foundation
import JSON
import TestSupport
import Testing

/// Wrong options, environment, configuration and credentials: each has its exit status and one result, and nothing is
/// sent.
@Suite(.waiting)
struct WrongSettingsTests {
  struct WrongSetting: Sendable, CustomTestStringConvertible {
    var options: [String] = []
    var environment: [String: String?] = [:]
    var configuration = JSONObject()
    let code: String
    let exit: Int32
    /// A part of the message.
    let words: String

    var testDescription: String {
      let environment = environment.map { "\($0.key)=\($0.value ?? "(unset)")" }
      return (options + environment + configuration.names).joined(separator: " ")
    }
  }

  private static func option(_ options: String..., says words: String) -> WrongSetting {
    WrongSetting(options: options, code: "usage.option", exit: 64, words: words)
  }

  private static func member(_ name: String, _ value: JSONValue, says words: String) -> WrongSetting
  {
    WrongSetting(
      configuration: JSONObject([(name, value)]), code: "configuration.member", exit: 78,
      words: words)
  }

  private static func setting(_ name: String, _ value: String) -> WrongSetting {
    WrongSetting(
      environment: [name: value], code: "configuration.setting", exit: 78, words: name)
  }

  private static let wrongSettings: [WrongSetting] = [
    option("--nonsense", says: "--nonsense"),
    option("--timout", "5s", says: "--timout"),
    option("--timeout", says: "--timeout"),
    option("--timeout", "5", says: "\"5\""),
    option("--timeout", "0s", says: "\"0s\""),
    option("--deadline", "-1s", says: "--deadline"),
    option("--deadline", "11y", says: "11y"),
    option("--deadline", "99999999999999999999s", says: "99999999999999999999s"),
    option("--parallel", "0", says: "1 to 64"),
    option("--parallel", "65", says: "1 to 64"),
    option("--log-level", "loud", says: "trace"),
    option("--log-format", "xml", says: "json"),
    option("--follow", "everything", says: "issued"),
    option("--var", "novalue", says: "NAME=VALUE"),
    option("--max-event-bytes", "many", says: "many"),
    option("stray", says: "stray"),
    setting("NCLOUD_REISSUE_TIMEOT", "5s"), setting("NCLOUD_REISSUE_FORCE", "1"),
    setting("NCLOUD_REISSUE_DRY_RUN", "true"),
    setting("NCLOUD_REISSUE_TIMEOUT", "soon"),
    setting("NCLOUD_REISSUE_PRETTY", "maybe"),
    member("timeOut", "5s", says: "timeOut"),
    member("force", true, says: "force"),
    member("parallel", "4", says: "parallel"),
    member("maxPerDay", -1, says: "maxPerDay"),
    WrongSetting(
      configuration: JSONObject([("deadline", "later")]), code: "configuration.setting", exit: 78,
      words: "deadline"),
    WrongSetting(
      options: ["--config", "nowhere.json"], code: "configuration.unreadable", exit: 78,
      words: "nowhere.json"),
    WrongSetting(
      configuration: JSONObject([("endpoint", "http://192.0.2.1")]),
      code: "configuration.endpoint-insecure", exit: 78, words: "endpoint"),
    WrongSetting(
      options: ["--endpoint", "http://api.example.com"], code: "configuration.endpoint-insecure",
      exit: 78, words: "--endpoint"),
    WrongSetting(
      options: ["--endpoint", "http://127.0.0.1.example.com"],
      code: "configuration.endpoint-insecure", exit: 78, words: "127.0.0.1.example.com"),
    WrongSetting(
      options: ["--endpoint", "http://localhost@example.com"], code: "configuration.endpoint",
      exit: 78, words: "--endpoint"),
    WrongSetting(
      options: ["--endpoint", "ftp://127.0.0.1"], code: "configuration.endpoint", exit: 78,
      words: "https://"),
    WrongSetting(
      options: ["--endpoint", "https://example.com/other/path"], code: "configuration.endpoint",
      exit: 78, words: "path"),
    WrongSetting(
      environment: ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil],
      code: "credentials.missing", exit: 77, words: "credentials"),
    WrongSetting(
      environment: ["NCLOUD_ACCESS_KEY": nil], code: "credentials.incomplete", exit: 77,
      words: "NCLOUD_ACCESS_KEY"),
    WrongSetting(
      environment: ["NCLOUD_SECRET_KEY": nil], code: "credentials.incomplete", exit: 77,
      words: "NCLOUD_SECRET_KEY"),
    WrongSetting(
      environment: ["NCLOUD_SECRET_KEY": " \n"], code: "credentials.incomplete", exit: 77,
      words: "NCLOUD_SECRET_KEY"),
    WrongSetting(
      environment: ["NCLOUD_ACCESS_KEY": "key\r\nX-Forged: 1"], code: "credentials.malformed",
      exit: 77, words: "NCLOUD_ACCESS_KEY"),
    WrongSetting(
      options: ["--profile", "nobody"], code: "credentials.unreadable", exit: 77,
      words: ".ncloud/configure"),
  ]

  @Test("A wrong setting stops the run", arguments: wrongSettings)
  func aWrongSettingStopsTheRun(_ wrong: WrongSetting) throws {
    let bench = try Workbench(configuration: wrong.configuration)
    let reply = try bench.run(
      wrong.options, on: Workbench.event(.api), environment: wrong.environment)
    try reply.expectFailure(wrong.code, exit: wrong.exit)
    let message = try #require(try reply.error()?["message"]?.string)
    #expect(message.contains(wrong.words), "\(message)")
    #expect(try reply.document()["status"] == "failed")
    #expect(reply.controlCharactersOnStderr.isEmpty)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// If a line that was meant as a header were skipped, the keys below it would count for the profile above.
  @Test(
    "A line of the profiles that is not understood ends the run",
    arguments: [
      "[prod", "prod]", "[prod]x", "[prod] x = 1", "\u{FEFF}[prod]", "prod",
      "ncloud_access_key = other",
    ])
  func aLineThatIsNoHeader(line: String) throws {
    let reply = try run(profiles: line, [])
    try reply.expectFailure("credentials.malformed", exit: 77)
    let message = try reply.error()?["message"]?.string ?? ""
    #expect(message.hasPrefix("line 4 of ") || line.contains("=") && message.hasPrefix("line "))
    #expect(!reply.stderr.contains("prod-key"), "\(reply.stderr)")
  }

  @Test(
    "A comment may stand behind the header of a profile", arguments: ["[prod] # x", "[prod];x"])
  func aCommentBehindAHeader(line: String) throws {
    for (options, key) in [([], "sandbox-access-key"), (["--profile", "prod"], "prod-key")] {
      let reply = try run(profiles: line, options)
      // The sandbox knows only the first key.
      #expect(reply.status == (key == "prod-key" ? 77 : 0), "\(reply.stdout)")
    }
  }

  private func run(profiles line: String, _ options: [String]) throws -> Reply {
    let bench = try Workbench()
    try bench.folder.write(
      """
      [DEFAULT]
      ncloud_access_key = sandbox-access-key
      ncloud_secret_key = sandbox-secret-key
      \(line)
      ncloud_access_key = prod-key
      ncloud_secret_key = prod-secret

      """, to: "home/.ncloud/configure")
    let reply = try bench.run(
      options, on: Workbench.event(.api),
      environment: ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil])
    if reply.status == 0 { #expect(try bench.posts().count == 1) }
    return reply
  }

  @Test(
    "A folder or setting that is not UTF-8 is refused",
    arguments: ["HOME", "STATE_DIRECTORY", "XDG_STATE_HOME", "NCLOUD_REISSUE_LEDGER"])
  func aNameThatIsNotUTF8(variable: String) throws {
    let bench = try Workbench()
    let script = #"export \#(variable)="$PWD/$(printf '\377')"; exec "$@""#
    let reply = try bench.shell(script, stdin: JSONEncoder.encode(Workbench.event(.api)))
    try reply.expectFailure("configuration.setting", exit: 78)
    #expect(reply.stderr.contains("\(variable) is not valid UTF-8"), "\(reply.stderr)")
    #expect(try bench.posts().isEmpty)
  }

  @Test(
    "A word that is none of an option's gets the nearest one, wherever it comes from",
    arguments: [true, false])
  func nearestWord(isFlag: Bool) throws {
    let bench = try Workbench()
    let reply = try bench.run(
      isFlag ? ["--log-level", "warnin"] : [], on: Workbench.event(.api),
      environment: isFlag ? [:] : ["NCLOUD_REISSUE_LOG_LEVEL": "warnin"])
    #expect(reply.status == (isFlag ? 64 : 78))
    #expect(try reply.error()?["hint"] == "did you mean warning?")
  }

  @Test("An unknown member is an error with the nearest name")
  func nearestMember() throws {
    let bench = try Workbench(configuration: JSONObject([("timeOut", "5s")]))
    let error = try bench.run(on: Workbench.event(.api)).error()
    #expect(error?["hint"]?.string?.contains("timeout") == true)
    #expect(error?["at"]?["file"]?.string?.hasSuffix("config.json") == true)
  }

  /// A file that every user can change may not be what its owner wants; a group may be trusted.
  @Test(
    "A file that any user can change is refused",
    arguments: [
      ("config.json", 0o622, "configuration.writable"),
      ("config.json", 0o602, "configuration.writable"),
      ("templates/plain.template.json", 0o666, "template.writable"),
      ("config.json", 0o664, nil), ("templates/plain.template.json", 0o664, nil),
    ] as [(String, Int, String?)])
  func aFileThatAnybodyCanChangeIsRefused(file: String, mode: Int, code: String?) throws {
    let bench = try Workbench()
    try bench.folder.write(bench.folder.read(file), to: file, permissions: mode)
    try expectRefusal(bench, code)
  }

  /// A user who can write to a folder can replace a file or add a template; the sticky bit prevents only the first.
  @Test(
    "A folder that any user can change is refused",
    arguments: [
      ("", 0o777, "configuration.writable"), ("", 0o1777, nil), ("", 0o775, nil),
      ("templates", 0o777, "template.writable"), ("templates", 0o1777, "template.writable"),
      ("templates", 0o775, nil), ("csr", 0o777, "csr.writable"), ("csr", 0o1777, nil),
    ] as [(String, Int, String?)])
  func aFolderThatAnybodyCanChangeIsRefused(name: String, mode: Int, code: String?) throws {
    let bench = try Workbench()
    try FileManager.default.setAttributes(
      [.posixPermissions: mode], ofItemAtPath: bench.folder.path(name))
    try expectRefusal(bench, code)
  }

  /// A named template comes from a folder, which must be safe too.
  @Test("The folder of a named template is checked too")
  func theFolderOfANamedTemplateCounts() throws {
    let bench = try Workbench()
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: bench.folder.path("templates"))
    let reply = try bench.run(["--template", "plain"], on: Workbench.event(.api))
    try reply.expectFailure("template.writable", exit: 78)
  }

  /// Kubernetes gives volumes of configuration mode 0777, and mounts them read only.
  @Test("A folder that is mounted read only is used")
  func aFolderThatIsMountedReadOnlyIsNobodysToChange() throws {
    let bench = try Workbench()
    for name in ["templates", "csr"] {
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o777], ofItemAtPath: bench.folder.path(name))
    }
    let script = """
      exec unshare --user --map-root-user --mount sh -c '
        for name in templates csr; do
          mount --bind "$name" "$name" && mount -o remount,bind,ro "$name" || exit 99
        done
        exec "$@"' sh "$@"
      """
    let reply = try bench.shell(
      script, stdin: JSONEncoder.encode(Workbench.event(.api)))
    // Not every machine permits this mount.
    guard reply.status != 99, !reply.stderr.contains("unshare: ") else { return }
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
  }

  @Test(
    "A signing request that any user can change is refused",
    arguments: [(0o602, "csr.writable"), (0o664, nil)] as [(Int, String?)])
  func aSigningRequestThatAnybodyCanChangeIsRefused(mode: Int, code: String?) throws {
    let bench = try Workbench()
    let file = "csr/api.example.com.csr"
    try bench.folder.write(bench.folder.read(file), to: file, permissions: mode)
    try expectRefusal(bench, code)
  }

  private func expectRefusal(
    _ bench: Workbench, _ code: String?, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let reply = try bench.run(on: Workbench.event(.api))
    guard let code else {
      #expect(reply.status == 0, "\(reply.stderr)", sourceLocation: sourceLocation)
      return
    }
    try reply.expectFailure(code, exit: 78, sourceLocation: sourceLocation)
    #expect(
      try reply.error()?["hint"]?.string?.hasPrefix("chmod o-w ") == true,
      sourceLocation: sourceLocation)
    #expect(try bench.sandbox.journal().isEmpty, sourceLocation: sourceLocation)
  }

  @Test("Data that any user can change is refused")
  func dataThatAnybodyCanChangeIsRefused() throws {
    let bench = try Workbench()
    try bench.folder.write("{}", to: "templates/i.json", permissions: 0o606)
    try bench.write(
      template: ["version": 1, "data": ["i": "i.json"], "reissue": Workbench.plainParameters],
      named: "plain")
    let reply = try bench.run(on: Workbench.event(.api))
    try reply.expectFailure("template.writable", exit: 78)
    #expect(try reply.error()?["at"]?["pointer"] == "/data/i")
  }

  private static let profile = """
    [DEFAULT]
    ncloud_access_key_id = \(Sandbox.accessKey)
    ncloud_secret_access_key = \(Sandbox.secretKey)

    """

  /// Access by the group or by others, one at a time: only a file for its owner alone is read.
  @Test(
    "A profile that other users can access is refused",
    arguments: [0o644, 0o640, 0o604, 0o620, 0o602, 0o622] as [Int])
  func aProfileThatIsOpenToOthersIsRefused(mode: Int) throws {
    let bench = try Workbench()
    try bench.folder.write(Self.profile, to: "home/.ncloud/configure", permissions: mode)
    let reply = try bench.run(
      on: Workbench.event(.api),
      environment: ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil])
    try reply.expectFailure("credentials.open-to-others", exit: 77)
    #expect(try reply.error()?["hint"]?.string?.contains("chmod 600") == true)
    #expect(!reply.stdout.contains(Sandbox.secretKey) && !reply.stderr.contains(Sandbox.secretKey))
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A profile that only its owner can access is used")
  func aProfileOfTheOwnerAloneIsUsed() throws {
    let bench = try Workbench()
    try bench.folder.write(Self.profile, to: "home/.ncloud/configure", permissions: 0o600)
    let reply = try bench.run(
      on: Workbench.event(.api),
      environment: ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil])
    #expect(reply.status == 0, "\(reply.stderr)")
  }

  /// The files of systemd override the environment, and a named profile overrides both.
  @Test("Credentials come from the strongest source")
  func credentialsAreTakenFromTheStrongestSource() throws {
    let bench = try Workbench()
    try bench.folder.write(Sandbox.accessKey + "\n", to: "credentials/access-key")
    try bench.folder.write(Sandbox.secretKey + "\n", to: "credentials/secret-key")
    let wrong = [
      "NCLOUD_SECRET_KEY": "wrong", "CREDENTIALS_DIRECTORY": bench.folder.path("credentials"),
    ]
    #expect(try bench.run(on: Workbench.event(.api), environment: wrong).status == 0)

    try bench.folder.write("wrong", to: "credentials/secret-key")
    let refused = try bench.run(on: Workbench.event(.shop), environment: wrong)
    try refused.expectFailure("credentials.refused", exit: 77)

    try bench.folder.write(
      Self.profile.replacingOccurrences(of: "DEFAULT", with: "work"), to: "home/.ncloud/configure")
    let profile = try bench.run(
      ["--profile", "work"], on: Workbench.event(.shop), environment: wrong)
    #expect(profile.status == 0, "\(profile.stderr)")
  }

  /// Commands other than `run` report wrong usage only on standard error.
  @Test("Wrong usage of render writes no result")
  func wrongUsageOfRenderHasNoResult() throws {
    let bench = try Workbench()
    let reply = try bench.command(["render", "--nonsense"])
    #expect(reply.status == 64)
    #expect(reply.stdout == "")
    #expect(reply.stderr.contains("--nonsense"))
  }

  @Test("Hints say what would be right: a duration, a profile, a strong key")
  func hints() throws {
    let bench = try Workbench()
    try bench.configure(JSONObject([("deadline", 60)]))
    let number = try bench.run(on: Workbench.event(.api)).error()
    #expect(number?["hint"] == "write \"deadline\": \"60s\"", "\(String(describing: number))")
    try bench.configure()
    let profile = try bench.run(["--profile", "prod"], on: Workbench.event(.api))
    try profile.expectFailure("credentials.unreadable", exit: 77)
    #expect(try profile.error()?["hint"]?.string?.hasPrefix("write [prod] with ") == true)
    let made = try TestSupport.run(
      "/usr/bin/openssl",
      [
        "req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "/dev/null", "-subj",
        "/CN=api.example.com", "-out", bench.folder.path("csr/api.example.com.csr"),
      ])
    try #require(made.status == 0, "\(made.stderr)")
    let weak = try bench.run(on: Workbench.event(.api))
    try weak.expectFailure("csr.weak-key", exit: 65)
    let hint = try weak.error()?["hint"]?.string
    #expect(hint?.contains("2048") == true && hint?.contains("names") == false, "\(hint ?? "")")
    #expect(try bench.posts().isEmpty)
  }
}
