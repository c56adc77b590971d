import HTTP
import Synchronization
import Testing

@Suite("A failure reports its cause and whether the request may have been sent")
struct FailureTests {
  private func failure(
    _ request: HTTPRequest, _ configuration: HTTPClientConfiguration = HTTPClientConfiguration()
  ) throws -> HTTPFailure {
    var client = try HTTPClient(configuration)
    let result = client.perform(request)
    return try #require(throws: HTTPFailure.self) { try result.get() }
  }

  /// A closed port: its server has stopped.
  private var closedPort: Int { ScriptedServer { _ in }.port }

  @Test(
    "Addresses that are not allowed are refused",
    arguments: [
      "", "no url", "https://", "ftp://127.0.0.1/", "file:///etc/passwd", "http://example.com/",
      "http://128.0.0.1/", "http://localhost.example.com/", "http://127.0.0.1.example.com/",
      "http://127.1.example/", "http://[::2]/", "http://0.0.0.0/", "https://user@localhost/",
      "http://user:MARKER@127.0.0.1/", "https://local host/", "https://localhost\0.example.com/",
      "https://localhost/\r\nX: y", "gopher://127.0.0.1/", "127.0.0.1", "//127.0.0.1/",
    ])
  func urls(url: String) throws {
    let failure = try failure(HTTPRequest(.get, url))
    #expect(failure.kind == .invalidURL)
    #expect(!failure.mayHaveBeenSent)
    #expect(failure.stage == .notStarted)
    #expect(!failure.reason.contains("MARKER"))
  }

  @Test(
    "Plain HTTP reaches every spelling of this machine",
    arguments: ["127.0.0.1", "127.0.0.7", "localhost", "LOCALHOST", "127.1", "2130706433"])
  func loopback(host: String) throws {
    let failure = try failure(HTTPRequest(.get, "http://\(host):\(closedPort)/"))
    #expect(failure.kind == .connect)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test(
    "Headers that HTTP does not allow are refused",
    arguments: [
      ("", "v"), ("a b", "v"), ("a:", "v"), ("a\r\nb", "v"), ("ä", "v"), ("a", "v\r\nb: c"),
      ("a", "v\n"), ("a", "\0"), ("a", "\u{7F}"),
    ])
  func headers(name: String, value: String) throws {
    let server = ScriptedServer { $0.readRequest() }
    let failure = try failure(HTTPRequest(.get, server.url(), headers: [HTTPHeader(name, value)]))
    #expect(failure.kind == .invalidHeader)
    #expect(!failure.reason.utf8.contains { $0 < 0x20 })
    #expect(server.requests.isEmpty)
  }

  @Test("A host name without address is a failure to resolve")
  func resolve() throws {
    // A label over 63 octets is invalid (RFC 1035 section 2.3.4), so no resolver is called.
    let host = String(repeating: "a", count: 64) + ".invalid"
    let failure = try failure(HTTPRequest(.post, "https://\(host)/", body: [1]))
    #expect(failure.kind == .resolve)
    #expect(failure.stage == .resolving)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("A closed port is a failure to connect", arguments: ["http", "https"])
  func connect(scheme: String) throws {
    let failure = try failure(HTTPRequest(.post, "\(scheme)://127.0.0.1:\(closedPort)/", body: [1]))
    #expect(failure.kind == .connect)
    #expect(failure.stage == .connecting)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("A server that does not speak TLS, or does not answer, is a TLS failure or a timeout")
  func handshake() throws {
    let plain = ScriptedServer { $0.reply() }
    let talk = try failure(HTTPRequest(.post, "https://127.0.0.1:\(plain.port)/", body: [1]))
    #expect(talk.kind == .tlsHandshake)
    #expect(!talk.mayHaveBeenSent)

    let silent = ScriptedServer { _ in pause(milliseconds: 600) }
    let request = HTTPRequest(
      .post, "https://127.0.0.1:\(silent.port)/", body: [1], timeoutMilliseconds: 200)
    let silence = try failure(request)
    #expect(silence.kind == .timeout)
    #expect(silence.stage == .connecting)
    #expect(!silence.mayHaveBeenSent)
  }

  @Test("An answer that is missing or too slow ends at the time limit")
  func timeout() throws {
    let server = ScriptedServer { connection in
      connection.readRequest()
      guard connection.number == 1 else { return pause(milliseconds: 4000) }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
      for _ in 0..<250 where connection.send("x") { pause(milliseconds: 20) }
    }
    let clock = ContinuousClock()
    for _ in 0...1 {
      var failure: HTTPFailure?
      let time = try clock.measure {
        failure = try self.failure(
          HTTPRequest(.post, server.url(), body: [1], timeoutMilliseconds: 1000))
      }
      #expect(failure?.kind == .timeout)
      #expect(failure?.mayHaveBeenSent == true)
      #expect(time < .milliseconds(3500))
    }
  }

  @Test(
    "A proxy that refuses, disconnects or is missing means that nothing was sent",
    arguments: [
      ("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", 407),
      ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>", 502), ("", 0),
      ("HTTP/1.1 200 OK\r\n", 0), (nil, 0),
    ] as [(String?, Int)])
  func proxy(reply: String?, status: Int) throws {
    let server = ScriptedServer { connection in
      connection.readRequest()
      connection.send(reply ?? "")
    }
    var configuration = HTTPClientConfiguration()
    let port = reply == nil ? closedPort : server.port
    configuration.proxy = try Proxy("http://user:MARKER@127.0.0.1:\(port)", variable: "https_proxy")
    let request = HTTPRequest(
      .post, "https://service.invalid/", headers: [HTTPHeader("x-signature", "SECRET")], body: [1])
    let failure = try failure(request, configuration)
    #expect(failure.kind == .proxy(status: status), "\(failure)")
    #expect(!failure.mayHaveBeenSent)
    #expect(!failure.reason.contains("MARKER"))
    if reply != nil {
      #expect(server.requests.map(\.line) == ["CONNECT service.invalid:443 HTTP/1.1"])
      #expect(server.requests.first?.head.contains("SECRET") == false)
    }
  }

  @Test("Plain HTTP to this machine bypasses the proxy")
  func noProxyForLoopback() throws {
    let server = ScriptedServer { connection in
      connection.readRequest()
      connection.reply()
    }
    var configuration = HTTPClientConfiguration()
    configuration.proxy = try Proxy("http://127.0.0.1:\(closedPort)", variable: "https_proxy")
    var client = try HTTPClient(configuration)
    #expect(try client.perform(HTTPRequest(.get, server.url())).get().status == 200)
  }

  @Test("The environment's proxy is not used implicitly, and exceptions work")
  func exceptions() throws {
    var configuration = HTTPClientConfiguration()
    configuration.proxy = try Proxy("http://127.0.0.1:\(closedPort)", variable: "https_proxy")
    configuration.noProxy = "127.0.0.1"
    let url = "https://127.0.0.1:\(closedPort)/"
    // Also proves that "proxied" requests really go through a proxy.
    #expect(try failure(HTTPRequest(.get, url), configuration).kind == .connect)
  }

  @Test("An interruption ends the wait at once")
  func interruption() throws {
    let server = ScriptedServer { connection in
      connection.readRequest()
      pause(milliseconds: 2000)
    }
    let isInterrupted = Flag()
    var configuration = HTTPClientConfiguration()
    configuration.isInterrupted = { isInterrupted.isSet || !server.requests.isEmpty }
    let clock = ContinuousClock()
    let time = try clock.measure {
      let failure = try failure(HTTPRequest(.post, server.url(), body: [1]), configuration)
      #expect(failure.kind == .interrupted)
      #expect(failure.mayHaveBeenSent)
    }
    #expect(time < .milliseconds(900))
    isInterrupted.set()
  }
}

/// A flag for several threads.
final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}
