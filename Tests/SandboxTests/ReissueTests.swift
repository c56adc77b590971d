import Crypto
import JSON
import TestSupport
import Testing

@testable import ncloud_sandbox

@Suite("The sandbox carries reissues out by the rules of the documents")
struct ReissueTests {
  @Test("A valid request is carried out once and recorded as received")
  func acceptsOnce() throws {
    let sandbox = try Sandbox()
    let body = try ReissueBody().json()
    let first = try sandbox.call("POST", "/api/v2/certificate/55882/reissue", body)
    #expect(first.status == 200)
    #expect(
      first.json == [
        "returnCode": "0", "returnMessage": "Certificate reissuance has been completed.",
        "totalRows": 0,
      ])
    #expect(first.header("x-ncp-apigw-response-origin") == "ENDPOINT")
    #expect(first.header("date")?.hasSuffix(" GMT") == true)
    #expect(try sandbox.reissue().returnCode == "sandbox-in-progress")

    let journal = try sandbox.journal()
    #expect(journal.map { $0["sequence"] } == [1, 2])
    let entry = try #require(journal.first)
    #expect(entry["method"] == "POST")
    #expect(entry["target"] == "/api/v2/certificate/55882/reissue")
    #expect(entry["body"]?.string == JSONEncoder.text(body))
    #expect(entry["bodySha256"]?.string == SHA256.hex(JSONEncoder.encode(body)))
    #expect(entry["answer"]?["status"] == 200)
    #expect(entry["answer"]?["traceId"]?.string == first.header("x-ncp-trace-id"))
    #expect(
      entry["reissue"]
        == ["orderId": "ORDER-1001", "certificateNo": 55882, "newCertificateNo": 56010])
    #expect(journal.last?["reissue"]?.isNull == true)
  }

  @Test(
    "The rules of the guide decide about a reissue",
    arguments: [
      ("55882", [], "0"),
      ("1", [], "1006"),
      ("055882", [], "2000"),
      ("55882.5", [], "2000"),
      ("-55882", [], "2000"),
      ("9999999999999999999999", [], "2000"),
      ("55889", [], "sandbox-not-advanced"),
      ("55886", [], "sandbox-not-representative"),
      ("55986", [], "0"),
      ("55887", [], "sandbox-in-progress"),
      ("55987", [], "sandbox-in-progress"),
      ("55888", [], "0"),
      ("55882", ["--minimum-days", "33"], "sandbox-days-left"),
      ("55882", ["--clock-offset", "-400s"], "200"),
      ("55882", ["--sub-account"], nil),
    ] as [(String, [String], String?)])
  func rules(number: String, options: [String], code: String?) throws {
    let sandbox = try Sandbox(options)
    let reply = try sandbox.reissue(number)
    #expect((reply.returnCode ?? reply.errorCode) == code)
    #expect(try sandbox.reissued().count == (code == "0" ? 1 : 0))
    if code == nil {
      #expect(reply.status == 403)
      #expect(reply.body.isEmpty)
      #expect(reply.header("x-ncp-apigw-response-origin") == "ENDPOINT")
    }
  }

  @Test(
    "Bodies that break the page's rules are refused with 400 and code 2000",
    arguments: [
      (#"{"csr":"#, "not JSON"), ("[]", "object"), ("", "not JSON"),
      (#"{"certificateName":"a","commonName":"a.example.com","validationMethod":"D"}"#, "csr"),
      (#"{"csr":1,"certificateName":"a","commonName":"b.c","validationMethod":"D"}"#, "csr"),
      (
        #"{"csr":"x","certificateName":"","commonName":"b.c","validationMethod":"D"}"#,
        "certificateName"
      ),
      (
        #"{"csr":"x","certificateName":"a","commonName":null,"validationMethod":"D"}"#, "commonName"
      ),
      (
        #"{"csr":"x","certificateName":"a","commonName":"b","validationMethod":"D"}"#,
        "b is not a domain"
      ),
      (#"{"csr":"x","certificateName":"a","commonName":"-b.c","validationMethod":"D"}"#, "-b.c"),
      (
        #"{"csr":"x","certificateName":"a","commonName":"b.c","validationMethod":"X"}"#,
        "validationMethod"
      ),
      (
        #"{"csr":"x","certificateName":"a","commonName":"b.c","validationMethod":"PD"}"#,
        "validationMethod"
      ),
      (
        #"{"csr":"x","certificateName":"a","commonName":"b.c","dnsName":"d.e","validationMethod":"D"}"#,
        "dnsName"
      ),
      (
        #"{"csr":"x","certificateName":"a","commonName":"b.c","dnsName":[1],"validationMethod":"D"}"#,
        "dnsName"
      ),
    ] as [(String, String)])
  func badBodies(body: String, message: String) throws {
    let sandbox = try Sandbox()
    let reply = try sandbox.call(
      "POST", "/api/v2/certificate/55882/reissue", bytes: Array(body.utf8))
    #expect(reply.status == 400)
    #expect(reply.returnCode == "2000")
    #expect(reply.json?["returnMessage"]?.string?.contains(message) == true)
    #expect(try sandbox.reissued().isEmpty)
  }

  @Test("Signing requests that do not fit are refused with the reasons")
  func signingRequests() throws {
    let sandbox = try Sandbox()
    let key = try PrivateKey.generate(.p256)
    let other = try key.makeRequest(commonName: "other.example.com", dnsNames: []).encoded.pem
    let lacking = try key.makeRequest(commonName: "shop.example.com", dnsNames: []).encoded.pem
    let table = [
      ("no PEM", "1002", "PEM"), (other, "sandbox-csr-common-name", "other.example.com"),
      (lacking, "sandbox-csr-missing-name", "www.shop.example.com"),
    ]
    for (request, code, message) in table {
      let reply = try sandbox.reissue("55882", ReissueBody(signingRequest: request))
      #expect(reply.status == 200)
      #expect(reply.returnCode == code)
      #expect(reply.json?["returnMessage"]?.string?.contains(message) == true)
    }
    #expect(try sandbox.reissued().isEmpty)
  }

  @Test("Content of another type than JSON gets Spring's own answer")
  func contentType() throws {
    let sandbox = try Sandbox()
    let reply = try sandbox.reissue(
      "55882", .init(),
      Variation(leftOut: ["Content-Type"], curlOptions: ["-H", "Content-Type: text/plain"]))
    #expect(reply.status == 415)
    #expect(reply.json?["error"]?.string == "Unsupported Media Type")
    #expect(try sandbox.reissued().isEmpty)
  }

  @Test(
    "Options change the rules that the documents leave open",
    arguments: [
      (["--validation-methods", "D,PD"], ReissueBody(validationMethod: "PD"), "0"),
      (["--strict-names"], ReissueBody(name: "shop-example-com-2026"), "2000"),
      (["--strict-names"], ReissueBody(name: "1shop"), "2000"),
      (["--strict-names"], ReissueBody(name: "shop-2"), "0"),
    ] as [([String], ReissueBody, String)])
  func openRules(options: [String], body: ReissueBody, code: String) throws {
    #expect(try Sandbox(options).reissue("55882", body).returnCode == code)
  }

  @Test(
    "The issued certificate is the representative, and the older one is revoked if it has more names"
  )
  func issueRevokes() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.reissue("55882", ReissueBody(dnsNames: [])).returnCode == "0")
    #expect(try sandbox.certificate(55882)?["statusCode"] == "2")
    #expect(try sandbox.certificate(56010)?["statusCode"] == "0")
    try sandbox.control("POST", "issue", ["certificateNo": 56010])
    #expect(try sandbox.certificate(56010)?["statusCode"] == "2")
    #expect(try sandbox.certificate(55882)?["statusCode"] == "-5")
    #expect(try sandbox.reissue("55882").returnCode == "sandbox-not-normal")
    #expect(try sandbox.reissue("56010").returnCode == "0")
    #expect(throws: TestSupportError.self) {
      try sandbox.control("POST", "issue", ["certificateNo": 55882])
    }
  }

  @Test("The older certificate stays valid if its names are kept")
  func issueKeeps() throws {
    let sandbox = try Sandbox(["--issue-after", "0s"])
    let body = ReissueBody(dnsNames: ["www.shop.example.com", "new.shop.example.com"])
    #expect(try sandbox.reissue("55882", body).returnCode == "0")
    #expect(try sandbox.certificate(56010)?["statusCode"] == "2")
    #expect(try sandbox.certificate(55882)?["statusCode"] == "2")
    #expect(try sandbox.reissue("55882").returnCode == "sandbox-not-representative")
  }

  @Test("Certificates are issued and expire with the clock")
  func timePasses() throws {
    let sandbox = try Sandbox(["--issue-after", "1h"])
    #expect(try sandbox.reissue().returnCode == "0")
    #expect(try sandbox.certificate(56010)?["statusCode"] == "0")
    try sandbox.control("POST", "clock", ["offsetSeconds": 3601])
    #expect(try sandbox.certificate(56010)?["statusCode"] == "2")
    try sandbox.control("POST", "clock", ["offsetSeconds": .integer(13 * 86_400)])
    #expect(try sandbox.certificate(55882)?["statusCode"] == "-2")
    try sandbox.control("POST", "reset")
    #expect(try sandbox.certificate(55882)?["statusCode"] == "2")
    #expect(try sandbox.certificate(56010) == nil)
  }

  @Test("A subscription that is extended lets its certificate be reissued for longer")
  func orderIsExtended() throws {
    let sandbox = try Sandbox(["--issue-after", "0s"])
    try sandbox.control("POST", "order", ["orderId": "ORDER-1001", "daysLeft": 20])
    #expect(try sandbox.reissue().returnCode == "0")
    let short = try sandbox.certificate(56010)?["notAfter"]
    try sandbox.control("POST", "order", ["orderId": "ORDER-1001", "daysLeft": 385])
    #expect(try sandbox.reissue("56010").returnCode == "0")
    let long = try sandbox.certificate(56011)?["notAfter"]
    #expect(try #require(short?.string) < #require(long?.string))
  }

  @Test("After a rotation only the new key pair is accepted, until the reset")
  func keysAreRotated() throws {
    let sandbox = try Sandbox()
    try sandbox.control(
      "POST", "keys", ["accessKey": "another-access-key", "secretKey": "another-secret-key"])
    #expect(try sandbox.reissue().status == 401)
    try sandbox.control("POST", "reset")
    #expect(try sandbox.reissue().returnCode == "0")
  }

  @Test(
    "Certificates are valid for --certificate-days, issued ones and those of a seed without notBefore",
    arguments: [
      ([], 199), (["--certificate-days", "99"], 99), (["--certificate-days", "46"], 46),
    ]
      as [([String], Int)])
  func lives(options: [String], days: Int) throws {
    let sandbox = try Sandbox(options + ["--issue-after", "0s"])
    #expect(try sandbox.reissue().returnCode == "0")
    for number in [55882, 56010] {
      let certificate = try #require(try sandbox.certificate(number))
      let first = try #require(
        certificate["notBefore"]?.string.flatMap { TimeText.seconds(from: $0) })
      let last = try #require(
        certificate["notAfter"]?.string.flatMap { TimeText.seconds(from: $0) })
      #expect(last - first == days * 86_400, "\(number)")
    }
    // 190 days are left of it, whatever the life: then its validity begins now.
    let blog = try #require(try sandbox.certificate(55986))
    let first = try #require(blog["notBefore"]?.string.flatMap { TimeText.seconds(from: $0) })
    #expect(first <= SandboxTime.milliseconds(ahead: 0) / 1000)
  }

  @Test("A failed validation frees the order")
  func validationEnds() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.reissue().returnCode == "0")
    try sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "-4"])
    #expect(try sandbox.reissue().returnCode == "0")
    #expect(try sandbox.reissued() == [56010, 56011])
  }
}
