import Core
import Platform
import TestSupport
import Testing

@testable import ReissueKit

@Suite("A request of a web server is checked before its body is used")
struct GatewayRequestTests {
  private static let good = [
    "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json",
    "CONTENT_LENGTH": "2",
  ]

  private static func refusal(
    _ changes: [String: String?], body: String = "{}", limit: Int = 100
  ) -> GatewayRefusal? {
    var variables = good
    for (name, value) in changes { variables[name] = value }
    do throws(GatewayRefusal) {
      try GatewayRequest(variables: variables).check(body: Array(body.utf8), limit: limit)
      return nil
    } catch {
      return error
    }
  }

  struct Case: Sendable {
    let changes: [String: String?]
    var body = "{}"
    let status: Int?
    let code: String
  }

  private static let cases = [
    Case(changes: [:], status: nil, code: ""),
    Case(changes: ["REQUEST_METHOD": "GET"], status: 405, code: "cgi.method"),
    Case(
      changes: ["REQUEST_METHOD": "HEAD", "CONTENT_LENGTH": nil], status: 405, code: "cgi.method"),
    Case(changes: ["REQUEST_METHOD": "PUT"], status: 405, code: "cgi.method"),
    Case(changes: ["REQUEST_METHOD": "post"], status: 405, code: "cgi.method"),
    Case(changes: ["REQUEST_METHOD": nil], status: 405, code: "cgi.method"),
    Case(changes: ["CONTENT_LENGTH": nil], status: 411, code: "cgi.no-length"),
    Case(changes: ["CONTENT_LENGTH": ""], status: 411, code: "cgi.no-length"),
    Case(changes: ["CONTENT_LENGTH": "-2"], status: 400, code: "cgi.length"),
    Case(changes: ["CONTENT_LENGTH": "two"], status: 400, code: "cgi.length"),
    Case(changes: ["CONTENT_LENGTH": "101"], body: "", status: 413, code: "event.too-large"),
    Case(
      changes: ["CONTENT_LENGTH": "99999999999999999999"], body: "", status: 413,
      code: "event.too-large"),
    Case(changes: ["CONTENT_TYPE": nil], status: 415, code: "cgi.content-type"),
    Case(changes: ["CONTENT_TYPE": "text/plain"], status: 415, code: "cgi.content-type"),
    Case(changes: ["HTTP_CONTENT_ENCODING": "gzip"], status: 415, code: "cgi.content-encoding"),
    Case(changes: ["HTTP_CONTENT_ENCODING": "Identity"], status: nil, code: ""),
    Case(changes: ["CONTENT_LENGTH": "3"], status: 400, code: "cgi.short-body"),
    Case(changes: ["CONTENT_LENGTH": "2"], body: "", status: 400, code: "cgi.short-body"),
    // An empty body is accepted here; the run reports that it is not an event.
    Case(changes: ["CONTENT_LENGTH": "0"], body: "", status: nil, code: ""),
    Case(changes: ["CONTENT_LENGTH": "002"], status: nil, code: ""),
  ]

  @Test("a request that cannot hold an event is refused with its status", arguments: cases)
  func whatIsNoEventIsRefusedWithItsStatus(_ test: Case) {
    let refusal = Self.refusal(test.changes, body: test.body)
    #expect(refusal?.status.rawValue == test.status)
    #expect((refusal?.error.code ?? "") == test.code)
  }

  @Test("a refusal has the header fields that its status requires")
  func theFieldsThatAStatusAsksFor() {
    #expect(Self.refusal(["REQUEST_METHOD": "PUT"])?.fields.map(\.name) == ["Allow"])
    #expect(Self.refusal(["REQUEST_METHOD": "PUT"])?.fields.map(\.value) == ["POST"])
    #expect(Self.refusal(["CONTENT_TYPE": "a/b"])?.fields.map(\.name) == ["Accept"])
  }

  @Test(
    "a type is accepted if it is a kind of JSON",
    arguments: [
      ("application/json", true), ("Application/JSON", true),
      ("application/json; charset=utf-8", true), ("application/json;charset=\"utf-8\"", true),
      ("  application/json ", true), ("application/cloudevents+json", true),
      ("application/cloudevents-batch+json; charset=UTF-8", true), ("text/x+json", true),
      ("", false), ("json", false), ("application", false), ("application/", false),
      ("/json", false), ("application/jsonx", false), ("application/x-json", false),
      ("text/json", false), ("application/x-www-form-urlencoded", false),
      ("multipart/form-data; boundary=application/json", false),
      ("text/plain; type=application/json", false), ("application/json/x", false),
      ("application/json, text/plain", false), ("text/plain+json, a", false),
      ("a b/c+json", false),
    ])
  func contentType(value: String, isJSON: Bool) {
    #expect(GatewayRequest.isJSON(value) == isJSON)
  }

  @Test(
    "a length is read if it is only digits",
    arguments: [
      ("0", .bytes(0)), ("17", .bytes(17)), ("0017", .bytes(17)),
      ("9223372036854775807", .bytes(.max)), ("9223372036854775808", .bytes(.max)),
      ("", .missing), (" 17", .malformed), ("17 ", .malformed), ("+17", .malformed),
      ("-1", .malformed), ("1e3", .malformed), ("0x10", .malformed), ("1,000", .malformed),
      ("１７", .malformed), ("17\n", .malformed), ("17, 17", .malformed),
    ] as [(String, GatewayRequest.Length)])
  func length(text: String, length: GatewayRequest.Length) {
    #expect(GatewayRequest(variables: ["CONTENT_LENGTH": text]).length == length)
  }

  @Test("a header is found by its variable, without regard to case")
  func headersAreFoundAsRFC3875WritesThem() {
    let request = GatewayRequest(variables: [
      "HTTP_X_HUB_SIGNATURE_256": "a", "HTTP_EMPTY": "", "AUTHORIZATION": "b",
    ])
    #expect(request.header("X-Hub-Signature-256") == "a")
    #expect(request.header("x-hub-signature-256") == "a")
    #expect(request.header("Empty") == nil)
    #expect(request.header("Authorization") == nil)
  }

  @Test(
    "a body is read to its announced end and not beyond it",
    arguments: [
      (0, 10, 100, 0), (10, 10, 100, 10), (10, 25, 100, 10), (10, 4, 100, 4), (10, 0, 100, 0),
      (100, 100, 100, 100), (101, 101, 100, 0), (300_000, 300_000, 300_000, 300_000),
      (300_000, 400_000, 10, 0), (.max, 70_000, 10, 0),
    ] as [(Int, Int, Int, Int)])
  func body(announced: Int, sent: Int, limit: Int, kept: Int) throws {
    let request = GatewayRequest(variables: ["CONTENT_LENGTH": String(announced)])
    let source = (0..<sent).map { UInt8(truncatingIfNeeded: $0) }
    var rest = source[...]
    let body = try request.readBody(keeping: limit) { count in
      // Like a pipe, it sometimes gives less than requested.
      let piece = rest.prefix(min(count, 1 + rest.count % 9_000))
      rest = rest.dropFirst(piece.count)
      return Array(piece)
    }
    #expect(body == Array(source.prefix(kept)))
    #expect(source.count - rest.count == min(announced, sent))
  }

  @Test("an error of reading is reported, and is not a short body")
  func whatCannotBeReadIsNoShortBody() {
    let request = GatewayRequest(variables: ["CONTENT_LENGTH": "9"])
    let error = FileError(operation: "read", path: "standard input", number: 5)
    #expect(throws: error) {
      try request.readBody(keeping: 9) { (_) throws(FileError) in throw error }
    }
  }

  @Test("a process with GATEWAY_INTERFACE was started by a web server")
  func onlyAWebServerSetsTheInterface() {
    #expect(GatewayRequest(variables: Self.good).isFromGateway)
    #expect(GatewayRequest(variables: ["GATEWAY_INTERFACE": ""]).isFromGateway)
    #expect(!GatewayRequest(variables: ["REQUEST_METHOD": "POST"]).isFromGateway)
  }

  @Test(
    "settings in the environment are refused, except for the name of the configuration",
    arguments: [
      ("NCLOUD_REISSUE_DRY_RUN", false), ("NCLOUD_REISSUE_ENDPOINT", false),
      ("NCLOUD_REISSUE_CONFIG", true), ("NCLOUD_REISSUE", true), ("NCLOUD_ACCESS_KEY", true),
    ])
  func settings(variable: String, isGood: Bool) {
    let request = GatewayRequest(variables: [variable: "x", "HTTP_NCLOUD_REISSUE_FORCE": "1"])
    let outcome = Result { () throws(ReissueError) in try request.refuseSettings() }
    switch outcome {
    case .success: #expect(isGood)
    case .failure(let error):
      #expect(!isGood && error.exit == .configuration && error.message.contains(variable))
    }
  }

  @Test("random variables give an answer", arguments: 1...4 as ClosedRange<UInt64>)
  func anyVariablesGiveAnAnswer(seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let names = ["REQUEST_METHOD", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_CONTENT_ENCODING"]
    for _ in 0..<500 {
      var changes: [String: String?] = [:]
      for name in names where Bool.random(using: &generator) {
        let bytes = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
        changes[name] = .some(String(decoding: bytes, as: UTF8.self))
      }
      let refusal = Self.refusal(changes)
      #expect(refusal.map { $0.status.rawValue >= 400 } ?? true)
    }
  }
}
