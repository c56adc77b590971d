// Equality and order. Both are counted as work: two large values take long to compare.

internal import JSON

extension Evaluation {
  /// Two values with a comparator between them: `left == right` and the like.
  ///
  /// Numbers and texts have an order; for anything else, and for one of each, there is no answer:
  /// null.
  mutating func compare(
    _ operation: Node.Comparison, _ left: Node, _ right: Node, _ current: JSONValue, at span: Span
  ) throws(ExpressionError) -> JSONValue {
    let first = try value(of: left, at: current)
    let second = try value(of: right, at: current)
    switch operation {
    case .equal: return .boolean(try areEqual(first, second, at: span))
    case .notEqual: return .boolean(!(try areEqual(first, second, at: span)))
    case .less: return try ordered(first, second, at: span)
    case .greater: return try ordered(second, first, at: span)
    case .lessOrEqual: return Self.negated(try ordered(second, first, at: span))
    case .greaterOrEqual: return Self.negated(try ordered(first, second, at: span))
    }
  }

  private static func negated(_ value: JSONValue) -> JSONValue {
    value.boolean.map { .boolean(!$0) } ?? .null
  }

  /// Whether the first comes before the second; null if there is no order between them.
  private mutating func ordered(
    _ first: JSONValue, _ second: JSONValue, at span: Span
  ) throws(ExpressionError) -> JSONValue {
    switch (first, second) {
    case (.string(let first), .string(let second)):
      try spend(bytes: min(first.utf8.count, second.utf8.count), at: span)
      return .boolean(isOrderedByCodePoint(first, second))
    default:
      guard let first = Number(first), let second = Number(second) else { return .null }
      return .boolean(Number.isOrdered(first, second))
    }
  }

  /// Equality of meaning, as `JSONValue` has it.
  mutating func areEqual(
    _ left: JSONValue, _ right: JSONValue, at span: Span
  ) throws(ExpressionError) -> Bool {
    switch (left, right) {
    case (.array(let left), .array(let right)): return try areEqual(left, right, at: span)
    case (.object(let left), .object(let right)): return try areEqual(left, right, at: span)
    case (.string(let left), .string(let right)):
      guard left.utf8.count == right.utf8.count else { return false }
      try spend(bytes: left.utf8.count, at: span)
      return isSameText(left, right)
    default: return left == right
    }
  }

  private mutating func areEqual(
    _ left: [JSONValue], _ right: [JSONValue], at span: Span
  ) throws(ExpressionError) -> Bool {
    guard left.count == right.count else { return false }
    for (position, element) in left.enumerated() {
      try spend(1, at: span)
      guard try areEqual(element, right[position], at: span) else { return false }
    }
    return true
  }

  private mutating func areEqual(
    _ left: JSONObject, _ right: JSONObject, at span: Span
  ) throws(ExpressionError) -> Bool {
    guard left.count == right.count else { return false }
    for member in left.members {
      try spend(1, at: span)
      try spend(name: member.name, among: right.count, at: span)
      guard let other = right[member.name] else { return false }
      guard try areEqual(member.value, other, at: span) else { return false }
    }
    return true
  }
}

/// Whether one text comes before the other by code points; UTF-8 keeps that order in its bytes.
func isOrderedByCodePoint(_ left: String, _ right: String) -> Bool {
  left.utf8.lexicographicallyPrecedes(right.utf8)
}
