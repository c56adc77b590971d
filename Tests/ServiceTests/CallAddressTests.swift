import Core
import Service
import Testing

@Suite("Where signed calls of any API may go")
struct CallAddressTests {
  @Test(
    "hosts of NAVER Cloud and of this machine are accepted, and path and query stay as they are",
    arguments: [
      (
        "https://globaldns.apigw.ntruss.com/dns/v1/ncpdns/domain?page=0&domainName=",
        "https://globaldns.apigw.ntruss.com", "/dns/v1/ncpdns/domain?page=0&domainName="
      ),
      ("https://a.apigw.gov-ntruss.com/x", "https://a.apigw.gov-ntruss.com", "/x"),
      ("https://a.fin-ntruss.com", "https://a.fin-ntruss.com", "/"),
      ("https://A.NTRUSS.COM:8443?q=%2F%7b", "https://a.ntruss.com:8443", "/?q=%2F%7b"),
      ("https://a.ntruss.com//b/.c/..d?e=/../@:", "https://a.ntruss.com", "//b/.c/..d?e=/../@:"),
      ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080", "/x"),
      ("https://127.255.0.1/x", "https://127.255.0.1", "/x"),
      ("http://[::1]:1/x", "http://[::1]:1", "/x"),
      ("http://LocalHost/x", "http://localhost", "/x"),
    ])
  func accepted(url: String, endpoint: String, target: String) throws {
    let address = try CallAddress(url)
    #expect(address.endpoint.description == endpoint)
    #expect(address.target == target)
  }

  @Test(
    "nothing is signed for any other host, however it is spelled",
    arguments: [
      "", "a.ntruss.com/x", "HTTPS://a.ntruss.com/x", "ftp://a.ntruss.com/x", "https:/a.ntruss.com",
      "https:///a.ntruss.com", "https://", "https://?a.ntruss.com",
      // Not below one of the domains, label by label.
      "https://ntruss.com.evil.example/x", "https://evilntruss.com/x", "https://a.evilntruss.com/x",
      "https://a.ntruss.com.evil.example", "https://ntruss.co/x", "https://a.xgov-ntruss.com/x",
      "https://ntruss.com/x", "https://.ntruss.com/x", "https://a..ntruss.com/x",
      "https://a.ntruss.com./x", "https://example.com/?.ntruss.com",
      "https://example.com/.ntruss.com",
      "https://example.com#.ntruss.com",
      // User information, escapes, other scripts, other separators.
      "https://user@a.ntruss.com/x", "https://user:word@a.ntruss.com/x",
      "https://a.ntruss.com@evil.example/x", "https://a.ntruss.com:443@evil.example/x",
      "https://a.ntruss.com%2eevil.example/x", "https://evil.example%2f.ntruss.com/x",
      "https://evil.example\\.ntruss.com/x", "https://evil.example\\@a.ntruss.com/x",
      "https://a.ntruss。com/x", "https://a.ｎtruss.com/x", "https://a.ntruſſ.com/x",
      "https://bücher.ntruss.com/x", "https://a.ntruss.com\u{301}/x", "https://a.ntruss.com\u{0}/x",
      "https://a.ntruss.com\t/x", "https://evil.example;.ntruss.com/x",
      "https://evil.example,a.ntruss.com/x", " https://a.ntruss.com/x",
      // Ports.
      "https://a.ntruss.com:/x", "https://a.ntruss.com:0/x", "https://a.ntruss.com:65536/x",
      "https://a.ntruss.com:+443/x", "https://a.ntruss.com:443:443/x",
      "https://a.ntruss.com:evil.example/x",
      // Not this machine, or not for sure.
      "http://a.ntruss.com/x", "http://128.0.0.1/x", "https://0127.0.0.1/x", "https://127.1/x",
      "https://2130706433/x", "https://127.0.0.1.evil.example/x", "https://127.0.0.01/x",
      "https://localhost.evil.example/x", "https://localhost./x", "https://[::1].evil.example/x",
      "https://[::2]/x", "https://[::ffff:127.0.0.1]/x", "https://127.0.0.256/x",
    ])
  func refused(url: String) {
    let error = #expect(throws: ReissueError.self) { try CallAddress(url) }
    #expect(error?.exit == .usage)
    #expect(error?.code == "usage.url")
    #expect(error?.message.contains("word") == false, "a password is not repeated")
  }

  @Test(
    "a path that is rewritten on its way is refused, since the signature covers it as it is",
    arguments: [
      "/a/../b", "/..", "/./a", "/a/%2e%2E/b", "/.%2e", "/a b", "/a\"", "/[1]", "/ä", "/%", "/%2",
      "/%zz", "/a#b", "#", "/a?", "?", "/a\r\nX: y", "/a\u{7F}", "/a|b", "/{id}", "/a\\b",
      "/" + String(repeating: "a", count: 8_000),
    ])
  func target(_ rest: String) {
    let error = #expect(throws: ReissueError.self) {
      try CallAddress("https://a.ntruss.com\(rest)")
    }
    #expect(error?.code == "usage.url")
  }
}
