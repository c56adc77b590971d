import Core
import JSON
import Service
import Testing

@Suite("Every reply has one meaning")
struct OutcomeTests {
  struct Reply: Sendable, CustomTestStringConvertible {
    let status: Int
    var body = ""
    var origin: String?
    var skew: Int?
    let expected: String
    var testDescription: String { "\(status) \(body.prefix(40)) → \(expected)" }
  }

  static func gateway(_ status: Int, _ code: String, _ expected: String, origin: String? = "APIGW")
    -> Reply
  {
    Reply(
      status: status, body: #"{"error":{"errorCode":"\#(code)","message":"m"}}"#, origin: origin,
      expected: expected)
  }

  static let replies: [Reply] = [
    Reply(
      status: 200, body: #"{"returnCode":"0","returnMessage":"ok","totalRows":0}"#,
      expected: "accepted"),
    Reply(status: 202, body: #"{"returnCode":0}"#, expected: "accepted"),
    Reply(
      status: 200, body: #"{"returnCode":"1006","returnMessage":"No certificate exists."}"#,
      expected: "refused service.1006 69"),
    Reply(
      status: 400, body: #"{"returnCode":"2000","returnMessage":"bad"}"#,
      expected: "refused service.2000 69"),
    Reply(
      status: 200, body: #"{"responseError":{"returnCode":"1002","returnMessage":"x"}}"#,
      expected: "refused service.1002 69"),
    Reply(status: 400, body: #"{"returnCode":"0"}"#, expected: "unknown reply.unreadable 76"),
    Reply(status: 200, expected: "unknown reply.unreadable 76"),
    Reply(status: 200, body: "<html>", expected: "unknown reply.unreadable 76"),
    Reply(status: 200, body: #"{"returnCode":"0"#, expected: "unknown reply.unreadable 76"),
    Reply(status: 200, body: "{}", expected: "unknown reply.unreadable 76"),
    Reply(status: 200, body: #"{"returnCode":["0"]}"#, expected: "unknown reply.unreadable 76"),
    Reply(status: 302, expected: "unknown reply.redirect 76"),
    gateway(400, "100", "refused gateway.bad-request 69"),
    gateway(404, "300", "refused gateway.not-found 69"),
    gateway(413, "430", "refused gateway.too-large 69"),
    Reply(
      status: 404, body: #"{"status":404,"error":"Not Found"}"#, origin: "ENDPOINT",
      expected: "refused gateway.status-404 69"),
    Reply(status: 418, origin: "APIGW", expected: "refused gateway.status-418 69"),
    Reply(
      status: 409, body: #"{"returnCode":"1300","returnMessage":"m"}"#,
      expected: "refused gateway.status-409 69"),
    gateway(401, "200", "failed credentials.refused 77"),
    gateway(401, "210", "failed credentials.not-permitted 77"),
    Reply(
      status: 401, body: #"{"error":{"errorCode":200,"message":"m"}}"#, skew: 300,
      expected: "failed clock.skew 77"),
    Reply(
      status: 401, body: #"{"error":{"errorCode":200,"message":"m"}}"#, skew: -299,
      expected: "failed credentials.refused 77"),
    Reply(status: 403, origin: "ENDPOINT", expected: "failed credentials.sub-account 77"),
    Reply(status: 403, body: "no", origin: "ENDPOINT", expected: "failed credentials.forbidden 77"),
    Reply(status: 403, origin: "APIGW", expected: "failed credentials.forbidden 77"),
    gateway(429, "400", "failed gateway.quota 75"),
    gateway(429, "410", "failed gateway.throttled 75 repeat"),
    gateway(429, "420", "failed gateway.throttled 75 repeat"),
    Reply(status: 429, origin: "APIGW", expected: "failed gateway.throttled 75 repeat"),
    gateway(503, "500", "failed gateway.endpoint-down 75 repeat"),
    gateway(503, "500", "unknown reply.status-503 76", origin: "ENDPOINT"),
    gateway(503, "500", "unknown reply.status-503 76", origin: nil),
    gateway(504, "510", "unknown reply.status-504 76"),
    gateway(500, "900", "unknown reply.status-500 76"),
    Reply(status: 502, body: "<html>", expected: "unknown reply.status-502 76"),
    // A no with the code of success says both.
    Reply(status: 404, body: #"{"returnCode":"0"}"#, expected: "unknown reply.status-404 76"),
    Reply(
      status: 429, body: #"{"returnCode":"0"}"#, origin: "APIGW",
      expected: "unknown reply.status-429 76"),
    // A code that is not the gateway's, and a header that it does not send, are no sign of it.
    gateway(403, "ACCESS_DENIED", "unknown reply.status-403 76", origin: nil),
    gateway(429, "429", "unknown reply.status-429 76", origin: nil),
    gateway(401, "200", "failed credentials.refused 77", origin: nil),
    Reply(status: 403, origin: "", expected: "unknown reply.status-403 76"),
    Reply(status: 403, origin: "proxy", expected: "unknown reply.status-403 76"),
    Reply(status: 403, body: #"{"error":"Forbidden"}"#, expected: "unknown reply.status-403 76"),
  ]

  /// The server says itself that it has not handled the request.
  private static let untouched: Set<Int> = [408, 421, 425]

  /// Whatever stands between here and the gateway may answer with a 4xx after it handed the request on.
  @Test("a 4xx that nobody has signed decides nothing", arguments: 400..<500)
  func unsigned(status: Int) {
    for body in ["", "<html>", "{}", #"{"message":"no"}"#] {
      let found = meaning(Reply(status: status, body: body, expected: ""))
      let expected =
        Self.untouched.contains(status)
        ? "failed gateway.status-\(status) 75 repeat" : "unknown reply.status-\(status) 76"
      #expect(found == expected)
    }
  }

  @Test("signed or not, the server has not handled the request", arguments: untouched)
  func signedOrNot(status: Int) {
    let found = meaning(Reply(status: status, body: "<html>", origin: "ENDPOINT", expected: ""))
    #expect(found == "failed gateway.status-\(status) 75 repeat")
  }

  @Test("the table", arguments: replies)
  func table(reply: Reply) { #expect(meaning(reply) == reply.expected) }

  private func meaning(_ reply: Reply) -> String {
    let headers = reply.origin.map { [(name: "X-NCP-APIGW-Response-Origin", value: $0)] } ?? []
    let read = ServiceReply(status: reply.status, headers: headers, body: Array(reply.body.utf8))
    return switch Outcome(of: read, clockSkew: reply.skew) {
    case .accepted: "accepted"
    case .refused(let error, _): "refused \(error.code) \(error.exit.rawValue)"
    case .failed(let error, _, let isRepeatable):
      "failed \(error.code) \(error.exit.rawValue)\(isRepeatable ? " repeat" : "")"
    case .unknown(let error, _): "unknown \(error.code) \(error.exit.rawValue)"
    }
  }

  @Test("the gravest status wins")
  func gravity() {
    #expect(Core.ExitStatus.gravest(of: []) == .done)
    #expect(Core.ExitStatus.gravest(of: [.event, .refused, .done]) == .refused)
    let order: [Core.ExitStatus] = [
      .unknown, .fault, .inputOutput, .credentials, .configuration, .tryAgain, .refused, .event,
    ]
    for (place, status) in order.enumerated() {
      #expect(Core.ExitStatus.gravest(of: order[place...].reversed()) == status)
    }
  }
}
