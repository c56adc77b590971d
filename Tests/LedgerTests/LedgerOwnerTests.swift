import Foundation
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite("The end of the process that owns a claim is noticed")
struct LedgerOwnerTests {
  /// The identity of a child, from proc(5): the start time is field 22 of its stat file.
  private func identity(of process: RunningProcess) throws -> ProcessIdentity {
    let pid = Int(process.id)
    let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    let fields = try #require(stat.components(separatedBy: ") ").last).split(separator: " ")
    var identity = ProcessIdentity.current()
    identity.pid = pid
    identity.startTime = try #require(Int(fields[19]))
    return identity
  }

  @Test("A claim is unknown at once when its owner is killed", arguments: LedgerStore.allCases)
  func killed(store: LedgerStore) throws {
    let place = try store.place()
    defer { withExtendedLifetime(place) {} }
    let ledger = try place.open()
    let process = try RunningProcess("/bin/sleep", ["60"])
    let owner = try identity(of: process)
    _ = try ledger.claim([.of("1")], terms: .at(moment(0), owner: owner))
    func next() throws -> LedgerDecision {
      try ledger.claim([.of("1")], terms: .at(moment(1), owner: .current()))[0]
    }
    guard case .inProgress = try next() else {
      Issue.record("the owner runs")
      return
    }
    process.kill(SIGKILL)
    // The process is dead from now on, even before its parent has waited for it.
    for _ in 0..<100 where owner.life() != .dead { usleep(10_000) }
    #expect(try next() == .lookFirst, "the owner was killed")
    let record = try ledger.find(LedgerLookup(account: "a", numbers: ["1"]))
    #expect(record?.claim?.doubt?.code == LedgerClaim.Doubt.ownerGone)
  }
}

@Suite("The place of a ledger is read from text")
struct LedgerLocationTests {
  @Test(
    "Valid places are read",
    arguments: [
      ("none", .none), ("sqlite:/a b", .sqlite(path: "/a b")), ("sqlite:l", .sqlite(path: "l")),
      ("etcd://h:1/p", .etcd(members: ["h:1"], prefix: "p")),
      ("etcd://a.b:2379,[::1]:9/p/q", .etcd(members: ["a.b:2379", "[::1]:9"], prefix: "p/q")),
    ] as [(String, LedgerLocation)])
  func reads(text: String, location: LedgerLocation) throws {
    #expect(try LedgerLocation(text) == location)
  }

  @Test(
    "Invalid places are errors whose message does not repeat them, as they may contain a password",
    arguments: [
      "", "ledger", "sqlite:", "sqlite:a\0b", "http://h:1/p", "etcd://h:1", "etcd://h:1/",
      "etcd://h:1/p/", "etcd:///p", "etcd://h/p", "etcd://h:0/p", "etcd://h:65536/p",
      "etcd://h:+1/p", "etcd://h:01/p", "etcd://[]:1/p",
      "etcd://h:1,/p", "etcd://user:fake-secret@h:1/p", "etcd://h:1/p?q", "etcd://h:1/p#f",
      "etcd://h:1/ü", "etcd://h:1/a b", "etcd://::1:9/p", "etcd://h/../x:1/p@",
    ])
  func refuses(text: String) {
    let error = #expect(throws: LedgerError.self) { try LedgerLocation(text) }
    #expect(error?.code == .location && error?.message.contains("fake-secret") == false)
  }
}
