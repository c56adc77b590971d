import Foundation
import JSON
import TestSupport
import Testing

/// Items with wrong parameters: exit status 65, the name of the parameter, and nothing sent for the item; other items
/// continue.
@Suite(.waiting)
struct WrongParameterTests {
  struct WrongMember: Sendable, CustomTestStringConvertible {
    let member: String
    let value: JSONValue
    let code: String
    let pointer: String
    let words: String

    init(
      _ member: String, _ value: JSONValue, _ code: String, at pointer: String, says words: String
    ) {
      self.member = member
      self.value = value
      self.code = code
      self.pointer = pointer
      self.words = words
    }

    var testDescription: String { "\(member) \(JSONEncoder.text(value).prefix(60))" }

    static func number(_ value: JSONValue, says words: String) -> WrongMember {
      WrongMember(
        "no", value, "parameters.certificate-no", at: "/reissue/certificateNo", says: words)
    }

    static func commonName(_ value: JSONValue, says words: String) -> WrongMember {
      WrongMember(
        "cn", value, "parameters.common-name", at: "/reissue/commonName", says: words)
    }
  }

  private static let wrongMembers = [
    WrongMember.number("55882/../1", says: "\"55882/../1\""),
    .number("055882", says: "\"055882\""),
    .number(.real(55882.5), says: "55882.5"),
    .number(.real(55883.0), says: "55883.0"),
    .number(true, says: "true"),
    .number(0, says: "0"),
    .number(-55_882, says: "-55882"),
    .number("", says: "\"\""),
    .number("55882 ", says: "\"55882 \""),
    .number("55882?x=1", says: "55882?x=1"),
    .number("٥٥٨٨٢", says: "٥٥٨٨٢"),
    .number("55882\u{0}", says: "\\u{0}"),
    .number("12345678901234567890", says: "12345678901234567890"),
    .number(["55882"], says: "an array"),
    .commonName("api.example.com\nX-Forged: 1", says: "\\u{a}"),
    .commonName("api.example.com\u{0}", says: "U+0000"),
    .commonName("api.example.com\u{202E}", says: "U+202E"),
    .commonName("https://api.example.com", says: "U+003A"),
    .commonName("api..example.com", says: "empty label"),
    .commonName("10.0.0.1", says: "IP address"),
    .commonName("", says: "empty"),
    .commonName(7, says: "7"),
    WrongMember(
      "name", "api\nforged", "parameters.certificate-name", at: "/reissue/certificateName",
      says: "\\u{a}"),
    WrongMember(
      "name", .string(String(repeating: "n", count: 101)), "parameters.certificate-name",
      at: "/reissue/certificateName", says: "nnn"),
    WrongMember(
      "sans", ["-x.example.com"], "parameters.dns-name", at: "/reissue/dnsName", says: "hyphen"),
    WrongMember("sans", ["a": 1], "parameters.dns-name", at: "/reissue/dnsName", says: "an object"),
  ]

  @Test("One wrong member fails only its own item", arguments: wrongMembers)
  func oneWrongMemberFailsItsItemAlone(_ wrong: WrongMember) throws {
    let bench = try Workbench()
    var item = try #require(CertificateSample.api.item.object)
    item[wrong.member] = wrong.value
    let event: JSONValue = ["items": [.object(item), CertificateSample.wildcard.item]]
    let reply = try bench.run(on: event)
    try reply.expectFailure(wrong.code, exit: 65)
    let document = try reply.document()
    #expect(document["status"] == "partial")
    #expect(document["items"]?[0]?["status"] == "failed")
    #expect(document["items"]?[1]?["status"] == "reissued")
    let error = try #require(document["items"]?[0]?["error"])
    #expect(error["at"]?["template"] == "plain")
    #expect(error["at"]?["pointer"] == .string(wrong.pointer))
    #expect(error["retry"] == "no")
    let message = try #require(error["message"]?.string)
    #expect(message.contains(wrong.words), "\(message)")
    #expect(reply.controlCharactersOnStderr.isEmpty)
    #expect(
      try bench.sandbox.journal().map { $0["target"]?.string } == [
        CertificateSample.wildcard.target
      ])
  }

  @Test("A missing label is reported with its place and the nearest name")
  func aMissingLabelIsToldWithItsPlaceAndTheNearestName() throws {
    let bench = try Workbench()
    var template = try #require(Workbench.plainTemplate.object)
    var parameters = try #require(Workbench.plainParameters.object)
    parameters["commonName"] = "${ labels.common_name }"
    template["reissue"] = .object(parameters)
    try bench.write(template: .object(template), named: "plain")
    var item = try #require(CertificateSample.api.item.object)
    item["labels"] = ["common_nam": "api.example.com"]
    let reply = try bench.run(on: ["items": [.object(item)]])
    try reply.expectFailure("template.missing-value", exit: 65)
    let error = try #require(try reply.error())
    #expect(
      error["at"] == [
        "template": "plain", "pointer": "/reissue/commonName",
        "expression": "labels.common_name", "column": 8,
      ])
    let message = try #require(error["message"]?.string)
    #expect(message.contains("common_name"), "\(message)")
    let hint = try #require(error["hint"]?.string)
    #expect(hint.contains("common_nam"), "\(hint)")
    // Standard error has the same, in one line.
    for words in ["template plain", "/reissue/commonName", "labels.common_name"] {
      #expect(reply.stderr.contains(words))
    }
    #expect(try bench.sandbox.journal().isEmpty)
  }

  struct WrongFile: Sendable, CustomTestStringConvertible {
    let name: String
    let code: String
    var testDescription: String { name.debugDescription }
  }

  private static let wrongFiles = [
    WrongFile(name: "../../etc/shadow", code: "csr.outside-folder"),
    WrongFile(name: "../config.json", code: "csr.outside-folder"),
    WrongFile(name: "/etc/shadow", code: "csr.outside-folder"),
    WrongFile(name: "link.csr", code: "csr.outside-folder"),
    WrongFile(name: "folder/api.example.com.csr", code: "csr.outside-folder"),
    WrongFile(name: "api.example.com.csr\u{0}.txt", code: "csr.outside-folder"),
    WrongFile(name: "", code: "csr.outside-folder"),
    WrongFile(name: "nowhere.csr", code: "csr.unreadable"),
    WrongFile(name: ".", code: "csr.unreadable"),
  ]

  @Test("A signing request outside its folder is refused", arguments: wrongFiles)
  func aSigningRequestOutsideItsFolderIsRefused(_ wrong: WrongFile) throws {
    let bench = try Workbench(template: Self.template(csr: ["file": "${file}"]))
    let files = FileManager.default
    try bench.folder.write(
      #require(bench.signingRequests["api.example.com"]), to: "outside/api.example.com.csr")
    try files.createSymbolicLink(
      atPath: bench.folder.path("csr/link.csr"),
      withDestinationPath: bench.folder.path("outside/api.example.com.csr"))
    try files.createSymbolicLink(
      atPath: bench.folder.path("csr/folder"), withDestinationPath: "../outside")
    let reply = try bench.run(on: ["items": [try Self.item(file: wrong.name)]])
    try reply.expectFailure(wrong.code, exit: 65)
    #expect(reply.controlCharactersOnStderr.isEmpty)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// A shell would expand the `*` of the certificate's name, so the file has `_`.
  @Test("The message names the file that is read for a wildcard")
  func theFileOfAWildcard() throws {
    let bench = try Workbench(template: Self.template(csr: ["file": "${file}"]))
    let reply = try bench.run(on: ["items": [try Self.item(file: "*.nowhere.csr")]])
    try reply.expectFailure("csr.unreadable", exit: 65)
    #expect(reply.stderr.contains(#"the file "_.nowhere.csr" cannot be read"#), "\(reply.stderr)")
  }

  private static func template(csr: JSONValue) throws -> JSONValue {
    var template = try #require(Workbench.plainTemplate.object)
    var parameters = try #require(Workbench.plainParameters.object)
    parameters["csr"] = csr
    template["reissue"] = .object(parameters)
    return .object(template)
  }

  private static func item(file: String) throws -> JSONValue {
    var item = try #require(CertificateSample.api.item.object)
    item["file"] = .string(file)
    return .object(item)
  }

  @Test("A signing request for other names is refused with the difference")
  func aSigningRequestForOtherNamesIsRefusedWithTheDifference() throws {
    let bench = try Workbench(template: Self.template(csr: ["file": "${file}"]))
    let reply = try bench.run(
      on: ["items": [try Self.item(file: CertificateSample.shop.fileName)]])
    #expect(reply.status == 65)
    let message = try #require(try reply.error()?["message"]?.string)
    for name in ["shop.example.com", "www.shop.example.com", "api.example.com"] {
      #expect(message.contains(name), "\(message)")
    }
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// The message names the file, and whether the signing request or the key is wrong.
  @Test(
    "A file without a signing request or key is named",
    arguments: [
      ("file", "csr", "the signing request in the file \"broken\"", "openssl req"),
      ("privateKey", "keys", "the private key \"broken\"", "openssl pkey"),
    ])
  func aFileThatIsNoneIsNamed(member: String, folder: String, words: String, hint: String) throws {
    let csr: JSONValue = .object(JSONObject([(member, "${file}" as JSONValue)]))
    let bench = try Workbench(template: Self.template(csr: csr))
    try bench.folder.write("no PEM", to: "\(folder)/broken")
    let reply = try bench.run(on: ["items": [try Self.item(file: "broken")]])
    #expect(reply.status == 65, "\(reply.stdout)")
    let error = try #require(try reply.error())
    #expect(error["code"] == "csr.not-pem")
    #expect(error["message"]?.string?.contains(words) == true, "\(error)")
    #expect(error["hint"]?.string?.contains(hint) == true, "\(error)")
  }

  @Test("A private key in place of a signing request is never shown")
  func aPrivateKeyInPlaceOfARequestIsNeverRepeated() throws {
    let bench = try Workbench(template: Self.template(csr: "${file}"))
    let marker = "TUFSS0VSIE9GIEEgS0VZIFRIQVQgTVVTVCBOT1QgU0hPVw=="
    let key = "-----BEGIN PRIVATE KEY-----\n\(marker)\n-----END PRIVATE KEY-----\n"
    let reply = try bench.run(
      ["--log-level", "trace"], on: ["items": [try Self.item(file: key)]])
    try reply.expectFailure("csr.private-key", exit: 65)
    #expect(!reply.stdout.contains(marker))
    #expect(!reply.stderr.contains(marker))
  }
}
