import Crypto
import Testing

@testable import Service

@Suite("Signature v2 of the API Gateway")
struct SignatureTests {
  struct Vector: Sendable {
    let method: String
    let target: String
    let timestamp: Int
    let accessKey: String
    let secretKey: String
    let signature: String
  }

  /// 1 and 2: NaverCloudPlatform/ncp-iam-authenticator, pkg/token/token_test.go; 3:
  /// GreedyLabs/ncloud-community-sdk, sdk/auth; 4: sjk4425/ncloud-mcp-server, src/auth; 5 and 6 were
  /// computed with openssl dgst.
  static let vectors = [
    Vector(
      method: "GET", target: "/cluster/kubeconfig", timestamp: 1_668_407_407_855,
      accessKey: "access", secretKey: "secret",
      signature: "LTJli9+OKT2KvUXxiKslMfu5FIOmDN83avehOvgUFp0="),
    Vector(
      method: "GET",
      target: "/iam/krs-v1/user?clusterUuid=D11328F1-ECA9-4F1B-BA22-921F61D9C5FF",
      timestamp: 1_668_407_407_855, accessKey: "access", secretKey: "secret",
      signature: "emeahfW4CmzsxIQ5ip0cd9yqERXJ+ZJsRfQpGNmKdXk="),
    Vector(
      method: "POST", target: "/vserver/v2/createServerInstances?regionCode=KR",
      timestamp: 1_700_000_000_000, accessKey: "AK_TEST", secretKey: "SK_TEST",
      signature: "xBcE26XFU55BMjppdPT7ZY3oDrqoOedfPyAn3Cq4lUw="),
    Vector(
      method: "GET", target: "/vserver/v2/getServerInstanceList?responseFormatType=json",
      timestamp: 1_234_567_890_123, accessKey: "TestAccessKey", secretKey: "TestSecretKey",
      signature: "FPsYYX8fuMAgi+cue3eACOW0dNtIwu1LYWfg/megA2M="),
    Vector(
      method: "POST", target: "/api/v2/certificate/55882/reissue",
      timestamp: 1_700_000_000_000, accessKey: "AK_TEST", secretKey: "SK_TEST",
      signature: "TXE/0vJhlNj31UaL8ruIh6SlRSbMpJZ/pBv6FL7CJ40="),
    Vector(
      method: "GET",
      target: "/api/v2/certificate/getVerificationInfo/55332?domainAddress=ncloud.com",
      timestamp: 1_700_000_000_000, accessKey: "AK_TEST", secretKey: "SK_TEST",
      signature: "xQ1waOK0UU2ybG1/uZ7r8hHyuyJVaN3xYXtB+k4PCmY="),
  ]

  @Test("published vectors", arguments: vectors)
  func published(vector: Vector) {
    let text = Signature.stringToSign(
      method: vector.method, target: vector.target, timestamp: vector.timestamp,
      accessKey: vector.accessKey)
    #expect(
      Signature.signature(of: text, secretKey: SecretBytes(copying: vector.secretKey))
        == vector.signature)
  }

  @Test("the string to sign has two line feeds, and none at its end")
  func stringToSign() {
    let text = Signature.stringToSign(
      method: "POST", target: "/api/v2/certificate/55882/reissue", timestamp: 1_700_000_000_000,
      accessKey: "AK_TEST")
    #expect(text == "POST /api/v2/certificate/55882/reissue\n1700000000000\nAK_TEST")
  }

  @Test(
    "wrong strings give the known wrong values, none of which is the right one",
    arguments: [
      (
        "POST /api/v2/certificate/55882/reissue\n1700000000000\nAK_TEST\n",
        "tXxXUespEFdsvh16K50EJN12sMxgBVKpkeTZBV4Uuio="
      ),
      (
        "POST https://certificatemanager.apigw.ntruss.com/api/v2/certificate/55882/reissue\n"
          + "1700000000000\nAK_TEST",
        "zOCmfLwofqiBsoGwnDFkfpHDzU+yQqyCdkmO5yUwzbA="
      ),
      (
        "POST /certificate/55882/reissue\n1700000000000\nAK_TEST",
        "nw8k9+APHxYhBcxntmsN72PH+YQmIcGTmhSdW1evvqY="
      ),
      (
        "GET /api/v2/certificate/getVerificationInfo/55332\n1700000000000\nAK_TEST",
        "29sSHQEJ8kILog8XdRVq6j7OaV3cLkpM6E2py5GGek4="
      ),
    ])
  func wrong(text: String, value: String) {
    #expect(Signature.signature(of: text, secretKey: SecretBytes(copying: "SK_TEST")) == value)
    #expect(!Self.vectors.map(\.signature).contains(value))
  }

  @Test("a secret never shows")
  func secret() {
    let secret = SecretBytes(copying: "MARKER")
    #expect("\(secret)" == "<redacted>")
    #expect(String(reflecting: secret) == "<redacted>")
    var dump = ""
    Swift.dump([secret], to: &dump)
    #expect(!dump.contains("MARKER"))
  }
}
