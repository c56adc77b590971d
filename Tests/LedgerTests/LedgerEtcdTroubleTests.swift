import Foundation
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite(
  "The etcd ledger recognizes its own claims, and gives back the claims of a failed batch",
  .serialized, .waiting)
struct LedgerEtcdTroubleTests {
  private func cluster() throws -> EtcdCluster {
    let cluster = try EtcdCluster.shared.get()
    try cluster.waitUntilReady()
    return cluster
  }

  /// Claims through a member, and checks directly in the cluster that this very claim is stored, and counted once.
  private func expectOneClaim(through endpoint: String, of cluster: EtcdCluster) throws {
    let prefix = UUID().uuidString
    var configuration = EtcdConfiguration(endpoints: [endpoint], prefix: prefix)
    configuration.deadline = 5_000
    let ledger = try EtcdLedger(configuration)
    let decision = try ledger.claim([.of("1")], terms: .at(moment(0), owner: .current()))[0]
    let ticket = try #require(
      decision.ticket, "the ledger did not recognize its own claim: \(decision)")
    let witness = try EtcdLedger(cluster.configuration(prefix: prefix))
    let record = try witness.find(LedgerLookup(account: "a", numbers: ["1"]))
    #expect(record?.claim?.token == ticket.token)
    #expect(try witness.requestCount(account: "a", at: moment(0)) == 1)
  }

  @Test("A transaction that is carried out late is recognized")
  func lateCommit() throws {
    let cluster = try cluster()
    let proxy = try LateProxy(to: try #require(cluster.endpoints.first))
    try expectOneClaim(through: proxy.endpoint, of: cluster)
    #expect(proxy.wasLate)
  }

  @Test("A transaction that a proxy sends twice is recognized")
  func repeatedCommit() throws {
    let cluster = try cluster()
    let proxy = try RepeatingProxy(to: try #require(cluster.endpoints.first))
    try expectOneClaim(through: proxy.endpoint, of: cluster)
  }

  @Test("A reply without the requested responses is an error, not a missing record")
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

  @Test("If a later part of a batch fails, the claims of the earlier parts are given back")
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
    #expect(others.allSatisfy { $0 == .wouldSend(isKeyUsed: false) })
  }

  @Test("A token that is refused again and again is renewed with pauses")
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
    // A pause of 50 ms for every two requests, except the first renewal, which has no pause.
    #expect((4...44).contains(member.requests), "\(member.requests)")
  }
}
