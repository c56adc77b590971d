import Foundation
import JSON
import TestSupport
import Testing

/// The source of a setting, the folder where its relative paths start, and the source that an error names.
@Suite(.waiting)
struct SettingOriginTests {
  // MARK: Paths

  /// cron, systemd and a shell start runs in different folders, which share one ledger.
  @Test("A relative ledger path in the configuration starts at its folder")
  func aLedgerOfTheConfigurationLiesBesideIt() throws {
    let bench = try Workbench()
    try bench.configure(JSONObject([("ledger", "sqlite:memory.sqlite3"), ("follow", "none")]))
    let event = JSONEncoder.text(Workbench.event(.api))
    let statuses = try ["csr", "templates"].map { folder in
      let reply = try TestSupport.run(
        Workbench.program, ["run", "--config", bench.folder.path("config.json")],
        environment: bench.environment, stdin: event, workingDirectory: bench.folder.path(folder))
      return try Reply(reply).document()["items"]?[0]?["status"]
    }
    #expect(statuses == ["reissued", "skipped"])
    #expect(try bench.posts().count == 1)
    #expect(try bench.folder.names().contains("memory.sqlite3"))
  }

  /// Paths in flags and variables start at the working directory, as in a shell.
  @Test(
    "A relative ledger path of a flag starts at the working directory", arguments: [true, false])
  func aLedgerThatIsNamedForOnceStartsAtTheWorkingDirectory(isFlag: Bool) throws {
    let bench = try Workbench()
    let place = "sqlite:csr/memory.sqlite3"
    let reply = try bench.command(
      bench.options(["run", "--follow", "none"]) + (isFlag ? ["--ledger", place] : []),
      stdin: JSONEncoder.encode(Workbench.event(.api)),
      environment: isFlag ? [:] : ["NCLOUD_REISSUE_LEDGER": place])
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(FileManager.default.fileExists(atPath: bench.folder.path("csr/memory.sqlite3")))
  }

  // MARK: The file

  /// Without the configuration, the run would use another ledger and another service.
  @Test(
    "A configuration that cannot be read is not ignored",
    arguments: ["/nowhere/config.json", "config.json"])
  func aConfigurationThatCannotBeReachedIsNotPassedOver(target: String) throws {
    let bench = try Workbench()
    let file = bench.folder.path("home/.config/ncloud-reissue/config.json")
    try bench.folder.write("", to: "home/.config/ncloud-reissue/other")
    // A dangling link, and a link to itself.
    try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: target)
    for command in ["run", "render"] {
      let reply = try bench.command([command], stdin: JSONEncoder.encode(Workbench.event(.api)))
      try reply.expectFailure("configuration.unreadable", exit: 78)
      #expect(try reply.error()?["at"]?["file"] == .string(file))
    }
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("Credentials that cannot be read are not ignored")
  func credentialsThatCannotBeReachedAreNotPassedOver() throws {
    let bench = try Workbench()
    try bench.folder.write("", to: "credentials/other")
    try FileManager.default.createSymbolicLink(
      atPath: bench.folder.path("credentials/access-key"), withDestinationPath: "/nowhere")
    // The environment has a valid key pair.
    let reply = try bench.run(
      on: Workbench.event(.api),
      environment: ["CREDENTIALS_DIRECTORY": bench.folder.path("credentials")])
    try reply.expectFailure("credentials.unreadable", exit: 77)

    try bench.folder.write("", to: "home/.ncloud/other")
    try FileManager.default.createSymbolicLink(
      atPath: bench.folder.path("home/.ncloud/configure"), withDestinationPath: "configure")
    let profile = try bench.run(
      on: Workbench.event(.api),
      environment: ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil])
    try profile.expectFailure("credentials.unreadable", exit: 77)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// As for every other empty variable.
  @Test("An empty name of the configuration counts as not set")
  func anEmptyNameOfTheConfigurationIsNone() throws {
    let bench = try AuthorBench(AuthorBench.files)
    let reply = try bench.run(
      ["render", "--templates", "templates"], stdin: AuthorBench.event,
      environment: ["NCLOUD_REISSUE_CONFIG": ""])
    #expect(reply.status == 0, "\(reply.stderr)")
  }

  /// The state folder of the system is used only with the configuration of the system, which does not exist here.
  @Test(
    "Without HOME and a configuration there is no place for a ledger",
    .enabled(if: !FileManager.default.fileExists(atPath: "/etc/ncloud-reissue/config.json")))
  func withoutHomeAndConfigurationThereIsNoPlaceForALedger() throws {
    let list = try AuthorBench().run(["ledger", "list"], environment: ["HOME": ""])
    #expect(list.status == 74, "\(list.stdout)\(list.stderr)")
    #expect(list.stderr.contains("[ledger.location]"), "\(list.stderr)")
  }

  // MARK: The environment

  @Test("Variables can name the event, and a flag overrides them")
  func anEventOfTheEnvironment() throws {
    let bench = try AuthorBench(AuthorBench.files)
    func eval(
      _ expression: String, _ environment: [String: String], _ options: [String] = []
    ) throws -> Reply {
      try bench.run(["eval", expression] + options, stdin: "not read", environment: environment)
    }
    let file = ["NCLOUD_REISSUE_EVENT": "templates/sound/event.json"]
    #expect(try eval("version", file).stdout == "\"4\"\n")
    // A flag overrides it.
    #expect(try eval("version", file, ["--event-field", "version=5"]).stdout == "\"5\"\n")
    #expect(try eval("a", ["NCLOUD_REISSUE_EVENT_FIELD": "a=b=c"]).stdout == "\"b=c\"\n")
    #expect(
      try eval("$vars.a", file.merging(["NCLOUD_REISSUE_VAR": "a=b"]) { $1 }).stdout == "\"b\"\n")
    #expect(
      try eval("$vars", file.merging(["NCLOUD_REISSUE_VAR": "a=b"]) { $1 }, ["--var", "c=d"]).stdout
        == "{\"c\":\"d\"}\n")
  }

  // MARK: Contradictions

  struct Contradiction: Sendable, CustomTestStringConvertible {
    var options: [String] = []
    var environment: [String: String] = [:]
    var configuration = JSONObject()
    /// The exit status; 0 if one of the two is used.
    let exit: Int32
    /// The sources that the message names.
    var words: [String] = []

    var testDescription: String {
      (options + environment.keys.sorted() + configuration.names).joined(separator: " ")
    }
  }

  private static let contradictions = [
    Contradiction(
      options: ["--stream", "--pretty"], exit: 64, words: ["--stream", "--pretty"]),
    Contradiction(
      options: ["--stream", "--event-field", "a=b"], exit: 64, words: ["--stream", "--event-field"]),
    Contradiction(
      environment: ["NCLOUD_REISSUE_STREAM": "1", "NCLOUD_REISSUE_PRETTY": "1"], exit: 78,
      words: ["NCLOUD_REISSUE_STREAM", "NCLOUD_REISSUE_PRETTY"]),
    Contradiction(
      configuration: JSONObject([("stream", true), ("pretty", true)]), exit: 78,
      words: ["stream in /", "pretty in /"]),
    Contradiction(
      environment: ["NCLOUD_REISSUE_EVENT_ENV": "NA"], exit: 78,
      words: ["NCLOUD_REISSUE_EVENT_ENV", "\"NA\""]),
    Contradiction(
      configuration: JSONObject([("eventEnv", ["NAGIOS_", "N"] as JSONValue)]), exit: 78,
      words: ["eventEnv in /", "\"N\""]),
    Contradiction(
      options: ["--event-env", "NA"], exit: 64, words: ["--event-env", "\"NA\""]),
    Contradiction(
      environment: ["NCLOUD_REISSUE_EVENT_FIELD": "novalue"], exit: 78,
      words: ["NCLOUD_REISSUE_EVENT_FIELD", "NAME=VALUE"]),
    Contradiction(
      environment: ["NCLOUD_REISSUE_VAR": "=x"], exit: 78,
      words: ["NCLOUD_REISSUE_VAR", "NAME=VALUE"]),
    // The stronger source is used.
    Contradiction(
      options: ["--stream"], configuration: JSONObject([("pretty", true)]), exit: 0),
    Contradiction(
      options: ["--stream"], configuration: JSONObject([("eventEnv", "NAGIOS_")]), exit: 0),
    Contradiction(
      options: ["--pretty"], configuration: JSONObject([("stream", true)]), exit: 0),
    Contradiction(
      options: ["--stream"], environment: ["NCLOUD_REISSUE_EVENT": "nowhere.json"], exit: 0),
    Contradiction(
      environment: ["NCLOUD_REISSUE_STREAM": "true"], configuration: JSONObject([("pretty", true)]),
      exit: 0),
    Contradiction(
      environment: ["NCLOUD_REISSUE_PRETTY": "true"], configuration: JSONObject([("stream", true)]),
      exit: 0),
    // An overridden option does not override others.
    Contradiction(
      options: ["--force"], environment: ["NCLOUD_REISSUE_STREAM": "true"],
      configuration: JSONObject([("pretty", true)]), exit: 0),
  ]

  @Test("The message names the source of the contradiction", arguments: contradictions)
  func theOneToBlameIsNamed(_ wrong: Contradiction) throws {
    let bench = try Workbench(configuration: wrong.configuration)
    let reply = try bench.run(
      wrong.options + ["--dry-run"], on: Workbench.event(.api),
      environment: wrong.environment.mapValues(Optional.some))
    guard wrong.exit != 0 else {
      #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
      // An option for the layout does not override --stream.
      let isPretty = wrong.options == ["--force"]
      #expect((reply.stdout.split(separator: "\n").count > 1) == isPretty, "\(reply.stdout)")
      #expect(try JSONDecoder.decode(reply.stdout)["status"] == "would-reissue")
      return
    }
    try reply.expectFailure(
      wrong.exit == 64 ? "usage.option" : "configuration.setting", exit: wrong.exit)
    let message = try #require(try reply.error()?["message"]?.string)
    for word in wrong.words { #expect(message.contains(word), "\(message)") }
    #expect(try bench.sandbox.journal().isEmpty)
  }
}
