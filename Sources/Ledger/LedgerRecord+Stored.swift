// A record as a store keeps it: its JSON, with a checksum as one more member.

import Crypto
import JSON

extension LedgerRecord {
  /// The record as JSON text, with its checksum in the member `check`.
  ///
  /// Damage may leave valid JSON behind, with another time or number in it. Version 1.0.0 skips the member.
  var stored: [UInt8] {
    guard case .object(var object) = json else { return [] }
    object[Self.checkName] = .string(Self.checksum(of: json))
    return JSONEncoder.encode(.object(object))
  }

  /// Reads a record as a store keeps it; one of version 1.0.0 has no checksum.
  ///
  /// - Parameters:
  ///   - key: What it was found under, for the message.
  ///   - place: The store, for the message.
  ///   - body: The record as it was stored.
  static func read(
    _ body: [UInt8], key: String, place: String
  ) throws(LedgerError) -> LedgerRecord {
    guard let json = try? JSONDecoder.decode(body) else {
      throw .damaged(place, "ledger \(place): the record of \(key) is no JSON")
    }
    do throws(LedgerRecordError) {
      let record = try LedgerRecord(json: json)
      guard isIntact(json) else { throw .member(checkName) }
      return record
    } catch {
      switch error {
      case .version(let version): throw .newer(place, version: version)
      case .member(let name):
        throw .damaged(place, "ledger \(place): the record of \(key) has no usable \"\(name)\"")
      }
    }
  }

  private static let checkName = "check"
  /// 64 bits: nobody forges a record that could not write the checksum too.
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

  /// The value with all times counted from the first one: a ledger whose times are all moved by the same span, after a
  /// clock was wrong all the while, stays intact.
  private static func relative(_ value: JSONValue, to first: inout Int?) -> JSONValue {
    switch value {
    case .integer(let number) where number > firstTime:
      let start = first ?? number
      first = start
      return .integer(number - start)
    case .array(let elements):
      var result: [JSONValue] = []
      for element in elements { result.append(relative(element, to: &first)) }
      return .array(result)
    case .object(let object):
      var members: [(String, JSONValue)] = []
      for member in object.members {
        members.append((member.name, relative(member.value, to: &first)))
      }
      return .object(JSONObject(members))
    default: return value
    }
  }

  /// 2001-09-09, in milliseconds: no other number of a record is as large.
  private static let firstTime = 1_000_000_000_000
}
