import Crypto
import Testing

@Suite("Private keys are read in every usual form and never shown")
struct PrivateKeyTests {
  static func read(_ bytes: [UInt8]) throws(CryptoError) -> PrivateKey {
    try PrivateKey(parsing: SecretBytes(copying: bytes))
  }

  @Test(
    "PKCS #1, PKCS #8 and SEC 1, as PEM and as DER, give the same key",
    arguments: [
      ("rsa -pkeyopt rsa_keygen_bits:2048", "RSA PRIVATE KEY", "RSA", 2048),
      ("EC -pkeyopt group:P-256", "EC PRIVATE KEY", "P-256", 256),
      ("EC -pkeyopt group:P-384", "EC PRIVATE KEY", "P-384", 384),
    ])
  func forms(algorithm: String, label: String, name: String, bits: Int) throws {
    let pkcs8 = try shell("openssl genpkey -algorithm \(algorithm)")
    let expected = try Self.read(pkcs8).publicKey
    #expect(expected.name == name && expected.bits == bits && expected.weakness == nil)
    let lines = [
      "openssl pkey -in k -traditional", "openssl pkey -in k -outform DER",
      "openssl pkey -in k -traditional -outform DER", "openssl pkey -in k -text",
      "sed 's/$/\\r/' k", "openssl req -x509 -key k -subj /CN=example.com; cat k",
    ]
    for line in lines {
      let bytes = try shell(line, files: ["k": pkcs8])
      #expect(try Self.read(bytes).publicKey == expected, "\(line)")
    }
    let traditional = try shellText(lines[0], files: ["k": pkcs8])
    #expect(traditional.contains("-----BEGIN \(label)-----"))
    #expect(
      try shell("openssl pkey -in k -pubout -outform DER", files: ["k": pkcs8]) == expected.der)
  }

  @Test("The leading parameters of openssl ecparam are ignored")
  func parameters() throws {
    let bytes = try shell("openssl ecparam -name prime256v1 -genkey")
    #expect(String(decoding: bytes, as: UTF8.self).contains("EC PARAMETERS"))
    #expect(try Self.read(bytes).publicKey.name == "P-256")
  }

  @Test("Generated keys are read by this library and by openssl", arguments: KeyKind.allCases)
  func written(kind: KeyKind) throws {
    let key = try PrivateKey.generate(kind)
    let pem = try key.pkcs8PEM()
    #expect(pem.revealed.starts(with: "-----BEGIN PRIVATE KEY-----\n".bytes))
    #expect(pem.revealed.last == UInt8(ascii: "\n"))
    #expect(try PrivateKey(parsing: pem).publicKey == key.publicKey)
    let report = try shellText(
      "openssl pkey -in k -check -noout 2>&1", files: ["k": pem.revealed])
    #expect(report.contains("Key is valid"))
    #expect("\(pem)" == "<redacted>")
  }

  @Test(
    "The caller can stop the generation of an RSA key, and generate the next one",
    arguments: [KeyKind.rsa2048, .rsa3072, .rsa4096])
  func interrupted(kind: KeyKind) throws {
    for most in [0, 1, 20] {
      var asked = 0
      let code = code { () throws(CryptoError) in
        _ = try PrivateKey.generate(kind) {
          asked += 1
          return asked <= most
        }
      }
      // A key may be found before the first check.
      if let code {
        #expect(code == .interrupted)
        #expect(asked > most)
      } else {
        #expect(asked <= most)
      }
    }
    #expect(
      code { () throws(CryptoError) in _ = try PrivateKey.generate(kind) { false } } == .interrupted
    )
    #expect(try PrivateKey.generate(.rsa2048) { true }.publicKey.bits == 2048)
  }

  @Test("Two generated keys differ")
  func fresh() throws {
    let first = try PrivateKey.generate(.p256)
    let second = try PrivateKey.generate(.p256)
    let (own, others) = (first.matches(first.publicKey), first.matches(second.publicKey))
    #expect(own && !others)
  }

  @Test("A compressed point is the same key")
  func compressedPoint() throws {
    let key = try shell("openssl genpkey -algorithm EC -pkeyopt group:P-256")
    let request = try CertificateSigningRequest(
      parsing: shell(
        """
        openssl ec -in k -conv_form compressed -out c 2>log
        openssl req -new -key c -subj /CN=example.com
        """, files: ["k": key]))
    let own = try Self.read(key)
    #expect(request.publicKey != own.publicKey)
    let matches = own.matches(request.publicKey)
    #expect(matches)
  }

  @Test("Unusable keys are refused with a specific code, and are not quoted")
  func refusals() throws {
    let key = try shell("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048")
    let files = ["k": key]
    let der = try shell("openssl pkey -in k -outform DER", files: files)
    let request = try shell("openssl req -new -key k -subj /CN=example.com", files: files)
    let cases: [(CryptoError.Code, [UInt8])] = [
      (.notPEM, []), (.notPEM, "hello".bytes), (.notPrivateKey, [0x30, 0x03, 0x02, 0x01, 0x00]),
      (.encryptedKey, try shell("openssl pkcs8 -topk8 -passout pass:x -in k", files: files)),
      (
        .encryptedKey,
        try shell("openssl pkcs8 -topk8 -passout pass:x -in k -outform DER", files: files)
      ),
      (
        .encryptedKey,
        try shell("openssl rsa -traditional -aes128 -passout pass:x -in k 2>log", files: files)
      ),
      (
        .unsupportedKeyFormat,
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n".bytes
      ),
      (.requestInPlace, request),
      (.requestInPlace, try shell("openssl req -outform DER -in r", files: ["r": request])),
      (
        .certificateInPlace,
        try shell("openssl req -x509 -key k -subj /CN=example.com", files: files)
      ),
      (.severalPrivateKeys, key + key), (.damagedPEM, Array(key.dropLast(30))),
      (.damagedPEM, key.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }),
      (.trailingData, der + [0]), (.notPrivateKey, Array(der.dropLast())),
      (.notPrivateKey, try shell("openssl pkey -in k -pubout", files: files)),
      (.tooLarge, [UInt8](repeating: 0x20, count: 256 * 1024 + 1)),
    ]
    for (index, (expected, bytes)) in cases.enumerated() {
      do throws(CryptoError) {
        _ = try Self.read(bytes)
        Issue.record("case \(index) was read; expected \(expected)")
      } catch {
        #expect(error.code == expected, "case \(index): \(error)")
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(
          !lines.contains { $0.count > 20 && !$0.hasPrefix("-----") && error.text.contains($0) })
      }
    }
  }
}
