import Foundation
import Testing

@testable import HTTP

@Suite("A variable gives a proxy or an error")
struct ProxyTests {
  @Test(
    "The forms of curl are accepted",
    arguments: [
      ("proxy", "http://proxy", nil), ("proxy:3128", "http://proxy:3128", nil),
      ("http://proxy:3128/", "http://proxy:3128", nil),
      ("HTTPS://proxy", "https://proxy", nil), ("http://[::1]:3128", "http://[::1]:3128", nil),
      ("socks5h://localhost:1080", "socks5h://localhost:1080", nil),
      ("socks5h://localhost/run/proxy.sock", "socks5h://localhost/run/proxy.sock", nil),
      ("http://user@proxy:1", "http://proxy:1", "user"),
      ("user:pass@proxy:1", "http://proxy:1", "user:pass"),
      ("http://user:@proxy:1", "http://proxy:1", "user:"),
      ("http://us%40er:p%3Aa%25s%2fs@proxy:1", "http://proxy:1", "us%40er:p%3Aa%25s%2Fs"),
      (
        "http://u:a:b$&+~!'()*,;=@proxy:1", "http://proxy:1",
        "u:a%3Ab%24%26%2B%7E%21%27%28%29%2A%2C%3B%3D"
      ),
      ("http://münchen.example:3128", "http://münchen.example:3128", nil),
    ] as [(String, String, String?)])
  func valid(text: String, url: String, userInfo: String?) throws {
    let proxy = try Proxy(text, variable: "HTTPS_PROXY")
    #expect(proxy.url == url)
    #expect(proxy.userInfo == userInfo)
  }

  /// Forms that libcurl guesses or misreads.
  static let malformed = [
    "http://svc:MAR@KER@proxy:1", "http://svc:MAR#KER@proxy:1", "http://svc:MAR/KER@proxy:1",
    "http://svc:MAR?KER@proxy:1", "http://svc:MAR KER@proxy:1", "http://svc:MARKER@proxy:1\r",
    "http://svc:MARKER@proxy:1\n", "http://svc:MARKER@proxy:1 ", " http://svc:MARKER@proxy:1",
    "http://svc:MARKER\t@proxy:1", "http://svc:MARKER@proxy:1\u{A0}",
    "http://svc:MARKER@proxy:1\u{200B}", "\u{FEFF}http://svc:MARKER@proxy:1",
    "\"http://svc:MARKER@proxy:1\"", "'http://svc:MARKER@proxy:1'", "\"svc:MARKER@proxy:1\"",
    "http://'svc:MARKER@proxy:1'", "socks9://svc:MARKER@proxy:1", "ftp://svc:MARKER@proxy:1",
    "MARKER://svc:MARKER@proxy:1", "://svc:MARKER@proxy:1", "http:/svc:MARKER@proxy:1",
    "http:///svc:MARKER@proxy:1", "http://svc:MARKER@proxy:MARKER",
    "http://svc:MARKER@proxy:", "http://svc:MARKER@proxy:0", "http://svc:MARKER@proxy:65536",
    "http://svc:MARKER@proxy:-1", "http://svc:MARKER@proxy:+1", "http://svc:MARKER@proxy:1a",
    "http://svc:MARKER@proxy:99999999999999999999", "http://svc:MARKER@", "http://svc:MARKER@:1",
    "http://svc:MARKER%@proxy:1", "http://svc:MARKER%4@proxy:1", "http://svc:MARKER%zz@proxy:1",
    "http://svc:MARKER%+1@proxy:1", "http://svc:MARKER%00@proxy:1", "http://s%0Avc:MARKER@proxy:1",
    "http://svc:MARKER@proxy:1/path", "http://svc:MARKER@proxy:1?x", "http://svc:MARKER@proxy:1#x",
    "http://svc:MARKER@pro%78y:1", "http://svc:MARKER@pro xy:1", "http://svc:MARKER@::1:3128",
    "http://svc:MARKER@[::1", "http://svc:MARKER@[::1]3128", "http://svc:MARKER@[MARKER]:1",
    "http://svc:MARKER@proxy:1,http://other:1", "http://svc:MARKER@<proxy>:1",
    "http://svc:12/MARKER@proxy:1", "http://svc:12?MARKER@proxy:1", "http://svc:12#MARKER@proxy:1",
    "socks5h://localhost/svc:MARKER@proxy:1", " ", "\r",
  ]

  @Test("An invalid proxy is refused with the name of its variable only", arguments: malformed)
  func invalid(text: String) throws {
    var configuration = HTTPClientConfiguration()
    let problem = try #require(throws: ProxyProblem.self) {
      try configuration.readProxy(from: ["HTTPS_PROXY": text])
    }
    #expect(problem.variable == "HTTPS_PROXY")
    #expect(configuration.proxy == nil)
    for secret in ["MAR", "KER", "svc"] { #expect(!problem.reason.contains(secret)) }
  }

  @Test(
    "The variables are those of curl for https",
    arguments: [
      ([:], nil, ""), (["https_proxy": "a", "HTTPS_PROXY": "b"], "http://a", ""),
      (["HTTPS_PROXY": "b", "no_proxy": "x", "NO_PROXY": "y"], "http://b", "x"),
      (["ALL_PROXY": "c", "NO_PROXY": "*"], "http://c", "*"),
      (["http_proxy": "a b", "HTTP_PROXY": "c d"], nil, ""),
      (["https_proxy": "", "all_proxy": "e"], "http://e", ""),
      (["https_proxy": "a", "HTTPS_PROXY": "b c"], "http://a", ""), (["NO_PROXY": "a\r"], nil, ""),
      (
        ["ALL_PROXY": "c", "NO_PROXY": "localhost, .example.com,10.0.0.0/8,[::1],münchen.example"],
        "http://c", "localhost, .example.com,10.0.0.0/8,[::1],münchen.example"
      ),
    ] as [([String: String], String?, String)])
  func variables(environment: [String: String], proxy: String?, noProxy: String) throws {
    var configuration = HTTPClientConfiguration()
    try configuration.readProxy(from: environment)
    #expect(configuration.proxy.map { "\($0)" } == proxy)
    #expect(configuration.noProxy == noProxy)
  }

  @Test(
    "Exceptions that are not a list of hosts are refused",
    arguments: [
      "http://user:fake-secret", "localhost\r", "localhost\n", "\"localhost\"",
      "http://u:MARKER@localhost", "a\tb",
    ])
  func exceptions(text: String) throws {
    var configuration = HTTPClientConfiguration()
    let problem = try #require(throws: ProxyProblem.self) {
      try configuration.readProxy(from: ["https_proxy": "a", "no_proxy": text])
    }
    #expect(problem.variable == "no_proxy")
    #expect(!problem.reason.contains("MARKER"))
  }

  @Test("User and password reach the proxy unchanged")
  func authorization() throws {
    let server = ScriptedServer { connection in
      connection.readRequest()
      connection.send("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
    }
    var configuration = HTTPClientConfiguration()
    configuration.proxy = try Proxy(
      "http://us%40er:p%3Aa%25s/".dropLast() + "%20ü!@127.0.0.1:\(server.port)", variable: "p")
    var client = try HTTPClient(configuration)
    _ = client.perform(HTTPRequest(.post, "https://service.invalid/", body: [1]))
    let expected = Data("us@er:p:a%s ü!".utf8).base64EncodedString()
    #expect(
      server.requests.first?.head.contains("Proxy-Authorization: Basic \(expected)\r\n") == true)
  }

  /// Ways in which a proxy could block a client without end.
  enum Babble: CaseIterable {
    case body, header, chunks, drops, silence
  }

  @Test("A proxy with an endless answer does not block other requests", arguments: Babble.allCases)
  func endless(_ babble: Babble) throws {
    let server = ScriptedServer { connection in
      connection.readRequest()
      let head = "HTTP/1.1 407 Proxy Authentication Required\r\n"
      let piece = String(repeating: "x", count: 8_000)
      switch babble {
      case .body:
        connection.send(head + "Content-Length: 9000000000\r\n\r\n")
        while connection.send(piece) {}
      case .header:
        connection.send(head)
        while connection.send("x: \(piece)\r\n") {}
      case .chunks:
        connection.send(head + "Transfer-Encoding: chunked\r\n\r\n")
        while connection.send("1f40\r\n\(piece)\r\n") {}
      case .drops: while connection.send("x") { pause(milliseconds: 20) }
      case .silence: pause(milliseconds: 4_000)
      }
    }
    var configuration = HTTPClientConfiguration()
    configuration.proxy = try Proxy("http://u:MARKER@127.0.0.1:\(server.port)", variable: "p")
    let clock = ContinuousClock()
    let time = try clock.measure {
      var client = try HTTPClient(configuration)
      let result = client.perform(
        HTTPRequest(.post, "https://service.invalid/", body: [1], timeoutMilliseconds: 2_000))
      let failure = try #require(throws: HTTPFailure.self) { try result.get() }
      #expect(!failure.mayHaveBeenSent)
      #expect(!failure.reason.contains("MARKER"))
    }
    // Without its own end it would run until the time limit of the test.
    #expect(time < .seconds(8))
  }
}
