import JSON
import Platform
import Testing

@testable import ReissueKit

@Suite("a record keeps what it must, and reads back the same")
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
    "JSON and back",
    arguments: [
      full, .claimed(), .settled(.refused(code: "service.1"), times: 3),
      .settled(.accepted(newNumber: nil, stage: .issued)), .settled(.notSent(code: "network.dns")),
      LedgerRecord(account: "", key: .number("55882"), numbers: [], name: ""),
    ])
  func roundTrip(record: LedgerRecord) throws {
    let text = JSONEncoder.encode(record.json)
    #expect(try LedgerRecord(json: JSONDecoder.decode(text)) == record)
  }

  @Test("a member that is missing or of another kind is named")
  func members() throws {
    let json = Self.full.json
    for name in ["version", "account", "key", "name", "numbers", "refusals", "attempts"] {
      for value in [nil, JSONValue.real(1.5)] {
        var object = json.object ?? JSONObject()
        object[name] = value
        #expect(throws: LedgerRecordError.member(name)) { try LedgerRecord(json: .object(object)) }
      }
    }
    var object = json.object ?? JSONObject()
    object["claim"] = [:]
    #expect(throws: LedgerRecordError.member("token")) { try LedgerRecord(json: .object(object)) }
    object["claim"] = nil
    object["unheard"] = "of"
    #expect(try LedgerRecord(json: .object(object)).claim == nil)
    object["version"] = 2
    #expect(throws: LedgerRecordError.version(2)) { try LedgerRecord(json: .object(object)) }
    #expect(throws: LedgerRecordError.self) { try LedgerRecord(json: []) }
  }

  @Test(
    "keys as text",
    arguments: [
      ("order:9", .order("9")), ("number:a:b", .number("a:b")), ("order:", nil), ("9", nil),
      ("x:9", nil),
    ]
      as [(String, LedgerRecord.Key?)])
  func keys(text: String, key: LedgerRecord.Key?) {
    #expect(LedgerRecord.Key(text: text) == key)
    if let key { #expect(key.text == text) }
  }

  @Test("numbers and attempts are bounded, the oldest go first")
  func bounds() {
    var record = LedgerRecord(account: "a", key: .order("9"), numbers: [], name: "")
    record.add(numbers: (0..<100).map(String.init) + ["99"])
    #expect(record.numbers == (36..<100).map(String.init))
    for index in 0..<30 {
      record.claim = .at(moment(index))
      record.settle(.notSent(code: "network.dns"), signedAt: nil, now: moment(index))
    }
    #expect(record.attempts.map(\.at) == (10..<30).map { moment($0) })
  }

  @Test("what was not sent leaves what was before")
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

  @Test("a refusal counts on only for the same parameters, and an acceptance ends the count")
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

  @Test("an acceptance whose owner told no timestamp counts from the latest that was possible")
  func latest() {
    var record = LedgerRecord.claimed()
    record.doubt(code: "x", now: moment(hour))
    record.take(.facts(.of(["1": .issued, "2": .issued], seenAt: moment(hour))), now: moment(hour))
    #expect(record.standing?.signedAt == moment(minute))
  }

  @Test("a look changes nothing in a claim whose owner is at it")
  func liveClaim() {
    var record = LedgerRecord.claimed()
    let claim = record.claim
    record.take(
      .facts(.of(["1": .issued, "2": .issued], order: "10", seenAt: moment(day))), now: moment(day))
    #expect(record.claim == claim && record.key == .order("10") && record.numbers == ["1", "2"])
  }

  @Test(
    "settling by hand",
    arguments: [(true, .accepted), (false, .free)] as [(Bool, LedgerRecord.State)])
  func byHand(isCarriedOut: Bool, state: LedgerRecord.State) {
    var record = LedgerRecord.claimed()
    record.settleByHand(isCarriedOut: isCarriedOut, newNumber: "2", now: moment(hour))
    #expect(record.state == .claimed)
    record.doubt(code: "x", now: moment(hour))
    record.settleByHand(isCarriedOut: isCarriedOut, newNumber: "2", now: moment(hour))
    #expect(record.state == state)
  }

  @Test("two records of one order: what keeps back in either keeps back in both")
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
    var later = other
    later.claim = .at(moment(2 * day))
    #expect(later.merged(with: other).claim == later.claim)
    #expect(other.merged(with: later).claim == later.claim)
    // Whoever holds a claim settles it; of one that is unknown nobody else knows.
    var lost = other
    lost.claim?.doubt = LedgerClaim.Doubt(since: moment(day), code: "x")
    for merged in [later.merged(with: lost), lost.merged(with: later)] {
      #expect(merged.claim?.doubt == lost.claim?.doubt && merged.claim?.token == lost.claim?.token)
      // The other request may still leave.
      #expect(merged.claim?.lastSigned == later.claim?.lastSigned)
    }
  }

  /// Where a refusal is all that there is, it is read and written as it always was.
  @Test("a refusal alone is the standing of the stored form, and else beside it")
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

  @Test("the digest of parameters does not depend on the order of members, that of lists does")
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

@Suite("a look finds a request that was carried out, or says why nothing can be said")
struct LedgerFindingTests {
  private func finding(
    _ certificates: [ServiceFacts.Certificate], baseline: [String] = ["1"], isComplete: Bool
  ) -> LedgerFinding {
    .of(
      .at(moment(0), baseline: baseline, isComplete: isComplete),
      facts: ServiceFacts(order: "9", certificates: certificates, seenAt: moment(day)),
      lastSigned: moment(0), now: moment(day))
  }

  private static func one(
    _ number: String, _ condition: ServiceFacts.Certificate.Condition = .issued, at time: Int? = nil
  ) -> ServiceFacts.Certificate {
    ServiceFacts.Certificate(number: number, condition: condition, startsAt: time.map(moment))
  }

  @Test(
    "against all numbers of before",
    arguments: [
      ([one("1")], .absent), ([one("1"), one("2", at: -week)], .found(one("2", at: -week))),
      ([one("1"), one("9", .failed), one("2", .inProgress)], .found(one("2", .inProgress))),
      ([one("1"), one("9"), one("10")], .found(one("10"))),
      ([one("1"), one("2", .other)], .found(one("2", .other))),
      ([one("2")], .undecided(.notVisible)), ([], .undecided(.notVisible)),
      ([one("1", .inProgress)], .undecided(.inProgressAtService)),
    ] as [([ServiceFacts.Certificate], LedgerFinding)])
  func complete(certificates: [ServiceFacts.Certificate], expected: LedgerFinding) {
    #expect(finding(certificates, isComplete: true) == expected)
  }

  @Test("something without a readable number may be it, unless another surely is")
  func unreadable() {
    var facts = ServiceFacts(
      order: "9", certificates: [Self.one("1")], hasUnreadable: true, seenAt: moment(day))
    func finding() -> LedgerFinding {
      .of(.at(moment(0)), facts: facts, lastSigned: moment(0), now: moment(day))
    }
    #expect(finding() == .undecided(.unreadable))
    facts.certificates.append(Self.one("2"))
    #expect(finding() == .found(Self.one("2")))
  }

  @Test("a list of the service whose entries have no number says so")
  func unreadableList() {
    let entries: [JSONValue] = [["certificateNo": 1, "statusCode": "1"]]
    for entry in [.null, 0] as [JSONValue] {
      let ongoing: JSONValue = ["certificateNo": entry, "statusCode": "0"]
      let order = AccountOrder(id: "9", document: ["certificates": .array(entries + [ongoing])])
      #expect(order.facts(seenAt: moment(day)).hasUnreadable)
    }
    let order = AccountOrder(id: "9", document: ["certificates": .array(entries)])
    #expect(!order.facts(seenAt: moment(day)).hasUnreadable)
  }

  @Test(
    "against the numbers that happened to be known",
    arguments: [
      ([one("1")], .absent), ([one("1"), one("0", at: -2 * day)], .absent),
      ([one("1"), one("0")], .undecided(.undated)),
      ([one("1"), one("2", at: -day)], .found(one("2", at: -day))),
      ([one("1"), one("0"), one("2", .inProgress)], .found(one("2", .inProgress))),
      ([one("1", at: 0)], .absent),
    ] as [([ServiceFacts.Certificate], LedgerFinding)])
  func incomplete(certificates: [ServiceFacts.Certificate], expected: LedgerFinding) {
    #expect(finding(certificates, isComplete: false) == expected)
  }
}
