import Crypto
import Foundation
import Testing
import TrialAuthority

@Suite("Certificates are read, and other programs accept those of the trial authority")
struct CertificateTests {
  /// 2026-01-01 and 2027-01-01, both at 00:00:00 UTC.
  static let validity = 1_767_225_600...1_798_761_600

  @Test("A certificate of openssl has the right fields")
  func reading() throws {
    let bytes = try shell(
      """
      openssl req -x509 -newkey ec -pkeyopt group:P-256 -nodes -keyout k -out c -days 30 \
        -subj '/C=KR/O=A, B/CN=example.com' \
        -addext subjectAltName=DNS:example.com,DNS:www.example.com,IP:192.0.2.1 2>log
      cat c k
      """)
    let chain = try Certificate.chain(parsing: bytes)
    let certificate = try #require(chain.first)
    #expect(chain.count == 1)
    let files = ["c": bytes]
    #expect(certificate.pem.bytes == (try shell("openssl x509 -in c", files: files)))
    let matches = try PrivateKeyTests.read(bytes).matches(certificate.publicKey)
    #expect(matches)
    let foreign = try PrivateKey.generate(.p256).matches(certificate.publicKey)
    #expect(!foreign)
  }

  @Test("Other content than a certificate is refused with its kind")
  func refusals() throws {
    let key = try PrivateKey.generate(.p256)
    let request = try key.makeRequest(commonName: "example.com", dnsNames: [])
    let authority = try CertificateAuthority(name: "Test", validity: Self.validity)
    let cases: [(CryptoError.Code, [UInt8])] = [
      (.notPEM, []), (.notPEM, "hello".bytes), (.requestInPlace, request.encoded.pem.bytes),
      (.requestInPlace, request.der), (.privateKeyInPlace, try key.pkcs8PEM().revealed),
      (.trailingData, authority.root.der + [0]), (.notCertificate, authority.root.der.dropLast()),
    ]
    for (expected, bytes) in cases {
      #expect(
        code { () throws(CryptoError) in _ = try Certificate.chain(parsing: bytes) } == expected)
    }
  }

  @Test(
    "openssl verifies certificates of the authority for every kind of key",
    arguments: KeyKind.allCases)
  func verified(kind: KeyKind) throws {
    let authority = try CertificateAuthority(name: "Test", validity: Self.validity)
    let key = try PrivateKey.generate(kind)
    let chain = try authority.issue(
      for: key.publicKey, names: ["example.com", "*.example.com", "EXAMPLE.com"],
      validity: Self.validity, serial: .max)
    #expect(chain.count == 3 && chain[1] == authority.intermediate && chain[2] == authority.root)
    let matches = key.matches(chain[0].publicKey)
    #expect(matches)
    let files = [
      "leaf": chain[0].pem.bytes, "middle": chain[1].pem.bytes, "root": chain[2].pem.bytes,
    ]
    let verify =
      "openssl verify -x509_strict -purpose sslserver -attime 1780000000 -no-CApath -CAfile root"
    #expect(
      try shellText(
        "\(verify) -untrusted middle -verify_hostname www.example.com leaf", files: files)
        == "leaf: OK\n")
    let fields = try shellText(
      "openssl x509 -in leaf -noout -issuer -nameopt RFC2253 -dates -ext subjectAltName",
      files: files)
    #expect(
      fields == """
        issuer=CN=Test intermediate
        notBefore=Jan  1 00:00:00 2026 GMT
        notAfter=Jan  1 00:00:00 2027 GMT
        X509v3 Subject Alternative Name: 
            DNS:example.com, DNS:*.example.com

        """)
    // Not for another name, not without the intermediate, and not after its end.
    for line in [
      "\(verify) -untrusted middle -verify_hostname example.org leaf", "\(verify) leaf",
      "\(verify) -untrusted middle -attime 1798761601 leaf",
    ] {
      #expect(throws: ShellFailure.self) { try shell(line, files: files) }
    }
  }

  @Test("A certificate without a common name, because the name is too long, verifies")
  func longName() throws {
    let name = String(repeating: "a", count: 60) + ".example.com"
    let authority = try CertificateAuthority(name: "Test", validity: Self.validity)
    let key = try PrivateKey.generate(.p256)
    let chain = try authority.issue(
      for: key.publicKey, names: [name], validity: Self.validity, serial: 3)
    #expect(
      try shellText(
        "openssl x509 -in l -noout -subject && openssl verify -x509_strict -attime 1780000000 -CAfile r -untrusted m -verify_hostname \(name) l",
        files: ["l": chain[0].pem.bytes, "m": chain[1].pem.bytes, "r": chain[2].pem.bytes])
        == "subject=\nl: OK\n")
  }

  @Test("curl connects to a server that has such a certificate, and to no other name")
  func curl() throws {
    let now = Int(Date().timeIntervalSince1970)
    let authority = try CertificateAuthority(name: "Test", validity: now - 60...now + 3600)
    let key = try PrivateKey.generate(.p256)
    let chain = try authority.issue(
      for: key.publicKey, names: ["shop.example.com"], validity: now - 60...now + 3600, serial: 3)
    let answer = try shellText(
      """
      : >log  # it is read before the server opens it
      openssl s_server -accept 127.0.0.1:0 -cert leaf -cert_chain middle -key key -www >log 2>&1 &
      server=$!
      trap 'kill -KILL $server' EXIT  # other signals are blocked in what Foundation starts
      for i in $(seq 100); do
        port=$(sed -n 's/^ACCEPT .*://p' log); test -z "$port" || break; sleep 0.05
      done
      for name in shop.example.com other.example.com; do
        curl -sS --max-time 10 -o page --noproxy '*' --cacert root --resolve $name:$port:127.0.0.1 https://$name:$port/ \
          2>/dev/null || true
        if test -s page; then echo "$name yes"; else echo "$name no"; fi
        rm -f page
      done
      """,
      files: [
        "leaf": chain[0].pem.bytes, "middle": chain[1].pem.bytes, "root": chain[2].pem.bytes,
        "key": try key.pkcs8PEM().revealed,
      ])
    #expect(answer == "shop.example.com yes\nother.example.com no\n")
  }
}
