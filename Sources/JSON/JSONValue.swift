/// A JSON value (RFC 8259). Integers and reals are distinct, so that a certificate number stays exact to 64 bits.
package enum JSONValue: Sendable {
  /// `null`: a member without a value, which is not the same as a missing member.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A number without fraction and exponent, in 64 bits.
  case integer(Int)
  /// A number with a fraction or an exponent; finite if it came from a decoder.
  case real(Double)
  /// A text; its code points are not normalized.
  case string(String)
  /// Values in their order.
  case array([JSONValue])
  /// Members by name, in the order of the document.
  case object(JSONObject)
}

extension JSONValue {
  /// The member of that name, if this is an object that has it.
  package subscript(name: String) -> JSONValue? {
    guard case .object(let object) = self else { return nil }
    return object[name]
  }

  /// The text, if this is a string.
  package var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The number, if this is an integer.
  package var integer: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  /// The truth value, if this is a boolean.
  package var boolean: Bool? {
    guard case .boolean(let value) = self else { return nil }
    return value
  }

  /// The elements, if this is an array.
  package var array: [JSONValue]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  /// The members, if this is an object.
  package var object: JSONObject? {
    guard case .object(let value) = self else { return nil }
    return value
  }

  /// Whether this is `null`.
  package var isNull: Bool {
    guard case .null = self else { return false }
    return true
  }

  /// RFC 8259's name for this kind of value.
  package var typeName: String {
    switch self {
    case .null: "null"
    case .boolean: "boolean"
    case .integer, .real: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

extension JSONValue: Hashable {
  /// Equality of meaning: `1` equals `1.0`, and the order of members does not matter (RFC 8259 section 4: an unordered
  /// collection).
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let left), .boolean(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.real(let left), .real(let right)): left == right
    case (.integer(let integer), .real(let real)), (.real(let real), .integer(let integer)):
      Int(exactly: real) == integer
    case (.string(let left), .string(let right)): isSameText(left, right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .boolean(let value): hasher.combine(value)
    case .integer(let value): hasher.combine(value)
    case .real(let value):
      // Equal values need equal hashes: a whole real hashes as its integer.
      if let integer = Int(exactly: value) {
        hasher.combine(integer)
      } else {
        hasher.combine(value)
      }
    case .string(let value): for byte in value.utf8 { hasher.combine(byte) }
    case .array(let value): hasher.combine(value)
    case .object(let value): hasher.combine(value)
    }
  }
}

/// Whether two texts have the same code points.
///
/// JSON compares names by code points (RFC 8259 section 8.3); Swift's `==` also equates an `é` of one and of two code
/// points.
@inline(__always)
package func isSameText(_ left: String, _ right: String) -> Bool {
  let (left, right) = (left.utf8.span, right.utf8.span)
  guard left.count == right.count else { return false }
  for index in left.indices where left[index] != right[index] { return false }
  return true
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .real(value) }
  package init(booleanLiteral value: Bool) { self = .boolean(value) }
  package init(nilLiteral: ()) { self = .null }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(JSONObject(members))
  }
}
