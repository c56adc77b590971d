import HTTP
import Testing

/// Sends one request to a server that answers with the given bytes and closes the connection.
private func exchange(
  _ reply: String, _ request: (ScriptedServer) -> HTTPRequest = { HTTPRequest(.get, $0.url()) },
  configuration: HTTPClientConfiguration = HTTPClientConfiguration()
) throws -> (result: Result<HTTPResponse, HTTPFailure>, requests: [ScriptedServer.Request]) {
  let server = ScriptedServer { connection in
    connection.readRequest()
    connection.send(reply)
  }
  var client = try HTTPClient(configuration)
  let result = client.perform(request(server))
  return (result, server.requests)
}

@Suite("Requests are sent exactly, and replies are complete or failures")
struct ReplyTests {
  @Test("POST and GET have exactly the expected bytes")
  func requestBytes() throws {
    let (result, requests) = try exchange(
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      { server in
        HTTPRequest(
          .post, server.url("/a%20b?c=d&e"),
          headers: [HTTPHeader("x-signature", "a+/="), HTTPHeader("X-Empty", "")],
          body: Array("{\"ü\":1}\n".utf8))
      })
    #expect(try result.get().body == [])
    let request = try #require(requests.first)
    #expect(
      request.head.replacing(/127\.0\.0\.1:\d+/, with: "HOST") == """
        POST /a%20b?c=d&e HTTP/1.1\r
        Host: HOST\r
        User-Agent: ncloud-reissue\r
        Accept: */*\r
        Accept-Encoding: identity\r
        x-signature: a+/=\r
        X-Empty:\r
        Content-Length: 9\r
        \r\n
        """)
    #expect(request.body == "{\"ü\":1}\n")

    let get = try exchange("HTTP/1.1 204 No Content\r\n\r\n")
    #expect(try get.result.get().status == 204)
    #expect(
      get.requests.first?.head.replacing(/127\.0\.0\.1:\d+/, with: "HOST")
        == "GET / HTTP/1.1\r\nHost: HOST\r\nUser-Agent: ncloud-reissue\r\nAccept: */*\r\nAccept-Encoding: identity\r\n\r\n"
    )
  }

  @Test("Headers are read in any case, folded, after interim replies, and without a value")
  func headers() throws {
    let (result, _) = try exchange(
      """
      HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n\
      HTTP/1.1 200 Fine\r\nDATE: now \r\nX-Folded: a\r\n  b\r\nX-None:\r\nx-twice: 1\r\nX-Twice: 2\r\n\
      Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n
      """)
    let response = try result.get()
    #expect(response.status == 200)
    #expect(response.body == Array("{}".utf8))
    #expect(response.header("date") == "now")
    #expect(response.header("x-folded") == "a b")
    #expect(response.header("X-NONE") == "")
    #expect(response.header("X-TWICE") == "1")
    #expect(response.header("x-interim") == nil)
    #expect(response.header("x-trailer") == nil)
    #expect(response.transport.version == "1.1")
    #expect(response.transport.sendings == 1)
  }

  @Test(
    "Every status is a reply, and redirects are not followed",
    arguments: [302, 307, 401, 404, 500, 503])
  func status(number: Int) throws {
    let (result, requests) = try exchange(
      "HTTP/1.1 \(number) X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\n{}",
      { HTTPRequest(.post, $0.url(), body: [0x7B, 0x7D]) })
    #expect(try result.get().status == number)
    #expect(requests.count == 1)
  }

  @Test(
    "A reply that is cut, not HTTP or over a limit is a failure",
    arguments: [
      ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", .lost),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", .lost),
      ("HTTP/1.1 200 OK\r\nContent-Le", .lost),
      ("HTTP/1.1 100 Continue\r\n\r\n", .lost),
      ("", .lost),
      ("SSH-2.0-OpenSSH\r\n", .protocolViolation),
      ("HTTP/1.1 OK\r\n\r\n", .protocolViolation),
      (
        "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + String(repeating: "x", count: 101),
        .bodyTooLarge
      ),
      (
        "HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 200) + "\r\n",
        .headersTooLarge
      ),
      (String(repeating: "HTTP/1.1 103 Early\r\nA: b\r\n\r\n", count: 60), .headersTooLarge),
      // A line longer than libcurl's own limit.
      ("HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 200_000), .headersTooLarge),
    ] as [(String, HTTPFailure.Kind)])
  func badReply(reply: String, kind: HTTPFailure.Kind) throws {
    var configuration = HTTPClientConfiguration()
    configuration.bodyLimit = 100
    configuration.headerLimit = 1000
    let (result, requests) = try exchange(reply, configuration: configuration)
    let failure = try #require(throws: HTTPFailure.self) { try result.get() }
    #expect(failure.kind == kind, "\(failure)")
    #expect(failure.mayHaveBeenSent)
    #expect(requests.count == 1)
  }

  @Test("An endless body stops at the limit, and a body of exactly the limit is accepted")
  func bodyLimit() throws {
    var configuration = HTTPClientConfiguration()
    configuration.bodyLimit = 1 << 20
    let server = ScriptedServer { connection in
      while let request = connection.readRequest() {
        if request.line.contains("/limit") {
          connection.reply("200 OK", String(repeating: "x", count: 1 << 20))
        } else {
          connection.send("HTTP/1.1 200 OK\r\n\r\n")
          while connection.send(String(repeating: "x", count: 1 << 16)) {}
        }
      }
    }
    var client = try HTTPClient(configuration)
    #expect(try client.perform(HTTPRequest(.get, server.url("/limit"))).get().body.count == 1 << 20)
    let endless = client.perform(HTTPRequest(.get, server.url("/endless")))
    let failure = try #require(throws: HTTPFailure.self) { try endless.get() }
    #expect(failure.kind == .bodyTooLarge)
    #expect(failure.reason == "the reply's body is larger than 1048576 bytes")
  }

  @Test("A trace shows the exchange and no secret")
  func trace() throws {
    let lines = Lines()
    var configuration = HTTPClientConfiguration()
    configuration.trace = { lines.append($0) }
    _ = try exchange(
      "HTTP/1.1 401 No\r\nSet-Cookie: MARKER\r\nContent-Length: 6\r\n\r\nMARKER",
      { server in
        HTTPRequest(
          .post, server.url("/path"),
          headers: [
            HTTPHeader("x-ncp-iam-access-key", "MARKER"), HTTPHeader("Authorization", "MARKER"),
            HTTPHeader("x-ncp-apigw-signature-v2", "MARKER"), HTTPHeader("Accept", "text/plain"),
          ], body: Array("MARKER".utf8))
      }, configuration: configuration)
    let text = lines.all.joined(separator: "\n")
    #expect(!text.contains("MARKER"))
    #expect(lines.all.first?.hasSuffix("/path, 6 bytes") == true)
    #expect(lines.all.contains("> x-ncp-apigw-signature-v2: (hidden)"))
    #expect(lines.all.contains("> Accept: text/plain"))
    #expect(lines.all.last?.hasPrefix("< HTTP/1.1 401, 2 headers, 6 bytes, new connection") == true)
  }
}

extension HTTPResponse {
  fileprivate func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}
