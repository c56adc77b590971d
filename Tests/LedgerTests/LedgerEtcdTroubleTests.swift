import Foundation
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite(
  "the etcd ledger loses no claim of its own, and keeps none that nobody will send", .serialized)
struct LedgerEtcdTroubleTests {
  private func cluster() throws -> EtcdCluster {
    let cluster = try EtcdCluster.shared.get()
    try cluster.waitUntilReady()
    return cluster
  }

  /// Claims through a member, and looks past it whether that very claim stands there, and is counted once.
  private func expectOneClaim(through endpoint: String, of cluster: EtcdCluster) throws {
    let prefix = UUID().uuidString
    var configuration = EtcdConfiguration(endpoints: [endpoint], prefix: prefix)
    configuration.deadline = 5_000
    let ledger = try EtcdLedger(configuration)
    let decision = try ledger.claim([.of("1")], terms: .at(moment(0), owner: .current()))[0]
    let ticket = try #require(
      decision.ticket, "its own claim was taken for a stranger's: \(decision)")
    let witness = try EtcdLedger(cluster.configuration(prefix: prefix))
    let record = try witness.find(LedgerLookup(account: "a", numbers: ["1"]))
    #expect(record?.claim?.token == ticket.token)
    #expect(try witness.requestCount(account: "a", at: moment(0)) == 1)
  }

  @Test("a transaction that was lost and then carried out late is known for our own")
  func lateCommit() throws {
    let cluster = try cluster()
    let proxy = try LateProxy(to: try #require(cluster.endpoints.first))
    try expectOneClaim(through: proxy.endpoint, of: cluster)
    #expect(proxy.wasLate)
  }

  @Test("a transaction that a proxy sends twice is known for our own")
  func repeatedCommit() throws {
    let cluster = try cluster()
    let proxy = try RepeatingProxy(to: try #require(cluster.endpoints.first))
    try expectOneClaim(through: proxy.endpoint, of: cluster)
  }

  @Test("an answer without the responses that were asked for is an error, and no absent record")
  func hollowAnswers() throws {
    let member = try HollowMember()
    let ledger = try EtcdLedger(EtcdConfiguration(endpoints: [member.endpoint], prefix: "p"))
    #expect(throws: LedgerError.self) {
      try ledger.claim([.of("1")], terms: .at(moment(0), owner: .current()))
    }
    #expect(throws: LedgerError.self) {
      try ledger.judge([.of("1")], terms: .at(moment(0)))
    }
  }

  @Test("a batch that breaks off gives back what its first part has claimed")
  func brokenBatch() throws {
    let cluster = try cluster()
    let configuration = cluster.configuration()
    let endpoint = try #require(cluster.endpoints.first)
    let key = "\(configuration.prefix)/record/a/order:o39"
    func text(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
    try cluster.post(
      "\(endpoint)/v3/kv/put", #"{"key":"\#(text(key))","value":"\#(text("no record"))"}"#)
    let ledger = try EtcdLedger(configuration)
    let intents = (0..<40).map { LedgerIntent.of("\($0)", order: "o\($0)") }
    let terms = LedgerTerms.at(moment(0), owner: .current())
    let error = #expect(throws: LedgerError.self) { try ledger.claim(intents, terms: terms) }
    #expect(error?.code == .damaged)
    #expect(try ledger.requestCount(account: "a", at: moment(0)) == 0)
    let others = try EtcdLedger(configuration).judge(
      Array(intents.dropLast()), terms: .at(moment(1)))
    #expect(others.allSatisfy { $0 == .wouldSend })
  }

  @Test("a token that is refused time after time is renewed with pauses")
  func refusedTokens() throws {
    let member = try ForgetfulMember()
    var configuration = EtcdConfiguration(endpoints: [member.endpoint], prefix: "p")
    configuration.user = "hook"
    configuration.password = "fake-hook"
    configuration.deadline = 1_000
    let ledger = try EtcdLedger(configuration)
    let error = #expect(throws: LedgerError.self) {
      try ledger.claim([.of("1")], terms: .at(moment(0)))
    }
    #expect(error?.code == .unreachable)
    // A pause of 50 ms for every two of them, but the first renewal, which is at once.
    #expect((4...44).contains(member.requests), "\(member.requests)")
  }
}
