import HTTP
import JSON
import Platform
import Testing

@testable import ReissueKit

@Suite("nothing is signed later than the ledger was promised")
struct SigningPromiseTests {
  /// Of a call that was tried the network says something, of the others nobody.
  @Test(
    "a clock that went ahead of the promise keeps the call back",
    arguments: [(nil, true), (0, true), (1, true), (-1, false), (-12 * minute, false)]
      as [(Int?, Bool)])
  func promise(milliseconds: Int?, isTried: Bool) throws {
    let settings = try Settings(
      from: SettingSources(
        flags: ["endpoint": ["http://127.0.0.1:1"]], environment: [:],
        configuration: Configuration(file: "/t/config.json", document: .object(JSONObject()))))
    let context = world()
    var client = try ServiceClient(
      settings: settings,
      credentials: Credentials(accessKey: "a", secretKey: Secret("fake"), source: "test"),
      context: context, log: Log(level: .error, format: .text, now: context.now, write: { _ in }))
    client.isPatient = false
    let call = Call(
      method: .post, target: "/x", body: [], signBy: milliseconds.map { moment($0) })
    let exchange = try #require(
      client.send(
        1, as: "calls", parallel: 1, deadline: 60_000, call: { _, _ in call },
        meaning: { answer in
          guard case .notSent = answer else { return (true, .final) }
          return (false, .final)
        }
      ).first)
    #expect(exchange.meaning == isTried)
    #expect(exchange.attempts == (isTried ? 1 : 0))
    #expect((exchange.lastSigned != nil) == isTried)
  }
}
