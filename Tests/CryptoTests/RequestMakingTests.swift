import Crypto
import Testing

@Suite("Other programs accept the generated signing requests")
struct RequestMakingTests {
  static let names = ["www.example.com", "*.example.net", "xn--bcher-kva.example"]

  @Test("openssl accepts every kind of key and shows the names", arguments: KeyKind.allCases)
  func opensslAccepts(kind: KeyKind) throws {
    let key = try PrivateKey.generate(kind)
    let request = try key.makeRequest(commonName: "example.com", dnsNames: Self.names)
    let text = try shellText(
      "openssl req -verify -noout -text -nameopt RFC2253 -in r.pem 2>&1",
      files: ["r.pem": request.encoded.pem.bytes])
    #expect(text.contains("verify OK"))
    #expect(text.contains("Subject: CN=example.com\n"))
    #expect(
      text.contains(
        "DNS:example.com, DNS:www.example.com, DNS:*.example.net, DNS:xn--bcher-kva.example\n"))
    #expect(text.contains(try #require(Self.marks[kind]?.key)))
    #expect(text.contains("Signature Algorithm: \(try #require(Self.marks[kind]?.signature))"))
    #expect(request.findings(commonName: "example.com", names: Self.names).isEmpty)
    let matches = key.matches(request.publicKey)
    #expect(matches)
  }

  static let marks: [KeyKind: (key: String, signature: String)] = [
    .rsa2048: ("Public-Key: (2048 bit)", "sha256WithRSAEncryption"),
    .rsa3072: ("Public-Key: (3072 bit)", "sha256WithRSAEncryption"),
    .rsa4096: ("Public-Key: (4096 bit)", "sha256WithRSAEncryption"),
    .p256: ("ASN1 OID: prime256v1", "ecdsa-with-SHA256"),
    .p384: ("ASN1 OID: secp384r1", "ecdsa-with-SHA384"),
  ]

  @Test("The request has the given names and a canonical text")
  func value() throws {
    let key = try PrivateKey.generate(.p256)
    let request = try key.makeRequest(
      commonName: "Example.COM", dnsNames: ["www.example.com", "example.com", "WWW.example.com"])
    #expect(request.commonNames.first == "Example.COM")
    #expect(request.dnsNames == ["example.com", "www.example.com"])
    #expect(request.otherNames.isEmpty)
    #expect(request.publicKey.name == "P-256" && request.publicKey.bits == 256)
    #expect(request.signatureAlgorithm == "ecdsa-with-SHA256" && request.digest == "SHA256")
    #expect(request.hasValidSignature)
    let lines = request.encoded.pem.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first == "-----BEGIN CERTIFICATE REQUEST-----")
    #expect(lines.suffix(2) == ["-----END CERTIFICATE REQUEST-----", ""])
    #expect(lines.dropFirst().dropLast(3).allSatisfy { $0.count == 64 })
    #expect(
      try shell("openssl req -in r", files: ["r": request.encoded.pem.bytes])
        == request.encoded.pem.bytes)
    #expect(
      try shell("openssl req -outform DER -in r", files: ["r": request.encoded.pem.bytes])
        == request.der)
  }

  @Test("A common name has at most 64 characters, and the error names the limit")
  func commonNameLimit() throws {
    let key = try PrivateKey.generate(.p256)
    let label = String(repeating: "a", count: 52)
    let fitting = try key.makeRequest(commonName: "\(label).example.com", dnsNames: [])
    #expect(fitting.commonNames.first?.count == 64)
    do throws(CryptoError) {
      _ = try key.makeRequest(commonName: "a\(label).example.com", dnsNames: [])
      Issue.record("65 characters were taken")
    } catch {
      #expect(error.code == .commonNameTooLong)
      #expect(error.text.contains("65 characters") && error.text.contains("X.509 allows 64"))
    }
    // The other names may be longer.
    #expect(
      try key.makeRequest(commonName: "example.com", dnsNames: ["a\(label).example.com"])
        .dnsNames.count == 2)
  }

  @Test(
    "Invalid names are refused, and a comma does not begin another name",
    arguments: ["", "bücher.example", "a b.example", "a\0b.example", "a\n.example"])
  func invalidName(name: String) throws {
    let key = try PrivateKey.generate(.p256)
    #expect(
      code { () throws(CryptoError) in
        _ = try key.makeRequest(commonName: "example.com", dnsNames: [name])
      } == .invalidName)
    let odd = try key.makeRequest(commonName: "example.com", dnsNames: ["a,DNS:b.example"])
    #expect(odd.dnsNames == ["example.com", "a,dns:b.example"])
  }

  @Test("A key that authorities refuse makes no request")
  func weakKey() throws {
    for line in [
      "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024",
      "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp521r1",
      "openssl genpkey -algorithm ED25519",
    ] {
      let key = try PrivateKey(parsing: SecretBytes(copying: try shell(line)))
      #expect(
        code { () throws(CryptoError) in
          _ = try key.makeRequest(commonName: "example.com", dnsNames: [])
        } == .weakKey)
    }
  }

  @Test("A key with mismatched halves is detected")
  func inconsistentKey() throws {
    // The private number of one key with the public point of another (SEC 1, RFC 5915).
    let first = try shell("openssl ecparam -name prime256v1 -genkey -noout -outform DER")
    let second = try shell("openssl ecparam -name prime256v1 -genkey -noout -outform DER")
    let mixed = Array(first.prefix(first.count - 65) + second.suffix(65))
    let key = try PrivateKey(parsing: SecretBytes(copying: mixed))
    #expect(
      code { () throws(CryptoError) in
        _ = try key.makeRequest(commonName: "example.com", dnsNames: [])
      } == .inconsistentKey)
  }
}
