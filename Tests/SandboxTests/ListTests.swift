import JSON
import TestSupport
import Testing

@Suite("Lists, orders, DNS records and chains have the documented form")
struct ListTests {
  /// 25 orders of one certificate each, numbers 1 to 25.
  private static let largeSeed: String = {
    let orders = (1...25).map { number in
      """
      {"orderId":"O\(number)","subscriptionDaysLeft":300,"certificates":[{"certificateNo":\(number),
      "certificateName":"name\(number)","commonName":"host\(number).example.com","daysLeft":20}]}
      """
    }
    return #"{"orders":[\#(orders.joined(separator: ","))]}"#
  }()

  @Test(
    "Lists are returned page by page",
    arguments: [
      ("getPaidCertificates", 10), ("getPaidCertificates?page=3", 5),
      ("getPaidCertificates?page=4", 0), ("getPaidCertificates?pageSize=1000", 20),
      ("getPaidCertificates?page=2&pageSize=15", 10),
      ("getPaidCertificates?certificateName=name%37", 1),
      ("getPaidCertificates?certificateName=nobody", 0),
      ("getPaidCertificates?page=9223372036854775807&pageSize=20", 0), ("orders", 25),
      ("orders?pageSize=0", 25), ("orders?page=2&pageSize=20", 5),
    ] as [(String, Int)])
  func pages(target: String, count: Int) throws {
    let reply = try Sandbox(seed: Self.largeSeed, ["--maximum-page-size", "20"]).read(target)
    #expect(reply.returnCode == "0")
    #expect(reply.json?["orders"]?.array?.count == count)
  }

  @Test(
    "Invalid queries are refused",
    arguments: [
      ("orders?page=0", "2000"), ("orders?pageSize=-1", "2000"), ("orders?page=x", "2000"),
      ("orders/NOBODY", "sandbox-no-order"),
      ("getVerificationInfo/55882", "2101"),
      ("getVerificationInfo/55882?domainAddress=other.example.com", "sandbox-no-domain"),
      ("getVerificationInfo/1?domainAddress=shop.example.com", "1006"),
      ("exportCertificate/55987/chain", "sandbox-not-issued"),
      ("exportCertificate/x/chain", "2000"),
    ] as [(String, String)])
  func badQueries(target: String, code: String) throws {
    #expect(try Sandbox().read(target).returnCode == code)
  }

  @Test("An order has its certificates with every documented member")
  func order() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.reissue().returnCode == "0")
    let order = try #require(try sandbox.read("orders/ORDER-1001").json)
    #expect(order["remainingDays"] == 400)
    #expect(order["extendableYears"] == 1)
    #expect(order["totalCount"] == 2)
    let certificates = try #require(order["certificates"]?.array)
    #expect(certificates.map { $0["certificateNo"] } == [55882, 56010])
    #expect(certificates.map { $0["statusCode"] } == ["2", "0"])
    #expect(certificates.first?["dnsName"] == "www.shop.example.com")
    #expect(certificates.first?["orderId"] == "ORDER-1001")
    #expect(certificates.last?["notAfter"]?.isNull == true)
    #expect(
      certificates.first?.object?.names == [
        "certificateNo", "certificateName", "memberNo", "commonName", "dnsName", "statusCode",
        "certificateType", "certPublicKeyInfo", "issuer", "serialNumber", "signatureAlgorithm",
        "issueDate", "notBefore", "notAfter", "revokeDate", "usedInstanceNoList", "orderId",
      ])
  }

  @Test("Older shapes have numbers as text, other member names and other dates")
  func olderShapes() throws {
    let sandbox = try Sandbox([
      "--shapes", "older", "--date-form", "milliseconds", "--name-separator", " | ",
    ])
    let orders = try sandbox.read("getPaidCertificates?pageSize=100").json?["orders"]?.array
    let order = try #require(orders?.first { $0["orderID"] == "ORDER-1004" })
    let certificate = try #require(order["certificates"]?[0])
    #expect(certificate["certificateNo"] == "55885")
    #expect(certificate["certificateTypeCode"] == "NCP_PAID_OV_01")
    #expect(certificate["dnsName"] == "imap.example.com | smtp.example.com")
    #expect((certificate["notAfter"]?.integer ?? 0) > 1_700_000_000_000)
  }

  @Test(
    "The DNS record of a domain has the chosen type and member",
    arguments: [("TXT", "txtValue"), ("CNAME", "cnameTarget")])
  func verification(type: String, member: String) throws {
    let sandbox = try Sandbox(["--record-type", type, "--record-value-name", member])
    #expect(try sandbox.reissue().returnCode == "0")
    let target = "getVerificationInfo/56010?domainAddress=www.shop.example.com"
    let first = try #require(try sandbox.read(target).json)
    #expect(first["dnsVerificationCount"] == 1)
    #expect(first["emailVerificationList"] == [])
    let entry = try #require(first["dnsVerificationList"]?[0])
    #expect(entry["validStatusCode"] == "VALID_STATUS_REG")
    #expect(entry["recordType"]?.string == type)
    #expect(entry["txtName"]?.string?.contains("www.shop.example.com") == true)
    #expect(entry[member]?.string?.isEmpty == false)
    #expect(try sandbox.read(target).json == first)
    try sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "-4"])
    let late = try sandbox.read(target).json?["dnsVerificationList"]?[0]
    #expect(late?["validStatusCode"] == "VALID_STATUS_TIMEOUT")
    let issued = try sandbox.read("getVerificationInfo/55883?domainAddress=api.example.com").json
    #expect(issued?["dnsVerificationList"]?[0]?["validStatusCode"] == "VALID_STATUS_SUCCESS")
  }

  @Test("A domain that was validated before needs no record for the reissued certificate")
  func validatedBefore() throws {
    let seed = """
      {"orders":[{"orderId":"O","subscriptionDaysLeft":300,"certificates":[{"certificateNo":7,
      "certificateName":"shop","commonName":"shop.example.com","dnsName":["www.shop.example.com"],
      "daysLeft":20,"validatedDomains":["shop.example.com"]}]}]}
      """
    let sandbox = try Sandbox(seed: seed)
    #expect(try sandbox.reissue("7").returnCode == "0")
    let states = try ["shop", "www.shop"].map { name in
      try sandbox.read("getVerificationInfo/8?domainAddress=\(name).example.com")
        .json?["dnsVerificationList"]?[0]?["validStatusCode"]
    }
    #expect(states == ["VALID_STATUS_SUCCESS", "VALID_STATUS_REG"])
  }

  @Test("The chain has CR LF lines, leads to the sandbox's root, and holds the request's key")
  func chain() throws {
    let directory = try TemporaryDirectory()
    let sandbox = try Sandbox(["--ca-directory", directory.path("ca"), "--issue-after", "0s"])
    #expect(try sandbox.reissue().returnCode == "0")
    let answer = try #require(try sandbox.read("exportCertificate/56010/chain").json)
    #expect(answer["subjectCommonName"] == "shop.example.com")
    let texts = try ["certificate", "subCaCertificate", "rootCaCertificate"].map {
      try #require(answer[$0]?.string)
    }
    for text in texts {
      let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      #expect(lines.dropLast().allSatisfy { $0.last == UInt8(ascii: "\r") })
      #expect(text.hasPrefix("-----BEGIN CERTIFICATE-----\r\n"))
    }
    let names = ["leaf.pem", "intermediate.pem", "root.pem"]
    for (name, text) in zip(names, texts) { try directory.write(text, to: name) }
    let root = directory.path("ca/root.pem")
    let verified = try run(
      "/usr/bin/openssl",
      [
        "verify", "-CAfile", root, "-untrusted", directory.path("intermediate.pem"),
        "-verify_hostname", "www.shop.example.com", directory.path("leaf.pem"),
      ])
    #expect(verified.status == 0, "\(verified.stderr)")
    let body = try #require(try sandbox.journal().first?["body"]?.string)
    let request = try #require(try JSONDecoder.decode(body)["csr"]?.string)
    let keys = try [("req", request), ("x509", texts[0])].map { kind, text in
      try run("/usr/bin/openssl", [kind, "-pubkey", "-noout"], stdin: text).stdout
    }
    #expect(keys[0] == keys[1])
    #expect(keys[0].hasPrefix("-----BEGIN PUBLIC KEY-----"))
  }
}
