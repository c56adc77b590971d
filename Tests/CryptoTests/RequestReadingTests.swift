import Crypto
import Foundation
import Testing

@Suite("Requests of other programs are read, and other content is refused with its kind")
struct RequestReadingTests {
  /// A request of openssl with these options.
  static func request(_ options: String = "", key: String = "EC -pkeyopt ec_paramgen_curve:P-256")
    throws -> [UInt8]
  {
    try shell(
      "openssl genpkey -algorithm \(key) -out k; openssl req -new -key k -subj /CN=example.com "
        + "-addext subjectAltName=DNS:example.com,DNS:www.example.com \(options)")
  }

  @Test(
    "Requests of openssl are read",
    arguments: [
      ("", "EC -pkeyopt ec_paramgen_curve:P-256"), ("", "EC -pkeyopt ec_paramgen_curve:P-384"),
      ("", "RSA -pkeyopt rsa_keygen_bits:2048"), ("-newhdr", "EC -pkeyopt group:P-256"),
      ("-outform DER", "EC -pkeyopt group:P-256"), ("-text", "EC -pkeyopt group:P-256"),
      ("-sha512", "RSA -pkeyopt rsa_keygen_bits:2048"),
      ("-sigopt rsa_padding_mode:pss -sha256", "RSA -pkeyopt rsa_keygen_bits:2048"),
    ])
  func openssl(options: String, key: String) throws {
    let request = try CertificateSigningRequest(parsing: Self.request(options, key: key))
    #expect(request.commonNames == ["example.com"])
    #expect(request.dnsNames == ["example.com", "www.example.com"])
    #expect(request.findings(commonName: "example.com", names: ["www.example.com"]) == [])
    #expect(request.digest == (options.contains("512") ? "SHA512" : "SHA256"))
  }

  @Test(
    "Invisible and look-alike characters are reported with their line",
    arguments: [
      (
        "NBSP behind a boundary", "-----BEGIN X-----", "-----BEGIN X-----\u{A0}", "line 1", "U+00A0"
      ),
      (
        "NBSP before a boundary", "-----BEGIN X-----", "\u{A0}-----BEGIN X-----", "line 1", "U+00A0"
      ),
      ("NBSP at the end", "-----END X-----", "-----END X-----\u{A0}", "line ", "U+00A0"),
      ("zero width space", "-----BEGIN X-----", "\u{200B}-----BEGIN X-----", "line 1", "U+200B"),
      ("dashes", "-----BEGIN X-----", "\u{2014}\u{2014}-BEGIN X-----", "line 1", "U+2014"),
      ("NBSP in the content", "\nMI", "\n\u{A0}MI", "line 1", "U+00A0"),
      ("emoji in the content", "\nMI", "\n\u{1F512}MI", "line 1", "U+1F512"),
    ])
  func strangers(_ title: String, _ old: String, _ new: String, line: String, character: String)
    throws
  {
    let label = "CERTIFICATE REQUEST"
    let text = String(decoding: try Self.request(), as: UTF8.self).replacingOccurrences(
      of: old.replacingOccurrences(of: "X", with: label),
      with: new.replacingOccurrences(of: "X", with: label))
    let error = #expect(throws: CryptoError.self) {
      try CertificateSigningRequest(parsing: text.bytes)
    }
    #expect(error?.code == .damagedPEM)
    #expect(error?.text.contains(line) == true, "\(error?.text ?? "")")
    #expect(error?.text.contains(character) == true, "\(error?.text ?? "")")
  }

  @Test("The text around a request is ignored")
  func textAround() throws {
    let text = String(decoding: try Self.request(), as: UTF8.self)
    for around in ["# für München\n", "BEGIN – so it says\n", "\u{A0}\n"] {
      let request = try CertificateSigningRequest(parsing: (around + text + around).bytes)
      #expect(request.commonNames == ["example.com"])
    }
  }

  /// PowerShell's `>` and `Out-File` before version 6 write UTF-16.
  @Test("UTF-16 is reported", arguments: [true, false])
  func utf16(isLittleEndian: Bool) throws {
    let text = String(decoding: try Self.request(), as: UTF8.self)
    for mark in ["\u{FEFF}", ""] {
      let bytes = (mark + text).utf16.flatMap { unit in
        let (low, high) = (UInt8(unit & 0xFF), UInt8(unit >> 8))
        return isLittleEndian ? [low, high] : [high, low]
      }
      let error = #expect(throws: CryptoError.self) {
        try CertificateSigningRequest(parsing: bytes)
      }
      #expect(error?.code == .notPEM)
      #expect(error?.text.contains("UTF-16") == true, "\(error?.text ?? "")")
    }
  }

  @Test("Requests of certtool are read with their leading text")
  func certtool() throws {
    let template = "cn = example.com\ndns_name = example.com\ndns_name = www.example.com\n"
    for kind in ["--key-type=rsa --bits=2048", "--key-type=ecdsa --curve=secp256r1"] {
      let bytes = try shell(
        """
        certtool --generate-privkey \(kind) --outfile k 2>log
        certtool --generate-request --load-privkey k --template t --outfile r 2>log; cat r
        """, files: ["t": template.bytes])
      let request = try CertificateSigningRequest(parsing: bytes)
      #expect(request.findings(commonName: "example.com", names: ["www.example.com"]) == [])
    }
  }

  /// Go's crypto/x509 (step, Terraform, cert-manager) writes common names as PrintableString if possible;
  /// older programs wrote T61String and BMPString.
  @Test(
    "The common name may have any string type",
    arguments: [
      ("default", "example.com", "PRINTABLESTRING"), ("default", "*.example.com", "T61STRING"),
      ("utf8only", "*.example.com", "UTF8STRING"), ("MASK:0x800", "example.com", "BMPSTRING"),
    ])
  func stringTypes(mask: String, name: String, type: String) throws {
    let configuration = """
      [req]\nprompt=no\nstring_mask=\(mask)\ndistinguished_name=dn\nreq_extensions=e
      [dn]\nCN=\(name)\n[e]\nsubjectAltName=DNS:\(name),DNS:www.example.com\n
      """
    let bytes = try shell(
      "openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -config c",
      files: ["c": configuration.bytes])
    let tree = try shellText("openssl asn1parse -in r", files: ["r": bytes])
    try #require(tree.contains("\(type) "), "openssl made another type: \(tree)")
    let request = try CertificateSigningRequest(parsing: bytes)
    #expect(request.findings(commonName: name, names: ["www.example.com"]) == [])
  }

  @Test("Texts with changed line breaks and blanks give the canonical form")
  func canonical() throws {
    let pem = String(decoding: try Self.request(), as: UTF8.self)
    let base64 = pem.split(separator: "\n").dropFirst().dropLast().joined()
    let forms = [
      pem.replacing("\n", with: "\r\n"), pem.replacing("\n", with: " \t\n"), "\u{FEFF}" + pem,
      "Dear all,\n\n" + pem + "\nregards -- -----\n", String(pem.dropLast()),
      pem.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"),
      "-----BEGIN NEW CERTIFICATE REQUEST-----\n\(base64)\n-----END NEW CERTIFICATE REQUEST-----",
      pem.replacing("REQUEST-----\n", with: "REQUEST-----\n\n"),
    ]
    for form in forms {
      let request = try CertificateSigningRequest(parsing: form.bytes)
      #expect(request.encoded.pem == pem)
    }
    let der = try #require(Base64.decode(base64))
    #expect(try CertificateSigningRequest(parsing: der).encoded.pem == pem)
  }

  @Test("Other content is refused with a specific code, and is not quoted")
  func refusals() throws {
    let request = String(decoding: try Self.request(), as: UTF8.self)
    let requestDER = try CertificateSigningRequest(parsing: request.bytes).der
    let other = String(decoding: try Self.request(), as: UTF8.self)
    let key = try shellText("openssl genpkey -algorithm EC -pkeyopt group:P-256")
    let pair = """
      openssl req -x509 -newkey ec -pkeyopt group:P-256 -nodes -keyout k -subj /CN=example.com -days 9
      """
    let certificate = try shellText(pair)
    let body = request.split(separator: "\n").dropFirst().dropLast().joined(separator: "\n")
    func block(_ label: String, _ body: String) -> String {
      "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
    }
    let cases: [(CryptoError.Code, [UInt8])] = [
      (.notPEM, []), (.notPEM, "hello".bytes), (.notPEM, body.bytes), (.notPEM, [0x30, 0x0A]),
      (.notRequest, [0x30, 0x03, 0x02, 0x01, 0x09]), (.notRequest, requestDER.dropLast()),
      (.notRequest, block("PUBLIC KEY", body).bytes),
      (.notRequest, block("CERTIFICATE REQUEST", "MAMCAQk=").bytes),
      (.privateKeyInPlace, key.bytes), (.privateKeyInPlace, (request + key).bytes),
      (.privateKeyInPlace, try shell("openssl pkey -in k -outform DER", files: ["k": key.bytes])),
      (
        .privateKeyInPlace,
        try shell(
          "openssl pkcs8 -topk8 -passout pass:x -in k -outform DER", files: ["k": key.bytes])
      ),
      (.certificateInPlace, certificate.bytes),
      (.certificateInPlace, try shell(pair + " -outform DER")),
      (
        .certificateInPlace,
        certificate.replacing("CERTIFICATE-----", with: "CERTIFICATE REQUEST-----").bytes
      ),
      (.severalRequests, (request + other).bytes), (.severalRequests, (request + request).bytes),
      (.damagedPEM, request.dropLast(20).description.bytes),
      (.damagedPEM, request.split(separator: "\n").dropFirst().joined(separator: "\n").bytes),
      (.damagedPEM, request.replacing("\n", with: " ").bytes),
      (.damagedPEM, request.replacing("\n", with: "\\n").bytes),
      (.damagedPEM, block("CERTIFICATE REQUEST", "!" + body).bytes),
      (.damagedPEM, block("CERTIFICATE REQUEST", "").bytes),
      (.damagedPEM, ("-----BEGIN CERTIFICATE-----\n" + request).bytes),
      (.trailingData, requestDER + [0]),
      (.trailingData, block("CERTIFICATE REQUEST", Base64.encode(requestDER + [5, 0])).bytes),
      (.tooLarge, [UInt8](repeating: 0x20, count: 256 * 1024 + 1)),
    ]
    for (index, (expected, bytes)) in cases.enumerated() {
      do throws(CryptoError) {
        _ = try CertificateSigningRequest(parsing: bytes)
        Issue.record("case \(index) was read; expected \(expected)")
      } catch {
        #expect(error.code == expected, "case \(index): \(error)")
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(
          !lines.contains { $0.count > 20 && !$0.hasPrefix("-----") && error.text.contains($0) })
      }
    }
  }

  @Test(
    "Damaged or repeated alternative names are refused",
    arguments: [
      "-addext 2.5.29.17=DER:0500",
      // The second list contains evil.example.
      "-addext subjectAltName=DNS:example.com -addext 2.5.29.18=DER:300e820c6576696c2e6578616d706c65",
    ])
  func malformedExtensions(options: String) throws {
    let made = try shell(
      """
      openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -subj /CN=example.com \
        -outform DER \(options)
      """)
    // openssl 3.5 does not write an extension twice: the issuer's names (2.5.29.18) are changed to names of the
    // subject (2.5.29.17) afterwards. That breaks the signature, which is checked later.
    let bytes = made.replacing(
      [0x06, 0x03, 0x55, 0x1D, 0x12], with: [0x06, 0x03, 0x55, 0x1D, 0x11])
    #expect(
      code { () throws(CryptoError) in
        _ = try CertificateSigningRequest(parsing: bytes)
      } == .malformedExtension)
  }

  /// OpenSSL reads the standard attribute; an authority may read Microsoft's.
  @Test("A request with extensions in two attributes is refused")
  func twoWishes() throws {
    let configuration = """
      [req]
      prompt = no
      distinguished_name = name
      attributes = attributes
      req_extensions = extensions
      [name]
      CN = example.com
      [attributes]
      1.3.6.1.4.1.311.2.1.14 = other
      [extensions]
      subjectAltName = DNS:example.com
      """
    let bytes = try shell(
      "openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -config c",
      files: ["c": Array(configuration.utf8)])
    #expect(
      code { () throws(CryptoError) in
        _ = try CertificateSigningRequest(parsing: bytes)
      } == .malformedExtension)
  }

  @Test("A request without extensions has only its common name")
  func noExtensions() throws {
    let bytes = try shell(
      "openssl req -new -newkey ec -pkeyopt group:P-256 -nodes -keyout k -subj /CN=example.com")
    let request = try CertificateSigningRequest(parsing: bytes)
    #expect(request.dnsNames == [] && request.commonNames.first == "example.com")
    #expect(request.findings(commonName: "example.com", names: []) == [])
  }
}
