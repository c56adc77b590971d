import Crypto
import Testing

@Suite("All that speaks against a request is told at once")
struct RequestFindingTests {
  static func request(_ line: String) throws -> CertificateSigningRequest {
    try CertificateSigningRequest(parsing: shell(line))
  }

  @Test("names: each missing, each extra, the common name, other types; sorted")
  func names() throws {
    let request = try Self.request(
      """
      openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -subj /CN=Other.example.com \
        -addext subjectAltName=DNS:b.example.com,DNS:A.example.com,IP:192.0.2.1,IP:2001:db8::1,email:me@example.com,URI:https://example.com/
      """)
    #expect(request.commonName == "Other.example.com")
    #expect(request.dnsNames == ["b.example.com", "A.example.com"])
    let findings = request.findings(
      commonName: "example.com", names: ["www.example.com", "a.example.com"])
    #expect(
      findings.map(\.text) == [
        "the request's common name is Other.example.com; the parameters say example.com",
        "the request lacks example.com", "the request lacks www.example.com",
        "the request has b.example.com, which the parameters have not",
        "the request has other.example.com, which the parameters have not",
        "the request has IP address 192.0.2.1: only DNS names can be in this certificate",
        "the request has IP address 2001:db8:0:0:0:0:0:1: only DNS names can be in this certificate",
        "the request has e-mail address me@example.com: only DNS names can be in this certificate",
        "the request has URI https://example.com/: only DNS names can be in this certificate",
      ])
    #expect(
      findings.map(\.code) == [
        .commonName, .missingName, .missingName, .extraName, .extraName, .otherName, .otherName,
        .otherName, .otherName,
      ])
    #expect(Set(findings).count == findings.count)
  }

  @Test("the case of ASCII letters does not matter, that of others is not looked at")
  func letterCase() throws {
    let request = try Self.request(
      """
      openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -utf8 \
        -subj /CN=EXAMPLE.com -addext subjectAltName=DNS:Www.Example.Com
      """)
    #expect(request.findings(commonName: "example.com", names: ["www.example.com"]) == [])
    let kelvin = try Self.request(
      "openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -utf8 -subj /CN=\u{212A}.example"
    )
    #expect(
      kelvin.findings(commonName: "k.example", names: []).map(\.code)
        == [.commonName, .missingName, .extraName])
  }

  @Test("no common name, or two")
  func commonNames() throws {
    let none = try Self.request(
      """
      openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -subj / \
        -addext subjectAltName=DNS:example.com
      """)
    #expect(none.commonName == nil)
    #expect(none.findings(commonName: "example.com", names: []).map(\.code) == [.commonName])
    let two = try Self.request(
      "openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -subj /CN=example.com/CN=b.example"
    )
    #expect(two.commonNames == ["example.com", "b.example"])
    #expect(
      two.findings(commonName: "example.com", names: ["b.example"]).map(\.code) == [.commonName])
  }

  @Test(
    "keys and digests that are not taken",
    arguments: [
      ("rsa:1024", "-sha256", ["weak-key"], "RSA key of 1024 bits"),
      ("rsa:2048", "-sha1", ["weak-digest"], "signed over SHA1"),
      ("rsa:2048", "-md5", ["weak-digest"], "signed over MD5"),
      ("rsa:2048", "-sha224", ["weak-digest"], "signed over SHA224"),
      ("rsa:1024", "-sha1", ["weak-key", "weak-digest"], "RSA key of 1024 bits"),
      ("rsa:2048 -sigopt rsa_padding_mode:pss", "-sha1", ["weak-digest"], "signed over SHA1"),
      ("ec -pkeyopt group:secp521r1", "-sha256", ["weak-key"], "curve P-521"),
      ("ec -pkeyopt group:secp256k1", "-sha256", ["weak-key"], "curve secp256k1"),
      ("ec -pkeyopt group:brainpoolP256r1", "-sha256", ["weak-key"], "curve brainpoolP256r1"),
      (
        "ec -pkeyopt group:P-256 -pkeyopt ec_param_enc:explicit", "-sha256", ["weak-key"],
        "P-256 with its parameters written out"
      ),
      ("ed25519", "", ["weak-key"], "kind ED25519"),
    ] as [(String, String, [String], String)])
  func strength(key: String, digest: String, codes: [String], text: String) throws {
    let request = try Self.request(
      "openssl req -new -newkey \(key) \(digest) -nodes -keyout k -subj /CN=example.com 2>log")
    let findings = request.findings(commonName: "example.com", names: [])
    #expect(findings.map(\.code.rawValue) == codes)
    #expect(findings.first?.text.contains(text) == true, "\(findings)")
    #expect(request.hasValidSignature)
  }

  @Test("a request that was changed after it was signed, together with all the rest")
  func changed() throws {
    let request = try Self.request(
      "openssl req -new -newkey rsa:1024 -sha1 -nodes -keyout k -subj /CN=example.com")
    let text = "example.com".bytes
    let start = try #require(
      request.der.indices.first { request.der[$0...].starts(with: text) })
    var der = request.der
    der[start] = UInt8(ascii: "E") ^ 1
    let changed = try CertificateSigningRequest(parsing: der)
    #expect(!changed.hasValidSignature)
    #expect(
      changed.findings(commonName: "example.com", names: []).map(\.code)
        == [.badSignature, .weakKey, .weakDigest, .commonName, .missingName, .extraName])
  }

  @Test("a key of an algorithm that nobody knows is named by its number")
  func unknownAlgorithm() throws {
    let made = try PrivateKey.generate(.p256).makeRequest(commonName: "example.com", dnsNames: [])
    // id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480 section 2.1.1), becomes 1.2.840.10045.2.9.
    let identifier: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    var der = made.der
    let start = try #require(der.indices.first { der[$0...].starts(with: identifier) })
    der[start + 6] = 9
    let findings = try CertificateSigningRequest(parsing: der)
      .findings(commonName: "example.com", names: [])
    #expect(findings.map(\.code) == [.badSignature, .weakKey])
    #expect(findings.last?.text.contains("1.2.840.10045.2.9") == true)
  }

  @Test("names from outside cannot forge a line or turn the direction of writing")
  func escaping() throws {
    let key = try PrivateKey.generate(.p256)
    let made = try key.makeRequest(commonName: "example.com", dnsNames: ["abcd.example"])
    var der = made.der
    let start = try #require(der.indices.first { der[$0...].starts(with: "abcd.example".bytes) })
    der.replaceSubrange(start..<start + 4, with: [0x0A, 0xE2, 0x80, 0xAE])
    let texts = try CertificateSigningRequest(parsing: der)
      .findings(commonName: "example.com", names: []).map(\.text)
    #expect(texts.contains(#"the request has \n\u{202E}.example, which the parameters have not"#))
  }
}
