import JMESPath
import JSON
import Testing

@Suite("Extensions do what their table says")
struct ExtensionTests {
  @Test(
    "url_host finds the host in what systems call a target",
    arguments: [
      ("https://shop.example.com/path?q=a:b@c", "shop.example.com"),
      ("https://Shop.Example.COM.:443", "shop.example.com"),
      ("shop.example.com:443", "shop.example.com"), ("shop.example.com", "shop.example.com"),
      ("https://shop.example.com:/x", "shop.example.com"),
      ("//shop.example.com:", "shop.example.com"), ("https://[::1]:", "::1"),
      ("  shop.example.com\n", "shop.example.com"),
      ("//shop.example.com/x", "shop.example.com"), ("tcp://10.0.0.1:443", "10.0.0.1"),
      ("https://user:p%40ss@shop.example.com", "shop.example.com"),
      ("https://user:p@ss@shop.example.com:1", "shop.example.com"),
      ("[2001:DB8::1]:443", "2001:db8::1"), ("https://[::1]/", "::1"), ("::1", "::1"),
      ("2001:db8::1", "2001:db8::1"), ("[fe80::1%25eth0]:1", "fe80::1%25eth0"),
      ("[::ffff:1.2.3.4]", "::ffff:1.2.3.4"), ("*.example.com", "*.example.com"),
      ("bücher.example:443", "bücher.example"), ("my_host", "my_host"),
      ("https://BÜCHER.Example/x", "bücher.example"), ("ÉCOLE.example.", "école.example"),
      ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
      ("https://shop.example.com#f", "shop.example.com"),
      ("https://shop.example.com?x", "shop.example.com"), ("localhost", "localhost"),
      ("starttls+smtp://mail.example.com:25", "mail.example.com"),
    ])
  func urlHost(_ text: String, _ host: String) throws {
    #expect(try evaluate("url_host(@)", .string(text)) == .string(host))
  }

  @Test(
    "url_host reports a missing host",
    arguments: [
      "", " ", "https://", "https:///path", "a b", "a:b", "a:123456", "[::1", "[]", "[1.2.3.4]",
      "[::1]x", "::x", "a:b:c", ":443", ".", "a\u{0}b", "https://a\\b", "file:///etc/x", "/path",
      // A scheme without `//` is not a host, and cannot be distinguished from one.
      "http:/shop.example.com", "http:", "shop.example.com:", "[::1]:", "mailto:?a",
      "[::1]:x", "@", "a@", "http://[", "http://]", "x%20y",
    ])
  func noHost(_ text: String) {
    let error = #expect(throws: ExpressionError.self) {
      _ = try evaluate("url_host(@)", .string(text))
    }
    #expect(error?.code == .invalidValue)
    #expect(error?.isStatic == false)
  }

  @Test(
    "parse_time reads the forms that programs write",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-12-05T23:59:59Z", 1_796_515_199),
      ("2026-12-05t23:59:59z", 1_796_515_199), ("2026-12-05 23:59:59Z", 1_796_515_199),
      ("2026-12-05T23:59:59.999999999Z", 1_796_515_199),
      ("2026-12-06T08:59:59+09:00", 1_796_515_199),
      ("2026-12-05T18:29:59-0530", 1_796_515_199), ("2026-12-05T23:59:59+00", 1_796_515_199),
      ("2026-12-05T23:59Z", 1_796_515_140), ("2026-12-05 23:59:59 +0000 UTC", 1_796_515_199),
      ("2026-12-06 08:59:59 +0900 KST", 1_796_515_199), ("2026-12-05 23:59:59 UTC", 1_796_515_199),
      ("2016-12-31T23:59:60Z", 1_483_228_800), ("2024-02-29T00:00:00Z", 1_709_164_800),
      ("2000-02-29T00:00:00Z", 951_782_400), ("1969-12-31T23:59:59Z", -1),
      ("0001-01-01T00:00:00Z", -62_135_596_800), ("9999-12-31T23:59:59Z", 253_402_300_799),
      ("Sat, 05 Dec 2026 23:59:59 GMT", 1_796_515_199),
      ("Sat, 5 Dec 2026 23:59:59 +0000", 1_796_515_199),
      ("05 Dec 2026 23:59:59 UTC", 1_796_515_199), ("Dec  5 23:59:59 2026 GMT", 1_796_515_199),
      ("Dec 15 00:00:00 2026 GMT", 1_797_292_800), (" 2026-12-05T23:59:59Z\n", 1_796_515_199),
      ("1796515199", 1_796_515_199), ("1796515199.75", 1_796_515_199),
      ("1796515199000", 1_796_515_199),
      ("1796515199000000", 1_796_515_199), ("1796515199000000000", 1_796_515_199), ("-1", -1),
      ("0", 0),
      ("-0.5", -1), ("1.796515199e9", 1_796_515_199),
    ])
  func times(_ text: String, _ seconds: Int) throws {
    #expect(try evaluate("parse_time(@)", .string(text)) == .integer(seconds))
  }

  @Test(
    "parse_time finds the unit of a number by its size",
    arguments: [
      ("1796515199", 1_796_515_199), ("1796515199999", 1_796_515_199),
      ("1796515199.9", 1_796_515_199), ("99999999999", 99_999_999_999),
      ("100000000000", 100_000_000), ("9223372036854775807", 9_223_372_036),
      ("-9223372036854775808", -9_223_372_037), ("1e15", 1_000_000_000),
    ])
  func numbers(_ number: String, _ seconds: Int) throws {
    #expect(try result("parse_time(@)", of: number) == String(seconds))
  }

  @Test(
    "parse_time refuses ambiguous and invalid times",
    arguments: [
      "", "tomorrow", "2026-12-05", "2026-12-05T23:59:59", "2026-13-01T00:00:00Z",
      "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z",
      "2026-01-00T00:00:00Z",
      "2026-12-05T24:00:00Z", "2026-12-05T23:60:00Z", "2026-12-05T23:59:61Z",
      "2026-12-05T23:59:59.Z",
      "2026-12-05T23:59:59+24:00", "2026-12-05T23:59:59+09:", "2026-12-05T23:59:59Zx",
      "26-12-05T23:59:59Z",
      "Dec  5 23:59:59 2026", "Dez  5 23:59:59 2026 GMT", "Dec 32 23:59:59 2026 GMT",
      "Foo, 05 Dec 2026 23:59:59 GMT", "05/12/2026", "1e400", "99999999999999999999", "\u{0}",
      "2026-12-05T23:59:59 +0000 UTC m=+0.1",
    ])
  func noTime(_ text: String) {
    let error = #expect(throws: ExpressionError.self) {
      _ = try evaluate("parse_time(@)", .string(text))
    }
    #expect(error?.code == .invalidValue)
  }

  @Test(
    "days_until counts whole days, rounded down",
    arguments: [
      (0, 0), (86_399, 0), (86_400, 1), (-1, -1), (-86_400, -1), (-86_401, -2), (30 * 86_400, 30),
    ])
  func days(_ seconds: Int, _ days: Int) throws {
    #expect(try result("days_until(@)", of: String(testNow + seconds)) == String(days))
  }

  @Test(
    "base64_decode reads both alphabets",
    arguments: [
      ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zg", "f"), ("Zm9vYg", "foob"),
      ("w7_Dvw==", "ÿÿ"), ("w7/Dvw==", "ÿÿ"), ("Zm9v\r\nYmFy\n", "foobar"),
    ])
  func base64(_ text: String, _ expected: String) throws {
    #expect(try evaluate("base64_decode(@)", .string(text)) == .string(expected))
  }

  @Test(
    "base64_decode refuses invalid base 64 and invalid UTF-8",
    arguments: ["Z", "Zg=", "Zg===", "Zh==", "Zm9=", "Z=g=", "Zm9v!", "/w==", "=", "é"])
  func noBase64(_ text: String) {
    let error = #expect(throws: ExpressionError.self) {
      _ = try evaluate("base64_decode(@)", .string(text))
    }
    #expect(error?.code == .invalidValue)
  }

  @Test(
    "The functions for regular expressions give the expected results",
    arguments: [
      (#"regex_match('', 'a')"#, "true"), (#"regex_match('(?i)A', 'a')"#, "true"),
      (#"regex_match(@, 'x')"#, "true"), (#"regex_capture('(a)|(b)', 'b')"#, #"["b",null,"b"]"#),
      (#"regex_capture('(?<x>a)?(b)', 'b')"#, #"{"x":null}"#),
      (#"regex_capture('a', 'a')"#, #"["a"]"#),
      (#"regex_replace_all('x*', 'aé', '-')"#, #""-a-é-""#),
      (#"regex_replace_all('a', '', '-')"#, #""""#),
      (#"regex_replace_all('(?<n>\d+)', 'a1b22', '<${n}>')"#, #""a<1>b<22>""#),
      (#"regex_replace_all('(?<n>\d+)', 'a1', '$n$$$0')"#, #""a1$1""#),
      (#"regex_replace_all('(a)|(b)', 'ab', '[$1$2]')"#, #""[a][b]""#),
      (#"regex_replace_all('^', 'ab', '$$')"#, #""$ab""#),
      (#"regex_replace_all('\.example\.com$', 'a.example.com', '')"#, #""a""#),
      (#"parse_json('[1, {"a": null}]')"#, #"[1,{"a":null}]"#), (#"parse_json('1')"#, "1"),
      (#"lookup(`{"a": {"b": 1}}`, 'a').b"#, "1"),
    ])
  func regex(_ expression: String, _ expected: String) throws {
    let expected = JSONEncoder.text(try JSONDecoder.decode(expected))
    #expect(try result(expression, of: #""^x$""#) == expected)
  }

  @Test(
    "Values that an extension cannot use are errors",
    arguments: [
      (#"regex_replace_all('a', 'a', '$1')"#, "null", ExpressionError.Code.invalidValue),
      (#"regex_replace_all('a', 'a', '${x}')"#, "null", .invalidValue),
      (#"regex_replace_all('a', 'a', '$')"#, "null", .invalidValue),
      (#"regex_replace_all('(a)', 'a', '${1')"#, "null", .invalidValue),
      (#"regex_replace_all('(a)', 'a', '$99999999999999999999')"#, "null", .invalidValue),
      (#"regex_match(@, 'a')"#, #""(""#, .invalidValue),
      (#"parse_json(@)"#, #""{""#, .invalidValue), (#"parse_json(@)"#, #""""#, .invalidValue),
      (#"days_until(@)"#, "1e300", .notANumber),
      (#"days_until(@)"#, "-9223372036854775808", .notANumber),
      (#"lookup(@, 'a')"#, "null", .invalidType), (#"lookup(`{}`, @)"#, "1", .invalidType),
    ])
  func unusable(_ expression: String, _ document: String, _ code: ExpressionError.Code) throws {
    let error = try failure(expression, of: document)
    #expect(error?.code == code)
    #expect(error?.isStatic == false)
  }
}

private func evaluate(_ expression: String, _ value: JSONValue) throws -> JSONValue {
  try Expression(expression).evaluate(value, in: Scope(root: value))
}
