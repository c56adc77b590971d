import HTTP
import Synchronization
import Testing

@Suite("Many requests run at once on one thread")
struct ParallelTests {
  @Test("Each answer has its token, a slow one does not block others, and connections are reused")
  func parallel() throws {
    let connections = Atomic(0)
    let server = ScriptedServer { connection in
      connections.add(1, ordering: .relaxed)
      while let request = connection.readRequest() {
        pause(milliseconds: request.body == "0" ? 400 : 2)
        connection.reply("200 OK", request.body)
      }
    }
    var configuration = HTTPClientConfiguration()
    configuration.maximumConnections = 4
    var client = try HTTPClient(configuration)
    for token in 0..<60 {
      client.start(
        HTTPRequest(.post, server.url(), body: Array(String(token).utf8)), token: token)
    }
    var tokens: [Int] = []
    while tokens.count < 60 {
      for completion in client.wait(upToMilliseconds: 5000) {
        let body = try completion.result.get().body
        #expect(String(decoding: body, as: UTF8.self) == String(completion.token))
        tokens.append(completion.token)
      }
    }
    #expect(tokens.sorted() == Array(0..<60))
    #expect(tokens.last == 0)
    #expect(connections.load(ordering: .relaxed) == 4)
  }

  @Test("A request that cannot be sent has its result from wait")
  func refusedAtOnce() throws {
    var client = try HTTPClient(HTTPClientConfiguration())
    client.start(HTTPRequest(.get, "ftp://localhost/"), token: 7)
    let completions = client.wait(upToMilliseconds: 1000)
    #expect(completions.map(\.token) == [7])
    #expect(throws: HTTPFailure.self) { try completions.first?.result.get() }
    #expect(client.wait(upToMilliseconds: 1000).isEmpty)
  }

  @Test("wait returns in time without results, and cancelling reports the stage of each request")
  func cancelAll() throws {
    let server = ScriptedServer { connection in
      connection.readRequest()
      pause(milliseconds: 1500)
    }
    var configuration = HTTPClientConfiguration()
    configuration.maximumConnections = 1
    var client = try HTTPClient(configuration)
    client.start(HTTPRequest(.post, server.url(), body: [0x31]), token: 1)
    client.start(HTTPRequest(.post, server.url(), body: [0x32]), token: 2)
    #expect(client.wait(upToMilliseconds: 100).isEmpty)
    let completions = client.cancelAll()
    var sent: [Int: Bool] = [:]
    for completion in completions {
      let failure = try #require(throws: HTTPFailure.self) { try completion.result.get() }
      #expect(failure.kind == .interrupted)
      sent[completion.token] = failure.mayHaveBeenSent
    }
    #expect(sent == [1: true, 2: false])
    #expect(server.requests.map(\.body) == ["1"])
  }

  @Test("perform works next to started requests, whose answers are kept for wait")
  func performBeside() throws {
    let server = ScriptedServer { connection in
      while let request = connection.readRequest() { connection.reply("200 OK", request.body) }
    }
    var client = try HTTPClient(HTTPClientConfiguration())
    client.start(HTTPRequest(.post, server.url(), body: [0x61]), token: 3)
    let own = try client.perform(HTTPRequest(.post, server.url(), body: [0x62])).get()
    #expect(own.body == [0x62])
    var others: [HTTPCompletion] = []
    while others.isEmpty { others += client.wait(upToMilliseconds: 1000) }
    #expect(others.map(\.token) == [3])
    #expect(try others.first?.result.get().body == [0x61])
  }
}
