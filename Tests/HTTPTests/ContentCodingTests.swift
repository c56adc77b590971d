import Foundation
import HTTP
import TestSupport
import Testing

@Suite("An encoded reply is decoded within the limit, or reported")
struct ContentCodingTests {
  private static let document = #"{"returnCode":"0","returnMessage":"ok"}"#

  /// The data compressed by gzip(1).
  private static func gzip(_ data: [UInt8]) throws -> [UInt8] {
    let folder = try TemporaryDirectory()
    let file = try folder.write(data, to: "data")
    let done = try run("/bin/gzip", ["-n", file])
    guard done.status == 0 else { throw TestSupportError(done.stderr) }
    return Array(try Data(contentsOf: URL(fileURLWithPath: file + ".gz")))
  }

  private func answer(
    _ body: [UInt8], coding: String, status: String = "200 OK"
  ) throws -> Result<HTTPResponse, HTTPFailure> {
    let server = ScriptedServer { connection in
      connection.readRequest()
      connection.send(
        "HTTP/1.1 \(status)\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.count)\r\n\r\n"
      )
      connection.send(bytes: body)
    }
    var client = try HTTPClient(HTTPClientConfiguration())
    let result = client.perform(HTTPRequest(.post, server.url(), body: [1]))
    #expect(server.requests.first?.head.contains("\r\nAccept-Encoding: identity\r\n") == true)
    return result
  }

  @Test(
    "Unrequested gzip is decoded", arguments: ["200 OK", "400 Bad Request"], ["gzip", "x-gzip"])
  func gzip(status: String, coding: String) throws {
    let body = try Self.gzip(Array(Self.document.utf8))
    let response = try answer(body, coding: coding, status: status).get()
    #expect(String(decoding: response.body, as: UTF8.self) == Self.document)
    #expect("\(response.status)" == status.prefix(3))
  }

  @Test("A small reply with a large content stops at the limit")
  func bomb() throws {
    let body = try Self.gzip(Array(repeating: 0x20, count: 64 << 20))
    #expect(body.count < 1 << 17)
    let failure = try #require(throws: HTTPFailure.self) {
      try answer(body, coding: "gzip").get()
    }
    #expect(failure.kind == .bodyTooLarge)
  }

  @Test("An unknown encoding is reported", arguments: ["aes128gcm", "gzip", "compress"])
  func unknown(coding: String) throws {
    let failure = try #require(throws: HTTPFailure.self) {
      try answer(Array(Self.document.utf8), coding: coding).get()
    }
    #expect(failure.kind == .contentCoding, "\(failure)")
    #expect(failure.mayHaveBeenSent)
  }
}
