import Foundation
import JSON
import SQLite
import TestSupport
import Testing

/// `ledger` shows the records of earlier requests, and repairs them.
@Suite(.waiting)
struct LedgerCommandTests {
  private static let template: JSONValue = [
    "version": 1, "items": "items", "reissue": Workbench.plainParameters,
  ]

  /// With a key that is made for it, in a folder of the store.
  private static let storing: JSONValue = [
    "version": 1, "items": "items", "store": "${cn}",
    "reissue": [
      "certificateNo": "${no}", "certificateName": "${name}", "commonName": "${cn}",
      "dnsName": "${sans || `[]`}", "validationMethod": "D", "csr": ["generate": "ec-p256"],
    ],
  ]

  /// A workbench with a request for `shop`.
  private func asked(_ arguments: [String] = [], exit: Int32 = 0) throws -> Workbench {
    let bench = try Workbench(arguments, template: Self.template)
    let reply = try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop))
    try #require(reply.status == exit, "\(reply.stdout)\(reply.stderr)")
    return bench
  }

  private func states(_ bench: Workbench, _ options: [String] = []) throws -> [String] {
    let document = try bench.remembering(["ledger", "list", "--json"] + options).document()
    return try #require(document["records"]?.array).compactMap { $0["state"]?.string }
  }

  // MARK: Reading

  /// OpenSSL would ask on the terminal, or read the first line of standard input, which is an event.
  @Test("The program never asks for the passphrase of a key")
  func nobodyIsAskedForThePassphraseOfAKey() throws {
    let bench = try Workbench()
    let made = try TestSupport.run(
      "/bin/sh",
      [
        "-c",
        """
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -passout pass:event \
          -keyout key.pem -out cert.pem -subj /CN=client
        """,
      ], workingDirectory: bench.folder.path)
    try #require(made.status == 0, "\(made.stderr)")
    let port = try #require(bench.sandbox.endpoint.split(separator: ":").last)
    let members: JSONValue = ["caFile": "cert.pem", "certificate": "cert.pem", "key": "key.pem"]
    try bench.configure(
      JSONObject([("ledger", .string("etcd://127.0.0.1:\(port)/test")), ("etcd", members)]))
    let reply = Reply(
      try TestSupport.run(
        "/bin/sh",
        [
          "-c", #"setsid -w "$@" 2>&1; printf 'status %s\n' $?; cat"#, "sh", try Workbench.program,
          "ledger", "list", "--config", bench.folder.path("config.json"),
        ], environment: bench.environment, stdin: Array("event\n".utf8)))
    #expect(!reply.stdout.contains("pass phrase"), "\(reply.stdout)")
    #expect(reply.stdout.hasSuffix("status 74\nevent\n"), "\(reply.stdout)")
  }

  @Test("The list shows the time zone and the age")
  func theListShowsTheZoneAndTheAge() throws {
    let bench = try asked()
    let reply = try bench.command(
      bench.rememberingOptions(["ledger", "list"]), environment: ["TZ": "KST-9"])
    #expect(reply.status == 0, "\(reply.stderr)")
    let lines = reply.stdout.split(separator: "\n")
    try #require(lines.count == 2, "\(reply.stdout)")
    for text in ["accepted", "shop.example.com", "55882", " +09:00 ", "s ago", "plain, item 0"] {
      #expect(lines[1].contains(text), "\(text) in \(lines[1])")
    }
    let plain = try bench.command(
      bench.rememberingOptions(["ledger"]), environment: ["TZ": "NST3:30"])
    #expect(plain.stdout.contains(" -03:30 "), "list is the default: \(plain.stdout)")
  }

  @Test("Filters select records by state and age")
  func filtersChooseByStateAndAge() throws {
    let bench = try asked()
    #expect(try states(bench) == ["accepted"])
    #expect(try states(bench, ["--state", "accepted", "--state", "unknown"]) == ["accepted"])
    #expect(try states(bench, ["--state", "unknown"]) == [])
    #expect(try states(bench, ["--older-than", "1h"]) == [])
    for wrong in [["--state", "lost"], ["--older-than", "soon"]] {
      let reply = try bench.remembering(["ledger", "list"] + wrong)
      #expect(reply.status == 64 && reply.stdout.isEmpty)
      #expect(reply.stderr.contains("[usage.option]"))
    }
  }

  @Test(
    "Show prints all members of one record", arguments: ["55882", "ORDER-1001", "order:ORDER-1001"])
  func oneRecordIsShownWhole(name: String) throws {
    let bench = try asked()
    let reply = try bench.remembering(["ledger", "show", name])
    #expect(reply.status == 0, "\(reply.stderr)")
    for text in ["state       accepted\n", "key         order:ORDER-1001\n", "history"] {
      #expect(reply.stdout.contains(text), "\(text) in \(reply.stdout)")
    }
    #expect(!reply.stdout.contains(Sandbox.accessKey), "the account is a hash")
    let document = try bench.remembering(["ledger", "show", name, "--json"]).document()
    #expect(document["records"]?[0]?["numbers"] == ["55882"])
  }

  @Test("A read of a missing ledger does not create it")
  func whatIsNotThereIsNotMade() throws {
    let bench = try Workbench(template: Self.template)
    let list = try bench.remembering(["ledger", "list"])
    #expect(list.status == 0 && list.stdout.isEmpty, "without rows no header: \(list.stdout)")
    #expect(try bench.remembering(["ledger", "check"]).status == 0)
    let show = try bench.remembering(["ledger", "show", "55882"])
    #expect(show.status == 65 && show.stderr.contains("[ledger.no-record]"))
    #expect(try bench.command(bench.options(["ledger", "list", "--ledger", "none"])).status == 64)
    #expect(try !bench.folder.names().contains("ledger.sqlite3"))
  }

  @Test("A damaged file is reported")
  func aDamagedFileIsTold() throws {
    let bench = try Workbench(template: Self.template)
    try bench.folder.write(String(repeating: "no ledger\n", count: 500), to: "ledger.sqlite3")
    for command in ["list", "check"] {
      let reply = try bench.remembering(["ledger", command])
      #expect(reply.status == 74 && reply.stderr.contains("[ledger.foreign]"), "\(reply.stderr)")
    }
  }

  /// The credentials select the account; without credentials, all accounts are shown.
  @Test("Accounts are kept apart")
  func accountsAreKeptApart() throws {
    let bench = try asked()
    let list = bench.rememberingOptions(["ledger", "list", "--json"])
    let other = try bench.command(list, environment: ["NCLOUD_ACCESS_KEY": "another-key"])
    #expect(try other.document()["records"] == [])
    let all = try bench.command(
      list, environment: ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil])
    #expect(try all.document()["records"]?.array?.count == 1)
  }

  /// Two keys of one account, after a rotation or on two hosts, share the account that the configuration names.
  @Test("A named account is the same for all its keys")
  func anAccountWithANameIsTheSameForAllItsKeys() throws {
    let bench = try Workbench(template: Self.template)
    try bench.configure(JSONObject([("account", "main")]))
    #expect(try bench.remembering(["run"], on: Workbench.event(.shop)).status == 0)
    let rotated: [String: String?] = ["NCLOUD_ACCESS_KEY": "another-key"]
    let again = try bench.command(
      bench.rememberingOptions(["run"]), stdin: JSONEncoder.encode(Workbench.event(.shop)),
      environment: rotated)
    #expect(try again.document()["items"]?[0]?["reason"] == "cooldown", "\(again.stderr)")
    let list = try bench.command(
      bench.rememberingOptions(["ledger", "list", "--json"]), environment: rotated)
    #expect(try list.document()["records"]?.array?.count == 1)
    // Another name separates accounts even without a key.
    try bench.configure(JSONObject([("account", "other")]))
    #expect(try states(bench) == [])
    try bench.configure(JSONObject([("account", "")]))
    #expect(try bench.remembering(["ledger", "list"]).status == 78)
  }

  /// With a named profile, all accounts must not be shown instead.
  @Test("A profile that does not exist is reported")
  func aProfileThatIsNotThereIsTold() throws {
    let bench = try asked()
    let reply = try bench.remembering(["ledger", "list", "--profile", "nobody"])
    #expect(reply.status == 77 && reply.stdout.isEmpty, "\(reply.stdout)")
    #expect(reply.stderr.contains("[credentials."), "\(reply.stderr)")
  }

  // MARK: Checking

  @Test("An unknown request can be resolved by hand")
  func anUnknownRequestIsSettledByHand() throws {
    let bench = try asked(["--fault", "reset-after,method=POST,count=1"], exit: 76)
    let check = try bench.remembering(["ledger", "check"])
    #expect(check.status == 1, "\(check.stderr)")
    let lines = check.stdout.split(separator: "\n")
    #expect(
      lines.count == 2 && lines[0].hasPrefix("NCLOUD_REISSUE WARNING - 1 unknown | unknown=1"))
    #expect(lines[1].hasPrefix("unknown: shop.example.com (55882)"), "\(check.stdout)")
    let document = try bench.remembering(["ledger", "check", "--json"]).document()
    #expect(document["records"]?[0]?["trouble"] == "unknown" && document["ok"] == false)
    #expect(document["findings"]?[0]?["next"]?["action"] == "settle", "\(document)")

    let settled = try bench.remembering([
      "ledger", "settle", "55882", "--carried-out", "--new-number", "56010", "--yes",
    ])
    #expect(settled.status == 0, "\(settled.stderr)")
    #expect(try states(bench) == ["accepted"])
    let quiet = try bench.remembering(["ledger", "check"])
    #expect(quiet.status == 0 && quiet.stdout.hasPrefix("NCLOUD_REISSUE OK - "), "\(quiet.stdout)")
    #expect(quiet.stdout.split(separator: "\n").count == 1)
    let again = try bench.remembering(["run"], on: Workbench.event(.shop))
    #expect(try again.document()["items"]?[0]?["reason"] == "cooldown")
    #expect(try bench.posts().count == 1)
  }

  /// A typing error in the number would take the number away from another record.
  @Test("A number that belongs to another record is refused")
  func aNumberOfAnotherRecordIsNotTaken() throws {
    let bench = try asked(["--fault", "reset-after,method=POST,count=1"], exit: 76)
    #expect(try bench.remembering(["run"], on: Workbench.event(.api)).status == 0)
    let settle = ["ledger", "settle", "55882", "--carried-out", "--yes", "--new-number"]
    let slip = try bench.remembering(settle + ["55883"])
    #expect(slip.status == 65 && slip.stderr.contains("[ledger.number-taken]"), "\(slip.stderr)")
    #expect(try states(bench, ["--state", "unknown"]) == ["unknown"])
    // The number of the certificate that was to be replaced: `follow` would wait for its chain for ever.
    let old = try bench.remembering(settle + ["55882"])
    #expect(old.status == 65 && old.stderr.contains("[ledger.number-taken]"), "\(old.stderr)")
    #expect(try bench.remembering(settle + ["56010"]).status == 0)
  }

  @Test("A request resolved as not carried out is sent again")
  func aRequestThatNeverArrivedIsSentAgain() throws {
    let bench = try asked(["--fault", "reset-before,method=POST,count=1"], exit: 76)
    let held = try bench.remembering(["run"], on: Workbench.event(.shop))
    #expect(held.status == 76, "not surely absent yet")
    let settled = try bench.remembering(
      ["ledger", "settle", "55882", "--not-carried-out", "--yes"])
    #expect(settled.status == 0, "\(settled.stderr)")
    let again = try bench.remembering(["run"], on: Workbench.event(.shop))
    #expect(again.status == 0, "\(again.stdout)")
    #expect(try bench.posts().count == 2)
  }

  @Test("A claim of a dead process is reported as stuck")
  func aDeadOwnersClaimIsStuck() throws {
    let bench = try Workbench(["--fault", "silent,method=POST"], template: Self.template)
    let running = try bench.start(
      bench.rememberingOptions(["run"]), stdin: JSONEncoder.encode(Workbench.event(.shop)))
    _ = try waitFor("the request") { try bench.posts().first }
    #expect(try bench.remembering(["ledger", "check"]).status == 0, "its owner is at it")
    running.kill(SIGKILL)
    _ = try running.wait()
    let check = try bench.remembering(["ledger", "check"])
    #expect(check.status == 1)
    #expect(check.stdout.contains("\nstuck: shop.example.com"), "\(check.stdout)")
    #expect(try bench.remembering(["ledger", "show", "55882"]).stdout.contains(": dead\n"))
  }

  @Test("A failed validation is found")
  func aFailedValidationIsFound() throws {
    let bench = try asked()
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "-3"])
    #expect(try bench.remembering(["follow"]).status == 69)
    let check = try bench.remembering(["ledger", "check"])
    #expect(check.status == 1)
    #expect(check.stdout.contains("\nvalidation-failed: shop.example.com"), "\(check.stdout)")
  }

  /// A record that waits for DNS, and nobody sets it.
  @Test(
    "A request that waits too long is reported, soon before its DNS values end with a word of its own"
  )
  func aLongWaitIsReported() throws {
    let bench = try asked()
    #expect(try bench.remembering(["ledger", "check"]).status == 0, "it waits since a second")
    try bench.ageLedger(minutes: 25 * 60)
    let check = try bench.remembering(["ledger", "check"])
    #expect(
      check.status == 1 && check.stdout.contains("\nwaiting: shop.example.com (55882), 1d ago"))
    #expect(check.stdout.contains(" waiting=1 "), "\(check.stdout)")
    #expect(try bench.remembering(["ledger", "check", "--waiting", "2d"]).status == 0)
    #expect(try bench.remembering(["ledger", "check", "--waiting", "long"]).status == 64)
    try bench.ageLedger(minutes: 23 * 24 * 60)
    let late = try bench.remembering(["ledger", "check", "--waiting", "365d"])
    #expect(
      late.status == 1 && late.stdout.contains("\nexpiring: shop.example.com"), "\(late.stdout)")
  }

  @Test("A refused request is reported until it is forgotten")
  func aRefusalIsReported() throws {
    let bench = try asked(["--fault", "service,code=1010,method=POST,count=1"], exit: 69)
    let check = try bench.remembering(["ledger", "check"])
    #expect(check.status == 1, "\(check.stdout)")
    #expect(check.stdout.contains("\nrefused: shop.example.com (55882)"), "\(check.stdout)")
    #expect(check.stdout.contains("[service."), "the code: \(check.stdout)")
    #expect(try bench.remembering(["ledger", "forget", "55882", "--yes"]).status == 0)
    #expect(try bench.remembering(["ledger", "check"]).status == 0)
  }

  /// A certificate that is issued is of no use before its chain is in the store and a server sends it.
  @Test("An issued certificate is reported until it is delivered and deployed")
  func whatIsNotDeliveredOrDeployedIsReported() throws {
    let bench = try Workbench(template: Self.storing)
    let run = try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop))
    try #require(run.status == 0, "\(run.stdout)")
    try bench.sandbox.control("POST", "issue", [:])
    // The next event looks after an hour, and brings no chain.
    try bench.ageLedger(minutes: 61)
    _ = try bench.remembering(["run"], on: Workbench.event(.shop))
    let issued = try bench.remembering(["ledger", "check"])
    #expect(issued.stdout.contains("\nnot-delivered: shop.example.com"), "\(issued.stdout)")
    #expect(issued.stdout.contains("run ncloud-reissue follow 56010"), "\(issued.stdout)")
    #expect(try bench.remembering(["follow"]).status == 0)
    #expect(try bench.remembering(["ledger", "check"]).status == 0, "no deployment is in use")
    try bench.folder.write("", to: "certificates/.deployment")
    let delivered = try bench.remembering(["ledger", "check"])
    #expect(delivered.stdout.contains("\nnot-deployed: shop.example.com"), "\(delivered.stdout)")
    let row = try #require(
      try bench.remembering(["certificates", "--json"]).document()["certificates"]?.array?
        .first { $0["certificateNo"] == "56010" })
    #expect(row["next"]?["action"] == "deploy" && row["stage"] == "issued", "\(row)")
    // Of a record that was forgotten, the folder tells.
    #expect(try bench.remembering(["ledger", "forget", "55882", "--yes"]).status == 0)
    let forgotten = try bench.remembering(["ledger", "check"])
    #expect(forgotten.stdout.contains("\nnot-deployed: shop.example.com/1"), "\(forgotten.stdout)")
    let link = bench.folder.path("certificates/shop.example.com/deployed")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "1")
    #expect(try bench.remembering(["ledger", "check"]).status == 0)
  }

  // MARK: Names and times

  @Test("A record is found by its domain and its folder; several matches are listed")
  func recordsAreFoundByName() throws {
    let bench = try Workbench(template: Self.storing)
    try #require(try bench.remembering(["run"], on: Workbench.event(.shop)).status == 0)
    for name in ["shop.example.com", "SHOP.example.com", "shop.example.com/1", "56010"] {
      let show = try bench.remembering(["ledger", "show", name])
      #expect(show.stdout.contains("key         order:ORDER-1001\n"), "\(name): \(show.stderr)")
    }
    #expect(try bench.remembering(["ledger", "show", "other.example.com"]).status == 65)
    // The same name in two accounts.
    let other: [String: String?] = ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil]
    try bench.withLedger { (connection) throws(SQLiteError) in
      try connection.execute(
        """
        INSERT INTO record (account, key, state, body, changed) SELECT account, 'number:7', state,
          replace(replace(json_remove(body, '$.check'), 'order:ORDER-1001', 'number:7'),
            '"numbers":["55882","56010"]', '"numbers":["7"]'), changed FROM record;
        INSERT INTO number (account, key, number) SELECT account, 'number:7', '7' FROM record LIMIT 1
        """)
    }
    let both = try bench.command(
      bench.rememberingOptions(["ledger", "show", "shop.example.com"]), environment: other)
    #expect(both.stdout.contains("order:ORDER-1001") && both.stdout.contains("number:7"))
    let forget = try bench.command(
      bench.rememberingOptions(["ledger", "forget", "shop.example.com", "--yes"]),
      environment: other)
    #expect(forget.status == 65 && forget.stderr.contains("[ledger.ambiguous]"), "\(forget.stderr)")
    #expect(forget.stderr.contains("ORDER-1001") && forget.stderr.contains("number:7"))
    #expect(try states(bench).count == 2, "nothing was forgotten")
  }

  @Test("The list shows since when and when it was last looked at; times in documents are RFC 3339")
  func twoTimes() throws {
    let bench = try asked()
    try bench.ageLedger(minutes: 3 * 60)
    try #require(try bench.remembering(["follow"]).status == 0)
    let list = try bench.remembering(["ledger", "list"])
    let header = list.stdout.prefix { $0 != "\n" }
    for column in ["STAGE", "SINCE", "LOOKED"] { #expect(header.contains(column), "\(header)") }
    #expect(list.stdout.contains("waiting-for-dns") && list.stdout.contains("3h ago"))
    #expect(list.stdout.contains("s ago"), "the look: \(list.stdout)")
    #expect(try states(bench, ["--older-than", "2h"]) == ["accepted"], "the look does not count")
    for command in [["list"], ["show", "55882"], ["check"], ["list", "--since", "1d"]] {
      let reply = try bench.remembering(["ledger"] + command + ["--json"])
      // A digest may have as many decimal digits in a row.
      let numbers = reply.stdout.split { !$0.isHexDigit }
        .filter { $0.count == 13 && $0.allSatisfy(\.isNumber) }
      #expect(numbers.isEmpty, "no milliseconds since 1970: \(reply.stdout)")
    }
    let record = try bench.remembering(["ledger", "list", "--json"]).document()["records"]?[0]
    for time in [record?["since"], record?["lastLook"], record?["standing"]?["signedAt"]] {
      #expect(time?.string?.hasSuffix("Z") == true, "\(text(of: record))")
    }
  }

  private func text(of value: JSONValue?) -> String { value.map { JSONEncoder.text($0) } ?? "" }

  @Test("The history has every outcome of the last time, refused and failed ones too")
  func history() throws {
    let bench = try asked(["--fault", "service,code=1010,method=POST,count=1"], exit: 69)
    try #require(try bench.remembering(["run"], on: Workbench.event(.api)).status == 0)
    let history = try bench.remembering(["ledger", "list", "--since", "12h", "--json"]).document()
    let outcomes = try #require(history["outcomes"]?.array)
    #expect(
      outcomes.map { $0["outcome"] } == ["accepted", "refused"], "the latest first: \(outcomes)")
    #expect(outcomes.map { $0["name"] } == ["api.example.com", "shop.example.com"])
    #expect(outcomes[1]["code"]?.string?.hasPrefix("service.") == true)
    let table = try bench.remembering(["ledger", "list", "--since", "12h"])
    #expect(table.stdout.split(separator: "\n").count == 3, "\(table.stdout)")
    let none = try bench.remembering(["ledger", "list", "--since", "0s"])
    #expect(none.status == 0 && none.stdout.isEmpty)
    for wrong in [["--since", "yesterday"], ["--since", "1h", "--state", "issued"]] {
      #expect(try bench.remembering(["ledger", "list"] + wrong).status == 64)
    }
  }

  // MARK: Repairing

  @Test("Forget needs consent")
  func forgettingNeedsAYes() throws {
    let bench = try asked()
    let refused = try bench.remembering(["ledger", "forget", "55882"])
    #expect(refused.status == 64 && refused.stderr.contains("--yes"), "\(refused.stderr)")
    #expect(try states(bench) == ["accepted"])
    let done = try bench.remembering(["ledger", "forget", "55882", "--yes"])
    #expect(done.status == 0 && done.stdout.contains("shop.example.com"))
    #expect(try states(bench) == [])
    #expect(try bench.remembering(["ledger", "forget", "55882", "--yes"]).status == 65)
  }

  /// The terminal is created by script(1).
  @Test(
    "A person on a terminal is asked",
    arguments: [("y\n", Int32(0), 0), ("n\n", 64, 1), ("\n", 64, 1)])
  func aTerminalIsAsked(answer: String, exit: Int32, left: Int) throws {
    let bench = try asked()
    let command = try
      ([Workbench.program] + bench.rememberingOptions(["ledger", "forget", "55882"]))
      .map { "'\($0)'" }.joined(separator: " ")
    let completion = try TestSupport.run(
      "/usr/bin/script", ["-qec", command, "/dev/null"], environment: bench.environment,
      stdin: answer)
    #expect(completion.status == exit, "\(completion.stdout)")
    #expect(completion.stdout.contains("[y/N]"))
    #expect(try states(bench).count == left)
  }

  @Test(
    "A wrong change of a record is refused and changes nothing",
    arguments: [
      (["settle", "55882"], 64), (["settle", "55882", "--carried-out", "--not-carried-out"], 64),
      (["settle", "55882", "--not-carried-out", "--new-number", "1", "--yes"], 64),
      (["settle", "55882", "--carried-out", "--new-number", "x", "--yes"], 64),
      (["settle", "55882", "--carried-out"], 64),
      (["settle", "55882", "--carried-out", "--yes"], 65),
      (["settle", "99999", "--carried-out", "--yes"], 65),
      (["prune", "--older-than", "1d"], 64), (["prune"], 64), (["repair"], 64),
    ] as [([String], Int32)])
  func whatIsNotDone(arguments: [String], exit: Int32) throws {
    let bench = try asked()
    let reply = try bench.remembering(["ledger"] + arguments)
    #expect(reply.status == exit, "\(reply.stdout)\(reply.stderr)")
    #expect(reply.stdout.isEmpty && !reply.stderr.isEmpty)
    #expect(try states(bench) == ["accepted"])
  }

  /// The folder of a refused request is removed.
  @Test("A refused record names no store")
  func aRefusedRecordNamesNoStore() throws {
    let bench = try Workbench(
      ["--fault", "service,code=1010,method=POST,count=1"], template: Self.storing)
    try #require(try bench.remembering(["run"], on: Workbench.event(.shop)).status == 69)
    let show = try bench.remembering(["ledger", "show", "55882"])
    #expect(show.stdout.contains("refused") && !show.stdout.contains("store"), "\(show.stdout)")
  }

  @Test("Prune removes the folders of replaced keys, after a yes, and never one that is in use")
  func pruningRemovesReplacedKeys() throws {
    let bench = try Workbench(template: Self.storing)
    let store = "certificates/shop.example.com"
    for number in 1...4 { try bench.folder.write("key", to: "\(store)/\(number)/privkey.pem") }
    let manager = FileManager.default
    for (link, target) in [("current", "3"), ("deployed", "2")] {
      try manager.createSymbolicLink(
        atPath: bench.folder.path("\(store)/\(link)"), withDestinationPath: target)
    }
    func folders() throws -> [String] {
      try bench.folder.names(in: store).filter { Int($0) != nil }
    }
    let prune = ["ledger", "prune", "--older-than", "30d"]
    let asked = try bench.remembering(prune)
    #expect(asked.status == 0 && asked.stdout.contains("--yes: shop.example.com/1\n"))
    #expect(try folders() == ["1", "2", "3", "4"])
    let done = try bench.remembering(prune + ["--yes", "--json"]).document()
    #expect(done["removedFolders"] == ["shop.example.com/1"], "\(done)")
    #expect(try folders() == ["2", "3", "4"], "2 is deployed, 3 is current, 4 waits")
    // With deployment in use and no link, any of them may be in service.
    try bench.folder.write("", to: "certificates/.deployment")
    try manager.removeItem(atPath: bench.folder.path("\(store)/deployed"))
    let kept = try bench.remembering(prune + ["--yes"])
    #expect(kept.stdout == "0 forgotten\n", "\(kept.stdout)")
    #expect(try folders() == ["2", "3", "4"])
  }

  @Test("Prune keeps recent records")
  func pruningKeepsWhatIsYoung() throws {
    let bench = try asked()
    let reply = try bench.remembering(["ledger", "prune", "--older-than", "365d"])
    #expect(reply.status == 0 && reply.stdout == "0 forgotten\n", "\(reply.stderr)")
    #expect(try states(bench) == ["accepted"])
  }
}
