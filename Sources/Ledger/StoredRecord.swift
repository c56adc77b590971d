// Records as JSON: the form in which both stores keep them; `ledger --json` shows the same with times as text. Times are
// milliseconds since 1970; absent values have no member. One list of members for each type serves reading and writing.

import Core
import Crypto
package import JSON
import Platform

/// Why a stored record cannot be read.
enum LedgerRecordError: Error, Hashable {
  /// It has the form of another version.
  case version(Int)
  /// A member is missing or of the wrong kind.
  case member(String)
}

protocol StoredValue {
  /// Reads a value; `nil` if it is of another kind.
  static func read(_ json: JSONValue) throws(LedgerRecordError) -> Self?
  var json: JSONValue { get }
}

/// A value with members of its own.
protocol StoredObject: StoredValue {
  /// An empty value, which reading fills.
  init()
  /// Reads or writes each member, in the stored order.
  mutating func code(_ members: inout StoredMembers)
}

/// The members of one stored object, being read or written.
struct StoredMembers {
  /// The object that is read; `nil` while writing.
  private let source: JSONObject?
  /// The members that were written.
  private var written: [(name: String, value: JSONValue)] = []
  /// The first failure of reading.
  private var error: LedgerRecordError?

  private init(reading source: JSONObject?) { self.source = source }

  /// A required member.
  mutating func code<Value: StoredValue>(_ name: String, _ value: inout Value) {
    var member: Value? = value
    code(name, &member)
    if let member { value = member } else { fail(.member(name)) }
  }

  /// A member that is absent for `nil`.
  mutating func code<Value: StoredValue>(_ name: String, _ value: inout Value?) {
    guard let source else {
      if let json = value?.json { written.append((name, json)) }
      return
    }
    guard let json = source[name] else {
      value = nil
      return
    }
    do throws(LedgerRecordError) { value = try Value.read(json) } catch { fail(error) }
    if value == nil { fail(.member(name)) }
  }

  /// The object with all members of a value.
  static func object(of value: some StoredObject) -> JSONValue {
    var (copy, members) = (value, StoredMembers(reading: nil))
    copy.code(&members)
    return .object(JSONObject(distinct: members.written))
  }

  /// The value with the members of an object.
  static func value<Value: StoredObject>(of object: JSONObject) throws(LedgerRecordError) -> Value {
    var (value, members) = (Value(), StoredMembers(reading: object))
    value.code(&members)
    if let error = members.error { throw error }
    return value
  }

  mutating func fail(_ error: LedgerRecordError) { self.error = self.error ?? error }
}

extension StoredObject {
  static func read(_ json: JSONValue) throws(LedgerRecordError) -> Self? {
    guard let object = json.object else { return nil }
    return try StoredMembers.value(of: object)
  }

  var json: JSONValue { StoredMembers.object(of: self) }
}

extension LedgerRecord: StoredObject {
  /// The version that this program writes. Members may be added within a version; readers skip members they do not know.
  private static let version = 1

  /// Reads a record from JSON.
  init(json: JSONValue) throws(LedgerRecordError) {
    self = try StoredMembers.value(of: json.object ?? JSONObject())
  }

  init() { self.init(account: "", key: .number(""), numbers: [], name: "") }

  mutating func code(_ members: inout StoredMembers) {
    var (version, state) = (Self.version, self.state.rawValue)
    members.code("version", &version)
    if version != Self.version { members.fail(.version(version)) }
    members.code("account", &account)
    members.code("key", &key)
    members.code("state", &state)
    members.code("name", &name)
    members.code("numbers", &numbers)
    var claim = claims.first
    var others = claims.count > 1 ? Array(claims.dropFirst()) : nil
    members.code("claim", &claim)
    members.code("otherClaims", &others)
    self.claim = claim
    for other in others ?? [] { put(other) }
    // Early records had no `refusal`: a lone refusal is still stored as `standing`.
    var (first, second) = standing == nil ? (refusal, nil) : (standing, refusal)
    members.code("standing", &first)
    members.code("refusal", &second)
    (standing, refusal) = first?.state == .refused ? (nil, second ?? first) : (first, second)
    members.code("refusals", &refusals)
    members.code("lastLook", &lastLook)
    members.code("clockBehindSince", &clockBehindSince)
    members.code("attempts", &attempts)
    // A record that lost its claim or its outcome would look like one that blocks nothing.
    if state != self.state.rawValue { members.fail(.member("state")) }
  }
}

extension LedgerClaim: StoredObject {
  init() {
    let time = Timestamp(milliseconds: 0)
    self.init(
      token: "", owner: ProcessIdentity(), claimedAt: time, signBy: time, leaseUntil: time,
      number: "", baseline: LedgerBaseline(numbers: [], isComplete: false), digest: "", event: "")
  }

  mutating func code(_ members: inout StoredMembers) {
    members.code("token", &token)
    members.code("owner", &owner)
    members.code("claimedAt", &claimedAt)
    members.code("signBy", &signBy)
    members.code("leaseUntil", &leaseUntil)
    members.code("signedAt", &signedAt)
    members.code("number", &number)
    members.code("baseline", &baseline.numbers)
    members.code("baselineIsComplete", &baseline.isComplete)
    members.code("digest", &digest)
    members.code("key", &key)
    members.code("event", &event)
    members.code("reference", &reference)
    members.code("store", &store)
    var isKeyWanted = registersKey ? true : nil
    members.code("registerKey", &isKeyWanted)
    registersKey = isKeyWanted ?? false
    var (since, code) = (doubt?.since, doubt?.code)
    members.code("doubtSince", &since)
    members.code("doubtCode", &code)
    if since != nil, code == nil { members.fail(.member("doubtCode")) }
    doubt = since.map { Doubt(since: $0, code: code ?? "") }
  }
}

extension LedgerOutcomeRecord: StoredObject {
  init() {
    let time = Timestamp(milliseconds: 0)
    self.init(
      signedAt: time, settledAt: time, number: "",
      baseline: LedgerBaseline(numbers: [], isComplete: false), digest: "", event: "")
  }

  mutating func code(_ members: inout StoredMembers) {
    var state = self.state.rawValue
    members.code("state", &state)
    members.code("signedAt", &signedAt)
    members.code("settledAt", &settledAt)
    members.code("number", &number)
    members.code("newNumber", &newNumber)
    members.code("stage", &stage)
    members.code("baseline", &baseline.numbers)
    members.code("baselineIsComplete", &baseline.isComplete)
    members.code("digest", &digest)
    members.code("key", &key)
    members.code("event", &event)
    members.code("reference", &reference)
    members.code("store", &store)
    members.code("code", &code)
    members.code("registration", &registration)
    members.code("token", &token)
    if state != self.state.rawValue { members.fail(.member("state")) }
  }
}

extension LedgerRegistration: StoredObject {
  mutating func code(_ members: inout StoredMembers) {
    members.code("registered", &isRegistered)
    members.code("code", &code)
    members.code("failingSince", &failingSince)
  }
}

extension LedgerAttempt: StoredObject {
  init() { self.init(at: Timestamp(milliseconds: 0), outcome: "", event: "") }

  mutating func code(_ members: inout StoredMembers) {
    members.code("at", &at)
    members.code("outcome", &outcome)
    members.code("event", &event)
    members.code("reference", &reference)
    members.code("code", &code)
    members.code("newNumber", &newNumber)
  }
}

extension ProcessIdentity: StoredObject {
  /// Nobody: the observer for operations that ignore the owners of claims.
  init() { self.init(host: "", bootID: "", pidNamespace: "", pid: 0, startTime: 0) }

  mutating func code(_ members: inout StoredMembers) {
    members.code("host", &host)
    members.code("bootID", &bootID)
    members.code("pidNamespace", &pidNamespace)
    members.code("pid", &pid)
    members.code("startTime", &startTime)
  }
}

extension LedgerRecord.Key: StoredValue {
  static func read(_ json: JSONValue) -> Self? { json.string.flatMap(Self.init(text:)) }
  var json: JSONValue { .string(text) }
}

extension LedgerStage: StoredValue {
  static func read(_ json: JSONValue) -> Self? { json.string.flatMap(Self.init(rawValue:)) }
  var json: JSONValue { .string(rawValue) }
}

extension String: StoredValue {
  static func read(_ json: JSONValue) -> Self? { json.string }
  var json: JSONValue { .string(self) }
}

extension Int: StoredValue {
  static func read(_ json: JSONValue) -> Self? { json.integer }
  var json: JSONValue { .integer(self) }
}

extension Bool: StoredValue {
  static func read(_ json: JSONValue) -> Self? { json.boolean }
  var json: JSONValue { .boolean(self) }
}

extension Timestamp: StoredValue {
  static func read(_ json: JSONValue) -> Self? { json.integer.map(Self.init(milliseconds:)) }
}

extension Array: StoredValue where Element: StoredValue {
  static func read(_ json: JSONValue) throws(LedgerRecordError) -> Self? {
    guard let elements = json.array else { return nil }
    var values: Self = []
    for element in elements {
      guard let value = try Element.read(element) else { return nil }
      values.append(value)
    }
    return values
  }

  var json: JSONValue { .array(map(\.json)) }
}

extension LedgerRecord {
  /// The record as JSON text, with its checksum in the member `check`.
  ///
  /// Damage can leave valid JSON with a wrong time or number in it. Version 1.0.0 skips the member.
  var stored: [UInt8] {
    let json = json
    guard case .object(var object) = json else { return [] }
    object[Self.checkName] = .string(Self.checksum(of: json))
    return JSONEncoder.encode(.object(object))
  }

  /// Reads a record from a store; one of version 1.0.0 has no checksum.
  ///
  /// - Parameters:
  ///   - key: The key in the store, for the message.
  ///   - place: The store, for the message.
  ///   - body: The stored text.
  static func read(
    _ body: [UInt8], key: String, place: String
  ) throws(LedgerError) -> LedgerRecord {
    guard let json = try? JSONDecoder.decode(body) else {
      throw .damaged(place, "ledger \(place): the record of \(key) is not JSON")
    }
    do throws(LedgerRecordError) {
      let record = try LedgerRecord(json: json)
      guard isIntact(json) else { throw .member(checkName) }
      return record
    } catch {
      switch error {
      case .version(let version): throw .newer(place, version: version)
      case .member(let name):
        throw .damaged(place, "ledger \(place): the record of \(key) has no valid \"\(name)\"")
      }
    }
  }

  private static let checkName = "check"
  /// 64 bits: the checksum finds damage, not forgery; who can change a record can change its checksum too.
  private static let checkDigits = 16

  private static func isIntact(_ json: JSONValue) -> Bool {
    guard case .object(var object) = json, let check = object[checkName] else { return true }
    object[checkName] = nil
    return check.string == checksum(of: .object(object))
  }

  private static func checksum(of json: JSONValue) -> String {
    var first: Int?
    let text = JSONEncoder.encode(relative(json, to: &first))
    return String(SHA256.hex(text).prefix(checkDigits))
  }

  /// The value with all times relative to the first one: after the clock was wrong, an operator may shift all times of a
  /// ledger by one span, and its checksums stay valid. A time is an array here, so that no other number equals it.
  private static func relative(_ value: JSONValue, to first: inout Int?) -> JSONValue {
    switch value {
    case .integer(let number) where number > firstTime:
      let start = first ?? number
      first = start
      return .array([.integer(number - start)])
    case .array(let elements): return .array(elements.map { relative($0, to: &first) })
    case .object(let object): return .object(object.mapValues { relative($0, to: &first) })
    default: return value
    }
  }

  /// The record as commands show it: the stored JSON with times in RFC 3339.
  package var document: JSONValue { Self.document(of: json) }

  private static func document(of value: JSONValue) -> JSONValue {
    switch value {
    case .integer(let number) where number > firstTime:
      .string(Timestamp(milliseconds: number).rfc3339)
    case .array(let elements): .array(elements.map(document))
    case .object(let object): .object(object.mapValues(document))
    default: value
    }
  }

  /// 2001-09-09, in milliseconds: no other number of a record is as large.
  private static let firstTime = 1_000_000_000_000
}
