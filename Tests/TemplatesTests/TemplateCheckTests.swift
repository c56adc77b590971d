import Core
import JSON
import Platform
import TestSupport
import Testing

@testable import Templates

@Suite("check finds mistakes in a template without an event")
struct TemplateCheckTests {
  private static func findings(
    _ template: JSONObject, files: [String: String] = [:],
    at now: Timestamp = Timestamp(milliseconds: 1_780_000_000_000)
  ) -> [Finding] {
    let reader = read(.object(template), files: files)
    return TemplateCheck(reader.template, read: reader.findings, now: now).findings
  }

  private static func found(_ template: JSONObject, files: [String: String] = [:]) -> [String] {
    findings(template, files: files).map {
      "\($0.severity) \($0.error.code) \($0.error.place?.pointer ?? "")"
    }
  }

  @Test("a correct template has no findings")
  func nothingIsSaidOfASoundTemplate() {
    #expect(Self.found(soundTemplate) == [])
  }

  @Test(
    "missing, unknown and wrong parameters are found",
    arguments: [
      (["certificateName": nil], ["error template.parameter-missing /reissue"]),
      (["commonName": nil], ["error template.parameter-missing /reissue"]),
      (["validationMethod": nil], ["error template.parameter-missing /reissue"]),
      (["csr": nil], ["error template.parameter-missing /reissue"]),
      // May be left out: the certificate is looked up, and there are no further names.
      (["certificateNo": nil], []), (["dnsName": nil], []),
      // A parameter that is badly set is not reported as missing, too.
      (["commonName": "${ [ }"], ["error template.expression /reissue/commonName"]),
      (["csr": ["file": "${ [ }"]], ["error template.expression /reissue/csr/file"]),
      (["commonname": "a"], ["error template.unknown-member /reissue/commonname"]),
      (["certificateNo": "007"], ["error parameters.certificate-no /reissue/certificateNo"]),
      (["certificateNo": 55882], []),
      (["certificateName": ""], ["error parameters.certificate-name /reissue/certificateName"]),
      (["commonName": "a b"], ["error parameters.common-name /reissue/commonName"]),
      (["commonName": true], ["error parameters.common-name /reissue/commonName"]),
      (["dnsName": 5], ["error parameters.dns-name /reissue/dnsName"]),
      (["dnsName": ["a.example", "-"]], ["error parameters.dns-name /reissue/dnsName"]),
      (["dnsName": ["a.example", "${ b }"]], []),
      (
        ["validationMethod": "DNS"],
        ["error parameters.validation-method /reissue/validationMethod"]
      ),
      (["csr": ["generate": "rsa-1024"]], ["error parameters.csr /reissue/csr"]),
      (["csr": ["generate": "${ kind || 'rsa-2048' }"]], []),
      (["csr": ["fil": "${ 'a' }"]], ["error parameters.csr /reissue/csr"]),
      (["csr": ["file": "${ 'a' }", "privateKey": "b"]], ["error parameters.csr /reissue/csr"]),
      (["csr": ["file": "a.csr"]], []),
    ] as [(JSONValue, [String])])
  func parameters(changes: JSONValue, expected: [String]) {
    #expect(Self.found(soundTemplate.withParameters(changes)) == expected)
  }

  /// The common name counts once, also if it is repeated among the other names.
  @Test(
    "constant names are counted as those of an event are",
    arguments: [
      (250, "h0.example.com", true), (251, "h0.example.com", false),
      (249, "shop.example.com", true), (250, "shop.example.com", false),
      // It may be one of them.
      (250, "${ not_null(cn, 'shop.example.com') }", true),
      (251, "${ not_null(cn, 'shop.example.com') }", false),
    ] as [(Int, String, Bool)])
  func countOfNames(count: Int, commonName: String, isValid: Bool) {
    let names = (0..<count).map { JSONValue.string("h\($0).example.com") }
    let template = soundTemplate.withParameters([
      "commonName": .string(commonName), "dnsName": .array(names),
    ])
    #expect(
      Self.found(template) == (isValid ? [] : ["error parameters.dns-name /reissue/dnsName"]))
  }

  @Test("the mistakes that need no event are found when the template is read")
  func readingFindsWhatNeedsNoEvent() {
    let reader = read(
      .object(
        soundTemplate.withParameters(["commonName": nil, "validationMethod": "X"])
          .with(["store": nil])))
    #expect(
      reader.findings.map(\.code)
        == ["template.parameter-missing", "parameters.validation-method", "store.missing"])
    #expect(reader.findings.allSatisfy { $0.exit == .configuration })
  }

  @Test(
    "mistakes in members of a template are found",
    arguments: [
      (["store": nil], ["error store.missing /store"]),
      (["store": "a/b"], ["error store.outside-folder /store"]),
      (["store": "${ [ }"], ["error template.expression /store"]),
      (["reissue": nil], ["error template.shape "]),
      (["reissue": []], ["error template.shape /reissue"]),
      (["let": ["host": "a"]], ["warning template.unused-name /let/host"]),
      (["let": ["a": "x", "b": "$a"]], ["warning template.unused-name /let/b"]),
      (["let": ["host": "a"], "store": "${ $host || 'x' }"], []),
      (["when": "alerts[?status == 'firing']"], ["warning template.never-true /when"]),
      (["when": "length(alerts)"], ["warning template.never-true /when"]),
      (["when": "length(alerts) > `0`"], []), (["when": "isExpiring"], []),
      // The use of a name with a broken expression is not a second mistake.
      (
        ["let": ["host": "[", "b-c": "a"], "store": "${ $host || 'x' }"],
        ["error template.expression /let/host", "error template.name /let/b-c"]
      ),
      (
        ["tests": [["event": [:], "now": "tomorrow"]]], ["error template.time /tests/0/now"]
      ),
      (["tests": [["event": [:], "now": 5]]], ["error template.shape /tests/0/now"]),
      (["tests": [["event": [:], "now": "2026-11-24T22:00:00+09:00"]]], []),
      (
        ["tests": [["event": [:], "items": [["comonName": "a"]]]]],
        ["error template.unknown-member /tests/0/items/0/comonName"]
      ),
      (["tests": [["event": [:], "items": [["commonName": "a"]]]]], []),
    ] as [(JSONValue, [String])])
  func members(changes: JSONValue, expected: [String]) {
    #expect(Self.found(soundTemplate.with(changes)) == expected)
  }

  /// A comparison with a member instead of a text, for example, is never true.
  @Test(
    "a valid expression that is probably a mistake gives a warning with its column",
    arguments: [
      (["when": #"status == "firing""#], "/when", #"status == "firing""#, 11),
      (["when": "a == true"], "/when", "a == true", 6),
      (["items": #"alerts[?status == "firing"]"#], "/items", #"alerts[?status == "firing"]"#, 19),
      (
        ["let": ["a/b": "x", "host": "a || null"], "store": "${ $host || 'x' }"], "/let/host",
        "a || null", 6
      ),
      (["store": #"${ a == "b" ? 'x' : 'y' }"#], "/store", #"a == "b" ? 'x' : 'y'"#, 6),
      (
        [
          "reissue": .object(
            (soundTemplate["reissue"]?.object ?? JSONObject()).with(
              ["dnsName": ["x", "a.${ cn == \"b\" && 'c' || 'd' }"]]))
        ],
        "/reissue/dnsName/1", "cn == \"b\" && 'c' || 'd'", 7
      ),
    ] as [(JSONValue, String, String, Int)])
  func likelySlips(changes: JSONValue, pointer: String, expression: String, column: Int) throws {
    let findings = Self.findings(soundTemplate.with(changes)).filter {
      $0.error.code == "template.likely-slip"
    }
    let finding = try #require(findings.first)
    #expect(findings.count == 1 && finding.severity == .warning)
    #expect(finding.error.place?.pointer == pointer)
    #expect(finding.error.place?.expression == expression)
    #expect(finding.error.place?.column == column)
    #expect(
      finding.error.hint?.contains("written in backticks") == true
        || finding.error.hint?.contains("'…' for the text") == true)
  }

  @Test("certificateNo is required with preflight off")
  func aNumberIsNeededWhereNothingIsLookedUp() {
    let template = soundTemplate.withParameters(["certificateNo": nil])
    #expect(
      Self.found(template.with(["policy": ["preflight": "off"]]))
        == [
          "error parameters.certificate-no /reissue/certificateNo",
          "warning template.preflight-off /policy/preflight",
        ])
    #expect(
      Self.found(soundTemplate.with(["policy": ["preflight": "off"]]))
        == ["warning template.preflight-off /policy/preflight"])
  }

  @Test(
    "a required parameter that is a path without a default gives a warning",
    arguments: [
      ("${ labels.cn }", true), ("${ cn }", true), ("${ $item.cn }", true), ("x.${ cn }", true),
      ("${ $cn }", true), ("${ $again }", true), ("${ $safe }", false),
      ("${ labels.cn || 'a.example' }", false), ("${ not_null(a, b) }", false),
      ("${ url_host(a) }", false), ("a.example", false),
    ] as [(String, Bool)])
  func defaults(commonName: String, isWarned: Bool) {
    let names: JSONValue = ["cn": "labels.cn", "again": "$cn", "safe": "cn || 'a.example'"]
    let template = soundTemplate.withParameters(["commonName": .string(commonName)])
      .with(["let": names, "store": "${ [$cn, $again, $safe][0] || 'x' }"])
    #expect(
      Self.found(template)
        == (isWarned ? ["warning template.no-default /reissue/commonName"] : []))
    // An optional parameter may be missing.
    let optional = soundTemplate.withParameters(["dnsName": .string("${ labels.sans }")])
    #expect(Self.found(optional) == [])
  }

  @Test(
    "an incomplete entry of the template's own data gives a warning",
    arguments: [
      (#"{"a": {"cn": "a.example"}, "b": {"cn": "b.example"}}"#, nil),
      (#"{"a": {"cn": "a.example"}, "b": {"nc": "b.example"}, "c": {"cn": null}}"#, "2 of 3"),
      (#"{}"#, nil),
    ] as [(String, String?)])
  func inventories(inventory: String, missing: String?) throws {
    let template = soundTemplate.withParameters(["commonName": "${ $cert.cn }"])
      .with(["data": ["inventory": "i.json"], "let": ["cert": "lookup($data.inventory, host)"]])
    let findings = Self.findings(template, files: ["t/i.json": inventory])
    guard let missing else { return #expect(findings == []) }
    let finding = try #require(findings.first)
    #expect(findings.count == 1 && finding.severity == .warning)
    #expect(finding.error.code == "template.incomplete-data")
    #expect(finding.error.message == "`$cert.cn` is missing in \(missing) entries")
    #expect(finding.error.hint == #"complete the entry "b""#)
  }

  @Test("unused data gives a warning, and missing data is an error")
  func dataThatNothingLooksAt() {
    let template = soundTemplate.with(["data": ["inventory": "i.json"]])
    #expect(
      Self.found(template, files: ["t/i.json": "{}"]) == ["warning template.unused-name /data"])
    #expect(Self.found(template) == ["error template.file /data/inventory"])
  }

  @Test("all mistakes are found at once, with exit status 78")
  func allIsFoundAtOnceAndEachIsTheTemplatesFault() {
    let template: JSONObject =
      soundTemplate
      .withParameters(["commonName": "-", "csr": nil, "validationMethod": "${ $nothing }"])
      .with(["when": "a ==", "wen": "a", "policy": ["cooldown": "7 days"]])
    let findings = Self.findings(template)
    #expect(
      Set(findings.map(\.error.code)) == [
        "template.expression", "template.unknown-member", "template.duration",
        "template.undefined-variable", "template.parameter-missing", "parameters.common-name",
      ])
    #expect(findings.allSatisfy { $0.error.exit == .configuration })
    #expect(findings.allSatisfy { $0.error.place?.template == "sample" })
  }
}
