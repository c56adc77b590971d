import JSON
import TestSupport
import Testing

@testable import ncloud_sandbox

@Suite("the gateway in front of the sandbox")
struct GatewayTests {
  private static let reissue = "/api/v2/certificate/55882/reissue"
  private static let verification =
    "/api/v2/certificate/getVerificationInfo/55332?domainAddress=ncloud.com"

  @Test(
    "the published vectors of signature v2",
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

  /// The clock stands at the vectors' time, so what is refused is refused for its signature.
  @Test(
    "wrong ways to sign are refused",
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
}
