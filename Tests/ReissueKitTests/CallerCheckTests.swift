import Core
import JSON
import Platform
import Service
import TestSupport
import Testing

@testable import ReissueKit

@Suite("callerCheck of the configuration names how callers are proved, and with which keys")
struct CallerCheckTests {
  private static let folder = "/etc/ncloud-reissue"

  private static func check(_ value: JSONValue) throws(ReissueError) -> CallerCheck {
    let configuration = try Configuration(
      file: "\(folder)/config.json", document: ["callerCheck": value])
    guard let value = configuration.members["callerCheck"] else { return .off }
    return try CallerCheck(value, in: configuration)
  }

  private static let keys: JSONValue = [["file": "hook-key"], ["credential": "hook-key-old"]]

  @Test("every member of the setting is read")
  func everythingThatCanBeSaid() throws {
    #expect(try Self.check("none") == .off)
    let check = try Self.check([
      "// rotated": "every spring", "bearer": ["keys": [["file": "/run/token"]]],
      "hmac": [
        "header": "X-Grafana-Alerting-Signature", "prefix": "v1=",
        "timestampHeader": "X-Grafana-Alerting-Timestamp", "tolerance": "90s", "keys": Self.keys,
      ],
    ])
    let form = CallerProof.Signature(
      header: "X-Grafana-Alerting-Signature", prefix: "v1=",
      timestampHeader: "X-Grafana-Alerting-Timestamp", tolerance: TimeSpan(seconds: 90))
    #expect(
      check
        == .anyOf([
          CallerProof(.bearer, keys: [.file("/run/token")]),
          CallerProof(
            .signature(form),
            keys: [.file("\(Self.folder)/hook-key"), .credential("hook-key-old")]),
        ]))
  }

  @Test("prefix and tolerance have defaults, and a signed time is optional")
  func whatNeedNotBeSaid() throws {
    let plain = try Self.check(["hmac": ["header": "X-Sign", "keys": Self.keys]])
    guard case .anyOf(let proofs) = plain else {
      Issue.record("no proof")
      return
    }
    #expect(proofs.first?.form == .signature(.init(header: "X-Sign")))
    let timed = try Self.check([
      "hmac": ["header": "X-Sign", "timestampHeader": "X-Time", "keys": Self.keys]
    ])
    guard case .anyOf(let proofs) = timed else {
      Issue.record("no proof")
      return
    }
    #expect(
      proofs.first?.form
        == .signature(
          .init(
            header: "X-Sign", timestampHeader: "X-Time", tolerance: TimeSpan(seconds: 300))))
  }

  private static func hmac(_ changes: JSONValue) -> JSONValue {
    let good = JSONObject([("header", "X-Sign"), ("keys", keys)] as [(String, JSONValue)])
    return ["hmac": .object(good.with(changes))]
  }

  private static let wrong: [(JSONValue, String)] = [
    ("None", "none"), ("", "none"), (1, "number"), (true, "boolean"), ([], "array"),
    ([:], "none"), (["bearer": []], "array"), (["bearer": [:]], "keys"),
    (["bearer": ["keys": []]], "keys"), (["bearer": ["keys": "hook-key"]], "keys"),
    (["bearer": ["keys": ["hook-key"]]], "string"), (["bearer": ["keys": [[:]]]], "file"),
    (["bearer": ["keys": [["file": ""]]]], "file"), (["bearer": ["keys": [["file": 1]]]], "file"),
    (["bearer": ["keys": [["file": "a", "credential": "b"]]]], "or {"),
    (["bearer": ["keys": [["credential": "../key"]]]], "or {"),
    (["bearer": ["keys": [["credential": ""]]]], "or {"),
    (["bearer": ["keys": [["value": "secret"]]]], "value"),
    (["bearer": ["keys": keys, "header": "X-Token"]], "header"),
    (["bearr": ["keys": keys]], "bearr"), (["token": "MARKER"], "token"),
    (["hmac": ["keys": keys]], "header"), (hmac(["keys": nil]), "keys"),
    (hmac(["header": ""]), "header"), (hmac(["header": "X Sign"]), "header"),
    (hmac(["header": "X_Sign"]), "header"), (hmac(["header": "X-Sígn"]), "header"),
    (hmac(["header": "X-Sign:"]), "header"), (hmac(["header": 1]), "header"),
    (hmac(["prefix": 256]), "prefix"), (hmac(["timestampHeader": "?"]), "timestampHeader"),
    (hmac(["tolerance": "5m"]), "tolerance"),
    (hmac(["timestampHeader": "X-Time", "tolerance": "0s"]), "tolerance"),
    (hmac(["timestampHeader": "X-Time", "tolerance": "300"]), "tolerance"),
    (hmac(["algorithm": "sha1"]), "algorithm"),
  ]

  @Test("a wrong member is reported with the file and its name", arguments: wrong)
  func whatIsWrongIsToldAtItsPlace(value: JSONValue, words: String) {
    do throws(ReissueError) {
      _ = try Self.check(value)
      Issue.record("accepted: \(JSONEncoder.text(value))")
    } catch {
      #expect(error.code == "configuration.member" && error.exit == .configuration)
      #expect(error.message.contains("callerCheck") && error.message.contains(words), "\(error)")
      #expect(error.place?.file == "\(Self.folder)/config.json")
      // The value may be the key itself.
      #expect(!"\(error)".contains("MARKER"))
    }
  }

  // MARK: Keys

  private static func refusal(
    _ check: CallerCheck?, files: [String: String] = [:], isOpen: Bool = false,
    environment: [String: String] = [:], token: String = "token-of-a-test"
  ) -> GatewayRefusal? {
    var context = testContext(files: files)
    context.environment = environment
    let contents = context.files.contents
    context.files.contents = { path, limit throws(FileError) in
      FileContents(
        bytes: try contents(path, limit).bytes,
        // Every user can read the root folder.
        reading: isOpen ? try FilePlace(of: "/").reading : nil)
    }
    let request = GatewayRequest(variables: ["HTTP_AUTHORIZATION": "Bearer \(token)"])
    do throws(GatewayRefusal) {
      try CallerCheck.prove(request, body: [], by: check, context)
      return nil
    } catch {
      return error
    }
  }

  private static func bearer(_ keys: CallerProof.KeyName...) -> CallerCheck {
    .anyOf([CallerProof(.bearer, keys: keys)])
  }

  @Test("without the setting, no caller is accepted")
  func withoutTheSettingNobodyIsLetIn() {
    let refusal = Self.refusal(nil)
    #expect(refusal?.status == .badGateway)
    #expect(refusal?.error.code == "configuration.caller-check")
    #expect(Self.refusal(.off) == nil)
  }

  @Test(
    "white space around a key in its file is ignored",
    arguments: ["token-of-a-test", "token-of-a-test\n", " token-of-a-test \r\n\n"])
  func whiteSpaceAroundAKeyIsNoPartOfIt(text: String) {
    #expect(Self.refusal(Self.bearer(.file("/key")), files: ["/key": text]) == nil)
    #expect(
      Self.refusal(
        Self.bearer(.credential("key")), files: ["/run/c/key": text],
        environment: ["CREDENTIALS_DIRECTORY": "/run/c"]) == nil)
  }

  @Test("a caller without a key gets 401 and a challenge")
  func aCallerWithoutTheKeyIsChallenged() {
    let check = CallerCheck.anyOf([
      CallerProof(.bearer, keys: [.file("/key")]),
      CallerProof(.signature(.init(header: "X-Sign")), keys: [.file("/key")]),
    ])
    let refusal = Self.refusal(check, files: ["/key": "another-token"])
    #expect(refusal?.status == .unauthorized)
    #expect(refusal?.fields.map(\.name) == ["WWW-Authenticate"])
    #expect(refusal?.fields.first?.value.hasPrefix("Bearer realm=") == true)
    #expect(refusal?.error.message.contains("X-Sign") == true)
    #expect(refusal?.shown.message == "the caller is not proved")
  }

  struct WrongKey: Sendable {
    var name = CallerProof.KeyName.file("/key")
    var files: [String: String] = [:]
    var isOpen = false
    let code: String
  }

  private static let wrongKeys = [
    WrongKey(code: "credentials.unreadable"),
    WrongKey(files: ["/key": "MARKER"], isOpen: true, code: "credentials.open-to-others"),
    WrongKey(files: ["/key": ""], code: "caller.key-empty"),
    WrongKey(files: ["/key": " \r\n"], code: "caller.key-empty"),
    WrongKey(files: ["/key": "MARKER two"], code: "caller.key-malformed"),
    WrongKey(files: ["/key": "MARKER\nMARKER"], code: "caller.key-malformed"),
    WrongKey(files: ["/key": "MARKERé"], code: "caller.key-malformed"),
    WrongKey(name: .credential("key"), code: "credentials.unreadable"),
  ]

  /// A missing key is probably a failed rotation, so it is reported even if another key fits.
  @Test("a key that cannot be used is reported", arguments: wrongKeys)
  func aKeyThatCannotBeUsedIsTold(_ wrong: WrongKey) {
    let files = wrong.files.merging(["/good": "token-of-a-test"]) { mine, _ in mine }
    for check in [Self.bearer(wrong.name), Self.bearer(.file("/good"), wrong.name)] {
      let refusal = Self.refusal(check, files: files, isOpen: wrong.isOpen)
      #expect(refusal?.status == .badGateway)
      #expect(refusal?.error.code == wrong.code, "\(String(describing: refusal))")
      #expect(!"\(String(describing: refusal))".contains("MARKER"))
      #expect(refusal.map { !"\($0.shown)".contains("/key") } == true)
    }
  }
}
