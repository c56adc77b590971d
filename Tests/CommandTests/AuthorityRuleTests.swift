import Crypto
import JSON
import TestSupport
import Testing

/// Rules of the authority that a request can break although it is valid: they are warnings, in a dry run too.
@Suite(.waiting)
struct AuthorityRuleTests {
  private static func template(_ csr: JSONValue) -> JSONValue {
    var parameters = Workbench.plainParameters.object ?? JSONObject()
    parameters["csr"] = csr
    return [
      "version": 1, "items": "items", "reissue": .object(parameters), "store": "${cn}",
      "policy": ["cooldown": "0s", "renewBefore": "30d"],
    ]
  }

  private func warnings(_ bench: Workbench, _ event: JSONValue, dry: Bool = false) throws
    -> [String]
  {
    let reply = try bench.remembering(["run"] + (dry ? ["--dry-run"] : []), on: event)
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["status"]?.string == (dry ? "would-reissue" : "reissued"), "\(reply.stdout)")
    return item["warnings"]?.array?.compactMap(\.string) ?? []
  }

  // MARK: Key pairs

  private static let reused = "the signing request has the key of the last reissue"

  @Test(
    "A key that the last reissue had is a warning, from a file or a private key",
    arguments: [["file": "${cn}.csr"], ["privateKey": "shop.key"]] as [JSONValue])
  func sameKey(csr: JSONValue) throws {
    let bench = try Workbench(["--issue-after", "0s"], template: Self.template(csr))
    try bench.folder.write(
      PrivateKey.generate(.p256).pkcs8PEM().withSpan { span in
        String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
      }, to: "keys/shop.key")
    #expect(try warnings(bench, Workbench.event(.shop)) == [])
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "daysLeft": 9])
    let event = Workbench.event(.shop)
    let rehearsed = try warnings(bench, event, dry: true)
    #expect(rehearsed.count == 1 && rehearsed[0].hasPrefix(Self.reused), "\(rehearsed)")
    let sent = try warnings(bench, event)
    #expect(sent.count == 1 && sent[0].hasPrefix(Self.reused), "\(sent)")
  }

  @Test("A new key is no warning, nor is the key of a request whose validation failed")
  func otherKey() throws {
    let bench = try Workbench(
      ["--issue-after", "0s"], template: Self.template(["file": "${cn}.csr"]))
    #expect(try warnings(bench, Workbench.event(.shop)) == [])
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "daysLeft": 9])
    try bench.folder.write(
      PrivateKey.generate(.p256).makeRequest(
        commonName: "shop.example.com", dnsNames: ["www.shop.example.com"]
      ).encoded.pem, to: "csr/shop.example.com.csr")
    #expect(try warnings(bench, Workbench.event(.shop)) == [])
    let other = try Workbench(template: Self.template(["file": "${cn}.csr"]))
    #expect(try warnings(other, Workbench.event(.shop)) == [])
    try other.sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "-4"])
    try other.ageLedger(minutes: 61)
    #expect(try warnings(other, Workbench.event(.shop)) == [])
  }

  // MARK: Organizations

  private static let mail: JSONValue = [
    "items": [
      [
        "no": 55885, "name": "mail", "cn": "mail.example.com",
        "sans": ["imap.example.com", "smtp.example.com"],
      ]
    ]
  ]

  private func writeMail(country: String?, to bench: Workbench) throws {
    let request = try PrivateKey.generate(.p256).makeRequest(
      country: country, commonName: "mail.example.com",
      dnsNames: ["imap.example.com", "smtp.example.com"])
    try bench.folder.write(request.encoded.pem, to: "csr/mail.example.com.csr")
  }

  @Test(
    "A request for an OV certificate without C=KR is a warning",
    arguments: [(nil, 1), ("US", 1), ("KR", 0)] as [(String?, Int)])
  func country(country: String?, count: Int) throws {
    let bench = try Workbench(template: Self.template(["file": "${cn}.csr"]))
    try writeMail(country: country, to: bench)
    let found = try warnings(bench, Self.mail, dry: true)
    #expect(found.count == count && found.allSatisfy { $0.contains("C=KR") }, "\(found)")
    #expect(try bench.posts().isEmpty)
  }

  @Test("A request that is made here names the country for OV, and not for DV")
  func generated() throws {
    let bench = try Workbench(
      configuration: JSONObject([("storeDirectory", "certificates")]),
      template: Self.template(["generate": "ec-p256"]))
    #expect(try warnings(bench, Self.mail) == [])
    #expect(try warnings(bench, Workbench.event(.shop)) == [])
    for (name, countries) in [("mail.example.com", ["KR"]), ("shop.example.com", [])] {
      let request = try bench.folder.read("certificates/\(name)/1/csr.pem")
      #expect(try CertificateSigningRequest(parsing: Array(request.utf8)).countries == countries)
    }
  }
}
