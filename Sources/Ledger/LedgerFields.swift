import JSON
import Platform

/// Why a stored record cannot be read.
package enum LedgerRecordError: Error, Hashable, Sendable {
  /// It was written in a form of another version.
  case version(Int)
  /// A member is missing or of the wrong kind.
  case member(String)
}

/// Reads the members of a stored object, each of the kind it must have.
struct LedgerFields {
  private let json: JSONValue

  init(_ json: JSONValue) { self.json = json }

  func text(_ name: String) throws(LedgerRecordError) -> String {
    guard let value = json[name]?.string else { throw .member(name) }
    return value
  }

  func integer(_ name: String) throws(LedgerRecordError) -> Int {
    guard let value = json[name]?.integer else { throw .member(name) }
    return value
  }

  func boolean(_ name: String) throws(LedgerRecordError) -> Bool {
    guard let value = json[name]?.boolean else { throw .member(name) }
    return value
  }

  func time(_ name: String) throws(LedgerRecordError) -> Timestamp {
    Timestamp(milliseconds: try integer(name))
  }

  func array(_ name: String) throws(LedgerRecordError) -> [JSONValue] {
    guard let value = json[name]?.array else { throw .member(name) }
    return value
  }

  func optionalArray(_ name: String) throws(LedgerRecordError) -> [JSONValue] {
    json[name] == nil ? [] : try array(name)
  }

  func texts(_ name: String) throws(LedgerRecordError) -> [String] {
    let texts = try array(name).map(\.string)
    guard !texts.contains(nil) else { throw .member(name) }
    return texts.compactMap(\.self)
  }

  func object(_ name: String) throws(LedgerRecordError) -> JSONValue? {
    guard let value = json[name] else { return nil }
    guard value.object != nil else { throw .member(name) }
    return value
  }

  func optionalText(_ name: String) throws(LedgerRecordError) -> String? {
    json[name] == nil ? nil : try text(name)
  }

  func optionalTime(_ name: String) throws(LedgerRecordError) -> Timestamp? {
    json[name] == nil ? nil : try time(name)
  }
}
