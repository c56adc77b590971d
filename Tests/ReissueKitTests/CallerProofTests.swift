import Core
import Crypto
import Platform
import TestSupport
import Testing

@testable import ReissueKit

@Suite("A caller proves that it knows a key")
struct CallerProofTests {
  private static let now = Timestamp(milliseconds: 1_700_000_000_000)
  private static let alert = #"{"status":"firing"}"#
  private static let grafana = CallerProof.Signature(
    header: "X-Grafana-Alerting-Signature", timestampHeader: "X-Grafana-Alerting-Timestamp")
  private static let gitHub = CallerProof.Signature(
    header: "X-Hub-Signature-256", prefix: "sha256=")

  /// A form with its keys.
  private struct Proof {
    let form: CallerProof.Form
    let keys: [SecretBytes]
  }

  private static func proof(_ form: CallerProof.Form, _ keys: String...) -> Proof {
    Proof(form: form, keys: keys.map { SecretBytes(copying: $0) })
  }

  private static func failure(
    _ proof: Proof, _ variables: [String: String], body: String = alert
  ) -> String? {
    proof.form.failure(
      of: GatewayRequest(variables: variables), body: Array(body.utf8), proof.keys, now: now)
  }

  /// GitHub, "Validating webhook deliveries".
  @Test("the example in GitHub's documentation is accepted")
  func theDocumentedExampleOfGitHub() {
    let code = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    let proof = Self.proof(.signature(Self.gitHub), "It's a Secret to Everybody")
    let variables = ["HTTP_X_HUB_SIGNATURE_256": "sha256=\(code)"]
    #expect(Self.failure(proof, variables, body: "Hello, World!") == nil)
    #expect(Self.failure(proof, variables, body: "Hello, World") != nil)
  }

  /// Grafana, "Configure webhook notifications": HMAC-SHA256 of timestamp, colon and body in
  /// hexadecimal, or of the body alone where no timestamp header is set. Computed with openssl dgst.
  @Test("the signature that Grafana documents is accepted")
  func theDocumentedFormOfGrafana() {
    let proof = Self.proof(.signature(Self.grafana), "grafana-secret-of-a-test")
    let variables = [
      "HTTP_X_GRAFANA_ALERTING_SIGNATURE":
        "f4b048c9ae4ea9f942202dda0f0ea4fbaf651c826062eb13326009298cd23b06",
      "HTTP_X_GRAFANA_ALERTING_TIMESTAMP": "1700000000",
    ]
    #expect(Self.failure(proof, variables) == nil)
    #expect(Self.failure(proof, variables, body: Self.alert + " ") != nil)
    let bare = Self.proof(
      .signature(.init(header: Self.grafana.header)), "grafana-secret-of-a-test")
    let code = "77cf82dfb65cd2527d2ba8681833274edf0953d24968c1fb3fba1dbe0f07c9ae"
    #expect(Self.failure(bare, ["HTTP_X_GRAFANA_ALERTING_SIGNATURE": code]) == nil)
    #expect(Self.failure(bare, variables) != nil)
  }

  @Test(
    "a signature is the prefix and the hexadecimal digits of the HMAC, and nothing else",
    arguments: [
      ("sha256=CODE", true), ("sha256=UPPER", true),
      ("CODE", false), ("sha1=CODE", false), ("SHA256=CODE", false), ("sha256=", false),
      ("sha256= CODE", false), ("sha256=CODE ", false), ("sha256=CODE0", false),
      ("sha256=CODE00", false), ("sha256=HALF", false), ("sha256=WRONG", false),
      ("sha256=CODE,sha256=CODE", false), ("", false), ("sha256", false),
    ])
  func signature(value: String, isGood: Bool) {
    let code = Self.code(Self.alert, "key-of-a-test")
    let value =
      value
      .replacing("CODE", with: code).replacing("UPPER", with: code.uppercased())
      .replacing("HALF", with: code.prefix(32))
      .replacing("WRONG", with: Self.code(Self.alert, "another key"))
    let failure = Self.failure(
      Self.proof(.signature(Self.gitHub), "key-of-a-test"), ["HTTP_X_HUB_SIGNATURE_256": value])
    #expect((failure == nil) == isGood, "\(failure ?? "proved")")
  }

  private static func code(_ text: String, _ key: String) -> String {
    Hexadecimal.encode(HMACSHA256.authenticate(Array(text.utf8), key: Array(key.utf8)))
  }

  @Test("each of the configured keys is accepted, and no other key")
  func anyOfTheKeysWillDo() {
    let proof = Self.proof(.signature(Self.gitHub), "the new key", "the old key")
    for key in ["the new key", "the old key"] {
      let value = "sha256=" + Self.code(Self.alert, key)
      #expect(Self.failure(proof, ["HTTP_X_HUB_SIGNATURE_256": value]) == nil)
    }
    let value = "sha256=" + Self.code(Self.alert, "an older key")
    #expect(Self.failure(proof, ["HTTP_X_HUB_SIGNATURE_256": value]) != nil)
  }

  /// All of them are signed correctly, so only the time can be the reason of a refusal.
  @Test(
    "a signed time may differ from the clock by its tolerance",
    arguments: [
      ("1700000000", nil), ("1699999700", nil), ("1700000300", nil),
      ("1699999699", "301 s old"), ("1700000301", "301 s ahead"), ("0", "1700000000 s old"),
      ("1700000000000", "not a time"), ("-1", "not a time"), ("1.7e9", "not a time"),
      ("now", "not a time"),
      ("+1700000000", "not a time"), ("999999999999", "s ahead"), ("１７００００００００", "not a time"),
    ] as [(String, String?)])
  func freshness(timestamp: String, reason: String?) {
    let code = Self.code("\(timestamp):\(Self.alert)", "key-of-a-test")
    let failure = Self.failure(
      Self.proof(.signature(Self.grafana), "key-of-a-test"),
      [
        "HTTP_X_GRAFANA_ALERTING_SIGNATURE": code, "HTTP_X_GRAFANA_ALERTING_TIMESTAMP": timestamp,
      ])
    if let reason { #expect(failure?.contains(reason) == true, "\(failure ?? "proved")") }
    #expect((failure == nil) == (reason == nil), "\(failure ?? "proved")")
  }

  @Test("a signature without the time, or with another time, is refused")
  func aTimestampThatIsNotSignedIsWorthNothing() {
    let proof = Self.proof(.signature(Self.grafana), "key-of-a-test")
    let old = Self.code("1600000000:\(Self.alert)", "key-of-a-test")
    for code in [Self.code(Self.alert, "key-of-a-test"), old] {
      var variables = ["HTTP_X_GRAFANA_ALERTING_SIGNATURE": code]
      #expect(Self.failure(proof, variables)?.contains("no X-Grafana-Alerting-Timestamp") == true)
      variables["HTTP_X_GRAFANA_ALERTING_TIMESTAMP"] = "1700000000"
      #expect(Self.failure(proof, variables)?.contains("fits none") == true)
    }
  }

  @Test(
    "a bearer token is exactly one of the configured tokens",
    arguments: [
      ("Bearer token-of-a-test", true), ("bearer token-of-a-test", true),
      ("BEARER   token-of-a-test", true), ("Bearer the-old-token", true),
      ("Bearer token-of-a-tes", false), ("Bearer token-of-a-test1", false),
      ("Bearer token-of-a-test the-old-token", false), ("Bearer ", false), ("Bearer", false),
      ("token-of-a-test", false), ("Basic token-of-a-test", false), ("", false),
      ("Bearer <redacted>", false), ("Bearertoken-of-a-test", false),
    ])
  func bearer(value: String, isGood: Bool) {
    let proof = Self.proof(.bearer, "token-of-a-test", "the-old-token")
    let failure = Self.failure(proof, ["HTTP_AUTHORIZATION": value])
    #expect((failure == nil) == isGood, "\(failure ?? "proved")")
  }

  @Test("a caller without the header is not proved")
  func withoutAHeaderNobodyIsProved() {
    for form in [.bearer, .signature(Self.gitHub), .signature(Self.grafana)] as [CallerProof.Form] {
      let failure = Self.failure(Self.proof(form, "key-of-a-test"), [:])
      #expect(failure?.hasPrefix("no ") == true)
    }
    #expect(
      Self.failure(Self.proof(.bearer), ["HTTP_AUTHORIZATION": "Bearer "]) != nil)
  }

  @Test(
    "random headers are refused with one line that repeats nothing of them",
    arguments: 1...4 as ClosedRange<UInt64>)
  func anyBytesAreRefused(seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    for _ in 0..<500 {
      let count = Int.random(in: 0...80, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 1...255, using: &generator) }
      let text = String(decoding: bytes, as: UTF8.self)
      let starts = ["", "sha256=", "Bearer "]
      for form in [.bearer, .signature(Self.gitHub), .signature(Self.grafana)] as [CallerProof.Form]
      {
        let value = starts.randomElement(using: &generator).map { $0 + text } ?? text
        let failure = Self.failure(
          Self.proof(form, "key-of-a-test"),
          [
            "HTTP_AUTHORIZATION": value, "HTTP_X_HUB_SIGNATURE_256": value,
            "HTTP_X_GRAFANA_ALERTING_SIGNATURE": value, "HTTP_X_GRAFANA_ALERTING_TIMESTAMP": text,
          ], body: text)
        #expect(failure?.isEmpty == false)
        #expect(failure?.contains("key-of-a-test") == false)
        #expect(failure?.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 } == true)
      }
    }
  }
}
