import Crypto
import Testing

@Suite("All findings about a request are reported at once")
struct RequestFindingTests {
  static func request(_ line: String) throws -> CertificateSigningRequest {
    try CertificateSigningRequest(parsing: shell(line))
  }

  @Test("Missing and extra names, the common name and other types are reported in order")
  func names() throws {
    let request = try Self.request(
      """
      openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -subj /CN=Other.example.com \
        -addext subjectAltName=DNS:b.example.com,DNS:A.example.com,IP:192.0.2.1,IP:2001:db8::1,email:me@example.com,URI:https://example.com/
      """)
    #expect(request.commonNames.first == "Other.example.com")
    #expect(request.dnsNames == ["b.example.com", "A.example.com"])
    let findings = request.findings(
      commonName: "example.com", names: ["www.example.com", "a.example.com"])
    #expect(
      findings.map(\.text) == [
        #"the request's common name is "Other.example.com"; the parameters say "example.com""#,
        #"the request lacks "example.com""#, #"the request lacks "www.example.com""#,
        #"the request has "b.example.com", which the parameters lack"#,
        #"the request has "other.example.com", which the parameters lack"#,
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

  @Test("Only the case of ASCII letters is ignored")
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

  @Test("A missing or second common name is a finding")
  func commonNames() throws {
    let none = try Self.request(
      """
      openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -subj / \
        -addext subjectAltName=DNS:example.com
      """)
    #expect(none.commonNames.first == nil)
    #expect(none.findings(commonName: "example.com", names: []).map(\.code) == [.commonName])
    let two = try Self.request(
      "openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -subj /CN=example.com/CN=b.example"
    )
    #expect(two.commonNames == ["example.com", "b.example"])
    #expect(
      two.findings(commonName: "example.com", names: ["b.example"]).map(\.code) == [.commonName])
  }

  @Test(
    "Weak keys and digests are findings",
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
      ("rsa:2052", "-sha256", ["weak-key"], "RSA key of 2052 bits"),
    ] as [(String, String, [String], String)])
  func strength(key: String, digest: String, codes: [String], text: String) throws {
    let request = try Self.request(
      "openssl req -new -newkey \(key) \(digest) -nodes -keyout k -subj /CN=example.com 2>log")
    let findings = request.findings(commonName: "example.com", names: [])
    #expect(findings.map(\.code.rawValue) == codes)
    #expect(findings.first?.text.contains(text) == true, "\(findings)")
    #expect(request.hasValidSignature)
  }

  @Test("A request changed after its signature has this finding besides the others")
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

  @Test("A key of an unknown algorithm is reported with its number")
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

  @Test("Names cannot forge a line or change the text direction")
  func escaping() throws {
    let key = try PrivateKey.generate(.p256)
    let made = try key.makeRequest(commonName: "example.com", dnsNames: ["abcd.example"])
    var der = made.der
    let start = try #require(der.indices.first { der[$0...].starts(with: "abcd.example".bytes) })
    der.replaceSubrange(start..<start + 4, with: [0x0A, 0xE2, 0x80, 0xAE])
    let texts = try CertificateSigningRequest(parsing: der)
      .findings(commonName: "example.com", names: []).map(\.text)
    #expect(texts.contains(#"the request has "\n\u{202E}.example", which the parameters lack"#))
  }

  @Test("Unusual blanks and blanks at the ends of a name are visible")
  func blanks() throws {
    let key = try PrivateKey.generate(.p256)
    let made = try key.makeRequest(
      commonName: "example.com", dnsNames: ["abcd.example", "efgh.example"])
    var der = made.der
    let first = try #require(der.indices.first { der[$0...].starts(with: "abcd.example".bytes) })
    der.replaceSubrange(first + 10..<first + 12, with: [0xC2, 0xA0])
    let second = try #require(der.indices.first { der[$0...].starts(with: "efgh.example".bytes) })
    der[second + 11] = UInt8(ascii: " ")
    let texts = try CertificateSigningRequest(parsing: der)
      .findings(commonName: "example.com", names: []).map(\.text)
    #expect(texts.contains(#"the request has "abcd.examp\u{00A0}", which the parameters lack"#))
    #expect(texts.contains(#"the request has "efgh.exampl ", which the parameters lack"#))
  }

  /// Only version 1 exists, encoded as 0 (RFC 2986 section 4.1); OpenSSL accepts others silently.
  @Test(
    "Another version than 1 is a finding even with a valid signature", arguments: [1, 2, 127])
  func version(number: UInt8) throws {
    let files = ["k": try shell("openssl genpkey -algorithm EC -pkeyopt group:P-256")]
    let made = try CertificateSigningRequest(
      parsing: shell("openssl req -new -key k -subj /CN=example.com -outform DER", files: files))
    #expect(made.version == 0)
    // The version is the first number.
    var body = try #require(DERPart(made.der)?.parts.first)
    #expect(body.content.starts(with: [0x02, 0x01, 0x00]))
    body.content[2] = number
    let request = try CertificateSigningRequest(
      parsing: signed(body, like: made.der, with: files["k"] ?? []))
    #expect(request.hasValidSignature)
    #expect(request.version == Int(number))
    let findings = request.findings(commonName: "example.com", names: [])
    #expect(findings.map(\.code.rawValue) == ["version"])
    #expect(
      findings.first?.text.contains("version of the request is \(number + 1) (\(number))") == true)
  }

  @Test("An even public exponent is a finding, and a small one is not")
  func exponent() throws {
    let small = try Self.request(
      """
      openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out k 2>log
      openssl req -new -key k -subj /CN=example.com
      """)
    #expect(small.findings(commonName: "example.com", names: []) == [])
    var der = try Self.request(
      "openssl req -new -newkey rsa:2048 -nodes -keyout k -subj /CN=example.com 2>log"
    ).der
    // 65537 becomes 65536.
    let place = try #require(
      der.indices.last { der[$0...].starts(with: [0x02, 0x03, 0x01, 0x00, 0x01]) })
    der[place + 4] = 0
    let texts = try CertificateSigningRequest(parsing: der)
      .findings(commonName: "example.com", names: []).map(\.text)
    #expect(texts.contains { $0.contains("public exponent 65536") }, "\(texts)")
  }

  @Test(
    "Properties that some authorities refuse are warnings, not findings",
    arguments: [
      ("rsa:2048 -sigopt rsa_padding_mode:pss", "", "RSASSA-PSS"),
      ("rsa:2048", "-config c", "challenge password"), ("rsa:2048", "", nil),
      ("ec -pkeyopt group:P-256", "", nil),
    ] as [(String, String, String?)])
  func warnings(key: String, options: String, text: String?) throws {
    let configuration = """
      [req]
      distinguished_name = name
      attributes = more
      prompt = no
      [name]
      CN = example.com
      [more]
      challengePassword = secret1
      """
    let subject = options.isEmpty ? "-subj /CN=example.com" : options
    let request = try CertificateSigningRequest(
      parsing: shell(
        "openssl req -new -newkey \(key) -sha256 -nodes -keyout k \(subject) 2>log",
        files: ["c": configuration.bytes]))
    #expect(request.findings(commonName: "example.com", names: []) == [])
    #expect(request.warnings.count == (text == nil ? 0 : 1))
    if let text { #expect(request.warnings.first?.contains(text) == true) }
    #expect(!request.warnings.joined().contains("secret1"))
  }

  @Test(
    "A compressed point is a warning, and a hybrid one is a finding",
    arguments: [("compressed", true), ("hybrid", false), ("uncompressed", nil)] as [(String, Bool?)]
  )
  func pointForms(form: String, isWarning: Bool?) throws {
    for group in ["P-256", "P-384"] {
      let request = try Self.request(
        """
        openssl genpkey -algorithm EC -pkeyopt group:\(group) -out named
        openssl ec -in named -conv_form \(form) -out k 2>log
        openssl req -new -key k -subj /CN=example.com
        """)
      let findings = request.findings(commonName: "example.com", names: [])
      #expect(findings.map(\.code) == (isWarning == false ? [.weakKey] : []))
      #expect(request.warnings.count == (isWarning == true ? 1 : 0), "\(form) \(group)")
    }
  }

  /// A request with changed content, signed with the same key.
  private func signed(_ body: DERPart, like der: [UInt8], with key: [UInt8]) throws -> [UInt8] {
    let parts = try #require(DERPart(der)).parts
    let signature = try shell(
      "openssl dgst -sha256 -sign k b", files: ["k": key, "b": body.encoded])
    let bits = DERPart(tag: 0x03, content: [0] + signature)
    return DERPart(tag: 0x30, content: body.encoded + parts[1].encoded + bits.encoded).encoded
  }
}

/// Tag, length and content (ITU-T X.690 section 8.1), as far as requests need it.
private struct DERPart {
  var tag: UInt8
  var content: [UInt8]

  init(tag: UInt8, content: [UInt8]) {
    self.tag = tag
    self.content = content
  }

  init?(_ bytes: [UInt8]) {
    guard let (part, _) = Self.read(bytes[...]) else { return nil }
    self = part
  }

  var encoded: [UInt8] {
    guard content.count >= 0x80 else { return [tag, UInt8(content.count)] + content }
    return [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
  }

  var parts: [DERPart] {
    var parts: [DERPart] = []
    var rest = content[...]
    while let (part, next) = Self.read(rest) {
      parts.append(part)
      rest = next
    }
    return parts
  }

  private static func read(_ bytes: ArraySlice<UInt8>) -> (DERPart, rest: ArraySlice<UInt8>)? {
    guard bytes.count > 1, let tag = bytes.first else { return nil }
    var rest = bytes.dropFirst()
    var length = Int(rest.removeFirst())
    if length >= 0x80 {
      let count = length & 0x7F
      length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(count)
    }
    guard rest.count >= length else { return nil }
    return (DERPart(tag: tag, content: Array(rest.prefix(length))), rest.dropFirst(length))
  }
}
