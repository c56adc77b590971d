import HTTP
import Testing

@Suite("A POST is never sent twice")
struct SendingOnceTests {
  /// How a server ends the connection on which it got a second request.
  enum End: String, CaseIterable {
    case reset
    case close
    case resetAfterHead
  }

  /// Serves one request, reads a second one on the same connection and ends it; later connections are served.
  private static func server(_ end: End) -> ScriptedServer {
    ScriptedServer { connection in
      if connection.number == 0 {
        connection.readRequest()
        connection.reply()
        connection.readRequest(withBody: end != .resetAfterHead)
        end == .close ? connection.end() : connection.reset()
      } else {
        while connection.readRequest() != nil { connection.reply() }
      }
    }
  }

  @Test(
    "A POST on a reused connection that fails is not repeated", arguments: End.allCases,
    [#"{"validationMethod":"D"}"#, "", String(repeating: "x", count: 200_000)])
  func reusedConnection(end: End, body: String) throws {
    let server = Self.server(end)
    var client = try HTTPClient(HTTPClientConfiguration())
    let request = HTTPRequest(.post, server.url(), body: Array(body.utf8))
    #expect(try client.perform(request).get().status == 200)
    let failure = try #require(throws: HTTPFailure.self) { try client.perform(request).get() }
    #expect(failure.kind == .lost)
    #expect(failure.mayHaveBeenSent)
    // Time for a third request to arrive.
    pause(milliseconds: 50)
    #expect(server.requests.map(\.line) == ["POST / HTTP/1.1", "POST / HTTP/1.1"])
    #expect(server.requests.map(\.connection) == [0, 0])
  }

  @Test(
    "No other method than GET is repeated either, with or without a body",
    arguments: HTTPRequest.Method.allCases.filter { $0 != .get }, ["[1]", ""])
  func otherMethods(method: HTTPRequest.Method, body: String) throws {
    let server = Self.server(.reset)
    var client = try HTTPClient(HTTPClientConfiguration())
    let request = HTTPRequest(method, server.url(), body: Array(body.utf8))
    #expect(try client.perform(request).get().status == 200)
    let failure = try #require(throws: HTTPFailure.self) { try client.perform(request).get() }
    #expect(failure.mayHaveBeenSent)
    // Time for a third request to arrive.
    pause(milliseconds: 50)
    #expect(
      server.requests.map(\.line) == Array(repeating: "\(method.rawValue) / HTTP/1.1", count: 2))
    #expect(server.requests.map(\.body) == [body, body])
  }

  @Test("libcurl repeats a GET, and the reply reports it")
  func getIsRepeated() throws {
    let server = Self.server(.reset)
    var client = try HTTPClient(HTTPClientConfiguration())
    let request = HTTPRequest(.get, server.url())
    #expect(try client.perform(request).get().transport.sendings == 1)
    let second = try client.perform(request).get()
    #expect(second.status == 200)
    #expect(second.transport.sendings == 2)
    #expect(server.requests.map(\.connection) == [0, 0, 1])
  }

  @Test(
    "A connection that the server closed while idle is replaced by a new one for a POST")
  func closedWhileIdle() throws {
    let server = ScriptedServer { connection in
      connection.readRequest()
      connection.reply()
    }
    var client = try HTTPClient(HTTPClientConfiguration())
    let request = HTTPRequest(.post, server.url(), body: [0x7B, 0x7D])
    #expect(try client.perform(request).get().status == 200)
    pause(milliseconds: 50)
    let second = try client.perform(request).get()
    #expect(second.transport.sendings == 1)
    #expect(!second.transport.isConnectionReused)
    #expect(server.requests.map(\.connection) == [0, 1])
  }

  @Test("A POST on a new connection that fails is not repeated", arguments: [true, false])
  func freshConnection(reset: Bool) throws {
    let server = ScriptedServer { connection in
      connection.readRequest()
      reset ? connection.reset() : connection.end()
    }
    var client = try HTTPClient(HTTPClientConfiguration())
    let result = client.perform(HTTPRequest(.post, server.url(), body: [0x7B, 0x7D]))
    let failure = try #require(throws: HTTPFailure.self) { try result.get() }
    #expect(failure.kind == .lost)
    #expect(failure.mayHaveBeenSent)
    pause(milliseconds: 50)
    #expect(server.requests.count == 1)
  }
}
