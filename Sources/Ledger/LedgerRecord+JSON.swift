// Records as JSON: the form in which both stores keep them and `ledger --json` shows them.

internal import Core
package import JSON
import Platform

extension LedgerRecord {
  /// The version that this program writes.
  ///
  /// Members may be added within a version; readers skip what they do not know.
  package static let version = 1

  /// The record as JSON.
  ///
  /// Times are milliseconds since 1970; what is not there is left out.
  package var json: JSONValue {
    var object = JSONObject()
    object["version"] = .integer(Self.version)
    object["account"] = .string(account)
    object["key"] = .string(key.text)
    object["state"] = .string(state.rawValue)
    object["name"] = .string(name)
    object["numbers"] = .array(numbers.map(JSONValue.string))
    object["claim"] = claim?.json
    object["otherClaims"] = claims.count > 1 ? .array(claims.dropFirst().map(\.json)) : nil
    // Where there is nothing else, a refusal is the standing: so it was before there could be both.
    object["standing"] = (standing ?? refusal)?.json
    object["refusal"] = standing == nil ? nil : refusal?.json
    object["refusals"] = .integer(refusals)
    object["lastLook"] = lastLook?.json
    object["clockBehindSince"] = clockBehindSince?.json
    object["attempts"] = .array(attempts.map(\.json))
    return .object(object)
  }

  /// Reads what ``json`` writes.
  ///
  /// - Throws: ``LedgerRecordError``, with the member that is not as it should be.
  package init(json: JSONValue) throws(LedgerRecordError) {
    let fields = LedgerFields(json)
    let version = try fields.integer("version")
    guard version == Self.version else { throw .version(version) }
    guard let key = Key(text: try fields.text("key")) else { throw .member("key") }
    self.init(
      account: try fields.text("account"), key: key, numbers: try fields.texts("numbers"),
      name: try fields.text("name"))
    if let json = try fields.object("claim") { put(try LedgerClaim(json: json)) }
    for json in try fields.optionalArray("otherClaims") { put(try LedgerClaim(json: json)) }
    standing = try Self.outcome("standing", of: fields)
    refusal = try Self.outcome("refusal", of: fields)
    if standing?.state == .refused { (standing, refusal) = (nil, refusal ?? standing) }
    refusals = try fields.integer("refusals")
    lastLook = try fields.optionalTime("lastLook")
    clockBehindSince = try fields.optionalTime("clockBehindSince")
    for json in try fields.array("attempts") { add(try LedgerAttempt(json: json)) }
    // A record that lost its claim or its outcome would pass for one that blocks nothing.
    guard try fields.text("state") == state.rawValue else { throw .member("state") }
  }

  private static func outcome(
    _ name: String, of fields: LedgerFields
  ) throws(LedgerRecordError) -> LedgerOutcomeRecord? {
    try fields.object(name).map { (json) throws(LedgerRecordError) in
      try LedgerOutcomeRecord(json: json)
    }
  }
}

extension LedgerClaim {
  var json: JSONValue {
    var object = JSONObject()
    object["token"] = .string(token)
    object["owner"] = owner.json
    object["claimedAt"] = claimedAt.json
    object["signBy"] = signBy.json
    object["leaseUntil"] = leaseUntil.json
    object["signedAt"] = signedAt?.json
    object["number"] = .string(number)
    object["baseline"] = .array(baseline.numbers.map(JSONValue.string))
    object["baselineIsComplete"] = .boolean(baseline.isComplete)
    object["digest"] = .string(digest)
    object["event"] = .string(event)
    object["store"] = store.map(JSONValue.string)
    object["doubtSince"] = doubt?.since.json
    object["doubtCode"] = doubt.map { .string($0.code) }
    return .object(object)
  }

  init(json: JSONValue) throws(LedgerRecordError) {
    let fields = LedgerFields(json)
    token = try fields.text("token")
    owner = try ProcessIdentity(json: json["owner"] ?? .null)
    claimedAt = try fields.time("claimedAt")
    signBy = try fields.time("signBy")
    leaseUntil = try fields.time("leaseUntil")
    signedAt = try fields.optionalTime("signedAt")
    number = try fields.text("number")
    baseline = try LedgerBaseline(fields)
    digest = try fields.text("digest")
    event = try fields.text("event")
    store = try fields.optionalText("store")
    if let since = try fields.optionalTime("doubtSince") {
      doubt = Doubt(since: since, code: try fields.text("doubtCode"))
    }
  }
}

extension LedgerOutcomeRecord {
  var json: JSONValue {
    var object = JSONObject()
    object["state"] = .string(state.rawValue)
    object["signedAt"] = signedAt.json
    object["settledAt"] = settledAt.json
    object["number"] = .string(number)
    object["newNumber"] = newNumber.map(JSONValue.string)
    object["stage"] = stage.map { .string($0.rawValue) }
    object["baseline"] = .array(baseline.numbers.map(JSONValue.string))
    object["baselineIsComplete"] = .boolean(baseline.isComplete)
    object["digest"] = .string(digest)
    object["event"] = .string(event)
    object["store"] = store.map(JSONValue.string)
    object["code"] = code.map(JSONValue.string)
    object["token"] = token.map(JSONValue.string)
    return .object(object)
  }

  init(json: JSONValue) throws(LedgerRecordError) {
    let fields = LedgerFields(json)
    guard let state = State(rawValue: try fields.text("state")) else { throw .member("state") }
    self.state = state
    if let text = try fields.optionalText("stage") {
      guard let stage = LedgerStage(rawValue: text) else { throw .member("stage") }
      self.stage = stage
    }
    signedAt = try fields.time("signedAt")
    settledAt = try fields.time("settledAt")
    number = try fields.text("number")
    newNumber = try fields.optionalText("newNumber")
    baseline = try LedgerBaseline(fields)
    digest = try fields.text("digest")
    event = try fields.text("event")
    store = try fields.optionalText("store")
    code = try fields.optionalText("code")
    token = try fields.optionalText("token")
  }
}

extension LedgerBaseline {
  fileprivate init(_ fields: LedgerFields) throws(LedgerRecordError) {
    self.init(
      numbers: try fields.texts("baseline"), isComplete: try fields.boolean("baselineIsComplete"))
  }
}

extension LedgerAttempt {
  var json: JSONValue {
    var object = JSONObject()
    object["at"] = at.json
    object["outcome"] = .string(outcome)
    object["event"] = .string(event)
    object["code"] = code.map(JSONValue.string)
    object["newNumber"] = newNumber.map(JSONValue.string)
    return .object(object)
  }

  init(json: JSONValue) throws(LedgerRecordError) {
    let fields = LedgerFields(json)
    self.init(
      at: try fields.time("at"), outcome: try fields.text("outcome"),
      event: try fields.text("event"), code: try fields.optionalText("code"),
      newNumber: try fields.optionalText("newNumber"))
  }
}

extension ProcessIdentity {
  var json: JSONValue {
    [
      "host": .string(host), "bootID": .string(bootID), "pidNamespace": .string(pidNamespace),
      "pid": .integer(pid), "startTime": .integer(startTime),
    ]
  }

  init(json: JSONValue) throws(LedgerRecordError) {
    let fields = LedgerFields(json)
    self.init(
      host: try fields.text("host"), bootID: try fields.text("bootID"),
      pidNamespace: try fields.text("pidNamespace"), pid: try fields.integer("pid"),
      startTime: try fields.integer("startTime"))
  }
}
