import Core
import JSON
import Testing

@testable import Parameters

@Suite("One place decides what a domain name is")
struct DomainNameTests {
  @Test(
    "a host name or wildcard is accepted, and takes the form that certificates hold",
    arguments: [
      ("shop.example.com", "shop.example.com"), ("SHOP.Example.COM", "shop.example.com"),
      ("shop.example.com.", "shop.example.com"), ("*.example.com", "*.example.com"),
      ("bücher.example", "xn--bcher-kva.example"),
      ("xn--bcher-kva.example", "xn--bcher-kva.example"),
      ("faß.example", "xn--fa-hia.example"), ("*.한국.example", "*.xn--3e0b707e.example"),
      ("b\u{75}\u{308}cher.example", "xn--bcher-kva.example"), ("a.b", "a.b"),
      ("1a.example", "1a.example"),
      ("localhost", "localhost"),
    ])
  func accepted(text: String, ascii: String) throws {
    #expect(try DomainName(text).ascii == ascii)
  }

  @Test(
    "a name with A-labels has a form that people write",
    arguments: [
      ("xn--bcher-kva.example", "bücher.example"), ("*.xn--3e0b707e.example", "*.한국.example"),
      ("BÜCHER.example", "bücher.example"), ("shop.example.com", nil), ("*.example.com", nil),
    ] as [(String, String?)])
  func unicode(text: String, unicode: String?) throws {
    #expect(try DomainName(text).unicode == unicode)
  }

  @Test(
    "a text that is no host name is refused",
    arguments: [
      "", ".", "*", "*.", "*.com", "a..b", ".a.b", "-a.example", "a-.example", "a_b.example",
      "10.0.0.1", "::1", "[::1]", "a.*.example", "*a.example", "**.example", "a b.example",
      "a\n.example", "shop.example.com\n", "shop.example.com/", "shop.example.com:443",
      "a@b.example",
      "sh\u{AD}op.example", "shop\u{200B}.example", "\u{202E}shop.example", "xn--a.example",
      "shop.example.com\0.evil.example", String(repeating: "a", count: 64) + ".example",
      String(repeating: "abcdefg.", count: 32) + "example",
    ])
  func refused(text: String) {
    #expect(throws: DomainName.Problem.self) { try DomainName(text) }
  }

  /// Some of them differ in one bit from a character that is allowed.
  @Test(
    "an error names the control character that it found", arguments: 0...0x1F as ClosedRange<UInt32>
  )
  func control(value: UInt32) throws {
    let scalar = try #require(Unicode.Scalar(value))
    let digits = String(value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: 4 - digits.count) + digits
    #expect {
      try DomainName("a\(Character(scalar))b.example")
    } throws: {
      ($0 as? DomainName.Problem)?.reason == "holds the character \(code)"
    }
  }

  /// Upper case is changed to lower case at another place than names are checked.
  @Test(
    "a name in upper case is accepted if and only if it is accepted in lower case",
    arguments: [
      "shop.example.com", "*.example.com", "a-.b", "-a.b", "a.-b", "a.b-", "a-b.c-d", "1.2", "1.a",
      "a.1",
      "*.1.b", "*.b", "*.-a.b", "*..a", "*.*.a", "*a.b", "x.*.y", "a--b.c", "ab--c.d", "a.b.",
      "a..", "*.a.b.",
      String(repeating: "a", count: 63) + ".b", String(repeating: "a", count: 64) + ".b",
      String(repeating: "a.", count: 127) + "b", "*." + String(repeating: "a.", count: 125) + "b",
      "*." + String(repeating: "a.", count: 126) + "b",
    ])
  func shortWay(text: String) {
    #expect((try? DomainName(text)) == (try? DomainName(text.uppercased())))
  }

  @Test("a label has at most 63 octets, and a name at most 253")
  func bounds() throws {
    let label = String(repeating: "a", count: 63)
    let name = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
    #expect(name.utf8.count == 253)
    #expect(try DomainName(name).ascii == name)
    #expect(throws: DomainName.Problem.self) { try DomainName(name + "b") }
  }
}

@Suite("A certificate number goes into the path, so only digits pass")
struct CertificateNumberTests {
  @Test(
    "a positive integer of at most 19 digits is accepted, also as text",
    arguments: [
      (JSONValue.integer(55882), "55882"), ("55882", "55882"), (1, "1"),
      ("9999999999999999999", "9999999999999999999"), (.integer(.max), "9223372036854775807"),
    ] as [(JSONValue, String)])
  func accepted(value: JSONValue, digits: String) throws {
    #expect(try CertificateNumber(parameter: value).digits == digits)
  }

  @Test(
    "any other value is refused with the code of the parameter",
    arguments: [
      "55882/../1", "055882", "", " 55882", "55882\n", "5588２", "+1", "-1", "0x1", "1e3",
      "99999999999999999999", 0, -1, 55882.5, .real(55882), true, nil, [], ["no": 1],
    ] as [JSONValue])
  func refused(value: JSONValue) {
    #expect { try CertificateNumber(parameter: value) } throws: {
      let error = $0 as? ReissueError
      return error?.code == "parameters.certificate-no" && error?.exit == .event
        && error?.place?.pointer == "/reissue/certificateNo"
    }
  }
}

@Suite("Each parameter is checked by itself")
struct ReissueParametersTests {
  static let good: JSONObject = JSONObject(
    [
      ("certificateNo", 55882), ("certificateName", "shop"), ("commonName", "Shop.Example.com"),
      ("dnsName", ["www.example.com", "shop.example.com", "WWW.example.com"]),
      ("validationMethod", "D"), ("csr", ["file": "shop.csr"]),
    ] as [(String, JSONValue)])

  @Test("names become lower case, and the common name is not repeated among the others")
  func folded() throws {
    let parameters = try ReissueParameters(rendered: Self.good)
    #expect(parameters.commonName.ascii == "shop.example.com")
    #expect(parameters.alternativeNames.map(\.ascii) == ["www.example.com"])
    #expect(parameters.warnings.isEmpty)
  }

  @Test(
    "an unusable value is refused with the code of its parameter, and secrets are not repeated",
    arguments: [
      ("certificateName", "", "parameters.certificate-name"),
      ("certificateName", "a\nb", "parameters.certificate-name"),
      (
        "certificateName", .string(String(repeating: "a", count: 101)),
        "parameters.certificate-name"
      ),
      ("certificateName", 7, "parameters.certificate-name"),
      ("commonName", "shop.example.com\nX: y", "parameters.common-name"),
      ("commonName", ["shop.example.com"], "parameters.common-name"),
      (
        "commonName", .string(String(repeating: "abcdefg.", count: 8) + "example"),
        "parameters.common-name"
      ),
      ("dnsName", ["ok.example", 7], "parameters.dns-name"),
      ("dnsName", ["a": "b"], "parameters.dns-name"),
      // What the authority refuses: underscores, and wildcards directly below a public suffix.
      ("commonName", "a_b.example.com", "parameters.common-name"),
      ("dnsName", ["_acme.example.com"], "parameters.dns-name"),
      ("commonName", "*.go.kr", "parameters.common-name"),
      ("dnsName", ["*.com.br"], "parameters.dns-name"),
      ("dnsName", "*.xn--55qx5d.cn", "parameters.dns-name"),
      ("validationMethod", "X", "parameters.validation-method"),
      ("csr", ["file": "a", "privateKey": "b"], "parameters.csr"),
      ("csr", ["generate": "rsa-1024"], "parameters.csr"), ("csr", 7, "parameters.csr"),
      ("csr", "-----BEGIN PRIVATE KEY-----\nMARKER\n", "csr.private-key"),
    ] as [(String, JSONValue, String)])
  func refused(name: String, value: JSONValue, code: String) {
    var parameters = Self.good
    parameters[name] = value
    #expect { try ReissueParameters(rendered: parameters) } throws: {
      let error = $0 as? ReissueError
      return error?.code == code && !"\($0)".contains("MARKER")
    }
  }

  @Test(
    "a legal but improbable value gives a warning",
    arguments: [
      ("certificateName", "7-of-9"), ("validationMethod", "PD"), ("validationMethod", "E"),
      ("commonName", "localhost"), ("commonName", "co.uk"), ("dnsName", "xn--55qx5d.cn"),
    ] as [(String, JSONValue)])
  func warned(name: String, value: JSONValue) throws {
    var parameters = Self.good
    parameters[name] = value
    #expect(try ReissueParameters(rendered: parameters).warnings.count == 1)
  }

  @Test(
    "a name below a registry gives no warning, nor does a private suffix",
    arguments: ["example.co.uk", "*.example.co.uk", "github.io", "a.invalid", "example.kr"])
  func notWarned(name: String) throws {
    var parameters = Self.good
    parameters["commonName"] = .string(name)
    #expect(try ReissueParameters(rendered: parameters).warnings == [])
  }

  @Test("a single name may be a string, and no names are []")
  func singleName() throws {
    var parameters = Self.good
    parameters["dnsName"] = "www.example.com"
    #expect(
      try ReissueParameters(rendered: parameters).alternativeNames.map(\.ascii) == [
        "www.example.com"
      ])
    parameters["dnsName"] = []
    #expect(try ReissueParameters(rendered: parameters).alternativeNames.isEmpty)
  }
}
