import Crypto
import Testing

@Suite("Secrets are never shown")
struct SecretBytesTests {
  @Test("Every way to print a secret gives <redacted>")
  func redaction() {
    let secret = SecretBytes(copying: "hunter2")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
      #expect(text.contains("<redacted>"))
      #expect(!text.contains("hunter2") && !text.contains("104"))
    }
    #expect(Mirror(reflecting: secret).children.isEmpty)
  }

  @Test("Taking bytes over empties the array and keeps their order")
  func taking() {
    var bytes = Array("hunter2".utf8)
    let secret = SecretBytes(taking: &bytes)
    #expect(bytes.isEmpty)
    #expect(secret.count == 7)
    let text = secret.withSpan { span in
      span.indices.map { Character(UnicodeScalar(span[$0])) }
    }
    #expect(String(text) == "hunter2")
  }

  @Test("An empty secret is valid")
  func empty() {
    var bytes: [UInt8] = []
    let secret = SecretBytes(taking: &bytes)
    #expect(secret.withSpan { $0.count } == 0)
    #expect(HMACSHA256.authenticate([1], key: secret) == HMACSHA256.authenticate([1], key: []))
  }
}
