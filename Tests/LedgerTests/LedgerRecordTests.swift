import Core
import JSON
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite("A record keeps claims, numbers and outcomes, and its JSON is read back")
struct LedgerRecordTests {
  private static var full: LedgerRecord {
    var record = LedgerRecord.settled(.accepted(newNumber: "2", stage: .waitingForDNS))
    record.claim = .at(moment(day), signedAt: moment(day), isComplete: false, doubt: "reply.cut")
    record.claim?.store = "shop.example.com/2"
    record.refusal = LedgerRecord.settled(.refused(code: "service.1")).refusal
    record.lastLook = moment(hour)
    record.clockBehindSince = moment(minute)
    return record
  }

  @Test(
    "The JSON of a record is read back as the same record",
    arguments: [
      full, .claimed(), .settled(.refused(code: "service.1"), times: 3),
      .settled(.accepted(newNumber: nil, stage: .issued)), .settled(.notSent(code: "network.dns")),
      LedgerRecord(account: "", key: .number("55882"), numbers: [], name: ""),
    ])
  func roundTrip(record: LedgerRecord) throws {
    let text = JSONEncoder.encode(record.json)
    #expect(try LedgerRecord(json: JSONDecoder.decode(text)) == record)
  }

  @Test("The error names a member that is missing or of the wrong kind")
  func members() throws {
    let json = Self.full.json
    for name in ["version", "account", "key", "state", "name", "numbers", "refusals", "attempts"] {
      for value in [nil, JSONValue.real(1.5)] {
        var object = json.object ?? JSONObject()
        object[name] = value
        #expect(throws: LedgerRecordError.member(name)) { try LedgerRecord(json: .object(object)) }
      }
    }
    var object = json.object ?? JSONObject()
    object["claim"] = [:]
    #expect(throws: LedgerRecordError.member("token")) { try LedgerRecord(json: .object(object)) }
    object["claim"] = json["claim"]
    object["unheard"] = "of"
    #expect(try LedgerRecord(json: .object(object)) == Self.full)
    object["version"] = 2
    #expect(throws: LedgerRecordError.version(2)) { try LedgerRecord(json: .object(object)) }
    #expect(throws: LedgerRecordError.self) { try LedgerRecord(json: []) }
  }

  @Test("A record of a version without references is read")
  func withoutReferences() throws {
    let text = String(decoding: JSONEncoder.encode(Self.full.json), as: UTF8.self)
    let earlier = text.split(separator: #""reference":"4f6c","#).joined()
    #expect(earlier != text && !earlier.contains("reference"))
    let record = try LedgerRecord(json: JSONDecoder.decode(earlier))
    #expect(record.claim?.event == "alertmanager" && record.claim?.reference == nil)
    #expect(record.standing?.reference == nil && record.attempts.last?.reference == nil)
  }

  @Test(
    "Keys are written as text and read back",
    arguments: [
      ("order:9", .order("9")), ("number:a:b", .number("a:b")), ("order:", nil), ("9", nil),
      ("x:9", nil),
    ]
      as [(String, LedgerRecord.Key?)])
  func keys(text: String, key: LedgerRecord.Key?) {
    #expect(LedgerRecord.Key(text: text) == key)
    if let key { #expect(key.text == text) }
  }

  @Test("A record keeps all numbers, and drops the oldest attempts beyond the bound")
  func bounds() {
    var record = LedgerRecord(account: "a", key: .order("9"), numbers: [], name: "")
    record.add(numbers: (0..<1_000).map(String.init) + ["99"])
    #expect(record.numbers == (0..<1_000).map(String.init))
    let facts = ServiceFacts(
      order: "9",
      certificates: record.numbers.map { .init(number: $0, condition: .issued) }, seenAt: moment(0))
    let lookup = LedgerLookup(account: "a", numbers: ["x", "7"]).widened(by: facts)
    #expect(lookup.numbers.count == 1_001 && lookup.numbers.starts(with: ["x", "7", "0"]))
    var one = LedgerRecord(account: "a", key: .number("999"), numbers: ["999"], name: "")
    #expect(lookup.matches(one))
    one.numbers = ["1000"]
    #expect(!lookup.matches(one))
    for index in 0..<30 {
      record.claim = .at(moment(index))
      record.settle(.notSent(code: "network.dns"), signedAt: nil, now: moment(index))
    }
    #expect(record.attempts.map(\.at) == (10..<30).map { moment($0) })
  }

  @Test("A request that was not sent does not change the earlier outcomes")
  func notSent() {
    for before in [
      LedgerRecord.settled(.refused(code: "x")),
      .settled(.accepted(newNumber: "2", stage: .issued)),
    ] {
      var record = before
      record.claim = .at(moment(day))
      record.settle(.notSent(code: "gateway.throttled"), signedAt: moment(day), now: moment(day))
      #expect(record.standing == before.standing && record.refusal == before.refusal)
      #expect(record.refusals == before.refusals && record.attempts.last?.outcome == "not-sent")
    }
  }

  @Test("Refusals are counted for the same parameters only, and an acceptance resets the count")
  func refusals() {
    var record = LedgerRecord.settled(.refused(code: "x"), times: 4)
    record.claim = .at(moment(day))
    record.claim?.digest = "other"
    record.settle(.refused(code: "x"), signedAt: moment(day), now: moment(day))
    #expect(record.refusals == 1 && record.refusal?.code == "x" && record.state == .refused)
    record.claim = .at(moment(day))
    record.settle(.accepted(newNumber: "7", stage: .accepted), signedAt: nil, now: moment(day))
    #expect(record.refusals == 0 && record.refusal == nil && record.numbers == ["1", "7"])
  }

  @Test("Without a timestamp from its owner, an acceptance counts from the latest possible time")
  func latest() {
    var record = LedgerRecord.claimed()
    record.doubt(code: "x", now: moment(hour))
    record.take(.facts(.of(["1": .issued, "2": .issued], seenAt: moment(hour))), now: moment(hour))
    #expect(record.standing?.signedAt == moment(minute))
  }

  @Test("A query does not change a claim whose owner runs")
  func liveClaim() {
    var record = LedgerRecord.claimed()
    let claim = record.claim
    record.take(
      .facts(.of(["1": .issued, "2": .issued], order: "10", seenAt: moment(day))), now: moment(day))
    #expect(record.claim == claim && record.key == .order("10") && record.numbers == ["1", "2"])
  }

  @Test(
    "An operator can settle an unknown request only",
    arguments: [(true, .accepted), (false, .free)] as [(Bool, LedgerRecord.State)])
  func byHand(isCarriedOut: Bool, state: LedgerRecord.State) {
    var record = LedgerRecord.claimed()
    record.settleByHand(isCarriedOut: isCarriedOut, newNumber: "2", now: moment(hour))
    #expect(record.state == .claimed)
    record.doubt(code: "x", now: moment(hour))
    record.settleByHand(isCarriedOut: isCarriedOut, newNumber: "2", now: moment(hour))
    #expect(record.state == state)
  }

  @Test("A merged record blocks whatever either of the two records blocked")
  func merge() {
    let accepted = LedgerRecord.settled(.accepted(newNumber: "2", stage: .accepted))
    var other = LedgerRecord(account: "a", key: .number("3"), numbers: ["3"], name: "")
    other.claim = .at(moment(day))
    for merged in [accepted.merged(with: other), other.merged(with: accepted)] {
      #expect(merged.key == .order("9") && merged.name == "shop")
      #expect(Set(merged.numbers) == ["1", "2", "3"])
      #expect(merged.claim == other.claim && merged.standing == accepted.standing)
      #expect(merged.attempts == accepted.attempts)
    }
    let refused = LedgerRecord.settled(.refused(code: "x"), at: moment(day))
    #expect(refused.merged(with: accepted).standing == accepted.standing)
    #expect(refused.merged(with: accepted).refusal == refused.refusal)
  }

  @Test("A merged record keeps both claims, and each owner settles its own")
  func mergedClaims() throws {
    let lost = LedgerRecord.claimed(.at(moment(0), token: "a", doubt: "x"))
    let live = LedgerRecord.claimed(.at(moment(day), token: "b"))
    for merged in [lost.merged(with: live), live.merged(with: lost)] {
      #expect(merged.claims.map(\.token) == ["a", "b"] && merged.state == .unknown)
      #expect(try LedgerRecord(json: JSONDecoder.decode(JSONEncoder.encode(merged.json))) == merged)
      #expect(merged.merged(with: live) == merged, "the same claim in both records is one claim")
      for outcome in [.refused(code: "x"), .notSent(code: "x")] as [LedgerOutcome] {
        var settled = merged
        settled.settle(outcome, of: "b", signedAt: moment(day), now: moment(day))
        #expect(settled.claims == lost.claims && settled.state == .unknown)
      }
      var unknown = merged
      unknown.settle(.unknown(code: "y"), of: "b", signedAt: moment(day), now: moment(day))
      #expect(unknown.claims.map(\.doubt?.code) == ["y", "x"])
      unknown.settleByHand(isCarriedOut: false, newNumber: nil, now: moment(day))
      #expect(unknown.claims.isEmpty)
    }
    let later = LedgerRecord.claimed(.at(moment(2 * day), token: "c"))
    #expect(later.merged(with: live).claims.map(\.token) == ["c", "b"])
    #expect(later.merged(with: live).state == .claimed)
  }

  @Test("A late unknown outcome is recorded, unless a query found that very request")
  func lateUnknown() {
    let claim = LedgerClaim.at(moment(0), token: "a")
    var record = LedgerRecord.settled(.notSent(code: "x"))
    record.settleLate(claim, as: .refused(code: "x"), signedAt: moment(1), now: moment(2))
    record.settleLate(claim, as: .notSent(code: "x"), signedAt: nil, now: moment(2))
    #expect(record.claims.isEmpty && record.refusal == nil)
    record.settleLate(claim, as: .unknown(code: "y"), signedAt: moment(1), now: moment(2))
    #expect(record.state == .unknown && record.claim?.signedAt == moment(1))
    record.take(.facts(.of(["1": .issued, "2": .issued], seenAt: moment(hour))), now: moment(hour))
    #expect(record.state == .issued && record.standing?.token == "a")
    record.settleLate(claim, as: .unknown(code: "y"), signedAt: moment(1), now: moment(hour))
    #expect(record.state == .issued)
    // The query found the request of another claim, which says nothing about this one.
    let other = LedgerClaim.at(moment(0), token: "b")
    record.settleLate(other, as: .unknown(code: "y"), signedAt: moment(1), now: moment(hour))
    #expect(record.state == .unknown)
  }

  @Test("A record that lost its claim or its outcome is damage")
  func lostParts() throws {
    for (record, name) in [(Self.full, "claim"), (RulesTable.accepted, "standing")] {
      var object = try #require(record.json.object)
      object[name] = nil
      #expect(throws: LedgerRecordError.member("state")) { try LedgerRecord(json: .object(object)) }
    }
  }

  @Test("The checksum shows any change of a stored record; a record without one is read")
  func stored() throws {
    let record = Self.full
    #expect(try LedgerRecord.read(record.stored, key: "k", place: "p") == record)
    #expect(try LedgerRecord.read(JSONEncoder.encode(record.json), key: "k", place: "p") == record)
    for index in stride(from: 0, to: record.stored.count, by: 3) {
      var bytes = record.stored
      bytes[index] ^= 1
      let changed = try? LedgerRecord.read(bytes, key: "k", place: "p")
      #expect(changed == nil || changed == record, "byte \(index)")
    }
  }

  /// The checksum holds times relative to the first one, and 0 is no time.
  @Test("The checksum shows a time that became 0, also if all times are equal")
  func aTimeThatBecameZero() throws {
    func text(_ json: JSONValue) -> String { JSONEncoder.text(json) }
    let time = try Regex("1[0-9]{12}")
    let equal = text(RulesTable.accepted.json).replacing(time, with: "1795900000000")
    let stored = String(
      decoding: try LedgerRecord(json: JSONDecoder.decode(equal)).stored, as: UTF8.self)
    let places = stored.ranges(of: time)
    #expect(places.count > 1)
    for place in places {
      let changed = stored[..<place.lowerBound] + "0" + stored[place.upperBound...]
      #expect(throws: LedgerError.self, "\(changed)") {
        try LedgerRecord.read(Array(changed.utf8), key: "k", place: "p")
      }
    }
  }

  /// A lone refusal is stored in the form of version 1.0.0.
  @Test("A lone refusal is stored as `standing`, and any other as `refusal`")
  func refusalForm() throws {
    let refused = LedgerRecord.settled(.refused(code: "x"))
    #expect(refused.json["standing"]?["state"] == "refused" && refused.json["refusal"] == nil)
    #expect(refused.json["state"] == "refused" && refused.standing == nil)
    let both = RulesTable.refusedLater(RulesTable.accepted, at: hour)
    #expect(both.json["standing"]?["state"] == "accepted")
    #expect(both.json["refusal"]?["code"] == "service.1")
    #expect(try LedgerRecord(json: both.json) == both)
    #expect(try LedgerRecord(json: refused.json).refusal?.code == "x")
  }

  @Test("The digest of parameters depends on the order of lists, not on that of members")
  func digest() {
    let digest = LedgerDigest.parameters(["a": 1, "b": [["c": "x", "d": nil]]])
    #expect(digest == LedgerDigest.parameters(["b": [["d": nil, "c": "x"]], "a": 1]))
    #expect(digest != LedgerDigest.parameters(["a": 1, "b": [["c": "y", "d": nil]]]))
    #expect(LedgerDigest.parameters(["a": [1, 2]]) != LedgerDigest.parameters(["a": [2, 1]]))
    // FIPS 180-2 appendix B.1: SHA-256 of "abc".
    #expect(
      LedgerDigest.account(named: "abc")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
