import JSON
import TestSupport
import Testing

@testable import ncloud_sandbox

@Suite("The gateway checks requests in the order of the real one")
struct GatewayTests {
  private static let reissue = "/api/v2/certificate/55882/reissue"
  private static let verification =
    "/api/v2/certificate/getVerificationInfo/55332?domainAddress=ncloud.com"

  @Test(
    "The published vectors of signature v2 hold",
    arguments: [
      (
        "GET", "/cluster/kubeconfig", "1668407407855", "access", "secret",
        "LTJli9+OKT2KvUXxiKslMfu5FIOmDN83avehOvgUFp0="
      ),
      (
        "GET", "/iam/krs-v1/user?clusterUuid=D11328F1-ECA9-4F1B-BA22-921F61D9C5FF",
        "1668407407855", "access", "secret", "emeahfW4CmzsxIQ5ip0cd9yqERXJ+ZJsRfQpGNmKdXk="
      ),
      (
        "POST", "/vserver/v2/createServerInstances?regionCode=KR", "1700000000000", "AK_TEST",
        "SK_TEST", "xBcE26XFU55BMjppdPT7ZY3oDrqoOedfPyAn3Cq4lUw="
      ),
      (
        "GET", "/vserver/v2/getServerInstanceList?responseFormatType=json", "1234567890123",
        "TestAccessKey", "TestSecretKey", "FPsYYX8fuMAgi+cue3eACOW0dNtIwu1LYWfg/megA2M="
      ),
      (
        "POST", reissue, "1700000000000", "AK_TEST", "SK_TEST",
        "TXE/0vJhlNj31UaL8ruIh6SlRSbMpJZ/pBv6FL7CJ40="
      ),
      (
        "GET", verification, "1700000000000", "AK_TEST", "SK_TEST",
        "xQ1waOK0UU2ybG1/uZ7r8hHyuyJVaN3xYXtB+k4PCmY="
      ),
    ] as [(String, String, String, String, String, String)])
  func signatureVectors(
    method: String, target: String, timestamp: String, accessKey: String, secretKey: String,
    signature: String
  ) {
    let text = Signature.stringToSign(
      method: method, target: target, timestamp: timestamp, accessKey: accessKey)
    #expect(Signature.value(of: text, secretKey: secretKey) == signature)
  }

  /// The clock has the vectors' time, so that only the signature can be wrong.
  @Test(
    "Wrong signatures are refused",
    arguments: [
      ("POST", reissue, "TXE/0vJhlNj31UaL8ruIh6SlRSbMpJZ/pBv6FL7CJ40=", true),
      ("POST", reissue, "tXxXUespEFdsvh16K50EJN12sMxgBVKpkeTZBV4Uuio=", false),
      ("POST", reissue, "zOCmfLwofqiBsoGwnDFkfpHDzU+yQqyCdkmO5yUwzbA=", false),
      ("POST", reissue, "nw8k9+APHxYhBcxntmsN72PH+YQmIcGTmhSdW1evvqY=", false),
      ("GET", verification, "xQ1waOK0UU2ybG1/uZ7r8hHyuyJVaN3xYXtB+k4PCmY=", true),
      ("GET", verification, "29sSHQEJ8kILog8XdRVq6j7OaV3cLkpM6E2py5GGek4=", false),
      ("POST", reissue, "", false),
    ] as [(String, String, String, Bool)])
  func wrongSignatures(method: String, target: String, signature: String, passes: Bool) {
    let gateway = Gateway(accessKey: "AK_TEST", secretKey: "SK_TEST")
    let request = Request(
      connection: 1, method: method, target: target,
      headers: [
        ("X-NCP-APIGW-Timestamp", "1700000000000"), ("x-ncp-iam-access-key", "AK_TEST"),
        ("x-ncp-apigw-signature-v2", signature),
      ])
    switch gateway.check(request, nowMilliseconds: 1_700_000_000_000) {
    case .success: #expect(passes)
    case .failure(let refusal):
      #expect(!passes)
      #expect(refusal.error == .authenticationFailed)
    }
  }

  @Test(
    "A timestamp is valid for less than five minutes in both directions",
    arguments: [
      (0, true), (299_999, true), (-299_999, true), (300_000, false), (-300_000, false),
      (86_400_000, false), (-1_700_000_000_000, false),
    ] as [(Int, Bool)])
  func timestampWindow(offset: Int, passes: Bool) {
    let timestamp = String(1_700_000_000_000 + offset)
    let text = Signature.stringToSign(
      method: "GET", target: "/api/v2/certificate/orders", timestamp: timestamp, accessKey: "AK")
    let request = Request(
      connection: 1, method: "GET", target: "/api/v2/certificate/orders",
      headers: [
        ("x-ncp-apigw-timestamp", timestamp), ("x-ncp-iam-access-key", "AK"),
        ("x-ncp-apigw-signature-v2", Signature.value(of: text, secretKey: "SK")),
      ])
    let result = Gateway(accessKey: "AK", secretKey: "SK")
      .check(request, nowMilliseconds: 1_700_000_000_000)
    #expect((try? result.get()) == (passes ? .orders : nil))
  }

  @Test(
    "Missing or wrong headers get 401/200 from the gateway",
    arguments: [
      Variation(leftOut: ["x-ncp-apigw-timestamp"]), Variation(leftOut: ["x-ncp-iam-access-key"]),
      Variation(leftOut: ["x-ncp-apigw-signature-v2"]), Variation(timestamp: "yesterday"),
      Variation(timestamp: "9223372036854775807"), Variation(timestamp: "-1"),
      Variation(accessKey: "somebody-else"), Variation(signature: "AAAA"),
      Variation(signedTarget: "/certificate/orders"), Variation(suffix: "\n"),
    ])
  func headers(variation: Variation) throws {
    let sandbox = try Sandbox()
    let reply = try sandbox.read("orders", variation)
    #expect(reply.status == 401)
    #expect(reply.errorCode == "200")
    #expect(reply.json?["error"]?["message"] == "Authentication Failed")
    #expect(reply.header("x-ncp-apigw-response-origin") == "APIGW")
    #expect(try sandbox.journal().first?["answer"]?["code"] == "200")
  }

  @Test(
    "An unknown operation gets 404/300 before other checks",
    arguments: [
      ("GET", "/"), ("GET", "/api/v2/certificate"), ("GET", "/api/v2/certificate/"),
      ("POST", "/api/v2/certificate/orders"), ("GET", "/api/v2/certificate/55882/reissue"),
      ("POST", "/api/v2/certificate//reissue"), ("POST", "/api/v2/certificate/55882/reissue/"),
      ("POST", "/certificate/55882/reissue"), ("POST", "/api/v1/certificate/55882/reissue"),
      ("POST", "/api/v2/certificate/55882/../1/reissue"), ("DELETE", "/api/v2/certificate/1"),
    ] as [(String, String)])
  func noOperation(method: String, target: String) throws {
    let reply = try Sandbox().call(
      method, target, nil, Variation(leftOut: ["x-ncp-apigw-timestamp"]))
    #expect(reply.status == 404)
    #expect(reply.errorCode == "300")
    #expect(reply.header("x-ncp-apigw-response-origin") == "APIGW")
  }

  @Test("The signature includes the query")
  func query() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.read("orders?page=1&pageSize=2").status == 200)
    let bare = Variation(signedTarget: "/api/v2/certificate/orders")
    #expect(try sandbox.read("orders?page=1&pageSize=2", bare).status == 401)
  }
}
