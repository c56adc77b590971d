import JSON
import ReissueKit
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
      status: 404, body: #"{"status":404,"error":"Not Found"}"#,
      expected: "refused gateway.status-404 69"),
    Reply(status: 418, expected: "refused gateway.status-418 69"),
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
    Reply(status: 429, expected: "failed gateway.throttled 75 repeat"),
    gateway(503, "500", "failed gateway.endpoint-down 75 repeat"),
    gateway(503, "500", "unknown reply.status-503 76", origin: "ENDPOINT"),
    gateway(503, "500", "unknown reply.status-503 76", origin: nil),
    gateway(504, "510", "unknown reply.status-504 76"),
    gateway(500, "900", "unknown reply.status-500 76"),
    Reply(status: 502, body: "<html>", expected: "unknown reply.status-502 76"),
  ]

  @Test("the table", arguments: replies)
  func table(reply: Reply) {
    let headers = reply.origin.map { [(name: "X-NCP-APIGW-Response-Origin", value: $0)] } ?? []
    let read = ServiceReply(status: reply.status, headers: headers, body: Array(reply.body.utf8))
    let found: String =
      switch Outcome(of: read, clockSkew: reply.skew) {
      case .accepted: "accepted"
      case .refused(let error, _): "refused \(error.code) \(error.exit.rawValue)"
      case .failed(let error, _, let isRepeatable):
        "failed \(error.code) \(error.exit.rawValue)\(isRepeatable ? " repeat" : "")"
      case .unknown(let error, _): "unknown \(error.code) \(error.exit.rawValue)"
      }
    #expect(found == reply.expected)
  }

  @Test("the gravest status wins")
  func gravity() {
    #expect(ReissueKit.ExitStatus.gravest(of: []) == .done)
    #expect(ReissueKit.ExitStatus.gravest(of: [.event, .refused, .done]) == .refused)
    let order: [ReissueKit.ExitStatus] = [
      .unknown, .fault, .inputOutput, .credentials, .configuration, .tryAgain, .refused, .event,
    ]
    for (place, status) in order.enumerated() {
      #expect(ReissueKit.ExitStatus.gravest(of: order[place...].reversed()) == status)
    }
  }
}
