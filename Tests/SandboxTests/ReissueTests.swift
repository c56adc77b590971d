import JSON
import TestSupport
import Testing

@Suite("reissue")
struct ReissueTests {
  @Test("a signed request is carried out once and journalled as it came")
  func acceptsOnce() throws {
    let sandbox = try Sandbox()
    let request: JSONValue = [
      "csr": .string(Fixtures.shopSigningRequest), "certificateName": "shop",
      "commonName": "shop.example.com", "dnsName": ["www.shop.example.com"],
      "validationMethod": "D",
    ]
    let first = try sandbox.call("POST", "/api/v2/certificate/55882/reissue", request)
    #expect(first.status == 200)
    #expect(
      first.json == [
        "returnCode": "0", "returnMessage": "Certificate reissuance has been completed.",
        "totalRows": 0,
      ])
    #expect(first.header("x-ncp-apigw-response-origin") == "ENDPOINT")
    let second = try sandbox.call("POST", "/api/v2/certificate/55882/reissue", request)
    #expect(second.returnCode == "sandbox-in-progress")
    let journal = try sandbox.journal()
    #expect(journal.count == 2)
    #expect(journal.first?["body"]?.string == JSONEncoder.text(request))
    #expect(journal.first?["reissue"]?["newCertificateNo"] == 56010)
    #expect(journal.last?["reissue"]?.isNull == true)
  }
}
