import Core
import Crypto
import HTTP
import JSON
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Service

/// How often a clock was looked at.
private final class Looks: Sendable {
  private let count = Atomic(0)

  func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
}

@Suite("nothing is signed later than the ledger was promised")
struct SigningPromiseTests {
  /// Of a call that was tried the network says something, of the others nobody.
  @Test(
    "a clock that went ahead of the promise keeps the call back",
    arguments: [(nil, true), (0, true), (1, true), (-1, false), (-12 * minute, false)]
      as [(Int?, Bool)])
  func promise(milliseconds: Int?, isTried: Bool) throws {
    let exchange = try send(in: testContext(), signBy: milliseconds.map { moment($0) })
    #expect(exchange.meaning == isTried)
    #expect(exchange.attempts == (isTried ? 1 : 0))
    #expect((exchange.lastSigned != nil) == isTried)
  }

  /// A machine may be suspended between any two looks at its clock: each look here is 12 minutes after the last one.
  @Test("the timestamp that is checked is the one that is signed")
  func oneReading() throws {
    let looks = Looks()
    var context = testContext()
    context.now = { moment(looks.next() * 12 * minute) }
    let exchange = try send(in: context, signBy: moment(minute))
    let signed = try #require(exchange.lastSigned)
    #expect(exchange.attempts == 1 && signed == moment(0))
  }

  /// One call to an address where nobody listens; its meaning is whether it was tried.
  private func send(in context: Context, signBy: Timestamp?) throws -> Exchange<Bool> {
    let log = Log(level: .error, format: .text, now: context.now, write: { _ in })
    var client = try ServiceClient(
      ServiceConfiguration(
        endpoint: Endpoint("http://127.0.0.1:1"),
        credentials: Credentials(
          accessKey: "a", secretKey: SecretBytes(copying: "fake"), source: "test"),
        timeout: TimeSpan(seconds: 30), parallel: 1, caFile: nil, context: context, log: log),
      context: context, log: log)
    client.isPatient = false
    let call = ServiceCall(method: .post, target: "/x", body: [], signBy: signBy)
    return try #require(
      client.send(
        1, as: "calls", parallel: 1, deadline: 60_000, call: { _, _ in call },
        meaning: { answer in
          guard case .notSent = answer else { return (true, .final) }
          return (false, .final)
        }
      ).first)
  }
}
